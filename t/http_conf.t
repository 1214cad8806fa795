# wzp_api and wzp_metrics: where they may stand and which relay they mean; what
# is wrong is told by nginx -t, and where it stands.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::HTTP;

my $t = Test::Nginx::WZP->new;

sub relays
{
    my $n = 0;

    return [map {
        my $port = $n++ ? '%%PORT_' . ($n + 1) . '%%' : '%%PORT%%';
        "listen 127.0.0.1:$port udp reuseport;\n"
        . "wzp on name=$_;\nwzp_identity %%DIR%%/identity-$_;"
    } @_];
}


# ---- what is refused ----

sub bad
{
    my ($what, $say, $locations, %c) = @_;
    my ($rc, $text) = $t->check(http => http_conf($locations), %c);

    subtest $what => sub {
        isnt($rc, 0, 'refused');
        like($text, qr/\[emerg\].*$say/, 'with what is wrong');
        like($text, qr{/nginx\.conf:\d+}, 'and where');

        my ($n) = $text =~ m{/nginx\.conf:(\d+)};
        my @lines = split /\n/, slurp($t->dir . '/nginx.conf');
        like($lines[$n - 1], qr/wzp_(?:api|metrics)/, 'in this line');
    } or diag($text);
}

for my $name (qw(wzp_api wzp_metrics)) {
    my $where = $name eq 'wzp_api' ? 'location /a/' : 'location = /a';

    bad("$name: unknown relay", qr/unknown relay "nobody" in "$name"/,
        "$where { $name relay=nobody; }");
    bad("$name: no name", 'invalid parameter "relay="',
        "$where { $name relay=; }");
    bad("$name: unknown parameter", 'invalid parameter "server=main"',
        "$where { $name server=main; }");
    bad("$name: two parameters", 'invalid number of arguments',
        "$where { $name relay=main relay=main; }");
    bad("$name: twice", 'is duplicate', "$where { $name; $name; }");
    bad("$name: beside another", 'is in conflict with another content',
        "$where { stub_status; $name; }");
    bad("$name: in a server", 'is not allowed here', "$name;");
    bad("$name: in a regular expression", 'needs a location that is a prefix',
        "location ~ ^/a { $name; }");
    bad("$name: in a named location", 'needs a location that is a prefix',
        "location \@a { $name; }");
    bad("$name: without a relay",
        "\"$name\" in .* has no relay to look at", "$where { $name; }",
        servers => ["listen 127.0.0.1:%%PORT%% udp;\nreturn x;"]);
}

bad('both in one location', 'is in conflict with another content',
    'location /a/ { wzp_api; wzp_metrics; }');
bad('wzp_api: several relays',
    'must say which of 2 relays it means, write: wzp_api relay=north;',
    'location /a/ { wzp_api; }', servers => relays(qw(north south)));


# ---- what is taken ----

sub good
{
    my ($what, $locations, %c) = @_;
    my ($rc, $text) = $t->check(http => http_conf($locations), %c);

    is($rc, 0, $what) or diag($text);
}

good('several relays, one called main', 'location /a/ { wzp_api; }',
     servers => relays(qw(north main)));
good('several relays, named', 'location /a/ { wzp_api relay=south; }',
     servers => relays(qw(north south)));
good('metrics of several relays', 'location = /a { wzp_metrics; }',
     servers => relays(qw(north south)));
good('many locations', 'location /a/ { wzp_api; location /a/b { wzp_metrics; } }
     location = /c { wzp_metrics; } location / { wzp_api relay=main; }');

# http in front of stream: the relay is not known yet

{
    my $text = slurp($t->conf(http => http_conf('location / { wzp_api; }')));
    my ($http) = $text =~ /^(http \{.*)\z/ms;
    my ($stream) = $text =~ /^(stream \{.*?^\})/ms;

    $text =~ s/\Q$http\E//;
    $text =~ s/\Q$stream\E/$http\n$stream/;
    my ($rc, $said) = $t->check(raw => $text);
    is($rc, 0, 'http before stream') or diag($said);
}


# ---- which path is which ----

$t->start(workers => 1, http => http_conf(<<'END'));
location /slash/ { wzp_api; }
location /bare { wzp_api; }
location = /one/health { wzp_api; }
location / { wzp_api; }
END

my %want = (
    '/slash/health' => 200, '/slash/health/' => 404, '/slash//health' => 200,
    '/slash/' => 404, '/slash/x/health' => 404, '/bare/health' => 200,
    '/bare' => 404, '/bare/' => 404, '/one/health' => 200,
    '/health' => 200, '/' => 404, '/rooms' => 200, '/rooms/' => 404,
    '/health?a=b' => 200, '/slash/%68ealth' => 200,
);

is(get($t, $_)->{status}, $want{$_}, "$_: $want{$_}") for sort keys %want;

$t->done;
