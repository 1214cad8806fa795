# Two members join a room by the steps of the protocol: answer on the relay's
# first stream, then a RoomUpdate to everybody on each join and leave.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;

my $ann = $t->member(seed => seed_of(1), alias => 'Ann', accept_streams => 1);
my $answer = $ann->wait('answer');

ok($answer, 'answer, with a signature that verifies') or diag($ann->story);
is($answer->{stream}, 1, 'on the first stream that the relay opens');
is($answer->{json}{CallAnswer}{chosen_profile}{codec}, 'Opus24k',
   'profile: the best offered up to wzp_profile');
ok($ann->wait('connected')->{datagrams}, 'the relay takes DATAGRAM');

my $room = $ann->wait_count(1);
ok($room, 'she is told that she is alone');
is(@{$room->{participants}}, 1, 'list of one');
is($room->{participants}[0]{fingerprint}, fp_of(1), 'her fingerprint');
is($room->{participants}[0]{alias}, 'Ann', 'her alias');

my $bob = $t->member(seed => seed_of(2), accept_streams => 1);
ok($bob->wait('answer'), 'second answer') or diag($bob->story);

for my $m ($ann, $bob) {
    $room = $m->wait_count(2);
    ok($room, 'both are told of two');
    is_deeply([sort map { $_->{fingerprint} } @{$room->{participants}}],
              [sort(fp_of(1), fp_of(2))], 'by fingerprint');
    is_deeply([sort map { defined $_->{alias} ? $_->{alias} : '-' }
                   @{$room->{participants}}], ['-', 'Ann'], 'and alias');
}

my %id = map { $_->{fingerprint} => $_->{stream_id} } @{$room->{participants}};

ok($ann->stream_id && $bob->stream_id, 'the answers name stream ids');
isnt($ann->stream_id, $bob->stream_id, 'which differ');
is($id{fp_of(1)}, $ann->stream_id, 'and are in the list');
is($id{fp_of(2)}, $bob->stream_id, 'for both');

# media both ways, every packet, nothing else

$_->send(count => 25) for $ann, $bob;
$_->sent for $ann, $bob;

for my $pair ([$ann, $bob], [$bob, $ann]) {
    my ($to, $from) = @$pair;
    my $flow = $to->heard($from->stream_id, 25);
    is($flow->{distinct}, 25, 'every packet arrives');
    is("@{$flow->{missing}}/$flow->{dups}/$flow->{corrupt}", '/0/0',
       'once, and as it was sent');
}

is(join(',', keys %{$ann->stats->{flows}}), $bob->stream_id,
   'and nobody hears himself');

# leaving: by closing, and by Hangup

$bob->close;
ok($ann->wait_count(1), 'a RoomUpdate when he closes');

my $eve = $t->member(seed => seed_of(3), accept_streams => 1);
ok($ann->wait_count(2), 'and when another comes');
$eve->signal('{"Hangup":{"reason":"Normal"}}');
ok($ann->wait_count(1), 'Hangup ends a membership');
closed_as($eve, 'NORMAL', 'and the connection, orderly');

# an alias is cut to 64 bytes of clean UTF-8

my $long = $t->member(seed => seed_of(4), alias => "\x{fc}" x 40 . "\a\x{202e}x");
ok($ann->wait_count(2), 'a long alias');
my ($him) = grep { $_->{fingerprint} eq fp_of(4) }
            @{$ann->room->{participants}};
is($him->{alias}, "\x{fc}" x 32, 'is cut between characters');
$long->close;

my $ctl = $t->member(seed => seed_of(4), alias => "a\a\x{202e}\x{85}b");
my $id = $ctl->stream_id || 0;
ok(wait_for {
    grep { $_->{stream_id} == $id } @{$ann->room->{participants}};
}, 'an alias with controls');
($him) = grep { $_->{fingerprint} eq fp_of(4) } @{$ann->room->{participants}};
is($him->{alias}, 'ab', 'loses them');

$t->done;
