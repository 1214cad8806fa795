# nginx -s quit of the relay in the middle of a chain, with calls: its links live
# until its last member leaves, then it ends; with one worker as with two, and
# over IPv6.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my $ipv6 = slurp('/proc/net/if_inet6') =~ /^0{31}1 /m;


# A chain whose relays have only [::1].

sub chain6
{
    my (%opt) = @_;
    my @r = Test::Nginx::WZP->relays(3);
    my $at = sub { '[::1]:' . $r[$_[0]]->port };
    my $room = "wzp_global_room general;\nwzp_federation_backoff 300ms 3s;\n";
    my @more = ($r[0]->trusted_of($r[1]),
                $r[1]->peer_of($r[0], addr => $at->(0))
                . $r[1]->trusted_of($r[2]),
                $r[2]->peer_of($r[1], addr => $at->(1)));

    for my $i (0 .. 2) {
        $r[$i]{degree} = $i == 1 ? 2 : 1;
        $r[$i]->start(%opt, listen => ['[::1]:%%PORT%%'],
                      server => $room . $more[$i]);
    }

    return @r;
}


sub quits
{
    my ($what, $addr, @r) = @_;

    ok(wait_up(@r), "$what: all links are up");

    my @m = map {
        my $i = $_;
        $r[$i]->joined(map { { seed => seed_of(10 * $i + $_),
                               accept_streams => 1, $addr->($r[$i]) } } 1, 2);
    } 0 .. 2;
    ok(all_know(\@m), "$what: everybody is in every list");

    $_->send(count => 200) for @m;
    $m[0]->heard($m[4]->stream_id, 20);

    my $pid = $r[1]->pid;
    $r[1]->signal('QUIT');
    $r[1]->{started} = 0;
    ok($r[1]->wait_log(qr/gracefully shutting down/), "$what: told to quit");
    $_->sent for @m;
    clean($r[0], \@m, 6000, $what);

    # one leaves, the call goes on

    (splice @m, 3, 1)->close;
    ok(all_know(\@m), "$what: who leaves is gone");
    talk(\@m, 50, seq => 200, interval_us => 10_000);

    my $far = $m[4]->heard($m[0]->stream_id, 250);
    $r[0]->counts($far->{distinct}, 250, "$what: the ends hear each other");
    ok(!Test::Nginx::WZP::gone($pid), "$what: it waits for its last member");
    is($_->grep_log(qr/link ".*" down/), 0, $_->label . ": $what: no link is down")
        for @r;

    # the last one

    $_->allow(qr/link "B" down/) for @r[0, 2];
    (splice @m, 2, 1)->close;
    ok($r[1]->wait_gone($pid), "$what: then it ends");

    for my $side ([@m[0, 1]], [@m[2, 3]]) {
        ok(all_know($side), "$what: each side is alone");
    }

    $_->end, $_->questions for @r;
}


my $udp4 = sub { return () };
my $udp6 = sub { return (addr => '[::1]:' . $_[0]->port) };

quits('two workers', $udp4, chain(3, workers => 2));
quits('one worker', $udp4, chain(3, workers => 1));

SKIP: {
    skip 'no IPv6 here', 1 unless $ipv6;
    quits('IPv6', $udp6, chain6(workers => 2));
}

done_testing();
