# Nothing of a room that is not global leaves a relay: no name, no member, no
# packet; and presence says only that somebody is here.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

# "old" is dialled and "our" dials, each in the middle of two links

my $old = $t->listener(1, seed => seed_of(1), global => ['general']);
my $conf = join '', map { "$_\n" }
    'wzp_global_room general;',
    'wzp_federation_backoff 100ms 200ms;',
    $old->peer_of(label => 'old'),
    'wzp_trusted fingerprint=' . tls_fp_of(2) . ' label=our;';

$t->start(workers => 2, server => $conf);

my $in = $old->accepted('_federation');
my $our = $t->link(seed => seed_of(2), ours => 1);
my $probe = $t->link(sni => '_probe', seed => seed_of(2), ours => 1);
ok($t->wait_links(2), 'two links');


# ---- people in rooms of both kinds ----

my @secret = $t->joined(
    (map {
        { seed => seed_of(10 + $_), sni => 'council', alias => "Secret$_",
          accept_streams => 1 }
    } 1 .. 2),
    # a server name is not a prefix
    { seed => seed_of(13), sni => 'general2', alias => 'Secret3' });
my @public = $t->joined({ seed => seed_of(20), alias => 'Public1',
                          accept_streams => 1 });

my $hidden = join '|', 'council', 'general2', 'Secret',
    map { Test::Nginx::WZP::Link::tag_of($_) } 'council', 'general2';

# both want what is said in the global room

$our->offer('general', [fp_of(32)]);
$in->active('general', fp_of(33));
ok($public[0]->wait_count(3), 'both have somebody there');

ok($in->wait_signal('GlobalRoomActive', sub { $_->{room} eq 'general' }),
   'the global room is announced to an existing relay');
ok($our->wait_signal('GlobalRoomActive', sub { $_->{room} eq 'general' }),
   'and to one of ours');


# ---- changes, media, another relay's interest in the private room ----

$_->say(GlobalRoomActive => { room => 'council', participants => [] })
    for $in, $our;
$our->offer('council', [fp_of(30)]);
$in->active('council', fp_of(31));
$in->inactive('council');
$our->send(room => 'council', stream_id => 77, count => 20,
           interval_us => 1000)->sent;
$in->send(room => 'council', stream_id => 78, count => 20,
          interval_us => 1000)->sent;

$_->send(count => 50, interval_us => 2000) for @secret, @public;
$_->sent for @secret, @public;
$secret[0]->signal('"Mute"');
$secret[1]->close;

my $f = $secret[0]->heard($secret[1]->stream_id, 50);
$t->counts($f->{distinct}, 50, 'the room itself hears its own');
$t->counts($_->heard('general', $public[0]->stream_id, 50)->{distinct}, 50,
           'and a link what is global') for $our, $in;

my $room = $secret[0]->wait_count(1);
is(join(' ', map { $_->{fingerprint} } @{$room->{participants}}), fp_of(11),
   'nobody is added to the private room');
is_deeply([grep { /^(77|78)$/ } keys %{$secret[0]->stats->{flows}}], [],
          'nor are packets');


# ---- presence: that, not where ----

sub told
{
    my ($l, $fp) = @_;

    return scalar grep { grep { $_ eq $fp } @{$_->{fingerprints}} }
           $l->signals('PresenceUpdate');
}

for my $l ($our, $probe) {
    ok(wait_for { told($l, fp_of(11)) }, 'somebody in a private room is here');
    is_deeply([map { keys %$_ } grep {
        grep { !/^(?:fingerprints|relay_addr|epoch|version|base|more|digest
                   |want|removed)$/x } keys %$_
    } $l->signals('PresenceUpdate')], [], 'and no more is told of him');
}


# their end is silent as well

$_->close for $secret[0], $secret[2];
$public[0]->close;
ok($our->wait_signal('GlobalRoomInactive', sub { $_->{room} eq 'general' }),
   'a room that is empty is told');

is(join(' ', $in->tags, $our->tags),
   join(' ', (Test::Nginx::WZP::Link::tag_of('general')) x 2),
   'no other tag than of the global room was sent');

for my $l ($in, $our, $probe) {
    unlike($l->text, qr/$hidden/, 'no name, alias or hash of the others');
}


# ---- presence has been told as well ----

is($in->signals('PresenceUpdate'), 0, 'not on a link to an existing relay');
ok(wait_for { grep { grep { $_ eq fp_of(11) } @{$_->{removed} || []} }
              $our->signals('PresenceUpdate') }, 'and that he has gone');


# ---- wzp_presence ----

for my $level (qw(signal off)) {
    $t->reload(server => "$conf wzp_presence $level;");
    ok($t->wait_workers(2), "wzp_presence $level");

    my $p = $t->link(sni => '_probe', seed => seed_of(2), ours => 1);
    my ($m) = $t->joined({ seed => seed_of(40), sni => 'council' });
    my $phone = $t->link(sni => '_signal', seed => seed_of(41), binding => 1);

    ok($phone->wait_signal('RegisterPresenceAck', sub { $_->{success} }),
       'registered');

    if ($level eq 'signal') {
        ok(wait_for { told($p, fp_of(41)) }, 'who can be called is told');

    } else {
        $p->route(fp_of(41));
        ok($p->wait_signal('RouteResponse', sub { !$_->{found} }),
           'nobody is found');
        is(told($p, fp_of(41)), 0, 'or told');
    }

    $p->route(fp_of(40));
    ok($p->wait_signal('RouteResponse',
                       sub { $_->{fingerprint} eq fp_of(40) && !$_->{found} }),
       'who is in a room is not found');
    is(told($p, fp_of(40)), 0, 'or told');

    $_->close for $m, $phone, $p;
}

$t->done;
