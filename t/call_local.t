# Direct calls between people who are registered at one relay: the sequence of
# PROTOCOL.md 7.6, the room of a call, and every way in which one ends.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;

my $t = Test::Nginx::WZP->new->start(workers => 2);
my ($ann, $bob, $eve) = map { caller_at($t, $_) } 1 .. 3;

is(join('', map { $_->is_registered } $ann, $bob, $eve), '111',
   'three are registered');

my $ack = $ann->wait_signal('RegisterPresenceAck');
like($ack->{relay_build}, qr/./, 'told by which build');


# ---- the sequence ----

my $offer = $ann->call($bob, 'First-Call',
    caller_reflexive_addr => '198.51.100.1:1111',
    caller_local_addrs => ['192.168.1.1:1111', '10.0.0.1:1111'],
    caller_build_version => 'x', unknown_member => { a => [1] });

ok($bob->got('DirectCallOffer', 'First-Call'), 'the callee gets the offer');
like($bob->text, qr/^\Q$offer\E$/m, 'unchanged');
ok($ann->got('CallRinging', 'First-Call'), 'it rings at the caller');
ok($ann->quiet && $bob->quiet, 'all has come');
is($bob->told('CallRinging'), 0, 'and at nobody else');
is($ann->told('CallSetup') + $bob->told('CallSetup'), 0,
   'nothing is set up yet');

my $answer = $bob->answers('First-Call', 'AcceptTrusted',
    callee_reflexive_addr => '198.51.100.2:2222',
    callee_local_addrs => ['192.168.1.2:2222'], unknown_member => 1);

my $setup = $ann->got('CallSetup', 'First-Call');
my $other = $bob->got('CallSetup', 'First-Call');

like($ann->text, qr/^\Q$answer\E$/m, 'the caller gets the answer, unchanged');
is_deeply($setup, { call_id => 'First-Call', room => 'call-first-call',
                    relay_addr => $t->addr,
                    peer_direct_addr => '198.51.100.2:2222',
                    peer_local_addrs => ['192.168.1.2:2222'] },
          'and where to meet whom');
is_deeply($other, { call_id => 'First-Call', room => 'call-first-call',
                    relay_addr => $t->addr,
                    peer_direct_addr => '198.51.100.1:1111',
                    peer_local_addrs => ['192.168.1.1:1111',
                                         '10.0.0.1:1111'] },
          'so does the callee');

my ($a, $b) = meet('First-Call', $ann, $bob);
is(hears([$a, $b], 100), '200 0 0 0', 'they hear each other');

$ann->says(MediaPathReport => { call_id => 'First-Call',
                                direct_ok => JSON::PP::false,
                                race_winner => 'Relay' });
ok($bob->got('MediaPathReport', 'First-Call'), 'path reports pass');

# nobody else may say anything about it, nor come in

$eve->answers('First-Call');
$eve->hangup('First-Call');
$eve->says(MediaPathReport => { call_id => 'First-Call',
                                direct_ok => JSON::PP::true });
$eve->hangup;
$eve->quiet;
closed_as($eve->enters('First-Call'), 'FORBIDDEN', 'a stranger is kept out');
closed_as($t->member(sni => 'call-first-call'), 'FORBIDDEN',
          'so is a replay of somebody\'s offer');
closed_as($t->member(sni => 'call-first-call', seed => seed_of(1)), 'BINDING',
          'and who only says that he is the caller');
closed_as($eve->enters('no-call'), 'FORBIDDEN', 'there is no other such room');
is(hears([$a, $b], 20), '240 0 0 0', 'the call goes on');
is($a->room->{count}, 2, 'with two in it');

# a party has one place in the room: the newer

my $again = $bob->enters('First-Call');
closed_as($b, 'REPLACED', 'who comes twice is there once');
ok($again->wait_count(2), 'still two');

$ann->quiet;
my $end = $ann->hangup('First-Call');
ok($bob->got('Hangup', 'First-Call'), 'the caller hangs up');
like($bob->text, qr/^\Q$end\E$/m, 'which is passed on unchanged');
is($ann->told('Hangup') + $eve->told('Hangup'), 0, 'to the callee alone');
closed_as($ann->enters('First-Call'), 'FORBIDDEN', 'the room is no more');
$_->close for $a, $again;


# ---- accept modes, and who ends ----

is(place($ann, $bob, 'c2'), '', 'another call');
is_deeply($ann->got('CallSetup', 'c2'),
          { call_id => 'c2', room => 'call-c2', relay_addr => $t->addr },
          'without addresses, where the callee does not trust');
is_deeply($bob->got('CallSetup', 'c2'),
          { call_id => 'c2', room => 'call-c2', relay_addr => $t->addr },
          'neither way');
$bob->hangup('c2', 'Declined');
is($ann->got('Hangup', 'c2')->{reason}, 'Declined', 'the callee hangs up');

$ann->call($bob, 'c3', caller_reflexive_addr => '198.51.100.1:1111');
$bob->got('DirectCallOffer', 'c3');
$bob->answers('c3', 'Reject');
is($ann->got('Hangup', 'c3')->{reason}, 'Normal', 'the callee rejects');
ok($ann->quiet, 'and that is all');
is($ann->told('DirectCallAnswer', 'c3') + $ann->told('CallSetup', 'c3')
   + $bob->told('Hangup', 'c3'), 0, 'that anybody hears');

$ann->call($bob, 'c4');
$bob->got('DirectCallOffer', 'c4');
$ann->hangup('c4', 'Timeout');
is($bob->got('Hangup', 'c4')->{reason}, 'Timeout', 'the caller gives up');
$bob->answers('c4');
$bob->quiet;
is($ann->told('CallSetup', 'c4') + $bob->told('CallSetup', 'c4'), 0,
   'an answer comes too late');

# without a call id: all of them

is(place($ann, $bob, 'c5'), '', 'one call more');
$ann->call($eve, 'c6');
$eve->got('DirectCallOffer', 'c6');
$ann->hangup;
is($bob->got('Hangup', 'c5')->{call_id}, 'c5', 'all calls of one person');
is($eve->got('Hangup', 'c6')->{call_id}, 'c6', 'end, each by its id');


# ---- nobody, oneself, busy, glare ----

$ann->call(fp_of(77), 'n1');
is_deeply($ann->wait_signal('Hangup', sub { !defined $_->{call_id} }),
          { reason => 'Normal' }, 'nobody of that name');

$ann->call($ann, 'n2');
is($ann->got('Hangup', 'n2')->{reason}, 'Busy', 'who calls oneself is busy');

is(place($ann, $bob, 'b1'), '', 'two talk');
$eve->call($bob, 'b2');
is($eve->got('Hangup', 'b2')->{reason}, 'Busy', 'the callee is busy');
$eve->call($ann, 'b3');
is($eve->got('Hangup', 'b3')->{reason}, 'Busy', 'so is the caller');
$bob->quiet;
is($bob->told('DirectCallOffer', 'b2'), 0, 'and is not disturbed');
$ann->hangup('b1');
$bob->got('Hangup', 'b1');

$ann->call($bob, 'g2');
$bob->got('DirectCallOffer', 'g2');
$bob->call($ann, 'g1');
ok($ann->got('DirectCallOffer', 'g1'), 'glare: the lower id lives');
is($ann->got('Hangup', 'g2')->{reason}, 'Busy', 'and the other one ends');
ok($bob->got('Hangup', 'g2'), 'at both');
$ann->answers('g1');
ok($_->got('CallSetup', 'g1'), 'it is answered') for $ann, $bob;
$ann->hangup('g1');


# ---- ids ----

for my $used ('c2', 'C2', 'first-call') {
    $eve->call($bob, $used);
    is($eve->got('Hangup', $used)->{reason}, 'Error', "id $used is used up");
}

for my $bad ('', 'a b', '../x', 'x.', 'a' x 65, "\x{e9}") {
    my $n = $eve->told('Hangup');
    $eve->call($bob, $bad);
    $eve->quiet;
    is($bob->told('DirectCallOffer', $bad), 0, 'an id that is no name of a room');
}

$eve->call($bob, 'f1', caller_fingerprint => $ann->{fp});
is($eve->got('Hangup', 'f1')->{reason}, 'Error',
   'nobody calls in another one\'s name');
$bob->quiet;
is($bob->told('DirectCallOffer', 'f1'), 0, 'who is called hears nothing');


# ---- the rest of what is said ----

$ann->signal('"Reflect"');
my ($seen) = map { $_->{observed_addr} } $ann->wait_signal('ReflectResponse');
like($seen, qr/^127\.0\.0\.1:\d+$/, 'where the relay sees one');

$ann->route($bob->{fp});
is_deeply($ann->wait_signal('RouteResponse'),
          { fingerprint => $bob->{fp}, found => JSON::PP::true,
            relay_chain => [$t->addr] }, 'where somebody is');

$ann->signal('{"NeverHeardOf":{"a":1}}');
$ann->signal('{"DirectCallOffer":{"call_id":7}}');
$ann->signal('[]');
$ann->tell('stream', hex => '00000003' . '616263', fin => 1);
$ann->tell('raw', hex => '00' x 30);
$ann->says(RegisterPresence => { identity_pub => Test::Nginx::WZP::Caller::zeros(32),
                                 signature => [], alias => undef });
ok($ann->quiet, 'what nobody understands is skipped');
is($ann->told('RegisterPresenceAck'), 1, 'and nobody registers twice');
is(place($ann, $bob, 'last'), '', 'calls go on');

$t->done;
