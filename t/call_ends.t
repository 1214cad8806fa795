# Direct calls at one relay: who may register, what ends by itself, what
# outlives the loss of a registration, and what nobody may do.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;

my $t = Test::Nginx::WZP->new->start(
    workers => 2, server => 'wzp_ring_timeout 2s; wzp_idle_timeout 4s;');


# ---- registration ----

my $slow = caller_at($t, 9, no_offer => 1);
my $born = time;
my $replay = $t->link(sni => '_signal', seed => seed_of(8), bad_binding => 1);
my $bare = caller_at($t, 8, old => 1);

is($replay->wait_signal('RegisterPresenceAck')->{success}, JSON::PP::false,
   'another connection\'s proof does not register');
closed_as($replay, 'AUTH', 'and the connection ends');
is($bare->wait_signal('RegisterPresenceAck')->{success}, JSON::PP::false,
   'neither does no proof at all');
closed_as($bare, 'BINDING', 'which is required');

my ($ann, $bob) = map { caller_at($t, $_) } 1, 2;

# eight phones of one person, not nine; all ring, one answers

my @phones = map { caller_at($t, 3) } 1 .. 8;
is(scalar(grep { $_->is_registered } @phones), 8, 'somebody has eight phones');
closed_as(caller_at($t, 3), 'TOO_MANY', 'but not nine');

$ann->call($phones[0], 'many-1');
is(scalar(grep { $_->got('DirectCallOffer', 'many-1') } @phones), 8,
   'all of them ring');
$phones[3]->answers('many-1', 'Reject');
is(scalar(grep { $_->got('Hangup', 'many-1') } @phones[0 .. 2, 4 .. 7], $ann), 8,
   'until one rejects');

$ann->call($phones[0], 'many-2');
$phones[5]->got('DirectCallOffer', 'many-2');
$phones[5]->answers('many-2');
is(scalar(grep { $_->got('CallSetup', 'many-2') } @phones, $ann), 9,
   'or answers, which all of them hear');
$phones[5]->hangup('many-2');
ok($ann->got('Hangup', 'many-2'), 'and hangs up');
$_->close for @phones[1 .. 7];

# those who wait

ok(!$slow->gone || time - $born >= 9, 'ten seconds to register');


# ---- time ----

$ann->call($bob, 'ring');
$bob->got('DirectCallOffer', 'ring');
is($_->got('Hangup', 'ring')->{reason}, 'Timeout', 'rung for too long')
    for $ann, $bob;
$bob->answers('ring');
$bob->quiet;
is($bob->told('CallSetup', 'ring'), 0, 'that cannot be answered any more');

# the callee's registration ends while it rings, and is back

$ann->call($bob, 'g1');
$bob->got('DirectCallOffer', 'g1');
$bob->close;
$bob = caller_at($t, 2);
$bob->answers('g1');
ok($_->got('CallSetup', 'g1'), 'who is back at once can answer') for $ann, $bob;

# the caller's, meanwhile the callee hangs up

my ($a, $b) = meet('g1', $ann, $bob);
$ann->close;
is(hears([$a, $b], 20), '40 0 0 0', 'the call outlives the registration');
ok(!$bob->told('Hangup', 'g1'), 'for a while');
$bob->hangup('g1');
$bob->quiet;
$ann = caller_at($t, 1);
ok($ann->got('Hangup', 'g1'), 'who is back hears that it is over');
$_->close for $a, $b;

$ann->call($bob, 'g2');
$bob->got('DirectCallOffer', 'g2');
$ann->close;
$bob->answers('g2');
$bob->got('CallSetup', 'g2');
$ann = caller_at($t, 1);
ok($ann->got('CallSetup', 'g2'), 'or that it was answered');

# who stays away, and who has lost his connection without a word

my ($hal, $ida) = map { caller_at($t, $_) } 11, 12;

is(place($hal, $ida, 'g3'), '', 'a call of others');
$hal->freeze;
$ann->close;
ok($bob->got('Hangup', 'g2', 25), 'who stays away is missed');
ok($ida->got('Hangup', 'g3', 35), 'the same for a connection that is lost');
closed_as($slow, 'TIMEOUT', 'who did not register was sent away');


# ---- how much ----

$ann = caller_at($t, 1);
my $eve = caller_at($t, 4);

$eve->call(fp_of(1000 + $_), "flood-$_") for 1 .. 200;
is(place($ann, $bob, 'calm'), '', 'others call on while one floods');
ok(wait_for { $eve->told('Hangup') > 20 }, 'who is told so');
ok(!$eve->gone, 'and left alone');
$ann->hangup('calm');

# one caller has only so many calls that ring

my $mel = caller_at($t, 5);
my @many = map { caller_at($t, 20 + $_) } 1 .. 10;
$mel->call($many[$_], "wide-$_") for 0 .. 9;
is(scalar(grep { $_->{reason} eq 'Error' } map { $mel->got('Hangup', "wide-$_") }
          8, 9), 2, 'eight calls of one caller, not more');
$mel->hangup;
ok($many[$_]->got('Hangup', "wide-$_"), "call $_ ends") for 0, 7;
$_->close for @many, $mel;

# large ones

my $large = $ann->call($bob, 'large', caller_local_addrs =>
    [map { "10.0.0.$_:1" } 1 .. 255], caller_build_version => 'x' x 200);
$ann->quiet;
$bob->quiet;
ok($bob->told('DirectCallOffer', 'large') || $ann->told('Hangup', 'large')
   || !$ann->told('CallRinging', 'large'), 'a list of candidates without end');
$ann->hangup('large');
$ann->call($bob, 'huge', caller_alias => 'y' x 70_000);
ok($ann->quiet || $ann->closed, 'a signal without end');
$ann->close;
$ann = caller_at($t, 1);
is(place($ann, $bob, 'after'), '', 'harm nobody');
$ann->hangup('after');


# ---- existing clients, where they are let in ----

ok($t->reload(server => 'wzp_signal_unverified on; wzp_presence signal;'),
   'wzp_signal_unverified');
$_->close for $ann, $bob, $eve;

my $old = caller_at($t, 6, old => 1);
my $new = caller_at($t, 7);
is($old->is_registered . $new->is_registered, '11', 'admits both');
is(place($old, $new, 'mixed'), '', 'they call each other');
my ($x, $y) = map { $_->enters('mixed', binding => 0) } $old, $new;
ok($x->answer && $y->answer, 'and meet');
is(hears([$x, $y], 20), '40 0 0 0', 'and hear each other');

closed_as(caller_at($t, 7, old => 1), 'BINDING',
          'who proves nothing does not displace who has');
ok(!$new->gone, 'who stays');
my $newer = caller_at($t, 6, old => 1);
closed_as($old, 'REPLACED', 'of two who do not, the newer stays');
my $proved = caller_at($t, 6);
closed_as($newer, 'REPLACED', 'and goes for one who does');

$proved->quiet;
my $n = () = $newer->signals('RouteResponse');
my $asks = caller_at($t, 10, old => 1);
$asks->route($new->{fp});
$asks->quiet;
is(scalar(() = $asks->signals('RouteResponse')), 0,
   'where somebody is, is told to who has proved something');

$t->done;
