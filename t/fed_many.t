# Hundreds of rooms at once: a link that comes up has more to tell than fits into
# any queue of a member, and nothing of it is lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my $n = 1000;
my @rooms = map { "room$_" } 1 .. $n;
my @watchers = map { seed_of(800 + $_) } 0, 1;
my $trust = join '', map { 'wzp_trusted fingerprint=' . tls_fp_of($_) . ";\n" }
                     @watchers;

my @r = chain(2, workers => 2, rooms => \@rooms, server => $trust,
              zone => 'voice:16m');
ok(wait_up(@r), 'the link is up');

$r[1]->allow(qr/link "A" down/);
$r[1]->stop;

my $w = $r[0]->link(seed => $watchers[0], ours => 1);
my @says = @rooms;

# not more at once than it may open streams

while (my @some = splice @says, 0, 50) {
    $w->offer($_, [fp_of(1)]) for @some;
    $w->say(Ping => { timestamp_ms => scalar @says });
    $w->wait_signal('Pong', sub { $_->{timestamp_ms} == @says });
}

$r[1]->start;

my $far = $r[1]->link(seed => $watchers[1], ours => 1);

sub rooms_of
{
    my ($l) = @_;
    my %room = map { $_->{room} => 1 } $l->signals('GlobalRoomActive');

    return scalar keys %room;
}

wait_for { rooms_of($far) == $n };
is(rooms_of($far), $n, 'all rooms are known two relays further');

is($_->grep_log(qr/signal dropped/), 0, 'no signal was dropped') for @r;

$_->close for $w, $far;
Test::Nginx::WZP->finish(@r);
