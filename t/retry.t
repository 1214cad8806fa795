# wzp_retry: a client proves its address before anything is kept for it.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

sub relay
{
    my ($n, $more) = @_;

    return "listen 127.0.0.1:%%PORT_$n%% udp reuseport;\n"
         . "wzp on name=r$n;\nwzp_identity %%DIR%%/identity;\n$more";
}

$t->start(workers => 2, servers => [
    relay(0, 'wzp_retry on;'), relay(1, 'wzp_retry off;'), relay(2, '')]);

# An Initial that nobody can open: the header is all that Retry looks at.

sub answer
{
    my ($n, $token) = @_;
    my $s = IO::Socket::INET->new(Proto => 'udp', PeerAddr => '127.0.0.1',
                                  PeerPort => $t->port($n));
    my ($in, $buf) = ('');

    $token = '' unless defined $token;
    my $rest = "\x08DCIDDCID\x04SCID" . chr(length $token) . $token;
    $rest .= pack('n', 0x4000 | (1200 - 5 - length($rest) - 2));
    $s->send("\xc3" . pack('N', 1) . $rest . 'x' x (1195 - length $rest));

    vec($in, fileno($s), 1) = 1;
    return '' unless select($in, undef, undef, 1);
    $s->recv($buf, 2048);
    return $buf;
}

my $retry = answer(0);
is(ord(substr $retry, 0, 1) & 0xf0, 0xf0, 'on: a Retry packet');
is(unpack('N', substr $retry, 1, 4), 1, 'on: of version 1');
is(substr($retry, 5, 5), "\x04SCID", 'on: for the client\'s id');

for my $n (1, 2) {
    isnt(ord(substr(answer($n) . "\0", 0, 1)) & 0xf0, 0xf0,
         ($n == 1 ? 'off' : 'default') . ': none');
}

# a token that is not ours is not taken

isnt(answer(0, 'not a token of ours at all'), undef, 'a foreign token');

# and members come in as ever

for my $n (0, 1, 2) {
    my ($a, $b) = $t->joined(map { { seed => seed_of($_),
                                     addr => $t->addr($n) } } 1, 2);
    $a->send(count => 25);
    $a->sent;
    is($b->heard($a->stream_id, 25)->{distinct}, 25, "relay $n: a call");
}

$t->done;
