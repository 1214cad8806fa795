# Configurations that are good: the smallest, every directive, the files in
# conf/; and what is said at start.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my ($rc, $text);

sub good
{
    my ($what, %c) = @_;
    my ($rc, $text) = $t->check(%c);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($rc, 0, $what) or diag($text);
    return $text;
}

good('the smallest');
good('wzp off', server => 'wzp_retry on;');
good('no zone of its own: the default', zone => '');
good('a zone in kilobytes', zone => 'voice:2048k');

my $fp = fp_of(1);
(my $bare = $fp) =~ s/://g;

for my $line (
    'wzp_retry on;', 'wzp_retry off;',
    'wzp_binding optional;', 'wzp_binding required;',
    'wzp_mode room;', 'wzp_mode echo;', 'wzp_mode bridge;',
    'wzp_room general;', 'wzp_room General;',
    "wzp_room club allow=$fp;", "wzp_room club allow=$bare allow=$fp;",
    "wzp_room club allow=\U$bare;", 'wzp_room a; wzp_room b; wzp_room c.d;',
    'wzp_max_sessions 1;', 'wzp_max_sessions 100000;',
    'wzp_max_sessions off;', 'wzp_max_rooms 10;', 'wzp_max_rooms off;',
    'wzp_room_members 2;', 'wzp_room_members off;',
    'wzp_rate 50;', 'wzp_rate off;',
    'wzp_handshake_timeout 1s;', 'wzp_handshake_timeout 500ms;',
    'wzp_idle_timeout 10s;', 'wzp_idle_timeout 2m;',
    'wzp_bundle 0;', 'wzp_bundle 5ms;', 'wzp_bundle 20ms;',
    'wzp_trunking on;', 'wzp_trunking off;',
    'wzp_debug_tap General;', 'wzp_debug_tap *; wzp_debug_tap call-1;',
    'wzp_debug_tap a47b63f7d5b511ba5bc4089a74446906;',
    'wzp_debug_tap_rate 1;', 'wzp_debug_tap_rate off;',
    'wzp_health_interval 1s;', 'wzp_health_interval off;',
    'wzp_event_log off;', 'wzp_event_log %%DIR%%/events.log;',
    (map { "wzp_profile $_;" } qw(Opus64k Opus48k Opus32k Opus24k Opus6k
                                  Codec2_1200)))
{
    good($line, server => $line);
}

# inherited from stream {}, and overridden

my ($rc1, $text1) = $t->check(
    stream => 'wzp_retry on; wzp_max_sessions 5; wzp_rate 10;'
            . ' wzp_idle_timeout 20s; wzp_binding required;'
            . ' wzp_profile Opus6k;',
    server => 'wzp_retry off; wzp_max_sessions 6;');
is($rc1, 0, 'directives in stream {}') or diag($text1);

good('beside another kind of server', servers => [
    "listen 127.0.0.1:%%PORT%% udp reuseport;\nwzp on;\n"
    . 'wzp_identity %%DIR%%/identity;',
    "listen 127.0.0.1:%%PORT_1%%;\nproxy_pass 127.0.0.1:1;"]);

# the files that are shipped: with our module, ports and directory

for my $file (glob "$Test::Nginx::WZP::TOP/conf/*.conf") {
    my $conf = slurp($file);
    next unless $conf =~ /wzp\s+on/;

    $conf =~ s/^\s*load_module.*\n//mg;
    $conf =~ s/^\s*(user|pid|error_log|include)\b.*\n//mg;
    $conf =~ s/(listen\s+(?:\S*:)?)\d+/$1%%PORT%%/g;
    $conf =~ s{(wzp_identity|access_log)\s+\S+/([^/;\s]+)}{$1 %%DIR%%/$2}g;

    good($file =~ m{(conf/.*)},
         raw => $t->load_modules . "pid %%DIR%%/nginx.pid;\n"
              . "error_log %%DIR%%/error.log info;\n" . $conf);
}


# ---- what is said at start ----

unlink $t->dir . '/error.log';
$t->start(server => '');

my $log = $t->error_log;
my ($notice) = $log =~ /^(.*\[notice\].*(?:[0-9a-f]{2}:){31}.*)$/m;
ok($notice, 'one notice line') or diag($log);

my ($id, $cert) = $t->fingerprints;
my $m = $t->member;
is($id, $m->wait('answer')->{fingerprint}, 'with the identity fingerprint');
is($cert, $m->wait('connected')->{cert}, 'and that of the certificate');

my $port = $t->port;
like($notice, qr/wzp_peer [\w.:\[\]]+:$port fingerprint=\Q$cert\E/,
     'and a wzp_peer line to paste');

# several workers and a reload: still one line per relay and start

is($t->grep_log(qr/(?:[0-9a-f]{2}:){31}/), 1, 'once');

$t->done;
