# Each relay of a chain restarts during talk: its own members come again, and
# everybody hears everybody.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my @r = chain(3, workers => 2);
ok(wait_up(@r), 'all links are up');

my @m = everywhere(\@r, 1);
ok(all_know(\@m), 'everybody is in every list');

for my $i (0 .. 2) {
    $_->send(count => 5_000) for @m;

    $_->allow(qr/link .* down/) for @r;
    $r[$i]->stop;
    ok($m[$i]->closed, "relay $i ends, and so do its calls");
    $r[$i]->start;

    $m[$i] = ($r[$i]->joined({ seed => seed_of(200 + $i),
                               accept_streams => 1 }))[0];
    ok(wait_up(@r), "relay $i is there again, with its links");
    ok(all_know(\@m), 'everybody is in every list again');

    $_->send(count => 5_000) for $m[$i];

    for my $to (@m) {
        for my $from (grep { $_ != $to } @m) {
            my $at = $to->heard($from->stream_id, 1)->{packets};
            cmp_ok($to->heard($from->stream_id, $at + 25)->{packets}, '>=',
                   $at + 25, 'and hears everybody');
        }
    }

    is(doubled(@m), 0, 'nothing came twice');
}

Test::Nginx::WZP->finish(@r);
