# A relay that is not let in is told so, and what to do; once it is, the link
# comes up by itself.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my ($here, $there) = Test::Nginx::WZP->relays(2);

$there->start(workers => 2);
$here->start(workers => 2, server => 'wzp_federation_backoff 200ms 400ms;'
                                     . $here->peer_of($there));

ok($here->wait_log(qr/\[error\].*link "B" down: cannot connect to .*: it does not let/),
   'who dials is told');
ok($there->wait_log(qr/\[warn\].*refused: not configured; to admit it: wzp_t/),
   'and the other end');

ok(wait_for { $there->grep_log(qr/closed: relay is not configured here/) > 2 },
   'and comes again');

my ($line) = $there->error_log =~ /to admit it: (wzp_trusted \S+;)/;

ok($there->reload(workers => 2, server => $line), 'that line is pasted');
ok($here->wait_links(1), 'and the link is up');
is($here->grep_log(qr/does not let us in/), 1, 'it was said once');
is($there->grep_log(qr/to admit it/), 1, 'at both ends');

Test::Nginx::WZP->finish($here, $there);
