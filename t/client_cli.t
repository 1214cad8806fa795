# The client's command line and files: what is judged before anything is
# dialled, and what it keeps at home.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;
my $addr = $t->addr;
my $n = 0;

# One run with a home of its own (or a given one), and no address added.

sub run
{
    my ($home, @args) = @_;

    $home ||= $t->dir . '/h' . ++$n;
    mkdir $home;

    my $c = Test::Nginx::WZP::Client->start(
        dir => $t->dir, number => 'x', json => 0, home => $home,
        args => [@args]);
    push @{$t->{clients}}, $c;

    return ($c->wait, $c->output, $c->errors, $home);
}


sub usage
{
    my ($text, $like, @args) = @_;
    my ($rc, $out, $err) = run(undef, @args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($rc, 2, "$text: exit status");
    like($err, $like, "$text: message");
    is($out, '', "$text: nothing else");
}


# ---- help ----

my ($rc, $out, $err) = run(undef, '--help');
is($rc, 0, '--help');
like($out, qr/--send-file FILE/, 'lists the options');
like($out, qr/^  $_  \S/m, "and exit status $_") for 0 .. 7;
($rc, $out) = run(undef, '--version');
is("$rc $out", "0 wzp-client 0.1.0\n", '--version');

($rc, $out) = run(undef, '--whoami', '--seed',
                  join '', map { sprintf '%02x', $_ } 0 .. 31);
like("$rc $out", qr/^0 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa \w/,
     '--whoami, as PROTOCOL 4.2 has it');


# ---- wrong usage ----

usage('no relay', qr/which relay/);
usage('two relays', qr/one argument too many/, 'a:1', 'b:1');
usage('unknown option', qr/unknown option "--bad"/, '--bad', 'a');
usage('no value', qr/--room needs NAME/, '--room');
usage('value for a flag', qr/takes no value/, '--json=1', 'a');
usage('port', qr/is no relay/, "a:$_") for '0', '65536', 'x', '';
usage('brackets', qr/is no relay/, '[::1');
usage('-4 -6', qr/exclude/, '-4', '-6', 'a');
usage('two sources', qr/exclude/, '--send-tone', '--send-file', 'x', 'a');
usage('two identities', qr/only one/, '--seed', '0' x 64, '--identity', 'f',
      'a');
usage('seed', qr/64 hex digits/, '--seed', 'xyz', 'a');
usage('words', qr/23 words are given/, '--mnemonic', ('abandon') x 23);
usage('check bits', qr/do not belong/, '--mnemonic', ('abandon') x 24, 'a');
usage('fingerprint', qr/64 hex digits/, '--fingerprint', 'abc', 'a');
usage('profile', qr/unknown, there are/, '--profile', '23k', 'a');
usage('Codec2', qr/unknown, there are/, '--profile', 'codec2-2400', 'a');
usage('seconds', qr/not a number of seconds/, '--duration', 'long', 'a');
usage('count', qr/must be 1 to/, '--ping', '0', 'a');
usage("room '$_'", qr/cannot be joined/, '--room', $_, 'a')
    for ('', 'a b', "caf\xc3\xa9", '-x', 'x-', '2024', 'a..b', 'x' x 64);
usage("room '$_'", qr/no room/, '--room', $_, 'a') for qw(ping VERSION);


# ---- options that would do nothing ----

for my $mode (['--ping', '1', 'a'], ['--version-check', 'a'], ['--whoami'],
              ['--list-devices'], ['--bench'], ['--sweep'], ['--contacts'],
              ['--replay', 'f'])
{
    usage("$_->[0] with $mode->[0]", qr/\Q$_->[0]\E is for (?:calls|rooms)/,
          @$_, @$mode)
        for ['--metrics-file', 'f'], ['--record', 'f.wav'],
            ['--duration', '1'], ['--playout-delay', '20:100'], ['--live'],
            ['--send-tone'], ['--volume', 'a=1'], ['--room', 'a'], ['--ptt'];
}

usage("$_->[0] with config", qr/\Q$_->[0]\E is for calls/, @$_, 'config')
    for ['--metrics-file', 'f'], ['--record', 'f.wav'], ['--duration', '1'];
is((run(undef, 'config', '--room', 'a', '--capture', 'null', '--ptt'))[0], 0,
   'config tells what comes of them');
usage("$_ without a relay", qr/^wzp-client: $_ is for what dials/, $_,
      '--whoami') for '-4', '-6';
usage('--fingerprint without a relay', qr/is for what dials a relay/,
      '--fingerprint', '00' x 32, '--sweep');
usage('--loss', qr/--loss is for --bench/, '--loss', '1', 'a');
usage('--dump', qr/--dump is for --analyze/, '--dump', 'f', 'a');
usage('--html', qr/--html is for --analyze and --replay/, '--html', 'f', 'a');
usage('--budget', qr/--budget is for calls/, '--budget', '32', '--analyze',
      'r', 'a');
usage('--ring-timeout', qr/--ring-timeout is for --call/, '--ring-timeout',
      '9', '--register', 'a');

for my $mode ([], ['--register'], ['--call', '0' x 32]) {
    usage("@$_ @$mode without --live", qr/$_->[0] does nothing without --live$/m,
          @$_, @$mode, 'a')
        for ['--capture', 'null'], ['--playback', 'null'], ['--no-aec'];
    usage("$_ @$mode without a sound",
          qr/$_ does nothing without --live, --send-file or --send-tone/,
          $_, @$mode, 'a')
        for '--ptt', '--process';
    usage("$_ @$mode without --process", qr/without --live, or --process and/,
          '--send-tone', $_, @$mode, 'a')
        for '--no-agc', '--no-ns';
}

# where they do something, and settings, which are for every mode

for my $args (['--send-tone', '--ptt'], ['--send-tone', '--process', '--no-ns'],
              ['--live', '--capture', 'null', '--playback', 'null', '--no-agc'],
              ['--ptt=off', '--no-ns=off'], ['--metrics-file', 'm'])
{
    my ($rc, undef, $err) = run(undef, @$args, '--duration', '0', $addr);
    is($rc, 0, "@$args") or diag($err);
}

my $set = $t->dir . '/set';
mkdir $_ for $set, "$set/.config", "$set/.config/wzp";
spew("$set/.config/wzp/settings", "room = a\nptt = on\ncapture = null\n"
     . "playback = null\naec = off\nns = off\nplayout-delay = 20:100\n"
     . "ring-timeout = 9\nfamily = 4\nprofile = 16k\nreconnect = 1\n");
for my $args (['--whoami'], ['--ping', '1', $addr], ['--duration', '0', $addr])
{
    my ($rc, undef, $err) = run($set, @$args);
    is($rc, 0, "settings and $args->[0]") or diag($err);
}
spew("$set/.config/wzp/settings", "live = on\nplayback = null\n");
is((run($set, '--capture', 'null', '--ptt', '--duration', '0', $addr))[0], 0,
   'options of --live when the settings say --live');
is((run($set, '--capture', 'null', '--send-tone', $addr))[0], 2,
   'but not when another sound takes its place');


# ---- rooms that work, with a warning ----

for my $pair (['two.parts', qr/safe everywhere/], ['call-1', qr/reserved/]) {
    my ($name, $like) = @$pair;
    (undef, undef, $err) = run(undef, '--room', $name, '--duration', '0',
                               $addr);
    like($err, $like, "room $name: warning");
}

($rc, undef, $err) = run(undef, '--room', "caf\xc3\xa9 1", '--hash-room',
                         '--duration', '0', $addr);
is($rc, 0, 'any name can be hashed');


# ---- identity ----

my $home;
($rc, $out, undef, $home) = run(undef, '--duration', '0', $addr);
is($rc, 0, 'first use') or diag($out);

my $file = "$home/.config/wzp/identity";
my $text = slurp($file);
like($text, qr/^[0-9a-f]{64}\nalias [A-Z]\w+ [A-Z]\w+\n$/,
     'makes an identity with a name');
is((stat $file)[2] & 07777, 0600, 'that nobody else can read');
is((stat "$home/.config/wzp")[2] & 07777, 0700, 'in such a directory');
my ($alias) = $text =~ /alias (.*)/;
like($out, qr/ as \Q$alias\E \(/, 'and uses it');
is(() = glob("$home/.config/wzp/*"), 2, 'beside known_hosts, nothing else');

($rc, $out) = run($home, '--duration', '0', $addr);
is(slurp($file), $text, 'the second time it is the same');
like($out, qr/ as \Q$alias\E \(/, 'and so is the name');
unlike($out, qr/first contact/, 'the relay is known by then');

($rc, $out) = run($home, '--alias', "J\xc3\xb6rg", '--duration', '0', $addr);
like($out, qr/ as J\xc3\xb6rg \(/, 'another name for once');

for my $bad ('hello', '0' x 63, '0' x 64 . 'f', '', "g" . '0' x 63) {
    spew($file, "$bad\n");
    ($rc, undef, $err) = run($home, $addr);
    is($rc, 7, 'a file that is no identity: exit status');
    like($err, qr/first line must be 64 hex digits.*not changed/s, 'message');
    is(slurp($file), "$bad\n", 'and is left alone');
}

spew($file, '00' . '0' x 62);
($rc) = run($home, '--duration', '0', $addr);
is($rc, 0, 'digits alone will do');

my $other = $t->dir . '/id2';
($rc) = run(undef, '--identity', $other, '--duration', '0', $addr);
like(slurp($other), qr/^[0-9a-f]{64}\n/, '--identity makes a file elsewhere');
($rc, undef, $err) = run(undef, '--identity', $t->dir . '/no/such', $addr);
is($rc, 7, 'or says that it cannot');
like($err, qr/cannot be written: No such file/, 'and why');

# the published seed and its words (PROTOCOL 4.2)

my $seed = join '', map { sprintf '%02x', $_ } 0 .. 31;
my $words = 'abandon amount liar amount expire adjust cage candy arch gather '
    . 'drum bullet absurd math era live bid rhythm alien crouch range attend '
    . 'journey unaware';
my $fp = '6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa';

for my $args (['--seed', $seed], ["--seed=\U$seed"], ['--mnemonic', $words],
              ['--mnemonic', split / /, $words])
{
    ($rc, $out) = run(undef, '--duration', '0', @$args, $addr);
    like($out, qr/\(\Q$fp\E\)/, "@{$args}[0 .. 0]: that fingerprint");
}


# ---- sound files ----

for my $pair (['--send-file', 'none.wav'], ['--record', 'no/such.wav'],
              ['--keylog', 'no/such'])
{
    my ($name, $value) = @$pair;
    ($rc, undef, $err) = run(undef, $name, $t->dir . "/$value", $addr);
    is($rc, 7, "$name: exit status");
    like($err, qr/"\Q$t->{dir}\E\/$value" cannot be .*No such file/,
         "$name: message");
}

spew($t->dir . '/text.wav', "this is no sound\n");
($rc, undef, $err) = run(undef, '--send-file', $t->dir . '/text.wav', $addr);
is($rc, 7, 'a text as sound: exit status');
like($err, qr/cannot be read as sound/, 'message');

# whoever starts it has closed what it prints to: nothing of that may get
# into a file

my $sound = $t->dir . '/closed.wav';
mkdir $t->dir . '/closed';
system('sh', '-c', 'HOME=$1 "$2" --record "$3" 127.0.0.1:$4 <&- >&- 2>&-',
       'sh', $t->dir . '/closed', Test::Nginx::WZP::Client::binary(), $sound,
       $t->port(9));
is($? >> 8, 5, 'nowhere to print: exit status');
is(-s $sound, 44, 'the recording has its header and nothing else');


# ---- JSON, whatever the bytes ----

($rc, $out) = run(undef, '--json', '--record', $t->dir . "/no/\xff.wav", $addr);
is($rc, 7, 'a name that is not UTF-8: exit status');
like($out, qr/^\{"event":"error",.*"exit":7,"message":".*\/no\/\.wav/m,
     'the event is told all the same');


# ---- known_hosts without an end of line ----

($rc, undef, undef, $home) = run(undef, '--duration', '0', $addr);
my $known = "$home/.config/wzp/known_hosts";
spew($known, 'elsewhere:1 ' . '00:' x 31 . '00');
($rc) = run($home, '--duration', '0', $addr) for 1 .. 2;
is($rc, 0, 'a last line that was not ended');
is(scalar(() = slurp($known) =~ /\n/g), 2, 'is ended first');


# ---- secrets of TLS ----

my $keys = $t->dir . '/keys';
($rc) = run(undef, '--keylog', $keys, '--duration', '0', $addr);
like(slurp($keys), qr/^CLIENT_TRAFFIC_SECRET_0 /m, 'TLS secrets are written');
is((stat $keys)[2] & 07777, 0600, 'for nobody else');

$t->done;
