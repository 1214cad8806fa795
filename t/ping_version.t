# The server names "ping" and "version": no room, no offer, one answer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;

for my $name (qw(ping PING)) {
    my $m = $t->member(sni => $name, no_offer => 1);
    ok($m->wait('connected'), "$name: the handshake completes");
    is(join(' ', map { defined $_ ? $_ : '-' }
            @{$m->closed || {}}{qw(kind code)}),
       'application 0', "$name: closed at once, code 0");
}

my $m = $t->member(sni => 'version', no_offer => 1);
my $ev = $m->wait('uni');
ok($ev, 'version: a uni stream of the relay');
ok($ev->{fin}, 'version: ends');
like($ev->{text}, qr/^\S[ -~]{1,255}$/, 'version: one printable line');
is(join(' ', map { defined $_ ? $_ : '-' }
        @{$m->closed || {}}{qw(kind code)}),
   'application 0', 'version: closed by the relay');

# neither is a room

my ($a) = $t->joined({ seed => seed_of(1), sni => 'pings' });
ok($a->stream_id, 'a name that begins alike is a room');

$t->done;
