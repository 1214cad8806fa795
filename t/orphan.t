# The youngest worker 0 dies while older workers still have calls: they may
# read its socket meanwhile, but must give it back at once, or they would
# refuse newcomers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 1);

my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } } 1, 2);
$_->send(count => 100_000) for @m;

ok($t->reload, 'reload during a call');
ok($t->wait_log(qr/gracefully shutting down/), 'the old worker stays for it');

for my $round (1 .. 3) {
    my ($pid) = $t->workers;
    $t->kill_worker(0);
    ok(wait_for { my ($w) = $t->workers; $w && $w != $pid },
       "round $round: the new worker dies, another one comes");

    my @late = $t->joined(map { { seed => seed_of(10 * $round + $_) } }
                          1 .. 8);
    is(scalar(grep { $_->closed(0.01) } @late), 0,
       "round $round: nobody is refused");
    $_->close for @late;
}

my $at = $m[0]->heard($m[1]->stream_id, 1)->{packets};
cmp_ok($m[0]->heard($m[1]->stream_id, $at + 25)->{packets}, '>=', $at + 25,
       'the call goes on');
is(scalar(grep { $_->closed(0.01) } @m), 0, 'on the old worker');

$_->close for @m;
ok($t->wait_workers(1), 'which ends with it');
$t->done;
