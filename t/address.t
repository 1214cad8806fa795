# A client that moves to another IP keeps its call; but not where the server
# has access rules, which were asked about the first address only.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

sub relay
{
    my ($n, $more) = @_;

    return "listen 0.0.0.0:%%PORT_$n%% udp reuseport;\n"
         . "wzp on name=r$n;\nwzp_identity %%DIR%%/identity;\n$more";
}

$t->start(workers => 2, servers => [
    relay(0, ''), relay(1, 'allow 127.0.0.0/30; deny all;')]);

for my $n (0, 1) {
    my ($ann, $bob) = $t->joined(
        { seed => seed_of(1), addr => $t->addr($n) },
        { seed => seed_of(2), addr => $t->addr($n), source => '127.0.0.1' });
    my $name = $n ? 'with rules' : 'without rules';

    $bob->send(count => 10);
    $bob->sent;
    is($ann->heard($bob->stream_id, 10)->{distinct}, 10, "$name: a call");

    # another port: as any NAT does

    $bob->rebind;
    $bob->send(count => 20);
    $bob->sent;
    cmp_ok($ann->heard($bob->stream_id, 29)->{distinct}, '>=', 29,
           "$name: another port");
    ok(!$bob->events('closed'), "$name: still a member");

    # another address

    $bob->rebind(source => '127.0.0.2');
    $bob->send(count => 20);

    if ($n) {
        my $ev = $bob->closed;
        ok($ev, "$name: another address: sent away");
        ok($t->wait_log(qr/migration to 127\.0\.0\.2:\d+ refused/),
           "$name: the log says why");
    } else {
        $bob->sent;
        cmp_ok($ann->heard($bob->stream_id, 48)->{distinct}, '>=', 48,
               "$name: another address");
        ok(!$bob->events('closed'), "$name: still a member");
    }

    $_->close for $ann, $bob;
}

$t->done;
