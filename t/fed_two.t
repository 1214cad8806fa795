# Two relays, one room: one link whoever dials, complete lists from the first
# on, and what changes on one side is seen on the other.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

use Digest::SHA qw(sha256_hex);


# A participant of a list by his stream id.

sub entry
{
    my ($room, $m) = @_;

    return (grep { ($_->{stream_id} || 0) == $m->stream_id }
            @{$room->{participants}})[0] || {};
}


sub first_list
{
    my ($m) = @_;
    my $ev = $m->wait('signal', sub { ref $_[0]{json} eq 'HASH'
                                      && $_[0]{json}{RoomUpdate} });

    return $ev->{json}{RoomUpdate};
}


for my $dial (qw(one both)) {
    my @r = topology(2, linked => [[1, 0]], dial => $dial, workers => 2);
    my ($p, $q) = @r;

    ok(wait_up(@r), "$dial: the link is up");

    # everybody joins; each one's very first list is whole

    my @m = $p->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                       1 .. 3);
    ok(all_know(\@m), 'three here');

    for my $i (4 .. 6) {
        push @m, $q->joined({ seed => seed_of($i), accept_streams => 1 });
        is(first_list($m[-1])->{count}, $i, 'the first list has all')
            or diag($m[-1]->story);
        ok(all_know(\@m), 'and so has that of the others');
    }

    my ($here, $there) = (entry($m[0]->room, $m[1]), entry($m[0]->room, $m[4]));
    is($here->{relay_label}, undef, 'who is here has no label');
    is($there->{relay_label}, 'B', 'who is there has that of the relay');
    is($there->{fingerprint}, fp_of(5), 'and his fingerprint');
    is(entry($m[4]->room, $m[0])->{relay_label}, 'A', 'and the other way');

    # the same room by its hash

    my $hashed = substr sha256_hex('featherchat-group:general'), 0, 32;
    push @m, $q->joined({ seed => seed_of(7), accept_streams => 1,
                          sni => $hashed });
    ok(all_know(\@m), 'a hashed name is the same room');

    talk(\@m, 50, interval_us => 10_000);
    clean($p, \@m, 7 * 6 * 50, 'two relays');

    # states and leaving

    $m[1]->signal('"Mute"');
    ok(wait_for { entry($m[5]->room, $m[1])->{muted} }, 'muted is seen there');
    $m[1]->signal('"Unmute"');
    ok(wait_for { !entry($m[5]->room, $m[1])->{muted} }, 'and no longer');

    $m[0]->close;
    $m[4]->close;
    my @left = @m[1, 2, 3, 5, 6];
    ok(all_know(\@left), 'who leaves is gone on both sides');

    # one link for the pair: a second connection ends, and none comes after

    sleep 3;
    for my $r (@r) {
        is($r->grep_log(qr/link ".*" up/), 1, 'up once')
            or diag($r->error_log);
        is($r->grep_log(qr{link ".*" down: (?!cannot connect)}), 0, 'and never down');
    }

    $_->end, $_->questions for @r;
}

done_testing();
