# wzp_bundle lets frames of several talkers wait for each other: fewer packets,
# the same frames.

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my @ports = (['wzp_bundle 0;', 0], ['wzp_bundle 20ms;', 20],
             ['wzp_trunking on;', 5]);

$t->start(servers => [map {
    "listen 127.0.0.1:%%PORT_$_%% udp reuseport;\nwzp on name=r$_;\n"
    . "wzp_identity %%DIR%%/identity;\n$ports[$_][0]"
} 0 .. $#ports]);

my ($talkers, $count) = (8, 100);
my @packets;

for my $n (0 .. $#ports) {
    my ($what) = @{$ports[$n]};
    my $front = 10 + $n;
    my $proxy = Test::Nginx::WZP::Process->spawn(
        name => "proxy$n", dir => $t->dir,
        command => [Test::Nginx::WZP::tool('udpproxy'), $t->port($front),
                    $t->port($n)]);
    $proxy->wait_event('ready');
    push @{$t->{clients}}, $proxy;

    my ($ear) = $t->joined({ seed => seed_of(99), addr => $t->addr($front) });
    my @m = $t->joined(map { { seed => seed_of($_), addr => $t->addr($n) } }
                       1 .. $talkers);

    $_->send(count => $count) for @m;
    $_->sent for @m;

    my $heard = 0;
    for my $m (@m) {
        my $f = $ear->heard($m->stream_id, $count);
        $heard += $f->{distinct} - $f->{corrupt} - $f->{dups};
    }
    $t->counts($heard, $talkers * $count,
               "$what every frame, once, unchanged");

    $_->close for $ear, @m;
    $proxy->stop('TERM');
    my ($rep) = $proxy->events('report');
    push @packets, $rep->{down}{in};
    note("$what $packets[-1] packets for " . $talkers * $count . ' frames');
}

cmp_ok($packets[1], '<', $talkers * $count / 3,
       'wzp_bundle 20ms: several frames to a packet');
cmp_ok($packets[1], '<', $packets[0], 'fewer packets than without');
cmp_ok($packets[2], '<', $talkers * $count, 'wzp_trunking on: the same');

$t->done;
