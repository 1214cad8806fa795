# Every bad value of every directive is refused by nginx -t, in nginx's own
# manner: what is wrong, in which directive, in which line.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $fp = fp_of(1);
my ($KEY, $KEY2) = map { 'fingerprint=' . tls_fp_of($_) } 1, 2;

# directive => [bad argument => what the message must say, ...]

my @server = (
    wzp => [
        'maybe'          => 'maybe',
        'on name='       => 'name',
        'on name=a name=b' => 'number of arguments',
        'on colour=red'  => 'colour',
        'on on'          => 'on',
        ''               => 'number of arguments',
    ],
    wzp_retry => [
        'maybe'          => 'maybe.*must be "on" or "off"|"maybe"',
        'on off'         => 'number of arguments',
    ],
    wzp_binding => [
        'on'             => 'invalid value "on"',
        'always'         => 'invalid value "always"',
        ''               => 'number of arguments',
    ],
    wzp_mode => [
        'conference'     => 'invalid value "conference"',
        ''               => 'number of arguments',
    ],
    wzp_room => [
        '-x'             => '-x',
        '2024'           => '2024',
        '"a b"'          => 'a b',
        'x' x 64         => 'x{10}',
        '_federation'    => '_federation.*reserved|reserved.*_federation',
        '_club'          => 'reserved',
        'call-1'         => 'reserved',
        'ping'           => 'reserved',
        'version'        => 'reserved',
        'a; wzp_room A'  => 'duplicate',
        'club allow='    => 'allow',
        'club allow=xyz' => 'xyz',
        'club allow=0258:ab5d' => '0258:ab5d',
        'club deny=all'  => 'deny',
        "club $fp"       => 'invalid parameter|unknown',
        '""'             => 'invalid room name ""',
        ''               => 'number of arguments',
    ],
    wzp_max_sessions => [
        '-1'             => '-1',
        'many'           => 'many',
        '99999999999999999999' => '9999',
        ''               => 'number of arguments',
    ],
    wzp_max_rooms => ['-1' => '-1', 'many' => 'many', '1 2' => 'arguments'],
    wzp_room_members => ['-1' => '-1', 'x' => 'x', '1k' => '1k'],
    wzp_rate => ['-5' => '-5', 'fast' => 'fast', '1.5' => '1\.5'],
    wzp_handshake_timeout => ['soon' => 'invalid value', '-1s' => 'invalid value',
                              '0' => 'must be between', '' => 'arguments'],
    wzp_idle_timeout => ['soon' => 'invalid value', '10x' => 'invalid value',
                         '0' => 'must be between'],
    wzp_bundle => ['soon' => 'invalid value', '-1ms' => 'invalid value',
                   '5s' => 'must be between', '1d' => 'must be between'],
    wzp_trunking => ['maybe' => 'maybe'],
    wzp_peer => [
        "h $KEY $KEY"    => 'duplicate parameter "fingerprint"',
        "h $KEY label=a label=b" => 'duplicate parameter "label"',
        "h $KEY label=\"a b\" label=\"a b\"" => 'duplicate parameter "label"',
        "h $KEY verify=mutual verify=hello" => 'duplicate parameter "verify"',
        "h:1 $KEY; wzp_peer h:1 $KEY2" => 'duplicate address "h:1"',
        "h $KEY; wzp_peer H:4433 $KEY2" => 'duplicate address "H:4433"',
        "[::1]:1 $KEY; wzp_peer [0:0::1]:1 $KEY2"
            => 'duplicate address "\[0:0::1\]:1"',
        "300.1.1.1:4433 $KEY" => '300.1.1.1.*is neither an IP address nor',
        "1.2.3 $KEY"     => '1.2.3.*is neither an IP address nor',
        "relay.1.:4433 $KEY" => 'relay.1..*is neither an IP address nor',
        "h:1/x $KEY"     => 'invalid host.*want HOST:PORT',
        'h'              => 'number of arguments',
        'h label=a'      => 'no fingerprint= was given',
    ],
    wzp_trusted => [
        "$KEY $KEY"      => 'duplicate parameter "fingerprint"',
        "$KEY label=a label=b" => 'duplicate parameter "label"',
        "$KEY verify=hello verify=hello" => 'duplicate parameter "verify"',
    ],
    wzp_probe => [
        '127.0.0.1:1 127.0.0.1:1' => 'duplicate address "127.0.0.1:1"',
        'h:1; wzp_probe i h:1' => 'duplicate address "h:1"',
        '256.0.0.1'      => '256.0.0.1.*is neither an IP address nor',
        ''               => 'number of arguments',
    ],
    wzp_global_room => [
        '-x'             => '-x',
        'ping'           => 'reserved',
        'a; wzp_global_room a' => 'duplicate global room "a"',
        '""'             => 'invalid room name ""',
    ],
    wzp_debug_tap => [
        '""'             => 'invalid room name ""',
        '-x'             => '-x',
        '_federation'    => 'reserved',
        'ping'           => 'reserved',
        'a; wzp_debug_tap a' => 'duplicate',
        'a b'            => 'arguments',
    ],
    wzp_debug_tap_rate => ['0' => 'from 1 to', 'many' => 'many'],
    wzp_health_interval => ['0' => 'from 1s', '2h' => 'to 1h', 'x' => 'x',
                            '1s; wzp_health_interval 2s' => 'duplicate'],
    wzp_event_log => [
        '""'             => 'no name of a file',
        'x; wzp_event_log y' => 'duplicate',
        ''               => 'arguments',
    ],
    wzp_profile => [
        'Opus99k'        => 'Opus99k',
        'opus 24k'       => 'arguments',
        'GOOD'           => 'GOOD',
    ],
    wzp_identity => [
        '%%DIR%%/none/identity' => 'No such file or directory',
        '%%DIR%%'        => 'Is a directory|not a regular file',
        '%%DIR%%/short'  => '64 hex',
        '%%DIR%%/long'   => '64 hex',
        '%%DIR%%/nothex' => '64 hex',
        '%%DIR%%/empty'  => '64 hex',
        ''               => 'number of arguments',
    ],
);

spew($t->dir . '/short', 'ab' x 31 . "\n");
spew($t->dir . '/long', 'ab' x 33 . "\n");
spew($t->dir . '/nothex', 'zz' x 32 . "\n");
spew($t->dir . '/empty', '');

sub bad
{
    my ($what, $say, $name, %c) = @_;
    my $where = exists $c{where} ? delete $c{where}
                                 : qr{ in \S*/nginx\.conf:\d+};
    my ($rc, $text) = $t->check(%c);

    subtest $what => sub {
        isnt($rc, 0, 'refused');
        like($text, qr/\[emerg\]/, 'by an emerg');
        like($text, $say, 'with what is wrong');
        like($text, $where, 'and where') if $where;

        # the line that is named has the directive

        my ($n) = $text =~ m{/nginx\.conf:(\d+)};
        my @lines = split /\n/, slurp($t->dir . '/nginx.conf');
        like($lines[$n - 1], qr/\b$name\b/, 'in this line') if $name && $n;
        unlike($text, qr/test is successful/, 'and no success');
    } or diag($text);
}

while (my ($name, $cases) = splice @server, 0, 2) {
    my @cases = @$cases;

    while (my ($value, $say) = splice @cases, 0, 2) {
        my %c = (server => "$name $value;");

        # these two stand in the server already

        if ($name eq 'wzp' || $name eq 'wzp_identity') {
            my $other = $name eq 'wzp' ? 'wzp_identity %%DIR%%/identity'
                                       : 'wzp on';
            %c = (servers => ["listen 127.0.0.1:%%PORT%% udp reuseport;\n"
                              . "$other;\n$name $value;"]);
        }


        # files are opened when all of stream {} has been read
        my $line = $name eq 'wzp_identity' && $value ? '' : $name;
        bad("$name $value", qr/$say/, $line, %c);
    }

    bad("$name twice", qr/duplicate/, $name,
        server => "$name on;\n" x ($name eq 'wzp' ? 1 : 2))
        if $name =~ /^(?:wzp|wzp_retry|wzp_trunking)$/;
}

for my $name (qw(short long nothex empty)) {
    my %is = (short => 'ab' x 31 . "\n", long => 'ab' x 33 . "\n",
              nothex => 'zz' x 32 . "\n", empty => '');
    is(slurp($t->dir . "/$name"), $is{$name},
       "a malformed identity ($name) is never overwritten");
}


# ---- the zone ----

my %zone = (
    'voice'             => qr/voice/,
    'voice:'            => qr/voice:/,
    ':4m'               => qr/:4m/,
    'voice:many'        => qr/many/,
    'voice:-1'          => qr/-1/,
    'voice:100000m'     => qr/zone "voice:100000m".*too large.*at most/,
    'voice:16k'         => qr/zone "voice:16k".*too small.*at least/,
    'voice:4m; wzp_zone other:4m' => qr/duplicate/,
);

bad("wzp_zone $_", $zone{$_}, 'wzp_zone', zone => $_) for sort keys %zone;


# ---- certificates ----

system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
       . " -subj /CN=relay -days 9 -keyout $t->{dir}/$_.key"
       . " -out $t->{dir}/$_.pem 2>/dev/null") for qw(a b);
spew($t->dir . '/nocert.pem', "hello\n");

my $key = 'wzp_certificate_key %%DIR%%/a.key;';

bad('no certificate file', qr/No such file/, '',
    server => "wzp_certificate %%DIR%%/no.pem; $key");
bad('no key file', qr/No such file/, '',
    server => 'wzp_certificate %%DIR%%/a.pem;'
            . ' wzp_certificate_key %%DIR%%/no.key;');
bad('not a certificate', qr/nocert\.pem/, '',
    server => "wzp_certificate %%DIR%%/nocert.pem; $key");
bad('the key of another', qr/match|mismatch/i, '',
    server => 'wzp_certificate %%DIR%%/a.pem;'
            . ' wzp_certificate_key %%DIR%%/b.key;');
bad('a certificate without key', qr/wzp_certificate_key/, '',
    server => 'wzp_certificate %%DIR%%/a.pem;');
bad('a key without certificate', qr/wzp_certificate\b/, '', server => $key);

my ($rc, $text) = $t->check(server => "wzp_certificate %%DIR%%/a.pem; $key");
is($rc, 0, 'and a good pair is good') or diag($text);


# ---- places and combinations ----

my $wzp = 'wzp on; wzp_identity %%DIR%%/identity;';

bad('a TCP listener', qr/udp/, '',
    servers => ["listen 127.0.0.1:%%PORT%%;\n$wzp"]);
bad('no reuseport', qr/reuseport/, '',
    servers => ["listen 127.0.0.1:%%PORT%% udp;\n$wzp"]);
bad('no listen at all', qr/listen/, '', servers => [$wzp]);
bad('only a UNIX-domain socket', qr/no socket of its own.*udp reuseport/, '',
    servers => ["listen unix:%%DIR%%/s udp;\n$wzp"]);
bad('more relays than there are places', qr/up to 32 .* not 33/, '',
    servers => [map {
        "listen 127.0.0.1:%%PORT_$_%% udp reuseport;\nwzp on name=r$_;\n"
        . 'wzp_identity %%DIR%%/identity;' } 0 .. 32]);
bad('proxy_pass beside it', qr/proxy_pass|content/, '',
    server => 'proxy_pass 127.0.0.1:1;');
bad('return beside it', qr/return|content/, '', server => 'return x;');
bad('one name, two relays', qr/duplicate|name/, '', servers => [
    "listen 127.0.0.1:%%PORT%% udp reuseport;\nwzp on name=a;\n"
    . 'wzp_identity %%DIR%%/identity;',
    "listen 127.0.0.1:%%PORT_1%% udp reuseport;\nwzp on name=a;\n"
    . 'wzp_identity %%DIR%%/identity;']);
bad('in the wrong place', qr/not allowed here/, 'wzp',
    main => 'wzp on;');
bad('an event log nowhere', qr/open\(\) .*none.*No such file/, '',
    server => 'wzp_event_log %%DIR%%/none/events;', where => undef);
bad('a log that is another', qr/is another log already/, 'wzp_event_log',
    server => 'access_log %%DIR%%/a.log combined buffer=4k;'
            . "\nwzp_event_log %%DIR%%/a.log;",
    stream => 'log_format combined "$remote_addr";');
bad('an unknown directive', qr/unknown directive "wzp_colour"/, '',
    server => 'wzp_colour red;');
bad('single process, several workers', qr/master_process|worker_processes/,
    '', main => 'master_process off;', workers => 4, where => undef);

done_testing;
