# wzp_rate bounds what one member may send; what is above is dropped and
# counted, and nobody else suffers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(
    stream => 'log_format c "$wzp_fingerprint|$wzp_packets_in|$wzp_drops";',
    server => 'wzp_rate 100; access_log %%DIR%%/access.log c;');

my ($ann, $bob, $eve) = $t->joined(map { { seed => seed_of($_) } } 1 .. 3);

$bob->send(count => 100);
$eve->send(count => 3000, interval_us => 500);
$_->sent for $bob, $eve;

my $good = $ann->heard($bob->stream_id, 100);
is("$good->{distinct}", 100, 'whoever keeps to the rate is heard in full');

my $flow = $ann->heard($eve->stream_id, 1);
my $took = ($eve->events('sent'))[0]{t} - ($eve->events('connected'))[0]{t};

cmp_ok($flow->{packets}, '<=', 100 * ($took + 2) + 100,
       'whoever does not is cut down to it');
cmp_ok($flow->{packets}, '>=', 50, 'but not silenced');

$_->close for $eve, $bob, $ann;

my $fp = fp_of(3);
ok(wait_for { slurp($t->dir . '/access.log') =~ /^\Q$fp\E\|/m },
   'log line of the fast one');
my ($in, $drops) = slurp($t->dir . '/access.log')
                   =~ /^\Q$fp\E\|(\d+)\|(\d+)/m;
cmp_ok($drops, '>=', 3000 - $flow->{packets}, 'what was dropped is counted');

$t->done;
