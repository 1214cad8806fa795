# The worker that has the links dies during talk: they come back within about a
# second, members of the other workers stay, nobody is listed twice.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

use Time::HiRes qw(time);

my @r = chain(3, workers => 2);
ok(wait_up(@r), 'all links are up');

my @m = everywhere(\@r, 3);
ok(all_know(\@m), 'everybody is in every list');

for my $i (1, 2, 0) {
    my ($hub) = $r[$i]->error_log =~ /.*\d+#(\d+): link "\w" up/s;
    my $at;

    $_->send(count => 5_000) for @m;
    $m[0]->heard($m[1]->stream_id, 20);

    $_->allow(qr/link .* down/, qr/exited on signal 9/) for @r;
    $r[$i]->signal('KILL', $hub);
    $at = time;
    ok(wait_for { $r[$i]->grep_log(qr/#(?!$hub:)\d+: link .* up/)
                  >= $r[$i]{degree} },
       $r[$i]->label . ': its links are up again');
    $r[$i]->measures(time - $at, '<', 3, 'soon');

    # who was in that worker has to come again

    sleep 1;
    @m = grep { !$_->gone } @m;
    cmp_ok(scalar(@m), '>=', 6, 'those of the other relays stay');
    ok(all_know(\@m), 'and with those of the other workers are all that is listed');

    push @m, $r[$i]->joined(map {
        { seed => seed_of(200 + 20 * $i + $_), accept_streams => 1 }
    } 1 .. 9 - @m);
    ok(all_know(\@m), 'with those who come');

    for my $to (@m[0, 4, 5]) {
        for my $from (grep { $_ != $to && $_->{sends} } @m) {
            my $p = $to->heard($from->stream_id, 1)->{packets};
            my $n = $to->heard($from->stream_id, $p + 5)->{packets};
            $n >= $p + 5 or fail('everybody is heard by everybody');
        }
    }
}

Test::Nginx::WZP->finish(@r);
