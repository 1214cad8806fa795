# With "accept_mutex on" nginx posts its decision about a connection, so that
# it comes after what else was read in the same turn: a call offer that came
# close behind the handshake must not be lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(
    workers => 2, events => 'worker_connections 512; accept_mutex on;',
    server => 'wzp_handshake_timeout 5s; deny 127.0.0.2; allow all;');

my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. 12);

is(scalar(@m), 12, 'all have joined');
is(scalar(grep { $_->wait_count(12) } @m), 12, 'one room');

$_->send(count => 20) for @m;
$_->sent for @m;

my $heard = 0;

for my $to (@m) {
    $heard += $to->heard($_->stream_id, 20)->{distinct}
        for grep { $_ != $to } @m;
}

is($heard, 12 * 11 * 20, 'a call');
$_->close for @m;
$t->done;
