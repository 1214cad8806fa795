# Whoever may not come in is told why, in words and by a code.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my ($ann, $bob) = (fp_of(1), fp_of(2));

(my $plain = $bob) =~ s/://g;

sub relay
{
    my ($n, $more) = @_;

    return "listen 127.0.0.1:%%PORT_$n%% udp reuseport;\n"
         . "wzp on name=r$n;\nwzp_identity %%DIR%%/identity;\n$more";
}

$t->start(servers => [
    relay(0, "wzp_room club allow=$ann allow=$plain;\n"
           . "wzp_room_members 2; wzp_handshake_timeout 1s;"),
    relay(1, 'wzp_max_sessions 3; wzp_max_rooms 2;'),
    relay(2, 'allow 127.0.0.5; deny 127.0.0.0/8;'),
    relay(3, 'wzp_binding required;'),
]);


# ---- names ----

for my $name (qw(_x __ _general)) {
    my $m = $t->member(sni => $name);
    closed_as($m, 'RESERVED', "$name: reserved");
}

# other relays and phones say something else than a member's offer

for my $name (qw(_federation _relay)) {
    my $m = $t->member(sni => $name);
    ok(eval { $m->closed->{code} }, "$name: not for members");
}

for my $name (qw(call-18a5f0c3b2e1d004 CALL-x)) {
    my $m = $t->member(sni => $name);
    closed_as($m, 'FORBIDDEN', "$name: nobody's call");
}

for my $name (qw(2024 room.7 -x x- a..b a.-b), 'x' x 64, 'a b', 'a/b')
{
    my $m = $t->member(sni => $name);
    my $ev = $m->closed;
    my ($code, $phrase) = close_code('ROOM_NAME');
    like(join(' ', map { defined $_ ? $_ : '-' }
              @{$ev || {}}{qw(kind code text)}),
         qr/^application $code .*\Q$phrase\E|^transport 303|^error/,
         "$name: not a room");
}


# ---- the room is full ----

my @in = $t->joined(map { { seed => seed_of($_), sni => 'small' } } 1, 2);
closed_as($t->member(seed => seed_of(3), sni => 'small'), 'ROOM_FULL',
          'the third of two');
$in[0]->close;
my $again;
wait_for {
    $again = $t->member(seed => seed_of(3), sni => 'small');
    $again->wait('answer', undef, 2);
};
ok($again->events('answer'), 'a place is free again when one has left');
$_->close for $in[1], $again;


# ---- the relay is full ----

my @all = $t->joined(map { { addr => $t->addr(1), seed => seed_of($_),
                             sni => 'r' . $_ % 2 } } 1 .. 3);
closed_as($t->member(addr => $t->addr(1), seed => seed_of(4), sni => 'r0'),
          'TOO_MANY', 'the fourth of three sessions');
$all[2]->close;
my $m;
wait_for {
    $m = $t->member(addr => $t->addr(1), seed => seed_of(4), sni => 'r2');
    my $ev = $m->closed;
    $ev && defined $ev->{code} && $ev->{code} == close_code('ROOMS_FULL');
};
closed_as($m, 'ROOMS_FULL', 'the third of two rooms');


# ---- access ----

ok(($t->joined({ sni => 'club', seed => seed_of(1), binding => 1 }))[0]
   ->events('answer'), 'on the list, proved');
ok(($t->joined({ sni => 'club', seed => seed_of(2), binding => 1 }))[0]
   ->events('answer'), 'on the list, written without colons');
closed_as($t->member(sni => 'club', seed => seed_of(1)), 'BINDING',
          'on the list, but not proved: anybody could replay that offer');
closed_as($t->member(sni => 'club', seed => seed_of(9), binding => 1),
          'FORBIDDEN', 'not on the list');
closed_as($t->member(sni => 'CLUB', seed => seed_of(9), binding => 1),
          'FORBIDDEN', 'not by another spelling either');
closed_as($t->member(sni => hash('club'), seed => seed_of(9), binding => 1),
          'FORBIDDEN', 'nor by its hash');

closed_as($t->member(addr => $t->addr(2)), 'ACCESS', 'deny of nginx');
ok($t->wait_log(qr/access forbidden by rule/), 'nginx says so in its log');
ok($t->member(addr => $t->addr(2), source => '127.0.0.5')->wait('answer'),
   'allow of nginx');


# ---- signatures ----

closed_as($t->member(seed => seed_of(5), bad_signature => 1), 'AUTH',
          'a wrong signature');
closed_as($t->member(bad_signature => 1), 'AUTH', 'a spoilt replay');
closed_as($t->member(seed => seed_of(5), bad_binding => 1), 'AUTH',
          'a wrong binding is never optional');

closed_as($t->member(addr => $t->addr(3)), 'BINDING',
          'a replayed offer where binding is required');
closed_as($t->member(addr => $t->addr(3), seed => seed_of(5)), 'BINDING',
          'a fresh one without binding as well');
ok($t->member(addr => $t->addr(3), seed => seed_of(5), binding => 1)
   ->wait('answer'), 'a bound one is welcome');


# ---- the first message ----

closed_as($t->member(no_offer => 1), 'TIMEOUT', 'silence');
closed_as($t->member(offer => '"Hold"'), 'PROTOCOL', 'another signal first');
ok($t->member(seed => seed_of(6), token => 1)->wait("answer"),
   "a token that nobody asked for is passed over");
closed_as($t->member(offer => '{"CallOffer":{}}'), 'PROTOCOL',
          'an empty offer');
closed_as($t->member(offer => 'nonsense'), 'PROTOCOL', 'not JSON');


# ---- TLS and QUIC ----

my $ev = $t->member(alpn => 'h3')->closed || {};
is(join(' ', map { defined $_ ? $_ : '-' } @{$ev}{qw(kind code)}),
   'transport 376', 'another ALPN: alert no_application_protocol');

closed_as($t->member(no_datagram => 1), 'NO_DATAGRAM',
          'a peer without DATAGRAM');

# and the relay is as it was

ok($t->member(seed => seed_of(7))->wait('answer'), 'the next one is welcome');

$t->done;


sub hash
{
    require Digest::SHA;
    return substr Digest::SHA::sha256_hex("featherchat-group:$_[0]"), 0, 32;
}
