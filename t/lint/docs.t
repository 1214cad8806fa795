# README.md names every directive and every option of the client, and nothing
# that does not exist; so does the manual page.

use strict;
use warnings;

use FindBin;
use Test::More;

chdir "$FindBin::Bin/../..";

sub slurp
{
    my ($name) = @_;

    open my $fh, '<', $name or return '';
    local $/;
    return scalar <$fh>;
}

my $readme = slurp('README.md');
plan skip_all => 'there is no README.md yet' unless $readme;


# ---- directives ----

my (%have, %told, %default);

for my $file (glob 'src/stream/*.c src/http/*.c') {
    my $text = slurp($file);
    $have{$1} = 1 while $text =~ /ngx_string\("(wzp(?:_\w+)?)"\),\s*
                                  (?=[^}]*NGX_)/gx;
}

# variables are ngx_string as well

delete @have{grep { slurp('src/stream/ngx_stream_wzp_variables.c')
                    =~ /ngx_string\("$_"\)/ } keys %have};

$told{$1} = 1 while $readme =~ /^#+\s+`?(wzp(?:_[a-z_]+)?)`?\s*$/mg;
$told{$1} = 1 while $readme =~ /\*\*syntax:?\*\*:?\s*`(wzp(?:_[a-z_]+)?)\b/gi;

cmp_ok(scalar(keys %have), '>=', 15, keys(%have) . ' directives');
is_deeply([grep { !$told{$_} } sort keys %have], [],
          'README describes every directive');
is_deeply([grep { !$have{$_} } sort keys %told], [], 'and no other');


# ---- variables ----

my %var;
my $table = slurp('src/stream/ngx_stream_wzp_variables.c');
$var{$1} = 1 while $table =~ /NGX_STREAM_WZP_VAR\("(wzp_\w+)"/g;
cmp_ok(scalar(keys %var), '>=', 10, keys(%var) . ' variables');
is_deeply([grep { $readme !~ /\$$_\b/ } sort keys %var], [],
          'README names every variable');
my %named;
$named{$1} = 1 while $readme =~ /\$(wzp_\w+)/g;
is_deeply([grep { !$var{$_} } sort keys %named], [], 'and no other');


# ---- metrics ----

my %metric = (wzp_drops_total => 1);
my $x = slurp('src/core/ngx_wzp_stat_x.h') . slurp('src/core/ngx_wzp_metric_x.h');
$metric{$1} = 1 while $x =~ /NGX_WZP_\w+_X\([^"]*"(wzp_\w+)"/g;
cmp_ok(scalar(keys %metric), '>=', 30, keys(%metric) . ' metrics');

my %shown;
$shown{$1}++ while $readme =~ /^\| `(wzp_\w+)` \|[^|\n]*\|[^|\n]*\|$/mg;
is_deeply([grep { !$shown{$_} } sort keys %metric], [],
          'README has a line for every metric');
is_deeply([grep { !$metric{$_} || $shown{$_} > 1 } sort keys %shown], [],
          'and one for no other');


# ---- the client ----

my %option;
my $options = slurp('client/options_table.c');
$option{$1} = 1 while $options =~ /^\s*\{\s*"([a-z0-9-]+)",\s*CL_/mg;

cmp_ok(scalar(keys %option), '>=', 15, keys(%option) . ' options');

for my $doc (['README.md', $readme],
             ['client/wzp-client.1', slurp('client/wzp-client.1')])
{
    my ($name, $text) = @$doc;

    SKIP: {
        skip "no $name", 2 unless $text;
        $text =~ s/\\-/-/g;

        my @missing = grep {
            my $o = length $_ == 1 ? "-$_" : "--$_";
            $text !~ /(?<![-\w])\Q$o\E(?![-\w])/;
        } sort keys %option;
        is_deeply(\@missing, [], "$name names every option");

        my %strange;
        $strange{$1} = 1
            while $text =~ /wzp-client[^\n`]*?\s--([a-z][a-z-]+)/g;
        is_deeply([grep { !$option{$_} } sort keys %strange], [],
                  "$name: and no other");
    }
}

done_testing;
