# Clients that existed before us join the same rooms as ours: no extensions, a
# fixed offer, and no stream accepted after the answer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2);

# the published offer; alias null

my ($old) = $t->joined({ sni => 'general' });
ok($old->answer, 'the fixed offer of the protocol text is taken');
is_deeply([sort keys %{$old->answer}],
          [qw(chosen_profile ephemeral_pub identity_pub signature)],
          'and answered without a word that it does not know');
is($old->answer->{chosen_profile}{frames_per_block}, 5, 'a whole profile');

# ours, by name and by hash

my $ours = $t->client('--room', 'General', '--send-tone');
my $hashed = $t->client('--room', 'general', '--hash-room', '--alias', 'H');

ok($ours->wait_event('joined'), 'ours joins by name')
    or diag($ours->story);
ok($hashed->wait_event('joined'), 'ours joins by hash')
    or diag($hashed->story);

# its stream id, as somebody else is told it

my ($talker) = $t->joined({ seed => seed_of(1), accept_streams => 1 });
my $room = $talker->wait_count(4);
my ($id) = map { $_->{stream_id} } grep {
    $_->{fingerprint} eq '6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa'
} @{$room->{participants}};
ok($id, 'it has a stream id, whether it knows or not');

# they hear each other

my ($flow) = wait_for {
    my $flows = $old->stats->{flows};
    my ($best) = sort { $b->{packets} <=> $a->{packets} } values %$flows;
    $best && $best->{packets} >= 50 ? $best : undef;
};
ok($flow, 'the old client hears ours');
is(scalar(@{$flow->{missing}}), 0, 'every packet');

# Opus frames of silence, as an old client sends them

$old->send(count => 100, payload => 'f8fffe');
$old->sent;
ok(wait_for {
    grep { ($_->{stream_id} || 0) == $id } streams($hashed);
}, 'ours hears the old client') or diag($hashed->story);


# ---- stream credit: 150 joins and leaves that it never looks at ----

$talker->send(count => 5000);

for my $i (1 .. 150) {
    my ($m) = $t->joined({ seed => seed_of(100 + $i) });
    $m->close;
}

ok(!$old->events('closed'), 'no stream credit left, and still a member');
ok($talker->wait_count(4), 'the others know who is there');

my $at = $old->heard($talker->stream_id, 1)->{packets};
my $f = $old->heard($talker->stream_id, $at + 25);
cmp_ok($f->{packets}, '>=', $at + 25, 'it still hears');
is(scalar(@{$f->{missing}}), 0, 'and has missed nothing meanwhile');

$old->send(count => 20, payload => 'f8fffe');
$old->sent;
is($talker->heard($id, 120)->{distinct}, 120, 'and is heard');

my ($last) = $t->joined({ seed => seed_of(999), accept_streams => 1 });
ok($last->wait_count(5), 'joining is not delayed by it');

$old->close;
ok($last->wait_count(4), 'leaving is told as ever');

is($ours->stop('INT'), 0, 'ours ends well');
is($hashed->stop('TERM'), 0, 'both ways');

$t->done;


# What our client says about the streams it hears, whenever it said it.

sub streams
{
    my ($c) = @_;
    my ($ev) = reverse grep { $_->{streams} } $c->events;

    return $ev ? @{$ev->{streams}} : ();
}
