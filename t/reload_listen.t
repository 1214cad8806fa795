# A reload that takes an address, or a whole relay, out of the configuration:
# its calls go on in the old workers until they end.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $main = "listen 127.0.0.1:%%PORT%% udp reuseport;\n"
           . "wzp on name=main;\nwzp_identity %%DIR%%/one;";
my $side = "listen 127.0.0.1:%%PORT_1%% udp reuseport;\n"
           . "wzp on name=side;\nwzp_identity %%DIR%%/two;";

my $t = Test::Nginx::WZP->new->start(workers => 2, servers => [$main, $side]);

my ($ann, $bob, $eve, $joe) = $t->joined(
    { seed => seed_of(1), addr => $t->addr(0) },
    { seed => seed_of(2), addr => $t->addr(0) },
    { seed => seed_of(3), addr => $t->addr(1) },
    { seed => seed_of(4), addr => $t->addr(1) });

$_->send(count => 400) for $ann, $eve;
$bob->heard($ann->stream_id, 20);
$joe->heard($eve->stream_id, 20);

$t->reload(servers => [$main]);

$_->sent for $ann, $eve;

for my $pair ([$bob, $ann, 'the relay that stays'],
              [$joe, $eve, 'the relay that is gone'])
{
    my ($to, $from, $what) = @$pair;
    my $flow = $to->heard($from->stream_id, 400);

    is($flow->{distinct}, 400, "$what: all frames arrive");
    is($flow->{dups}, 0, "$what: none twice");
}

my $late = $t->member(seed => seed_of(5), addr => $t->addr(1));
ok($late->closed, 'nobody new comes to the relay that is gone');

$_->close for $ann, $bob, $eve, $joe;
$t->done;
