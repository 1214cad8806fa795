# Speech on one relay is heard two relays further: make demo-federation.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $out = `$^X $FindBin::Bin/demo-federation.pl 2>&1`;
my $status = $? >> 8;

my ($estoi) = $out =~ /ESTOI\): (-?[\d.]+)/;

ok(defined $estoi, 'the demonstration comes to its end') or diag($out);
$t->measures($status, '==', 0, 'and to a good one') or diag($out);
like($out, qr/^== verdict: /m, 'with a verdict');

done_testing;
