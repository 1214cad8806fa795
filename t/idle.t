# wzp_idle_timeout: who has fallen silent is out of the room; who is only quiet
# stays.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2,
    stream => 'log_format s "$wzp_fingerprint $wzp_status";',
    server => "wzp_idle_timeout 2s;\naccess_log %%DIR%%/access.log s;");

my ($ann, $bob, $eve) = $t->joined(
    map { { seed => seed_of($_), accept_streams => 1 } } 1 .. 3);
$ann->wait_count(3);

# eve's process hangs: no packet in, none out

$eve->freeze;
ok($ann->wait_count(2), 'a member that hangs is out of the room');

my ($fp1, $fp2, $fp3) = map { fp_of($_) } 1 .. 3;
ok(wait_for { slurp($t->dir . '/access.log') =~ /^\Q$fp3\E (\S+)$/m },
   'and logged');

# ann and bob have said nothing all the time, and stay for longer than that

sleep 5;
ok(!$ann->events('closed') && !$bob->events('closed'),
   'who is only quiet stays');
$bob->send(count => 10);
$bob->sent;
is($ann->heard($bob->stream_id, 10)->{distinct}, 10, 'and is heard');

# eve wakes up: her connection is gone, which she is told at once

$eve->thaw;
my $ev = $eve->closed || {};
like($ev->{kind} || '', qr/^(?:reset|idle)$/, 'who wakes up learns of it');

my ($again) = $t->joined({ seed => seed_of(3), accept_streams => 1 });
ok($again->wait_count(3), 'and may come back');

$_->close for $ann, $bob, $again;
ok(wait_for { (() = slurp($t->dir . '/access.log') =~ / normal$/mg) == 3 },
   'the others left in order');

$t->done;
