# nginx's limit_conn counts our connections, over workers, and gives the place
# back; a full table of connections refuses voice before it starves others.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2,
    stream => 'limit_conn_zone $binary_remote_addr zone=addr:1m;',
    server => 'limit_conn addr 3; limit_conn_log_level info;');

my @m = map { $t->member(seed => seed_of($_)) } 1 .. 6;
ok(wait_for { !grep { !$_->events('answer') && !$_->events('closed') } @m },
   'six come');

my @in = grep { $_->events('answer') } @m;
is(@in, 3, 'three are in');

for my $m (grep { !$_->events('answer') } @m) {
    closed_as($m, 'ACCESS', 'the others are told');
}

ok($t->member(source => '127.0.0.3', seed => seed_of(7))->wait('answer'),
   'another address has its own count');

$_->close for @in;
my @next = map { $t->member(seed => seed_of(10 + $_)) } 1 .. 3;
my $ok = wait_for {
    for my $i (0 .. 2) {
        next if $next[$i]->events('answer');
        $next[$i] = $t->member(seed => seed_of(10 + $i))
            if $next[$i]->events('closed');
    }
    3 == grep { $_->events('answer') } @next;
};
ok($ok, 'places are given back');
$t->stop;


# ---- worker_connections ----

$t->start(events => 'worker_connections 64;',
          http => "http { access_log off;\n"
                . "client_body_temp_path temp; proxy_temp_path temp;\n"
                . "fastcgi_temp_path temp; uwsgi_temp_path temp;\n"
                . "scgi_temp_path temp;\n"
                . "server { listen 127.0.0.1:%%PORT_1%%; return 200 'ok'; } }",
          server => 'wzp_max_sessions off; wzp_room_members off;');

my @many = map { $t->member(seed => seed_of($_)) } 1 .. 90;
ok(wait_for { !grep { !$_->events('answer') && !$_->events('closed') } @many },
   'ninety come to sixty-four connections');

my $up = grep { $_->events('answer') } @many;
cmp_ok($up, '>=', 30, 'many are in');
cmp_ok($up, '<', 64, 'not all');

my $http = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                 PeerPort => $t->port(1));
$http->print("GET / HTTP/1.0\r\n\r\n");
local $SIG{ALRM} = sub { die "no answer\n" };
alarm 10;
like(join('', eval { <$http> }), qr/^HTTP\/1.1 200/, 'http is not starved');
alarm 0;

$t->done;
