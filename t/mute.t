# Mute, Unmute, Hold and Unhold show in everybody's list.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2);

my ($ann, $bob) = $t->joined(map { { seed => seed_of($_),
                                     accept_streams => 1 } } 1, 2);
$_->wait_count(2) for $ann, $bob;

sub state_of
{
    my ($m, $n) = @_;
    my ($p) = grep { $_->{fingerprint} eq fp_of($n) }
              @{$m->room->{participants}};

    return ($p->{muted} ? 'm' : '-') . ($p->{held} ? 'h' : '-');
}

is(state_of($ann, 2), '--', 'at first neither');

for my $step (['Mute', 'm-'], ['Hold', 'mh'], ['Unmute', '-h'],
              ['Unhold', '--'], ['Hold', '-h'])
{
    my ($signal, $want) = @$step;
    $bob->signal(qq("$signal"));

    for my $m ($ann, $bob) {
        ok(wait_for { state_of($m, 2) eq $want }, "$signal: $want");
    }
}

is(state_of($ann, 1), '--', 'the other one is not touched');
is($ann->room->{count}, 2, 'nor the count');

# whoever comes later sees it

my ($eve) = $t->joined({ seed => seed_of(3), accept_streams => 1 });
$eve->wait_count(3);
is(state_of($eve, 2), '-h', 'a newcomer sees it too');

# signals that mean nothing here are read and forgotten: more of them than
# there is stream credit, no faster than the relay takes them

for (1 .. 4) {
    $bob->signal('{"Ping":{"timestamp_ms":1}}') for 1 .. 40;
    sleep 2;
}

$bob->signal('"Unhold"');
ok(wait_for { state_of($ann, 2) eq '--' },
   'signals are read at all times, however many');

$t->done;
