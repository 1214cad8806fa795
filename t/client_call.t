# Direct calls at a relay that speaks the protocol as existing relays do: who
# is asked, who talks, how each call ends, and what the exit status says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Phone;

my $t = Test::Nginx::WZP->new;
my $home = phones($t);

sub odd
{
    my (@args) = @_;
    my $p = Test::Nginx::WZP::Process->spawn(
        name => 'odd', dir => $t->dir,
        command => [Test::Nginx::WZP::tool('oddrelay'), @args, $t->port]);

    $p->wait_event('ready') or BAIL_OUT('oddrelay does not start');
    push @{$t->{clients}}, $p;
    return $p;
}


my $relay = odd();


# ---- a call ----

my $b = registered(2, '--accept', '--record', $t->dir . '/b.wav',
                   '--send-tone');
my $a = person(1, '--call', 'bob', '--send-tone', '2');

is($a->wait, 0, 'a call: a good end') or diag($a->story);
my $end = ended($a, 'hung_up', 1, 'who called has hung up');
ended($b, 'hung_up', 0, 'which the other one hears');

is($end->{contact}, 'bob', 'it was with Bob');
is($end->{fingerprint}, $bob, 'indeed');
like($end->{call_id}, qr/^[0-9a-f]{32}$/, 'an id that cannot be guessed');
is(join(' ', map { $_->{event} } grep { $_->{event} =~ /^call|^ring|^acc/ }
        $a->events),
   'calling ringing accepted call_setup call_ended', 'in this order');

my ($in) = $b->events('incoming');
is(join(' ', map { defined $_ ? $_ : '-' } @$in{qw(fingerprint contact alias)}),
   "$ann ann Ann", 'Bob was told who calls');
my ($setup) = $b->events('call_setup');
is($setup->{relay_addr}, '0.0.0.0:1', 'an address of no use');
is(($b->events('joined'))[0]{room}, "call-$end->{call_id}",
   'the room is entered all the same');

my ($sent) = $a->events('report');
my ($got) = $b->events('report');
my ($s) = @{$got->{streams}};
is($sent->{sent}, 100, 'two seconds are sent');
is($s->{unique}, 100, 'and arrive, all of them');
ok(-s $t->dir . '/b.wav' > 44 + 2 * 48000, 'and are recorded');

my ($signals) = join ' ', map { ref $_->{json} ? keys %{$_->{json}} : () }
    $relay->events('signal');
is(scalar(() = $signals =~ /MediaPathReport/g), 2, 'both say how they come');
like($signals, qr/Hangup/, 'and the hang-up has arrived');

# the next one, to the same, who hangs up by the other end of it

my $again = registered(1, '--accept', '--once', '--send-tone', '0.5');
$b->stop('INT');
is($b->wait, 0, 'Bob leaves');

$b = person(2, '--call', $ann, '--record', $t->dir . '/c.wav');
is($again->wait, 0, '--once: one call is all') or diag($again->story);
is($b->wait, 0, 'the caller is done as well') or diag($b->story);
ended($b, 'hung_up', 0, 'hung up by who was called');


# ---- no call ----

sub calls
{
    my ($rc, $reason, $text, @args) = @_;
    my $c = person(1, '--call', @args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($c->wait, $rc, "$text: exit status") or diag($c->story);
    my ($end) = ($c->events('call_ended'), {});
    is($end->{reason}, $reason, "$text: reason");
    return $c;
}

calls(8, 'not_found', 'nobody there', 'bob');

$b = registered(2, '--reject');
calls(9, 'declined', 'rejected', 'bob');
ended($b, 'declined', 1, 'by the option');
$b->stop;

$b = registered(2);
calls(9, 'declined', 'nobody to ask', 'bob');
$b->stop;

$b = registered(2, '--accept-from', $eve);
calls(9, 'declined', 'not one of those', 'bob');
$b->stop;

# --once

$b = registered(2, '--reject', '--once');
calls(9, 'declined', 'rejected', 'bob');
is($b->wait, 0, 'one that was turned away was a call, too');

$b = registered(2, '--accept-from', $eve, '--once');
calls(9, 'declined', 'not one of those', 'bob');
ok($b->running, 'but not one that nobody waits for');
$b->stop;

$b = registered(2, '--accept-from', 'contacts');
calls(0, 'hung_up', 'one of the contacts', 'bob', '--duration', '0');
my $stranger = person(3, '--call', 'bob');
is($stranger->wait, 9, 'a stranger is none') or diag($stranger->story);
ok(wait_for { 2 == scalar $b->events('call_ended') }, 'who waits goes on');

# busy

$a = person(1, '--call', 'bob', '--send-tone');
ok($a->wait_event('joined'), 'two talk');
my $c = person(3, '--call', 'bob', '--ring-timeout', '10');
is($c->wait, 9, 'busy: exit status') or diag($c->story);
ended($c, 'busy', 0, 'busy');
is(($b->wait_event('busy') || {})->{alias}, 'Eve', 'and Bob is told');
is(scalar($a->events('call_ended')), 0, 'the call goes on');
$b->stop('INT');
is($a->wait, 0, 'until Bob leaves');
ended($a, 'hung_up', 0, 'which hangs up');


# ---- a terminal ----

SKIP: {
    my $p = terminal(2) or skip 'needs script(1)', 17;

    $a = person(1, '--call', 'bob', '--send-tone');
    types($p, qr/ann calls.*answer\?/s, 'y');
    ok($a->wait_event('joined'), 'y: a call') or diag($p->output);
    types($p, qr/joined "call with ann"/, 'h');
    is($a->wait, 0, 'h: hung up');
    ended($a, 'hung_up', 0, 'by Bob');
    ok(wait_for { $p->output =~ /hung up: ann/ }, 'and it says so');

    $c = person(3, '--call', 'bob');
    types($p, qr/"Eve" \(\Q$eve\E\) calls \(none of/, 'n');
    is($c->wait, 9, 'n: turned away');

    $a = person(1, '--call', 'bob', '--ring-timeout', '1');
    is($a->wait, 10, 'no answer: exit status') or diag($a->story);
    ended($a, 'no_answer', 1, 'no answer');
    ok(wait_for { $p->output =~ /missed: a call from ann/ },
       'a missed call is told');

    $a = person(1, '--call', 'bob');
    ok($a->wait_event('ringing'), 'it rings');
    $a->signal('INT');
    is($a->wait, 0, 'Ctrl-C gives up');
    ok(wait_for { $p->output =~ /ann has given up/ }, 'and says so');
    unlike($p->output, qr/\e/, 'no escapes');

    # A second Bob, who does not answer, is not for the calls below.
    is($p->stop, 0, 'and it ends');
}

$relay->stop;


# ---- relays that are wrong, or away ----

$relay = odd('--no-register');
$a = person(1, '--register', '--accept');
is($a->wait, 3, 'no registration: exit status') or diag($a->story);
like($a->errors, qr/no more\[m people/, 'the reason, clean');
$relay->stop;

$relay = odd('--no-setup');
$b = registered(2, '--accept');
calls(1, 'failed', 'no room', 'bob');
$relay->stop;

# the relay comes back: so does the registration, and a call that rings

ok($b->wait_event('reconnecting'), 'the relay is away');
$relay = odd();
ok(wait_for { 2 == scalar $b->events('registered') }, 'registered again')
    or diag($b->story);
ok(($b->events('registered'))[1]{again}, 'and it says so');
calls(0, 'hung_up', 'and can be called', 'bob', '--duration', '0');
$b->stop;

my $dead = registered(2, '--reconnect', '1');
$relay->stop;
is($dead->wait, 5, 'who does not wait for a relay gives up');
is(person(1, '--register')->wait, 5, 'who never was registered, too');


# ---- routes ----

sub route
{
    my ($rc, $like, $text, @args) = @_;
    my ($got, $out, $err) = $t->run_client(
        { home => $home, addr => $t->addr }, '--seed', seed_of(3), '--route', @args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got, $rc, "$text: exit status") or diag("$out$err");
    like($out . $err, $like, "$text: what it says");
}

$relay = odd();
route(5, qr/no answer to the question/, 'no answer', 'bob');
$relay->stop;

$relay = odd('--routes');
$b = registered(2);
route(0, qr/^Local 192\.0\.2\.1:4433$/m, 'here', 'bob');
route(8, qr/"ann" is not at this relay/, 'nowhere', 'ann');
route(2, qr/"eve" is none of your contacts/, 'no contact', 'eve');
$relay->stop;

$relay = odd('--routes', '--chain', 'b.example:4433');
route(0, qr/^DirectPeer 192\.0\.2\.1:4433 -> b\.example:4433$/m, 'one on',
      $ann);
my $r = person(3, '--route', 'ann');
is($r->wait, 0, 'as an event');
my ($ev) = $r->events('route');
is(join(' ', $ev->{kind}, @{$ev->{chain}}),
   'direct_peer 192.0.2.1:4433 b.example:4433', 'with all of it');
$relay->stop;

$relay = odd('--routes', '--chain', 'b.example:1', '--chain', '[2001:db8::1]:2');
route(0, qr/^Chain 192\.0\.2\.1:4433 -> b\.example:1 -> \[2001:db8::1\]:2$/m,
      'two on', $ann);
$relay->stop;

$t->done;
