# The client's own network changes under it: its address goes away, another one
# takes over.  The call moves along, within a few packets.
#
# In namespaces of its own, where addresses and names can come and go.

use strict;
use warnings;

use FindBin;
use Test::More;

BEGIN {
    if (!$ENV{WZP_TEST_NETNS}) {
        my $can = $> == 0 && system('unshare -n -m true 2>/dev/null') == 0
                  && system('ip -V >/dev/null 2>&1') == 0;
        plan skip_all => 'needs root and network namespaces' unless $can;

        $ENV{WZP_TEST_NETNS} = 1;
        exec 'unshare', '-n', '-m', $^X, (map { "-I$_" } @INC), $0
            or die "unshare: $!";
    }
}

use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

sub ip
{
    my ($command) = @_;

    system("ip $command") == 0 or BAIL_OUT("ip $command");
}

my ($relay, $one, $two) = map { "10.9.0.$_" } 1 .. 3;

ip('link set lo up');
ip("addr add $_/32 dev lo") for $relay, $one, $two;
ip("route replace local $relay dev lo table local src $one");

my $t = Test::Nginx::WZP->new;
my $addr = "$relay:" . $t->port;

$t->start(listen => ["$relay:%%PORT%%"]);

# a name with three addresses, of which only the last leads to the relay; and
# one with more of them than the client keeps sockets

my $hosts = spew($t->dir . '/hosts', "fe80::1 thrice\n$two thrice\n"
                                     . "$relay thrice\n"
                                     . join('', map { "127.0.1.$_ many\n" }
                                            1 .. 12)
                                     . "$relay many\n");
SKIP: {
    system("mount --bind $hosts /etc/hosts") == 0 or skip 'no mount', 4;

    my ($rc, $out) = $t->run_client(
        { addr => 'thrice:' . $t->port }, '--duration', '0');
    is($rc, 0, 'a name with several addresses: each is tried');
    like($out, qr/at thrice:\d+ \(\Q$addr\E\)/, 'the right one is told');

    ($rc, $out) = $t->run_client({ addr => 'many:' . $t->port }, '--duration',
                                 '0');
    is($rc, 0, 'a name with 13 addresses: each is tried');
    like($out, qr/at many:\d+ \(\Q$addr\E\)/, 'up to the last');
}

my $talker = $t->client({ addr => $addr }, '--seed', seed_of(1),
                        '--send-tone');
my $listener = $t->client({ addr => $addr }, '--seed', seed_of(2));

for my $c ($talker, $listener) {
    my $ev = $c->wait_event('connected');
    like($ev->{local}, qr/^\Q$one\E:/, 'connected from the first address')
        or diag($c->story);
}

my $id = $talker->wait_event('joined')->{stream_id};

sub heard
{
    my ($ev) = reverse $listener->events('status');
    my ($s) = grep { $_->{stream_id} == $id } @{$ev->{streams} || []};

    return $s ? $s->{unique} : 0;
}

ok(wait_for { heard() > 50 }, 'one hears the other');

ip("addr del $one/32 dev lo");
ip("route replace local $relay dev lo table local src $two");

for my $c ($talker, $listener) {
    my $ev = $c->wait_event('migrated');
    ok($ev, 'it moves by itself') or diag($c->story);
    like($ev->{from}, qr/^\Q$one\E:/, 'from the one');
    like($ev->{to}, qr/^\Q$two\E:/, 'to the other');
}

my $at = heard();
ok(wait_for { heard() > $at + 100 }, 'and hears on') or diag($listener->story);
is(scalar($_->events('closed')), 0, 'by the same connection')
    for $talker, $listener;

my $sent = $talker->report;
ok($listener->wait_event('room', sub { $_->{count} == 1 }), 'one leaves');
my ($s) = @{$listener->report->{streams}};

is($sent->{exit}, 0, 'orderly');
is($s->{unique} + $s->{lost}, $s->{last_seq} - $s->{first_seq} + 1,
   'every packet counts');
cmp_ok($s->{lost}, '<', 150, "of which $s->{lost} were lost on the way");

$t->done;
