# Probes: how far other relays are and who is there; who may ask; routes over
# one hop and several.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;
use Time::HiRes qw(time);


# ---- a chain A - B - C - D; A probes O and two that existed before ----

my @http = (workers => 2, http => 'location /wzp/ { wzp_api; }');
my @r = chain(4, @http, stopped => 1);
my $pa = $r[0];
my $open = Test::Nginx::WZP->new(seed => seed_of(70), label => 'O',
                                 peer => $pa->peer);

$open->start(@http, server => 'wzp_probe_allow 127.0.0.0/8;'
                             . $open->trusted_of($pa));

# an existing responder; one that is nobody's link

my $old = $pa->listener(5, seed => seed_of(50), fingerprints => [fp_of(51)],
                        relay_addr => '10.9.9.9:4433');
my $rude = $pa->listener(6, seed => seed_of(52), no_pong => 1);
my $allow = 'wzp_trusted fingerprint=' . tls_fp_of(60) . ' label=asker;';

for my $i (0 .. 3) {
    $r[$i]->conf(%{$r[$i]{conf}}, server => $r[$i]{conf}{server} . $allow
        . ($i != 0 ? '' : join ' ',
           (map { 'wzp_trusted fingerprint=' . tls_fp_of($_)
                  . " label=probed$_;" } 50, 70), "\nwzp_probe", $old->addr, $rude->addr,
           $open->addr . ";\n"));
    $r[$i]->start;
}

ok(wait_up(@r), 'four relays in a row');

my $in = $old->accepted('_probe');
my $hello = $in->wait_signal('FederationHello');
is($hello->{addr}, $pa->addr, 'we probe, and say where we listen');


# ---- Ping and Pong ----

my ($before, $since) = (scalar(() = $in->signals('Ping')), time);
ok(wait_for { (() = $in->signals('Ping')) >= $before + 3 }, 'Ping, Ping, Ping');
$pa->measures(time - $since, '<', 4.5, 'about one each second');
$pa->measures(time - $since, '>', 1.5, 'and no more');

my %mesh;
ok(wait_for {
    %mesh = map { $_->{target} => $_ } @{$pa->http_json('/wzp/mesh') || []};
    $mesh{$open->addr} && defined $mesh{$open->addr}{rtt_ms}
        && ($mesh{$rude->addr}{loss_pct} || 0) > 50;
}, 'round trips and loss are seen') or diag(explain(\%mesh));
ok(wait_for {
    %mesh = map { $_->{target} => $_ } @{$pa->http_json('/wzp/mesh') || []};
    ($mesh{$old->addr}{loss_pct} // 100) < 50;
}, 'and which relay answers') or diag(explain(\%mesh));


# ---- presence ----

my ($m) = $pa->joined({ seed => seed_of(10) });
my ($n) = $r[3]->joined({ seed => seed_of(11) });
my ($q) = $open->joined({ seed => seed_of(71) });

sub told
{
    my ($l, $fp) = @_;

    return grep { grep { $_ eq $fp } @{$_->{fingerprints}} }
           $l->signals('PresenceUpdate');
}

ok(wait_for { told($in, fp_of(10)) }, 'an existing relay is told who is here');
my @sets = $in->signals('PresenceUpdate');
is_deeply([grep { $_ ne $pa->addr } map { $_->{relay_addr} } @sets], [],
          'with our own address');
my ($unknown) = $rude->accepted('_probe');
is_deeply([grep { $_ ne 'Ping' } map { keys %{$_->{json}} }
           $unknown->events('signal')], [],
          'nobody tells one who is not known anything but pings');
is_deeply([grep { exists $_->{epoch} } @sets], [], 'whole sets, as of old');


# Where somebody is, as a relay says it.

sub route_of
{
    my ($relay, $fp) = @_;
    my $route = $relay->http_json("/wzp/route/$fp") || {};

    return join ' ', $route->{route} || '-', @{$route->{relay_chain} || []};
}

sub route_is
{
    my ($relay, $fp, $want, $text) = @_;
    my $got = '';

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    wait_for { ($got = route_of($relay, $fp)) eq $want };
    return is($got, $want, $text);
}

my @addr = map { $_->addr } @r;

route_is($pa, fp_of(10), "local $addr[0]", 'one hop less than none: local');
route_is($pa, fp_of(51), "direct_peer $addr[0] " . $old->addr,
         'at the existing relay, by its connection (F12)');
route_is($pa, fp_of(71), "direct_peer $addr[0] " . $open->addr,
         'at a relay of ours that we probe');
route_is($open, fp_of(10), 'direct_peer ' . $open->addr . " $addr[0]",
         'which knows our people as well');
route_is($r[2], fp_of(11), "direct_peer $addr[2] $addr[3]",
         'at the other end of a link');
route_is($r[1], fp_of(11), join(' ', 'chain', @addr[1, 2, 3]), 'over two hops');
route_is($pa, fp_of(11), join(' ', 'chain', @addr), 'over three');
route_is($r[3], fp_of(71), join(' ', 'chain', reverse(@addr), $open->addr),
         'over four');
route_is($r[2], fp_of(12), 'not_found', 'nobody');


# ---- questions of a peer ----

my $ask = $r[1]->link(sni => '_probe', seed => seed_of(60), ours => 1);

sub answer_to
{
    my ($l, $fp, $ttl) = @_;
    my $before = () = $l->signals('RouteResponse');

    $l->route($fp, $ttl);
    my $rr = wait_for {
        my @all = $l->signals('RouteResponse');
        @all > $before ? $all[-1] : undef;
    } || {};
    return join ' ', $rr->{found} ? 'found' : 'none', @{$rr->{relay_chain}};
}

my ($o) = $r[1]->joined({ seed => seed_of(13) });
ok(wait_for { answer_to($ask, fp_of(13)) eq "found $addr[1]" }, 'local');
ok(wait_for { answer_to($ask, fp_of(10)) eq "found @addr[1, 0]" }, 'one hop');
is(answer_to($ask, fp_of(14)), 'none', 'nobody');

# C's neighbour asks for somebody at D, and of A by way of B

my $far = $pa->link(sni => '_probe', addr => $r[3]->addr,
                    seed => seed_of(60), ours => 1);
ok(wait_for { answer_to($far, fp_of(13)) eq "found @addr[3, 2, 1]" },
   'two hops, by the relays that are there');

# ttl: how many hops are left

my ($w) = $r[1]->joined({ seed => seed_of(15) });
ok(wait_for { answer_to($ask, fp_of(15)) =~ /found/ }, 'one more person');
is(answer_to($far, fp_of(15), 0), 'none', 'no hops: not asked on');

# at most so many questions a second

my $answers = () = $ask->signals('RouteResponse');
$since = time;
$ask->route(fp_of(100 + $_ % 7)) for 1 .. 400;
$ask->say(Ping => { timestamp_ms => 77 });
ok($ask->wait_signal('Pong', sub { $_->{timestamp_ms} == 77 })
   || wait_for { $ask->say(Ping => { timestamp_ms => 78 });
                 grep { $_->{timestamp_ms} == 78 } $ask->signals('Pong') },
   'a flood of questions');
cmp_ok((() = $ask->signals('RouteResponse')) - $answers, '<=',
       100 + 55 * (time - $since), 'is answered at 50 a second');
route_is($r[2], fp_of(10), join(' ', 'chain', @addr[2, 1, 0]),
         'which harms nobody else');


# ---- strangers ----

my $stranger = $pa->link(sni => '_probe', seed => seed_of(61),
                         fingerprints => [fp_of(62)]);
ok($stranger->wait_signal('Pong'), 'a stranger gets his Pong');
$stranger->presence([fp_of(62), fp_of(10)], '10.6.6.6:1');
$stranger->route(fp_of(10));
$stranger->say(Ping => { timestamp_ms => 99 });
ok($stranger->wait_signal('Pong', sub { $_->{timestamp_ms} == 99 }), 'again');
is(join(' ', grep { $_ ne 'Pong' } map { keys %$_ } $stranger->signals), '',
   'and nothing else');
is(route_of($pa, fp_of(62)), 'not_found', 'nor is he believed (S7)');
is(route_of($pa, fp_of(10)), "local $addr[0]", 'about anybody');

$stranger = $pa->link(sni => '_probe', seed => seed_of(61), client_cert => 1);
$stranger->route(fp_of(10));
$stranger->say(Ping => { timestamp_ms => 98 });
ok($stranger->wait_signal('Pong', sub { $_->{timestamp_ms} == 98 }),
   'an unknown certificate');
is($stranger->signals('RouteResponse'), 0, 'is worth no more');


# ---- an existing prober at an address that may ask ----

my $guest = $open->link(sni => '_probe', seed => seed_of(72),
                        fingerprints => [fp_of(73)]);
my $silent = $open->link(sni => '_probe', seed => seed_of(74), no_offer => 1);

$silent->presence([fp_of(75)], '10.1.1.1:1');
my $quiet = time;
ok(wait_for { route_of($open, fp_of(75)) =~ /^direct_peer/ }, 'is believed');
unlike(route_of($open, fp_of(75)), qr/10\.1\.1\.1/,
       'but not about its address (F12)');

$guest->presence([fp_of(73)], '10.1.1.1:1');
ok(wait_for { told($guest, fp_of(71)) }, 'and told');
is(answer_to($guest, fp_of(71)), 'found ' . $open->addr, 'and answered');

# a set of all people in one message of an existing relay

$guest->presence([map { sprintf '%04x:0000:0000:0000:0000:0000:0000:0001', $_ }
                  1 .. 20_000], '');
ok(wait_for { route_of($open, '4e20:0000:0000:0000:0000:0000:0000:0001')
              =~ /^direct_peer/ }, '20,000 people in one message');
is(route_of($open, fp_of(73)), 'not_found', 'the set before is gone');


# ---- who says nothing any more ----

ok((wait_for { route_of($open, fp_of(75)) eq 'not_found' } 45),
   'what a silent relay has told expires');
cmp_ok(time - $quiet, '>', 25, 'in half a minute');
ok(!$silent->gone, 'though its connection stands');
like(route_of($open, '4e20:0000:0000:0000:0000:0000:0000:0001'),
     qr/^direct_peer/, 'not what one that still pings has told');


# ---- who does not answer, and who is gone ----

sub probe_of
{
    my ($of) = @_;

    return (grep { $_->{target} eq $of->addr }
            @{$pa->http_json('/wzp/mesh') || []})[0] || {};
}

is_deeply(probe_of($rude), { target => $rude->addr, up => JSON::PP::false,
                             loss_pct => 100, rtt_ms => undef,
                             jitter_ms => undef },
          'who never answers has no times');

my $was = probe_of($open)->{loss_pct};
ok(probe_of($open)->{up}, 'one that answers');
$pa->allow(qr/probe of \S+ down/);
$_->close for $q, $guest, $silent;
$open->stop;
ok(wait_for { %mesh = %{probe_of($open)}; $mesh{loss_pct} > $was + 5 },
   'goes: each ping that it would have got is lost') or diag(explain(\%mesh));
ok(!$mesh{up} && $mesh{rtt_ms} > 0, 'and the times are those of before')
    or diag(explain(\%mesh));

$_->end, $_->questions for @r, $open;


# ---- a ring ----

@r = ring(3, http => $http[3]);
ok(wait_up(@r), 'three relays in a ring');
@addr = map { $_->addr } @r;
($m) = $r[0]->joined({ seed => seed_of(10) });

route_is($r[1], fp_of(10), "direct_peer @addr[1, 0]", 'the short way');
$since = time;
is(route_of($r[1], fp_of(12)), 'not_found', 'nobody');
$r[1]->measures(time - $since, '<', 1, 'is known at once: nobody waits for a '
                                       . 'question that goes round');

Test::Nginx::WZP->finish(@r);
