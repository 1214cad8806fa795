# IPv6, wildcard addresses (the answer comes from where the question went), and
# both families at once in one room.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

plan skip_all => 'no IPv6 here' unless -e '/proc/net/if_inet6'
    && slurp('/proc/net/if_inet6') =~ /^0{31}1 /m;

my $t = Test::Nginx::WZP->new->start(
    workers => 2,
    listen => ['0.0.0.0:%%PORT%%', '[::1]:%%PORT%%',
               '[::]:%%PORT_1%% ipv6only=off']);

my @m = $t->joined(
    { seed => seed_of(1), addr => $t->addr },
    { seed => seed_of(2), addr => '127.0.0.9:' . $t->port },
    { seed => seed_of(3), addr => '[::1]:' . $t->port },
    { seed => seed_of(4), addr => '[::1]:' . $t->port(1) },
    { seed => seed_of(5), addr => '127.0.0.7:' . $t->port(1) });

$_->send(count => 25) for @m;
$_->sent for @m;

for my $to (@m) {
    my $sum = 0;
    $sum += $to->heard($_->stream_id, 25)->{distinct}
        for grep { $_ != $to } @m;
    is($sum, 100, "$to->{addr} hears the four others");
}

# how others reach one that is there for IPv6 only

my $six = Test::Nginx::WZP->new->start(workers => 2,
                                       listen => ['[::]:%%PORT%%']);

like($six->error_log, qr/on \[::\]:\d+, .* wzp_peer \[[0-9a-f:]+\]:\d+ /,
     'by an address of that kind');

$t->done;
