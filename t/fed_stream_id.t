# Two relays gave out the same stream id: the member of the relay with the
# higher id gets another one, and is heard under it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my ($r) = Test::Nginx::WZP->relays(1);

# one with a lower id than the relay, one with a higher

my $self = relay_id_of($r->{seed});
my ($low) = grep { relay_id_of(seed_of($_)) lt $self } 700 .. 760;
my ($high) = grep { relay_id_of(seed_of($_)) gt $self } 700 .. 760;

$r->start(workers => 2, server => 'wzp_global_room general;'
          . join '', map { 'wzp_trusted fingerprint=' . tls_fp_of(seed_of($_))
                           . " label=$_;" } $low, $high);

for my $x ([$low, 'lower'], [$high, 'higher']) {
    my ($n, $what) = @$x;
    my ($ann, $bob) = $r->joined(map { { seed => seed_of($n * 10 + $_),
                                         accept_streams => 1 } } 1, 2);
    my $id = $ann->stream_id;
    my $l = $r->link(seed => seed_of($n), ours => 1);

    ok(all_know([$ann, $bob]), "$what: two here");
    $l->offer('general', [{ fingerprint => fp_of(5), alias => undef,
                            relay_label => undef, stream_id => $id }]);
    ok($bob->wait_count(3), 'and one there, with the id of one of them');

    my $now = wait_for {
        my ($p) = grep { !$_->{relay_label}
                         && $_->{fingerprint} eq fp_of($n * 10 + 1) }
                  @{$bob->room->{participants}};
        $p && ($n == $high || $p->{stream_id} != $id) && $p->{stream_id};
    };

    if ($n == $low) {
        isnt($now, $id, 'the relay gives way to a lower one');
        $ann->send(count => 20, interval_us => 5000);
        is($bob->heard($now, 20)->{distinct}, 20, 'he is heard by the new id');

        # as the other relay hears it, and as it is heard

        is($l->heard('general', $now, 20)->{distinct}, 20, 'there, too');
        $l->send(room => 'general', stream_id => $id, count => 20,
                 interval_us => 5000);
        is($bob->heard($id, 20)->{distinct}, 20, 'the other keeps the old one');

    } else {
        sleep 1;
        is($now, $id, 'a higher one has to give way');
        $l->send(room => 'general', stream_id => $id, count => 20,
                 interval_us => 5000);
        $ann->send(count => 20, interval_us => 5000);
        is($bob->heard($id, 20)->{packets}, 20,
           'and is not heard by an id that is ours');
    }

    $_->close for $ann, $bob, $l;
    $r->allow(qr/link ".*" down/);
}

Test::Nginx::WZP->finish($r);
