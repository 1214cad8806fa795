# A calls C, and neither relay knows the other: the offer goes hop by hop, and
# so does the media, in a session that B carries.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;
use Test::Nginx::WZP::Topology;

my $third = seed_of(40);
my @r = chain(3, workers => 2, backoff => '200ms 1s', server => sub {
    $_[0] == 1 ? Test::Nginx::WZP::directive(
        wzp_trusted => '', fingerprint => tls_fp_of($third), label => 'third')
               : ''
});

ok(wait_up(@r), 'A - B - C');

my ($ann, $bea, $cec) = map { caller_at($r[$_], 1 + $_) } 0 .. 2;
my ($dan, $eve) = (caller_at($r[0], 5), caller_at($r[2], 6));

is(join('', map { $_->is_registered } $ann, $bea, $cec, $dan, $eve), '11111',
   'people at all of them');


# ---- the way ----

my $route;

ok(wait_for {
    my $n = () = $ann->signals('RouteResponse');
    $ann->route($cec->{fp});
    wait_for { ($ann->signals('RouteResponse')) > $n };
    ($route) = grep { $_->{found} } $ann->signals('RouteResponse');
}, 'A finds out where C\'s people are');
is("@{$route->{relay_chain}}", join(' ', map { $_->addr } @r),
   'by the whole chain');


# ---- a call along it ----

my $offer = $ann->call($cec, 'Far-1', caller_reflexive_addr => '192.0.2.1:1');
ok($cec->got('DirectCallOffer', 'Far-1'), 'the offer goes all the way');
like($cec->text, qr/^\Q$offer\E$/m, 'unchanged');
ok($ann->got('CallRinging', 'Far-1'), 'it rings');
my $answer = $cec->answers('Far-1', 'AcceptTrusted');
is($ann->got('CallSetup', 'Far-1')->{relay_addr}, $r[0]->addr, 'set up at A');
is($cec->got('CallSetup', 'Far-1')->{relay_addr}, $r[2]->addr, 'and at C');
like($ann->text, qr/^\Q$answer\E$/m, 'the answer comes unchanged');

my @m = meet('Far-1', $ann, $cec);
is(hears(\@m, 200), '400 0 0 0', 'every frame once, both ways');
is($bea->quiet && $bea->text =~ /Far-1|DirectCall/ ? 1 : 0, 0,
   'nobody at B hears of it');

# a second one on the same carriers, the other way round

is(place($eve, $dan, 'far-2'), '', 'another call, from C to A');
my @n = meet('far-2', $eve, $dan);
is(hears(\@n, 100), '200 0 0 0', 'which is heard as well');
is(hears(\@m, 20), '440 0 0 0', 'beside the first');

$eve->hangup('far-2');
ok($dan->got('Hangup', 'far-2'), 'the caller hangs up');
$_->close for @n;


# ---- whom B believes ----

my $spy = $r[1]->link(seed => $third, ours => 1, sni => '_relay');
my $stranger = $r[1]->link(seed => seed_of(41), ours => 1, sni => '_relay',
                           no_wait => 1);

closed_as($stranger, 'STRANGER', 'a stranger carries nothing');
my %session = (session_id => 'Far-1', target_fingerprint => $cec->{fp},
               source_relay => $r[0]->addr, room => 'call-far-1', ttl => 8);
$spy->say(SessionForward => \%session);
like($spy->wait_signal('SessionForwardAck')->{error}, qr/in use/,
     'nor does a neighbour get at another one\'s session');
$spy->say(SessionForward => { %session, end => JSON::PP::true });
$spy->say(SessionForward => { %session, session_id => 'other' });
ok($spy->wait_signal('SessionForwardAck', sub { ($_->{error} || '') =~ /room/ }),
   'nor is a session of a room that is not its call\'s');
$spy->say(SessionForward => { %session, session_id => 'new', ttl => 1,
                              room => 'call-new' });
ok($spy->wait_signal('SessionForwardAck', sub { ($_->{error} || '') =~ /no way/ }),
   'ttl');
$spy->send(room => 'call-far-1', stream_id => $m[0]->stream_id, count => 20,
           seq => 9000, interval_us => 1000);
$spy->sent;
is(hears(\@m, 20), '480 0 0 0', 'and what it sends is not heard');

my $anew = $r[1]->link(seed => $third, ours => 1, sni => '_relay');

closed_as($spy, 'REPLACED', 'a neighbour that dials anew has lost the first');
$anew->say(SessionForward => { %session, session_id => 'new', ttl => 1,
                               room => 'call-new' });
ok($anew->wait_signal('SessionForwardAck', sub { $_->{error} }),
   'and is listened to on the second');


# ---- who is in the middle goes away ----

ok($r[1]->reload, 'B is reloaded during the call');
$m[0]->send(count => 10_000);
$m[1]->send(count => 10_000);
sleep 1;

sub flowing
{
    my ($to, $from) = @_;
    my $had = $to->heard($from->stream_id, 1)->{packets};

    return wait_for {
        $to->heard($from->stream_id, 1)->{packets} > $had + 20 } 20;
}

ok(flowing($m[0], $m[1]) && flowing($m[1], $m[0]), 'the call goes on');

$_->allow(qr/link "B" down/) for @r[0, 2];
$r[1]->crash;
$r[1]->start;
ok($r[1]->wait_links(2), 'B dies and comes again');
ok(flowing($m[0], $m[1]) && flowing($m[1], $m[0]), 'the call goes on');
is($ann->told('Hangup') + $cec->told('Hangup'), 0, 'nobody has hung up');

$cec->hangup('Far-1');
ok($ann->got('Hangup', 'Far-1'), 'until the callee does');
$_->close for @m;


# ---- nobody there ----

is(place($ann, $cec, 'far-3'), '', 'once more');
$ann->hangup;
ok($cec->got('Hangup', 'far-3'), 'hung up without an id');

$cec->close;
ok(wait_for { $ann->call($cec, 'far-' . ++$ann->{n});
    ($ann->wait_signal('Hangup', sub { !$_->{call_id} }, 2) || {})->{reason} },
   'who has gone cannot be called');

$r[2]->stop;
$ann->call($eve, 'gone');
ok($ann->wait_signal('Hangup', sub { ($_->{call_id} || '') eq 'gone'
                                     || !$_->{call_id} }),
   'nor who is at a relay that has gone');

Test::Nginx::WZP->finish(@r);
