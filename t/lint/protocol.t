# PROTOCOL.md says what the code does: close codes, codecs, variants, labels,
# vectors; and every section that a comment cites is there.

use strict;
use warnings;

use FindBin;
use Test::More;

chdir "$FindBin::Bin/../..";

sub slurp {
    my ($file) = @_;
    open my $fh, '<', $file or die "$file: $!";
    local $/;
    return scalar <$fh>;
}

my $doc = slurp('src/wzp/PROTOCOL.md');

# Close codes.

my %code;
my $x = slurp('src/wzp/wzp_close_x.h');
$x =~ s{/\*.*?\*/}{}gs;

while ($x =~ /WZP_CLOSE_X\(\w+,\s*(\w+),\s*"([^"]+)",\s*"([^"]+)"\)/g) {
    $code{$1} = "$2: $3";
}

my %said;
my ($table) = $doc =~ /^### E\.5 .*?^\|---.*?\n(.*?)\n\n/ms;

for my $row (split /\n/, $table) {
    my (undef, $n, $token, $phrase) = split /\s*\|\s*/, $row;
    $token =~ tr/`//d;
    $said{$n} = "$token: $phrase";
}

cmp_ok(scalar keys %code, '>', 10, 'close codes');
is_deeply(\%said, \%code, 'are those of E.5');

# Codecs and variants.

my $packet = slurp('src/wzp/wzp_packet.c');
my @codecs = $packet =~ /^    \{ "(\w+)",\s*(\d+), (\d+),\s*(\d+) \},$/mg;
my @want = $doc =~ /^\| \d \| (\w+) \| (\d+) \| (\d+) ms \| (\d+) kHz \|$/mg;
$want[4 * $_ + 3] *= 1000 for 0 .. $#want / 4;

is(scalar @codecs, 36, 'nine codecs');
is_deeply(\@codecs, \@want, 'are those of 3.2');

my ($names) = slurp('src/wzp/wzp_signal.c')
              =~ /wzp_signal_names\[WZP_SIG_N\] = \{(.*?)\};/s;
my @names = $names =~ /"(\w+)"/g;

is(scalar @names, 36, '36 variants');
is_deeply([grep { $doc !~ /\b$_\b/ } @names], [], 'all are in 2.3');

# Labels.

my %label;

for my $file (glob 'src/wzp/*.[ch]') {
    my $text = slurp($file);
    $label{$1} = 1 while $text =~ /^#define WZP_\w+\s+"([\w-]+:?)"$/mg;
}

cmp_ok(scalar keys %label, '>=', 10, 'labels');
is_deeply([grep { index($doc, "`$_`") < 0 } sort keys %label], [],
          'all are written down');

# Vectors: what the text shows is what the tests use.

my $hs = slurp('t/vectors/hs.hex');
my $flat = $doc;
$flat =~ s/\s+//g;

for my $name (qw(offer_binding answer_binding register_binding)) {
    my ($hex) = $hs =~ /^$name:\n((?:    \w+\n)+)/m;
    $hex =~ s/\s+//g;
    is(length $hex, 128, "$name is a signature");
    cmp_ok(index($flat, $hex), '>', 0, 'and in E.2');
}

SKIP: {
    skip 'python3-cryptography is not installed', 1
        if system('python3 -c "import cryptography" 2>/dev/null') != 0;

    is(`python3 t/vectors/vectors.py 2>&1`, '',
       'another library computes the same vectors');
}

# Sections that comments cite.

my %section = map { $_ => 1 } $doc =~ /^#+ ([\dE]+(?:\.\d+)?)\b/mg;
$section{$1} = 1 while $doc =~ /^#+ [\d.]+, ([\d.]+) /mg;

my @gone;
my $cited = 0;

for my $file (split /\0/, `git ls-files -z -- '*.c' '*.h'`)
{
    my $text = slurp($file);
    $text =~ s/\n\s*\*?\s*/ /g;

    while ($text =~ /PROTOCOL,? ((?:[\dE]+(?:\.\d+)?(?:, | and )?)+)/g) {
        for my $n (split /, | and /, $1) {
            $cited++;
            push @gone, "$file: $n" if !$section{$n};
        }
    }
}

cmp_ok($cited, '>', 50, 'sections are cited');
is_deeply(\@gone, [], 'every section that is cited exists');

done_testing();
