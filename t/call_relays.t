# Direct calls between people at two relays that are linked, with a third one
# that must not notice.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;
use Test::Nginx::WZP::Topology;

my $third = seed_of(40);
my @r = chain(2, workers => 2, backoff => '200ms 1s',
              proxies => { '1-0' => [] }, server => sub {
    'wzp_ring_timeout 3s;' . ($_[0] == 0 ? Test::Nginx::WZP::directive(
        wzp_trusted => '', fingerprint => tls_fp_of($third),
        label => 'third') : '')
});
my ($p, $q) = @r;

ok(wait_up(@r), 'the relays are linked');

my $spy = $p->link(seed => $third, ours => 1);
ok($spy->wait_signal('FederationHello'), 'and a third one with the first');

my $ann = caller_at($p, 1);
my $eve = caller_at($p, 3);
my $bob = caller_at($q, 2);

is(join('', map { $_->is_registered } $ann, $bob, $eve), '111', 'registered');


# Does this relay know where somebody is?

sub known
{
    my ($relay, $who) = @_;
    my $before = () = $ann->signals('RouteResponse');
    my @all;

    $ann->route($who->{fp});
    wait_for { (@all = $ann->signals('RouteResponse')) > $before };
    return $all[-1]{found};
}

ok(wait_for { known($p, $bob) }, 'each relay knows who is at the other');


# who asks for many, does not use up what all share; the third one never answers

my %asked = map { fp_of(200 + $_) => 1 } 1 .. 40;
my $asked = sub { scalar grep { grep { $asked{$_ || ''} } values %$_ }
                  $spy->signals('RouteQuery') };

$eve->route($_) for keys %asked;
ok(wait_for { $asked->() }, 'a question gets about');
$eve->quiet;
$spy->stats;
is($asked->(), 2, 'one of many, two at a time');
ok(known($p, $bob), 'and another one is answered');


# ---- a call, both ways round ----

sub whole_call
{
    my ($from, $to, $id) = @_;

    my $offer = $from->call($to, $id, caller_reflexive_addr => '198.51.100.1:1');
    ok($to->got('DirectCallOffer', $id), "$id: the offer crosses");
    like($to->text, qr/^\Q$offer\E$/m, 'unchanged');
    ok($from->got('CallRinging', $id), 'it rings');
    my $answer = $to->answers($id, 'AcceptTrusted',
                              callee_reflexive_addr => '198.51.100.2:2');
    my ($a, $b) = map { $_->got('CallSetup', $id) || {} } $from, $to;
    like($from->text, qr/^\Q$answer\E$/m, 'so does the answer');
    is("$a->{relay_addr} $b->{relay_addr}",
       join(' ', map { $_->{at}->addr } $from, $to), 'each meets at home');
    is("$a->{peer_direct_addr} $b->{peer_direct_addr}",
       '198.51.100.2:2 198.51.100.1:1', 'and knows of the other');

    my @m = meet($id, $from, $to);
    is(hears(\@m, 100), '200 0 0 0', 'every frame crosses once');
    is(join(' ', sort map { $_->{fingerprint} } @{$m[0]->room->{participants}}),
       join(' ', sort $from->{fp}, $to->{fp}), 'both are in the list');
    return @m;
}

my @m = whole_call($ann, $bob, 'Across-1');

$eve->hangup('Across-1');
$eve->answers('Across-1');
closed_as($eve->enters('Across-1'), 'FORBIDDEN', 'no stranger comes in');
closed_as($p->member(sni => 'call-across-1', seed => seed_of(2),
                     binding => 1), 'FORBIDDEN', 'and each party at home');

$bob->says(MediaPathReport => { call_id => 'Across-1',
                                direct_ok => JSON::PP::false });
ok($ann->got('MediaPathReport', 'Across-1'), 'path reports cross');

# somebody with the third relay's key has heard of the call: its envelopes and
# its packets are nobody's

$spy->say(FederatedSignalForward => { inner => $_,
    origin_relay_fp => tls_fp_of($third), target => $ann->{fp},
    source => $bob->{fp}, ttl => 3 })
    for +{ Hangup => { reason => 'Normal', call_id => 'Across-1' } };
$spy->send(room => 'call-across-1', stream_id => $m[1]->stream_id,
           count => 5, seq => 5000, interval_us => 1000);
$spy->sent;
is(hears(\@m, 20), '240 0 0 0', 'forged envelopes and packets change nothing');
is($ann->told('Hangup') + $bob->told('Hangup'), 0, 'the call goes on');

$ann->hangup('Across-1', 'Normal');
is($bob->got('Hangup', 'Across-1')->{reason}, 'Normal', 'the caller hangs up');
$_->close for @m;

@m = whole_call($bob, $ann, 'Across-2');
$ann->hangup('Across-2', 'Declined');
is($bob->got('Hangup', 'Across-2')->{reason}, 'Declined',
   'the other way round, the callee hangs up');
$_->close for @m;


# ---- no call comes of it ----

$ann->call($bob, 'r1');
$bob->got('DirectCallOffer', 'r1');
$bob->answers('r1', 'Reject');
is($ann->got('Hangup', 'r1')->{reason}, 'Normal', 'rejected');

$ann->call($bob, 'r2');
$bob->got('DirectCallOffer', 'r2');
$ann->hangup('r2', 'Timeout');
is($bob->got('Hangup', 'r2')->{reason}, 'Timeout', 'given up');

$ann->call($bob, 'r3');
$bob->got('DirectCallOffer', 'r3');
$eve->call($bob, 'r4');
is($eve->got('Hangup', 'r4')->{reason}, 'Busy', 'busy');
is($_->got('Hangup', 'r3')->{reason}, 'Timeout', 'rung for too long')
    for $ann, $bob;

$ann->call($bob, 'g2');
$bob->call($ann, 'g1');
ok($ann->got('DirectCallOffer', 'g1'), 'both call at once: one call rings');
ok($ann->got('Hangup', 'g2'), 'the other ends');
$ann->answers('g1');
ok($_->got('CallSetup', 'g1'), 'and it is answered') for $ann, $bob;
$ann->hangup;
ok($bob->got('Hangup', 'g1'), 'hung up without an id');

$ann->call(fp_of(77), 'n1');
ok($ann->wait_signal('Hangup', sub { !$_->{call_id} }), 'nobody knows him');


# ---- the link goes ----

is(place($ann, $bob, 'l1'), '', 'a call');
@m = meet('l1', $ann, $bob);
$p->allow(qr/link "B" down/);
$q->allow(qr/link "A" down/);
$q->crash;
$q->start;
ok($q->wait_links(1), 'the callee\'s relay starts again');
ok($m[0]->wait_count(1), 'which does not know of the call any more');
$ann->hangup('l1');
$_->close for @m;

$bob = caller_at($q, 2);
ok($bob->is_registered, 'the callee registers again');
ok(wait_for { known($p, $bob) }, 'which gets about');
is(place($ann, $bob, 'l2'), '', 'and is called');
@m = meet('l2', $ann, $bob);
is(hears(\@m, 20), '40 0 0 0', 'with media');

# a partition: the call outlives a short one

$q->line(0)->cut;
$bob->hangup('l2');
$bob->quiet;
$q->line(0)->heal;
ok($ann->got('Hangup', 'l2'), 'what was said meanwhile comes after it');


# ---- what the third one has seen ----

$spy->stats;
unlike($spy->text, qr/call-|DirectCall|CallSetup|Across/,
       'nothing of calls was said to the third relay');
is(join(' ', $spy->tags), '', 'and no packet came to it');

Test::Nginx::WZP->finish(@r);
