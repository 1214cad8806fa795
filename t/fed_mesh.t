# A full mesh of four, where each is a peer of each: every frame comes once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my @r = mesh(4, workers => 2);
ok(wait_up(@r), 'all links are up');

my @m = everywhere(\@r, 2);
ok(all_know(\@m), 'everybody is in every list');
talk(\@m, 200, interval_us => 10_000);
clean($r[0], \@m, 11_200, 'a mesh');

Test::Nginx::WZP->finish(@r);
