# A binary upgrade of relays of a chain during talk: no frame is lost or
# doubled, and no list flickers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my @r = chain(3, workers => 2);
ok(wait_up(@r), 'all links are up');

my @m = everywhere(\@r, 2);
ok(all_know(\@m), 'everybody is in every list');

for my $x ([1, 'the middle'], [2, 'a leaf']) {
    my ($i, $who) = @$x;
    my @before = map { scalar(() = $_->events('signal')) } @m;
    my $from = $m[0]{seq} || 0;

    $_->send(count => 400, seq => $from) for @m;
    $m[0]->heard($m[1]->stream_id, $from + 20);

    my ($old, $new) = $r[$i]->upgrade;
    ok($new, "$who: a new master, with workers");
    sleep 1;
    $r[$i]->signal('QUIT', $old);
    $_->sent(60) for @m;

    clean($r[0], \@m, ($from + 400) * 30, $who);

    my $bad = 0;
    for my $m (@m) {
        my @all = $m->events('signal');
        splice @all, 0, shift @before;
        $bad += grep { $_->{json}{RoomUpdate}{count} != @m }
                grep { ref $_->{json} eq 'HASH' && $_->{json}{RoomUpdate} } @all;
    }
    is($bad, 0, "$who: no list flickers");

    # those of the old master leave, and it ends

    my @old = splice @m, 2 * $i, 2;
    $_->close for @old;
    ok($r[$i]->wait_gone($old), "$who: the old master goes with its calls");

    splice @m, 2 * $i, 0, $r[$i]->joined(map {
        { seed => seed_of(10 * $i + 200 + $_), accept_streams => 1 } } 1, 2);
    $m[2 * $i + $_]{seq} = 0 for 0, 1;
    ok(all_know(\@m), "$who: newcomers are in one room with all");

    last if $i == 2;
    @m[2, 3] = @m[2, 3];
    $_->close for @m;
    @m = everywhere(\@r, 2, alias => 'again');
    ok(all_know(\@m), 'and again');
}

Test::Nginx::WZP->finish(@r);
