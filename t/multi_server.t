# Several relays in one nginx: each has its own rooms, identity and limits; one
# relay may listen on several addresses.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2, servers => [
    "listen 127.0.0.1:%%PORT%% udp reuseport;\n"
    . "listen 127.0.0.2:%%PORT%% udp reuseport;\n"
    . "listen 127.0.0.1:%%PORT_2%% udp reuseport;\n"
    . "wzp on name=main;\nwzp_identity %%DIR%%/one;",
    "listen 127.0.0.1:%%PORT_1%% udp reuseport;\n"
    . "wzp on name=second;\nwzp_identity %%DIR%%/two;\nwzp_profile Opus6k;",
    "listen 127.0.0.1:%%PORT_3%% udp reuseport;\n"
    . "wzp off;\nreturn 'no voice here';",
]);

my @one = $t->joined(
    { seed => seed_of(1), addr => $t->addr(0), accept_streams => 1 },
    { seed => seed_of(2), addr => '127.0.0.2:' . $t->port },
    { seed => seed_of(3), addr => $t->addr(2) });
my @two = $t->joined(
    { seed => seed_of(4), addr => $t->addr(1), accept_streams => 1 },
    { seed => seed_of(5), addr => $t->addr(1) });

ok($one[0]->wait_count(3), 'one relay on three addresses is one relay');
ok($two[0]->wait_count(2), 'the other one has its own room of that name');

$_->send(count => 20) for @one, @two;
$_->sent for @one, @two;

is(join(',', sort keys %{$one[0]->stats->{flows}}),
   join(',', sort map { $_->stream_id } @one[1, 2]), 'nothing crosses')
    if $one[0]->heard($one[1]->stream_id, 20)
       && $one[0]->heard($one[2]->stream_id, 20);
is($two[0]->heard($two[1]->stream_id, 20)->{distinct}, 20,
   'the second relay works as well');

isnt($one[0]->wait('connected')->{cert}, $two[0]->wait('connected')->{cert},
     'each has its own certificate');
is($one[0]->wait('connected')->{cert}, $one[1]->wait('connected')->{cert},
   'the same on all of its addresses');
isnt($one[0]->wait('answer')->{fingerprint},
     $two[0]->wait('answer')->{fingerprint}, 'and its own identity');
is($two[0]->answer->{chosen_profile}{codec}, 'Opus6k', 'and its own profile');

$t->done;
