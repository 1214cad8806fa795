# --sweep and --bench: local tests that need no relay; numbers that hang
# together, and settings that have an effect.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;


# ---- sweep ----

my $c = $t->client({ addr => '' }, '--sweep');
is($c->wait, 0, '--sweep') or diag($c->story);

my @s = $c->events('sweep');
my %line;
push @{$line{$_->{line}}}, $_ for @s;

cmp_ok(scalar(keys %line), '>=', 5, 'lines of many kinds');
my ($n) = map { scalar @$_ } values %line;
is_deeply([map { scalar @$_ } values %line], [($n) x keys %line],
          "each with $n settings");

for my $s (@{$line{clean}}) {
    is($s->{late_pct} + $s->{missing_pct} + $s->{lost}, 0,
       "clean $s->{min_ms}:$s->{max_ms}: nothing is missing");
    cmp_ok($s->{correlation}, '>', 0.999, 'clean: it sounds as it was');
}

my ($short) = grep { $_->{min_ms} == 10 } @{$line{clean}};
my ($long) = grep { $_->{min_ms} == 200 } @{$line{clean}};
cmp_ok($long->{delay_ms}, '>', $short->{delay_ms} + 100,
       'the least delay has an effect');

my ($stalls) = grep { /stalls/ && !/loss/ } keys %line;
my %max = map { ("$_->{min_ms}:$_->{max_ms}" => $_) } @{$line{$stalls}};
cmp_ok($max{'10:50'}{missing_pct}, '>', $max{'10:500'}{missing_pct} + 2,
       'the most has an effect: what is missing');
cmp_ok($max{'10:50'}{delay_ms}, '<', $max{'10:500'}{delay_ms},
       'and how late it is');

my ($jitter) = sort { $b->{missing_pct} <=> $a->{missing_pct} }
               @{$line{'jitter 80 ms'}};
is($jitter->{max_ms}, 50, 'too short a delay makes holes');

my ($v) = $c->events('verdict');
is($v->{verdict}, 'GOOD', 'the verdict');
cmp_ok($v->{min_ms}, '<', $v->{max_ms}, 'and the best of all');

my ($rc, $out) = $t->run_client('--sweep');
is($rc, 0, '--sweep for people');
like($out, qr/^clean\n +min:max +delay .*\n +10:50 +\d+ /m, 'tables');
like($out, qr/^verdict: GOOD$/m, 'and a verdict');
my $again = $t->client({ addr => '' }, '--sweep');
$again->wait;
is_deeply([map { delete $_->{t}; $_ } $again->events('sweep')],
          [map { delete $_->{t}; $_ } @s], 'the same each time');


my $cut = $t->client({ addr => '' }, '--sweep');
ok(wait_for { $cut->events('sweep') > 10 }, 'a line is tried');
is($cut->stop('INT'), 0, 'Ctrl-C: a verdict about what there was');
my ($part) = $cut->events('verdict');
cmp_ok($part->{lines}, '<', keys %line, 'Ctrl-C: not about the rest');


# ---- bench ----

$c = $t->client({ addr => '' }, '--bench', '--loss', 10);
ok(defined $c->wait, '--bench') or diag($c->story);

my @b = $c->events('bench');
my %of;
push @{$of{$_->{of}}}, $_ for @b;

is_deeply([sort keys %of], [qw(codec crypto fec pipeline)], 'all four');
is_deeply([grep { !($_->{encode_us} > 0 && $_->{decode_us} > 0
                    && $_->{realtime} > 0) } @{$of{codec}}], [],
          'codec: times');
is(join(' ', map { $_->{codec} } @{$of{codec}}),
   'Opus64k Opus48k Opus32k Opus24k Opus16k Opus6k Codec2_3200 Codec2_1200',
   'codec: each profile');
cmp_ok($of{codec}[0]{bps}, '>', $of{codec}[-1]{bps}, 'codec: bit rates');
is_deeply([grep { $_->{repaired_pct} < 90 } @{$of{fec}}], [],
          'fec: a tenth is repaired by as much again');
is_deeply([grep { $_->{us} <= 0 } @{$of{crypto}}], [], 'crypto: times');

my ($p) = @{$of{pipeline}};
is($p->{sent}, 500, 'pipeline: ten seconds');
cmp_ok($p->{lost}, '>', 20, 'pipeline: a tenth is lost');
cmp_ok($p->{restored} + $p->{guessed}, '>=', $p->{lost} - 5,
       'pipeline: and restored or guessed');

($v) = $c->events('verdict');
is($v->{exit}, $v->{realtime} < 2 ? 11 : 0, 'the verdict is about real time');
is($c->wait, $v->{exit}, 'as the status');

($rc, $out) = $t->run_client('--bench=crypto');
is($rc, 0, '--bench=crypto');
like($out, qr/Ed25519 signature +[\d.]+ +\d+/, 'that');
unlike($out, qr/Opus|RaptorQ|pipeline/, 'and nothing else');


# ---- bad arguments ----

for my $bad (['--bench=all', '--sweep'], ['--bench=nothing'],
             ['--bench', '--loss', 91], ['--bench', '--loss', 'x'],
             ['--loss', 5, '127.0.0.1'], ['--sweep=1'])
{
    my ($status, undef, $err) = $t->run_client(@$bad);
    is($status, 2, "@$bad: wrong usage");
    isnt($err, '', "@$bad: in words");
}

$t->done;
