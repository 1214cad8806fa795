# A resume token lets a new connection take the place of the old one: same
# stream id, nobody listed twice.

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2);

my @ext = (extensions => [qw(stream-id resume)]);
my ($ann, $bob) = $t->joined(
    { seed => seed_of(1), accept_streams => 1 },
    { seed => seed_of(2), @ext });

$ann->wait_count(2);
my $id = $bob->stream_id;
my $token = $bob->answer->{resume};
ok(defined $token, 'the answer has a token');

my $json = JSON::PP->new->allow_nonref->encode($token);

sub again
{
    my ($seed, $tok, %more) = @_;

    return $t->member(seed => seed_of($seed), @ext,
                      extra => ",\"resume\":$tok", %more);
}

for my $round (1 .. 6) {
    my $next = again(2, $json);
    is($next->stream_id, $id, "$round: the new one has the old stream id");
    closed_as($bob, 'REPLACED', "$round: the old one is told");

    $next->send(count => 10, seq => $round * 100, interval_us => 2000);
    $next->sent;
    is($ann->heard($id, $round * 10)->{packets}, $round * 10,
       "$round: and is heard under it");
    $bob = $next;
}

is($ann->room->{count}, 2, 'nobody is listed twice');
is(scalar(grep { $_->{json}{RoomUpdate}{count} > 2 }
          grep { ref $_->{json} eq 'HASH' && $_->{json}{RoomUpdate} }
          $ann->events('signal')), 0, 'and never was');

# after the old one has gone as well

$bob->close;
$ann->wait_count(1);
$bob = again(2, $json);
is($bob->stream_id, $id, 'also when the old one left before');

# the token is good for one identity in one room

my $eve = again(3, $json);
ok($eve->stream_id && $eve->stream_id != $id, 'of no use to another identity');
my $other = again(2, $json, sni => 'elsewhere');
ok($other->stream_id, 'another room: joins as anybody');
ok(!$bob->events('closed'), 'and takes nobody\'s place');

(my $spoilt = $token) =~ s/(.)$/$1 eq '0' ? '1' : '0'/e;
my $bad = again(2, JSON::PP->new->allow_nonref->encode($spoilt));
ok($bad->stream_id && $bad->stream_id != $id, 'a spoilt token: a new member');
ok(!$bob->events('closed'), 'beside the old one');

# without a token: two memberships of one identity are two members

is($ann->wait_count(4) && 4, 4, 'one identity may be there twice');

$t->done;
