# The tools of the federation tests themselves: the independent peer as a relay
# of old on both ends of a link, as a prober and as a caller; certificates; the
# proxy's partition and replay.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;


# ---- certificates ----

my $vector = join '', map { sprintf '%02x', $_ } 0 .. 31;

is(tls_fp_of($vector),
   '0c:62:cf:b5:b9:e3:7c:77:ae:81:3d:9b:c3:5d:5c:ef:53:e1:2b:0a:bb:d8:e6:3b:'
   . '4b:42:99:95:7d:6f:37:a9', 'the published certificate');

my $b = $t->listener(0, seed => seed_of(2), request_cert => 1, label => 'B',
                     fingerprints => [fp_of(30)]);

is($b->fingerprint, tls_fp_of(2), 'the peer makes the same certificates');
like($b->peer_of(label => 'B'), qr/^wzp_peer\s127\.0\.0\.1:\d+\sfingerprint=
     (?:[0-9a-f]{2}:){31}[0-9a-f]{2}\slabel=B\sverify=hello;$/x,
     'and gives its line of configuration');


# ---- a link ----

my $a = $t->link(seed => seed_of(1), client_cert => 1);
my $in = $b->accepted('_federation');

ok($in, 'a relay dials another');
is($a->wait('connected')->{cert}, tls_fp_of(2), 'sees its certificate');
is($in->{cert}, tls_fp_of(1), 'and shows its own');
is_deeply($in->wait_signal('FederationHello'),
          { tls_fingerprint => tls_fp_of(1) }, 'says hello');
is($a->signals, 0, 'to which a relay of old says nothing');

my $forged = $t->link(seed => seed_of(3), claim => tls_fp_of(1),
                      extra => ',"extensions":["link"]');
my $other = $b->accepted('_federation', 1);
is($other->{cert}, '', 'no certificate where none was wanted');
is_deeply($other->wait_signal('FederationHello'),
          { tls_fingerprint => tls_fp_of(1), extensions => ['link'] },
          'a forged hello, with more members');

$a->active('general', fp_of(20), fp_of(21));
is(join(' ', map { $_->{fingerprint} }
        @{$in->wait_signal('GlobalRoomActive')->{participants}}),
   join(' ', fp_of(20), fp_of(21)), 'an announcement');
$a->inactive('general');
ok($in->wait_signal('GlobalRoomInactive'), 'and its end');
like($in->text, qr/"general"/, 'all that was said can be searched');


my $our = $t->link(seed => seed_of(4), ours => 1);
$other = $b->accepted('_federation', 2);
is($other->{cert}, tls_fp_of(4), 'one like ours shows its certificate');
is_deeply($other->wait_signal('FederationHello')->{extensions}, ['link'],
          'and names the extension');
$our->offer('general', [fp_of(20)]);
my $offer = $other->wait_signal('GlobalRoomActive');
is("$offer->{origin} $offer->{seq} @{$offer->{path}}",
   relay_id_of(4) . ' 1 ' . relay_id_of(4), 'makes offers of its own');


# ---- tagged media ----

$a->send(room => 'general', stream_id => 7, count => 40, interval_us => 1000)
  ->sent;
$a->send(room => 'general', stream_id => 7, count => 5, seq => 45,
         interval_us => 1000)->sent;
$a->send(room => 'general', stream_id => 7, count => 10, seq => 0,
         interval_us => 1000)->sent;
$a->send(room => 'private', stream_id => 8, count => 3, interval_us => 1000);

my $f = $in->heard('general', 7, 55);
is($f->{packets}, 55, 'packets by tag and stream id');
is($f->{distinct}, 45, 'how many different');
is("@{$f->{missing}}", '40 41 42 43 44', 'which are missing');
is($f->{dups}, 10, 'which came twice');
is($f->{corrupt}, 0, 'and none changed');
is($in->heard('private', 8, 3)->{distinct}, 3, 'another room');
is(join(' ', $in->tags), join(' ', sort '0feae16d55365acf',
                              Test::Nginx::WZP::Link::tag_of('private')),
   'and the tags of both');


# ---- unknown variants ----

$a->say(NeverHeardOf => {});
ok(wait_for { $in->stats->{unknown} == 1 }, 'an unknown signal is counted');
ok(!$in->gone, 'and survived');

my $old = $t->listener(1, strict => 1);
my $l = $t->link(addr => $old->addr);
$l->say(NeverHeardOf => {});
ok($l->closed, 'except by a relay that is strict');

$l = $t->link(addr => $old->addr, no_offer => 1);
$l->tell('stream', hex => '00000003' . '616263', fin => 1);
ok($l->closed, 'as is garbage for a hello');


# ---- probes ----

my $p = $t->link(sni => '_probe', addr => $b->addr, fingerprints => [fp_of(1)]);
my $q = $b->accepted('_probe');

ok($q->wait_signal('Ping'), 'a prober pings');
ok($p->wait_signal('Pong'), 'and is answered');
$p->presence([fp_of(1), fp_of(4)], '127.0.0.1:1');
is_deeply($q->wait_signal('PresenceUpdate'),
          { fingerprints => [fp_of(1), fp_of(4)],
            relay_addr => '127.0.0.1:1' }, 'tells its people');
is_deeply($p->wait_signal('PresenceUpdate')->{fingerprints}, [fp_of(30)],
          'and is told the others');
$p->route(fp_of(30));
is_deeply($p->wait_signal('RouteResponse'),
          { fingerprint => fp_of(30), found => JSON::PP::true,
            relay_chain => [$b->addr] }, 'a route to one of them');
$p->route(fp_of(31));
ok($p->wait_signal('RouteResponse', sub { !$_->{found} }), 'none to others');


# ---- callers ----

my $ann = $t->link(sni => '_signal', addr => $b->addr, seed => seed_of(5),
                   alias => 'Ann');
my $reg = $b->accepted('_signal')->wait_signal('RegisterPresence');

is("$reg->{alias}/@{$reg->{signature}}", 'Ann/', 'a caller of old registers');
ok($ann->wait_signal('RegisterPresenceAck'), 'is told so');

my $bob = $t->link(sni => '_signal', addr => $b->addr, seed => seed_of(6),
                   binding => 1);
$reg = $b->accepted('_signal', 1)->wait_signal('RegisterPresence');
is(@{$reg->{binding}}, 64, 'one of ours proves it');

$ann->signal('"Reflect"');
ok($b->accepted('_signal')->wait_signal('Reflect'), 'and says anything');


# ---- relays of old that bridge: C - D, each with a member ----

my $c = $t->listener(2, global => ['general'], label => 'west');
my $d = $t->listener(3, global => ['general'], label => 'east');
my $cd = $c->link(addr => $d->addr, label => 'D');
$d->accepted('_federation')->wait_signal('FederationHello');

my ($x) = $t->joined({ addr => $c->addr, seed => seed_of(6),
                       accept_streams => 1 });
my ($y) = $t->joined({ addr => $d->addr, seed => seed_of(7),
                       accept_streams => 1 });

ok($_->wait_count(2), 'members at both know of each other') for $x, $y;
$x->send(count => 20, head => '00' x 10 . '0001');
is($y->heard(1, 20)->{distinct}, 20, 'and hear each other');
$x->close;
ok($y->wait_count(1), 'and that the other has left');


# ---- partition and replay ----

my $line = $t->proxy(9, $c, '--keep', 100);
my ($near) = $t->joined({ addr => $c->addr, seed => seed_of(8) });
my ($far) = $t->joined({ addr => $t->addr(9), seed => seed_of(9) });

$far->send(count => 10, interval_us => 1000, head => '00' x 10 . '0002');
is($near->heard(2, 10)->{distinct}, 10, 'through the proxy');
ok($line->cut, 'cut');
$far->send(count => 10, interval_us => 1000, head => '00' x 10 . '0002');
$far->sent;
is($near->heard(2, 11, 1)->{packets}, 10, 'nothing comes');
ok($line->heal, 'healed');
$far->send(count => 10, interval_us => 1000, head => '00' x 10 . '0002');
is($near->heard(2, 20)->{distinct}, 20, 'again');
cmp_ok($line->replay->{packets}, '>', 20, 'replayed');
$far->send(count => 1, head => '00' x 10 . '0002');
$f = $near->heard(2, 21);
is("$f->{packets}/$f->{dups}", '21/0', 'which QUIC does not notice');

# a listener that has gone

$c->close;
ok($near->closed, 'a relay of old goes away');

$t->done;
