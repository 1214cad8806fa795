# A graceful quit ends probes, too, whoever dialed them and whether they are
# trusted or not: nothing of them keeps a worker.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my ($x, $y, $z) = Test::Nginx::WZP->relays(3);

$x->start(workers => 2, server => $x->trusted_of($y));
$y->start(workers => 2, server => 'wzp_probe ' . $x->addr . ";\n"
                                  . $y->trusted_of($x));
$z->start(workers => 2, server => 'wzp_probe ' . $x->addr . ';');

ok($_->wait_log(qr/probe of .* up/), $_->label . ': its probe is up')
    for $y, $z;

ok($y->quit, 'who probes quits');
ok($x->quit, 'and who is probed by a stranger');

Test::Nginx::WZP->finish($x, $y, $z);
