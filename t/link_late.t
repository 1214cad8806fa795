# Connections of a link that are not what they seem: a hello that is late, a
# claim without proof beside the relay itself.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new(seed => seed_of(900));
my $late = $t->listener(1, seed => seed_of(1), request_cert => 1);

$t->start(workers => 2, server => join '', map { "$_\n" }
    'wzp_global_room general;',
    'wzp_federation_backoff 100ms 200ms;',
    $late->peer_of(label => 'late', verify => 'mutual'),
    'wzp_trusted fingerprint=' . tls_fp_of(2) . ' label=two verify=hello;');

my ($m) = $t->joined({ seed => seed_of(10), accept_streams => 1 });
ok($m->wait_count(1), 'a member');


# Is he listed?

sub listed
{
    my ($n) = @_;

    return grep { $_->{fingerprint} eq fp_of($n) } @{$m->room->{participants}};
}


# Whatever was said on that link before has been heard.

sub heard_by_relay
{
    my ($l, $ms) = @_;

    $l->say(Ping => { timestamp_ms => $ms });
    return $l->wait_signal('Pong', sub { $_->{timestamp_ms} == $ms });
}


# ---- a hello that other signals have overtaken ----

my $in = $late->accepted('_federation');
$in->{seed} = seed_of(1);
$in->active('general', fp_of(19));
ok($t->wait_log(qr/link "late" up: to .*existing relay/),
   'who says something else first is an existing relay');
ok(wait_for { listed(19) }, 'and heard');

$in->say(FederationHello => { tls_fingerprint => tls_fp_of(1),
                              extensions => ['link'], epoch => 5 });
$in->offer('general', [fp_of(20)]);
ok(wait_for { listed(20) }, 'until it says that it is of our kind');
ok(wait_for { !listed(19) }, 'what it said as another is forgotten');
ok($in->wait_signal('GlobalRoomActive', sub { $_->{origin} }),
   'it is told as one of our kind');


# ---- a claim beside the relay itself ----

my $two = $t->link(seed => seed_of(2), ours => 1);
ok($two->wait_signal('FederationHello', sub { $_->{extensions} }),
   'one with a certificate');
$two->offer('general', [fp_of(30)]);
ok(wait_for { listed(30) }, 'tells who is there');

my $boast = $t->link(seed => seed_of(2));
ok(heard_by_relay($boast, 1), 'somebody says that he is that relay');
$boast->active('general', fp_of(31));
$boast->inactive('general');
$boast->active('general', fp_of(32));
ok(heard_by_relay($boast, 2), 'and tells as well');
ok(!listed(31) && !listed(32), 'he is not heard');

$two->offer('general', [fp_of(30), fp_of(33)]);
ok(wait_for { listed(33) }, 'the relay is, as before');
ok(listed(30), 'nobody has left');

$two->close;
ok(wait_for { !listed(30) && !listed(33) }, 'until it goes');
$boast->active('general', fp_of(34));
ok(wait_for { listed(34) }, 'then the claim is what there is');
is($t->grep_log(qr/link "two" up/), 1, 'the link was up all the time');

$t->done;
