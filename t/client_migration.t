# A client changes its address, or a NAT changes it: the call goes on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2);
my ($ann) = $t->joined({ seed => seed_of(1), accept_streams => 1 });


# ---- by itself: SIGUSR1 takes another socket ----

my $c = $t->client('--room', 'general', '--send-tone');
my $joined = $c->wait_event('joined') or diag($c->story);
my $id = $joined->{stream_id};
$ann->heard($id, 10);

for my $round (1 .. 3) {
    $c->signal('USR1');
    ok(wait_for { (() = $c->events('migrated')) >= $round },
       "move $round") or diag($c->story);
    my $at = $ann->heard($id, 1)->{packets};
    cmp_ok($ann->heard($id, $at + 25)->{packets}, '>=', $at + 25,
           "move $round: still heard");
    $ann->send(count => 25, payload => 'f8fffe');
    $ann->sent;
}

is(scalar(grep { $_->{from} eq $_->{to} } $c->events('migrated')), 0,
   'to other ports');
cmp_ok($t->grep_log(qr/client moved to/), '>=', 3, 'the relay knows');
ok(!$c->events('reconnecting'), 'nobody had to reconnect');

is($c->stop('INT'), 0, 'a good end');
my $rep = $c->report;
is($rep->{migrations}, 3, 'the report counts');
is($ann->heard($id, $rep->{sent})->{distinct}, $rep->{sent},
   'every packet arrived');
my ($heard) = @{$rep->{streams}};
is("$heard->{received}/$heard->{lost}", '75/0', 'both ways');


# ---- a NAT: the proxy gives it another port ----

my $proxy = $t->proxy(1);
$c = $t->client({ addr => $t->addr(1) }, '--room', 'general', '--send-tone');
$joined = $c->wait_event('joined') or diag($c->story);
$id = $joined->{stream_id};
$ann->heard($id, 10);

for my $round (1 .. 3) {
    $proxy->signal('USR1');
    my $at = $ann->heard($id, 1)->{packets};
    cmp_ok($ann->heard($id, $at + 25)->{packets}, '>=', $at + 25,
           "rebinding $round: still heard");
    $ann->send(count => 10, payload => 'f8fffe');
    $ann->sent;
}

ok(!$c->events('reconnecting'), 'nobody had to reconnect');
ok($ann->wait_count(2), 'and nobody is listed twice');
is($c->stop('INT'), 0, 'a good end');


# ---- the independent stack behind such a NAT ----

my ($bob) = $t->joined({ seed => seed_of(2) });

for my $round (1 .. 3) {
    $bob->rebind;
    $bob->send(count => 20);
    $bob->sent;
    cmp_ok($ann->heard($bob->stream_id, $round * 20)->{distinct}, '>=',
           $round * 20 - 2, "independent stack, rebinding $round");
}

ok(!$bob->events('closed'), 'still a member');


$t->done;
