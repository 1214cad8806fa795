# What `make bench` measures with still measures: each of its programs, for a
# moment, with the parts of its output that the tables are made of.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Speech;

my $dir = tempdir(CLEANUP => 1);
my $bench = Test::Nginx::WZP->build . '/t/bench';
my $voice = speech($dir, 'ann');

# Its name=value lines; undef, and what it said, if it failed.

sub measured
{
    my ($name, @args) = @_;

    open my $fh, '-|', "$bench/$name", @args or die "$name: $!";
    my @lines = <$fh>;
    close $fh or diag(@lines);

    return $? == 0 ? { map { /^(\w+)=(.*)/ } map { split ' ' } @lines } : undef;
}


# ---- load, and the floor under it ----

my $t = Test::Nginx::WZP->new;
$t->start(workers => 2);

my $load = measured('load', '--relay', $t->addr, '--port', $t->port(1),
                    '--rooms', 2, '--members', 3, '--talkers', 2, '--hold', 0,
                    '--warm', 200, '--run', 1000, '--trace', "$dir/trace",
                    map { ('--pid', $_) } $t->workers);

is($load->{joined}, 6, 'load: all have joined');
cmp_ok($load->{expected}, '>=', 2 * 2 * 2 * 40, 'load: they talked');
is($load->{delivered}, $load->{expected}, 'load: and were heard');
is($load->{doubles} + $load->{strange} + $load->{gone}, 0,
   'load: once, by whom they should');
cmp_ok($load->{cpu_pct}, '>', 0, 'load: it cost the workers something');

my $floor = measured('floor', '--trace', "$dir/trace", '--port', $t->port(2),
                     '--run', 300);
ok($floor && %$floor, 'floor: the same packets');

$t->end;


# ---- without a relay ----

my $engine = measured('engine', 10, 1, 50);
ok($engine && $engine->{packets} > 0 && $engine->{write_ns} > 0,
   'engine: packets in some time');

my $opus = measured('opus', '--in', $voice, '--seconds', 1);
cmp_ok($opus->{cpu}, '>', 0, 'opus: both ways take some time');

my $json = qx($bench/voice --in $voice --out $dir/out.wav --loss 0.1);
my $heard = eval { decode_json($json) };
ok($heard && $heard->{lost} > 0 && $heard->{passed} > $heard->{lost},
   'voice: some packets were lost, most were not');
my $s = similarity($voice, "$dir/out.wav");
cmp_ok($s->{estoi}, '>', 0.85, 'voice: what was said is heard');

done_testing;
