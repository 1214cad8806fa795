# The client comes back by itself: the relay restarts, its worker dies, its
# own address changes.  Same stream id, nobody is listed twice, and every
# packet is accounted for.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;

my $talker = $t->client('--seed', seed_of(1), '--alias', 'T', '--send-tone');
my $listener = $t->client('--seed', seed_of(2), '--alias', 'L', '--record',
                          $t->dir . '/rec.wav');

my $id = $talker->wait_event('joined')->{stream_id};
my $lid = $listener->wait_event('joined')->{stream_id};
ok($id && $lid, 'two are in the room');

# How many numbers of the talker the listener has seen.

sub heard
{
    my ($ev) = reverse $listener->events('status');
    my ($s) = grep { $_->{stream_id} == $id } @{$ev->{streams} || []};

    return $s ? $s->{unique} : 0;
}


sub hears_on
{
    my ($text) = @_;
    my $at = heard();

    ok(wait_for { heard() > $at + 60 }, "$text: is heard again")
        or diag($listener->story);
}


# The newest list at a client, as text.

sub list
{
    my ($c) = @_;
    my ($ev) = reverse $c->events('room');

    return join ' ', sort map { "$_->{alias}=$_->{stream_id}" }
        @{$ev->{participants} || []};
}


sub both_listed
{
    my ($text) = @_;
    my $want = join ' ', sort "T=$id", "L=$lid";

    ok(wait_for { list($talker) eq $want && list($listener) eq $want },
       "$text: each is listed once, with the id of before")
        or diag(list($talker) . "\n" . list($listener));
}

both_listed('at first');
hears_on('at first');


# ---- its own address changes ----

for my $c ($talker, $listener) {
    $c->signal('USR1');
    my $ev = $c->wait_event('migrated');
    ok($ev, 'moved to another port');
    isnt($ev->{from}, $ev->{to}, 'indeed');
}

hears_on('moved');
is(scalar($_->events('closed')), 0, 'without a new connection')
    for $talker, $listener;


# ---- a worker dies ----

$t->kill_worker;

for my $c ($talker, $listener) {
    my $ev = $c->wait_event('joined', sub { $_->{resumed} });
    ok($ev, 'the worker died: back in the room') or diag($c->story);
}

both_listed('worker died');
hears_on('worker died');


# ---- the relay restarts ----

$t->stop;
sleep 1;
$t->start(%{$t->{conf}});

for my $c ($talker, $listener) {
    ok(wait_for { 2 == grep { $_->{resumed} } $c->events('joined') },
       'the relay was away: back in the room') or diag($c->story);
}

both_listed('restart');
hears_on('restart');

my ($why) = reverse $talker->events('closed');
ok($why->{again}, 'it was told that it would try again');


# ---- the end ----

my $sent = $talker->report;
ok($listener->wait_event('room', sub { $_->{count} == 1 }),
   'one has left') or diag($listener->story);
my $r = $listener->report;
my ($s) = grep { $_->{stream_id} == $id } @{$r->{streams}};

is($sent->{exit}, 0, 'both end well');
is($r->{exit}, 0, 'both end well');
is($sent->{sent}, $sent->{next_seq}, 'numbers are used for what is sent');
cmp_ok($sent->{sent_missed}, '>', 0,
       'frames without a relay take time, but no number');
is($sent->{sent} + $sent->{sent_missed}, $sent->{sent_frames},
   'every frame is one or the other');
is(scalar(@{$r->{streams}}), 1, 'one stream, all the time');
is($s->{restarts}, 0, 'whose numbers went on');
is($s->{unique} + $s->{lost}, $s->{last_seq} - $s->{first_seq} + 1,
   'each number came or is missing');
is($s->{received}, $s->{unique} + $s->{dup} + $s->{strays},
   'each packet is accounted for');
is($sent->{reconnects}, 2, 'two reconnects');
is($sent->{migrations}, 1, 'one move');

# the recording has kept real time

is($r->{recorded_samples} % 480, 0, 'whole ticks');
my $seconds = $r->{recorded_samples} / 48000;
$t->measures(abs($seconds - $r->{duration_s}), '<', 0.1, 'in real time');
is(-s $t->dir . '/rec.wav', 44 + 2 * $r->{recorded_samples},
   'and is complete');


# ---- limits of patience ----

my $short = $t->client('--reconnect', '1');
ok($short->wait_event('joined'), 'one that waits for a second');
my $never = $t->client('--reconnect', '0');
ok($never->wait_event('joined'), 'and one that does not');
$t->stop;
is($never->wait, 5, 'ends at once');
is($short->wait, 5, 'gives up');
like($short->errors, qr/shutting down|did not come back|nothing listens/,
     'says why');

$t->done;
