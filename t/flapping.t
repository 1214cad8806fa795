# What one restless member can make the relay send to a large room is bounded:
# lists by the room's size, directives to one a second.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Time::HiRes qw(sleep time);

my $n = 200;
my $t = Test::Nginx::WZP->new->start(workers => 1);

my @m = $t->joined(map { { seed => seed_of($_), accept_streams => $_ < 3 } }
                   1 .. $n);
my ($bob, $ann) = @m;

ok($ann->wait_count($n), 'one room');

sub signals
{
    my ($m, $name) = @_;

    return scalar grep { ref $_->{json} eq 'HASH' && $_->{json}{$name} }
           $m->events('signal');
}

# a newcomer does not wait for the others' list

my ($late) = $t->joined({ seed => seed_of(1000), accept_streams => 1 });
ok($late->wait_count($n + 1), 'a newcomer learns of all');

# lists

my $before = signals($ann, 'RoomUpdate');
my $start = time;

for (1 .. 40) {
    $bob->signal($_ % 2 ? '"Mute"' : '"Unmute"');
    sleep 0.1;
}

my $most = (time - $start) / ($n * $n * 16e-6) + 3;
my $got = signals($ann, 'RoomUpdate') - $before;

cmp_ok($got, '>', 0, "muting and unmuting: $got lists");
cmp_ok($got, '<=', $most, "at most $most");

# directives

my $seq = 0;

sub report
{
    my ($loss) = @_;

    $bob->raw(sprintf '0200%04x%08x00000000%s%02x%02x%02x%02x', $seq,
              $seq * 20, 'f8fffe', int($loss * 255 / 100), 5, 3, 200);
    $seq++;
}

$start = time;

for (1 .. 30) {
    report(10) for 1 .. 3;
    report(1) for 1 .. 5;
    sleep 0.1;
}

ok(wait_for { signals($ann, 'QualityDirective') }, 'reports up and down');
$most = time - $start + 2;
$got = signals($ann, 'QualityDirective');
cmp_ok($got, '<=', $most, "$got directives, at most $most");

$_->close for $late;
$t->done;
