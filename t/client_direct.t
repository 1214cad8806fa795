# Direct calls through nginx, between two of our clients: they ring, talk,
# hang up and are turned away; reloads are not heard, and a dead worker hardly.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Phone;

my $t = Test::Nginx::WZP->new->start(workers => 2);
my $home = phones($t);

# The stream of the other one, in the newest report or status.

sub stream
{
    my ($c, $event) = @_;
    my ($ev) = reverse $c->events($event);

    return (@{($ev || {})->{streams} || []})[0] || {};
}


sub hears
{
    my ($c, $n, $text) = @_;
    my $at = stream($c, 'status')->{unique} || 0;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(wait_for { (stream($c, 'status')->{unique} || 0) >= $at + $n },
       "$text: is heard") or diag($c->story);
}


# ---- a call, counted ----

my $b = registered(2, '--accept', '--send-tone', '2', '--duration', '60',
                   '--record', $t->dir . '/b.wav');
my $a = person(1, '--call', 'bob', '--send-tone', '3', '--record',
               $t->dir . '/a.wav');

is($a->wait, 0, 'a call: a good end') or diag($a->story);
my $end = ended($a, 'hung_up', 1, 'the caller has hung up');
ended($b, 'hung_up', 0, 'which the other one hears');
ok($b->wait_event('report'), 'who waits has a report, too');

is(($b->events('joined'))[0]{verified}, JSON::PP::true,
   'the room is bound to the connection');

for (['Ann', $a, $b, 150, $ann], ['Bob', $b, $a, 100, $bob]) {
    my ($name, $from, $to, $n, $fp) = @$_;
    my $s = stream($to, 'report');

    # who has said all still says, now and then, how he hears the other

    my $r = ($from->events('report'))[0];
    is($r->{sent} - $r->{sent_noise}, $n, "$name: $n frames are sent");
    is($s->{fingerprint}, $fp, "$name: by nobody else");
    $t->measures($s->{unique}, '>=', $n, "$name: all of them are heard");
    is($s->{dup} + $s->{strays}, 0, "$name: each once");
}

cmp_ok(-s $t->dir . '/b.wav', '>', 44 + 2 * 48000, 'and recorded');


# ---- hung up by who was called; recordings in a row ----

$a = person(1, '--call', $bob, '--send-tone');
ok($a->wait_event('talking'), 'Bob talks') or diag($a->story);
$b->signal('INT');
is($b->wait, 0, 'and hangs up');
is($a->wait, 0, 'a good end for Ann') or diag($a->story);
ended($a, 'hung_up', 0, 'by Bob');
ok(-s $t->dir . '/b-2.wav', 'the second recording has a number');


# ---- no call ----

sub calls
{
    my ($rc, $reason, $text, @args) = @_;
    my $c = person(1, '--call', @args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($c->wait, $rc, "$text: exit status") or diag($c->story);
    is(($c->events('call_ended'))[0]{reason}, $reason, "$text: reason");
    return $c;
}

calls(8, 'not_found', 'nobody there', 'bob');

$b = registered(2, '--reject');
calls(9, 'declined', 'rejected', 'bob');
$b->stop;

$b = registered(2, '--accept-from', 'contacts');
is(person(3, '--call', 'bob')->wait, 9, 'a stranger is turned away');
$a = person(1, '--call', 'bob', '--send-tone');
ok($a->wait_event('joined'), 'a contact is not') or diag($a->story);

my $c = person(3, '--call', 'bob');
is($c->wait, 9, 'busy: exit status') or diag($c->story);
ended($c, 'busy', 0, 'busy');
$c = person(3, '--call', 'ann');
is($c->wait, 9, 'who called is busy as well') or diag($c->story);

my ($setup) = $a->events('call_setup');
$c = person(3, '--room', $setup->{room});
is($c->wait, 3, 'nobody else gets into the room') or diag($c->story);

$a->stop('INT');
$b->stop;


# ---- where somebody is ----

sub route
{
    my ($rc, $kind, $text, $who) = @_;
    my $r = person(3, '--route', $who);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($r->wait, $rc, "$text: exit status") or diag($r->story);
    is((($r->events('route'))[0] || {})->{kind}, $kind, "$text: how far");
}

$b = registered(2, '--reject');
route(0, 'local', 'here', 'bob');
route(8, 'not_found', 'nowhere', fp_of(9));
$b->stop;


# ---- both at once ----

# With a delay both are registered when the offers arrive, and these pass each
# other.

my $proxy = $t->proxy(1, '--delay', 100);

($a, $b) = map { person($_->[0], { addr => $t->addr(1) }, '--call', $_->[1],
                        '--send-tone', '--duration', 3) }
           [1, 'bob'], [2, 'ann'];

my @rc = map { $_->wait } $a, $b;

is("@rc", '0 0', 'two who call each other talk') or diag($a->story, $b->story);
is(($a->events('joined'))[0]{room}, ($b->events('joined'))[0]{room},
   'in one call');
cmp_ok(stream($_, 'report')->{unique} || 0, '>', 50, 'and hear each other')
    for $a, $b;
$proxy->stop;


# ---- ringing: a terminal, no answer, reloads ----

SKIP: {
    my $p = terminal(2) or skip 'needs script(1)', 19;

    $a = person(1, '--call', 'bob', '--ring-timeout', '2');
    is($a->wait, 10, 'no answer: exit status') or diag($a->story);
    ended($a, 'no_answer', 1, 'no answer');
    ok(wait_for { $p->output =~ /missed: a call from ann/ }, 'Bob is told');

    $a = person(1, '--call', 'bob');
    ok($a->wait_event('ringing'), 'it rings');
    $a->signal('INT');
    is($a->wait, 0, 'Ctrl-C gives up');
    ok(wait_for { $p->output =~ /ann has given up/ }, 'Bob is told');

    $c = person(3, '--call', 'bob', '--send-tone');
    ok($c->wait_event('ringing'), 'it rings');
    ok($t->reload(workers => 3), 'a reload while it rings');
    ok($c->wait_event('registered', sub { $_->{again} }), 'she is back');
    types($p, qr/"Eve" \(\Q$eve\E\) calls.*registered again/s, 'y');
    ok($c->wait_event('joined'), 'answered after it') or diag($c->story);
    types($p, qr/joined "call with Eve"/, 'h');
    is($c->wait, 0, 'and hung up') or diag($c->story);
    ended($c, 'hung_up', 0, 'by Bob');
    ok(wait_for { $p->output =~ /hung up: "Eve"/ }, 'his room is left');

    # another device of Bob's is faster

    $b = registered(2, '--accept', '--once');
    $a = person(1, '--call', 'bob', '--send-tone', '1');
    is($a->wait, 0, 'two devices, one call') or diag($a->story);
    is($b->wait, 0, 'of the one that answers') or diag($b->story);
    ok(wait_for { $p->output =~ /ann: answered at another device/ },
       'the other one says so') or diag($p->output);
    $p->stop;
}


# ---- a call through moves, reloads, and the death of all workers ----

$b = registered(2, '--accept', '--send-tone', '--record',
                $t->dir . '/long.wav');
$a = person(1, '--call', 'bob', '--send-tone', '--record',
            $t->dir . '/long-a.wav');

hears($_, 60, 'a call') for $a, $b;

$_->signal('USR1') for $a, $b;
ok($_->wait_event('migrated'), 'moved') for $a, $b;
hears($_, 60, 'moved') for $a, $b;

ok($t->reload, 'a reload');
hears($_, 60, 'reload') for $a, $b;
is(scalar($_->events('closed')), 0, 'until now the room was not lost')
    for $a, $b;

$t->allow(qr/exited on signal 9/);
kill 'KILL', $t->workers(all => 1);

ok($_->wait_event('joined', sub { $_->{resumed} }),
   'all workers died: back in the room') or diag($_->story) for $a, $b;
hears($_, 60, 'workers died') for $a, $b;
ok(wait_for { (reverse $b->events('registered'))[0]{t}
              > (reverse $b->events('unregistered'))[0]{t} },
   'registered again') or diag($b->story);

$a->signal('INT');
is($a->wait, 0, 'the end, by Ann') or diag($a->story);
ended($b, 'hung_up', 0, 'heard by Bob');

my $s = stream($b, 'report');
is($s->{unique} + $s->{lost}, $s->{last_seq} - $s->{first_seq} + 1,
   'each number came or is missing');


# ---- the relay restarts: who waits can be called again ----

my $before = $b->events('registered');
$t->stop;
$t->start(%{$t->{conf}});
ok(wait_for { $b->events('registered') > $before }, 'registered again')
    or diag($b->story);
calls(0, 'hung_up', 'called after a restart', 'bob', '--send-tone', '1');

# a relay that dies knows nothing of a call when it comes back: nobody's list

$a = person(1, '--call', 'bob', '--send-tone');
ok($a->wait_event('talking'), 'one more call') or diag($a->story);
my @all = ($t->pid, $t->workers(all => 1));
$before = $b->events('registered');
kill 'KILL', @all;
ok(wait_for { !grep { kill 0, $_ } @all }, 'the relay is dead');
$t->start(%{$t->{conf}});
is($a->wait, 5, 'the call is lost');
like($a->errors, qr/restarted, and knows nothing of the call/, 'and why');
ok(wait_for { $b->events('registered') > $before }, 'who waits goes on');

$t->done;
