# Bytes from anybody: nothing malformed reaches a member, ends the relay, or
# disturbs the others.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;

my ($ann, $bob) = $t->joined({ seed => seed_of(1), accept_streams => 1,
                               log => 1 }, { seed => seed_of(2) });

# a call goes on during all of it

$bob->send(count => 250);


# ---- datagrams ----

my $eve = $t->member(seed => seed_of(3));
$eve->wait('answer');

my @bad = (
    (map { '00' x $_ } 0 .. 11),                            # too short
    (map { sprintf('%02x', $_ << 2) . '00' x 20 } 9 .. 15), # no such codec
    '02' . '00' x 11,                                       # no trailer
    '02' . '00' x 14,                                       # half a trailer
    'ff' x 40,
    '3f' . 'ff' x 800,
);

$eve->raw($_) for @bad;
$eve->send(count => 1, seq => 7);
is($ann->heard($eve->stream_id, 1)->{packets}, 1,
   'after ' . @bad . ' malformed datagrams comes the good one');

my @got = grep { $_->{stream} == $eve->stream_id } $ann->events('packet');
is(@got, 1, 'and nothing else');
is($ann->stats->{short}, 0, 'certainly nothing short');


# ---- streams ----

my %stream = (
    'a length of 4 GB'          => 'ffffffff',
    'a length above the bound'  => '00100001' . '20' x 64,
    'no JSON'                   => '00000004' . 'deadbeef',
    'nothing'                   => '00000000',
    'half a message'            => '00000100' . '7b',
    'half a length'             => '0000',
    'an empty stream'           => '',
    'a NUL in a string'         => frame('{"Hangup":{"reason":"a\u0000b"}}'),
    'no UTF-8'                  => frame("{\"Hangup\":{\"reason\":\"\xff\"}}"),
    'deep nesting'              => frame('[' x 5000 . ']' x 5000),
    'a deep object'             => frame('{"a":' x 2000 . '1' . '}' x 2000),
    'an unknown signal'         => frame('{"NoSuchSignal":{"a":[1,2,3]}}'),
    'a second offer'            => frame('{"CallOffer":{"identity_pub":[]}}'),
    'wrong shapes'              => frame('{"Hangup":[1,2]}'),
    'a number too large'        => frame('{"Ping":{"timestamp_ms":1e999}}'),
    'a signal for relays'       =>
        frame('{"FederationHello":{"tls_fingerprint":"00"}}'),
);

for my $what (sort keys %stream) {
    my $m = $t->member(seed => seed_of(4));
    $m->wait('answer') or diag($m->story);
    $m->tell('stream', hex => $stream{$what}, fin => 1);
    $m->tell('stream', hex => $stream{$what}, fin => 1, uni => 1);

    # Either it is sent away with a reason, or it stays a member; never both
    # silent and deaf.

    $m->send(count => 1, seq => 100);
    my $ok = wait_for {
        my ($closed) = $m->events('closed');
        return 1 if $closed && $closed->{kind} eq 'application';
        my $f = ($ann->stats || return undef)->{flows}{$m->stream_id};
        return $f && $f->{packets};
    };
    ok($ok, "stream with $what") or diag($m->story);
    $m->close unless $m->events('closed');
}

# streams that are opened and left

my $m = $t->member(seed => seed_of(5));
$m->wait('answer');
$m->tell('stream', hex => '00', fin => 0) for 1 .. 90;
$m->send(count => 1);
is($ann->heard($m->stream_id, 1)->{packets}, 1,
   '90 streams left open stop nothing');
$m->close;


# ---- UDP ----

sub udp
{
    return IO::Socket::INET->new(Proto => 'udp', PeerAddr => '127.0.0.1',
                                 PeerPort => $t->port);
}

sub answer_to
{
    my ($bytes, $limit) = @_;
    my $s = udp();
    my ($in, $buf) = ('');

    $s->send($bytes);
    vec($in, fileno($s), 1) = 1;
    return undef unless select($in, undef, undef, $limit);
    $s->recv($buf, 2048);
    return $buf;
}

srand 7;
my $s = udp();

for my $len (0 .. 60, 1199, 1200, 1472) {
    $s->send(pack 'C*', map { int rand 256 } 1 .. $len);
}

for (1 .. 500) {
    my $bytes = pack 'C*', map { int rand 256 } 1 .. 20 + rand 1300;
    substr($bytes, 0, 1) = chr(0xc0 | int rand 16) if $_ % 2;
    substr($bytes, 1, 4) = pack 'N', 1 if $_ % 4 == 1;
    $s->send($bytes);
}

ok(!defined answer_to("\xc0" . pack('N', 1) . "\x08" . 'x' x 8 . "\0", 0.3),
   'an Initial below 1200 bytes is not answered');

my $vn = answer_to("\xc0" . pack('N', 0x1a2a3a4a) . "\x08" . 'DCIDDCID'
                   . "\x04" . 'SCID' . "\0" x 1200, 10);

ok(defined $vn && length $vn > 6, 'an unknown version is answered');
is(unpack('N', substr $vn, 1, 4), 0, 'by version negotiation');
is(substr($vn, 5, 14), "\x04SCID\x08DCIDDCID", 'with our ids, swapped');
ok((grep { $_ == 1 } unpack 'N*', substr $vn, 19), 'that offers version 1');

ok(!defined answer_to("\xc0" . pack('N', 0x1a2a3a4a) . "\x08" . 'DCIDDCID'
                      . "\x04" . 'SCID' . "\0" x 100, 0.3),
   'but not a small one');


# ---- the call ----

$bob->sent;
my $f = $ann->heard($bob->stream_id, 250);
$t->counts($f->{distinct}, 250,
           'the others have heard each other all the time');
is("$f->{corrupt}/$f->{dups}", '0/0', 'unchanged, once');

ok($t->member(seed => seed_of(9))->wait('answer'),
   'and the next one is welcome');

$t->done;


sub frame
{
    my ($text) = @_;

    return unpack 'H*', pack('N', length $text) . $text;
}
