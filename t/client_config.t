# Settings, servers and keys, as somebody uses them who sees them for the first
# time.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new(seed => seed_of(50))->start;
my $addr = $t->addr;
my $home = $t->dir . '/home';
my $file = "$home/.config/wzp/settings";
my $n = 0;

mkdir $home;

sub client
{
    my $opt = ref $_[0] ? shift : {};
    return $t->run_client({ home => $home, addr => '', %$opt }, @_);
}


sub says
{
    my ($rc, $like, $text, @args) = @_;
    my ($got, $out, $err) = client(@args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got, $rc, "$text: exit status") or diag("$out$err");
    like($out . $err, $like, "$text: what it says");
    return $out;
}


# A client whose standard input is this.

sub given
{
    my ($input, @args) = @_;
    my $from = $t->dir . '/input' . ++$n;

    spew($from, $input);
    my $c = Test::Nginx::WZP::Process->spawn(
        name => 'given', dir => $t->dir,
        command => ['sh', '-c', 'exec "$0" "$@" <' . $from,
                    Test::Nginx::WZP::Client::binary(), @args],
        env => { HOME => $home, XDG_CONFIG_HOME => undef });
    push @{$t->{clients}}, $c;
    return ($c->wait, $c->output, $c->errors);
}


# ---- nothing is set ----

says(2, qr/which relay.*config set relay/s, 'no relay');
says(0, qr/^room +default +default$/m, 'config', 'config');
says(0, qr/^default$/, 'get', 'config', 'get', 'room');
says(0, qr/^$/, 'servers', 'config', 'servers');
ok(!-e "$home/.config", 'who only looks makes no files');


# ---- one value ----

says(0, qr/^$/, 'set', 'config', 'set', 'room', 'general');
is(slurp($file), "room = general\n", 'is in the file');
is((stat $file)[2] & 07777, 0600, 'which is ours');
says(0, qr/^general$/, 'and read', 'config', 'get', 'room');
says(0, qr/^room +general +settings, line 1$/m, 'config: from where', 'config');
says(0, qr/^room +other +command line$/m, 'options override', 'config',
     '--room', 'other');

spew($file, "# my own\n\nROOM=general\nfamily = 4  \n# the end");
says(0, qr/^$/, 'change', 'config', 'set', 'room', 'two');
says(0, qr/^$/, 'add', 'config', 'set', 'alias', 'Ann Lee');
is(slurp($file), "# my own\n\nroom = two\nfamily = 4  \n# the end\n"
   . "alias = Ann Lee\n", 'remarks and order stay');
says(0, qr/^$/, 'unset', 'config', 'unset', 'family');
says(0, qr/^$/, 'twice', 'config', 'unset', 'family');
says(0, qr/^any$/, 'then it is as it was', 'config', 'get', 'family');
like(slurp($file), qr/two\n# the end/, 'without its line');


# ---- what is refused ----

my $before = slurp($file);
says(2, qr/no setting "prifile"/, 'an unknown key', 'config', 'set',
     'prifile', '6k');
says(2, qr/no setting "prifile"/, "$_ of one", 'config', $_, 'prifile')
    for qw(get unset);
says(2, qr/--profile 23k: unknown/, 'a bad profile', 'config', 'set',
     'profile', '23k');
says(2, qr/cannot be joined/, 'a bad room', 'config', 'set', 'room', 'a b');
says(2, qr/takes no value but on and off/, 'a bad switch', 'config', 'set',
     'hash-room', 'maybe');
says(2, qr/there are 4, 6 and any/, 'a bad family', 'config', 'set', 'family',
     '5');
says(2, qr/is not a number/, 'a bad number', 'config', 'set', 'reconnect',
     'soon');
says(2, qr/is no relay/, 'a bad relay', 'config', 'set', 'relay', 'a:b');
says(2, qr/nothing of this name/, 'an alias of nothing', 'config', 'set',
     'alias', "\e");
says(2, qr/cannot stand in a line/, 'two lines', 'config', 'set', 'alias',
     "a\nroom = b");
says(2, qr/usage: wzp-client config set KEY VALUE \(in quotes/,
     'blanks without quotes', 'config', 'set', 'alias', 'Ann', 'Lee');
says(2, qr/usage: wzp-client config get KEY$/m, 'no key', 'config', 'get');
says(2, qr/there are get, set/, 'an unknown word', 'config', 'show');
says(2, qr/has nothing to do with "config"/, 'another mode', 'config',
     '--whoami');
says(2, qr/is for "config key"/, "$_ elsewhere", $_, $addr)
    for qw(--words --hex --force);
is(slurp($file), $before, 'nothing has changed');

spew($file, "room = a\n\nprofile = 23k\n");
says(2, qr/\Q$file\E:3: --profile 23k/, 'a bad value in the file', $addr);
says(0, qr/joined/, 'unless another is given', '--profile', '24k',
     '--duration', '0', $addr);
says(0, qr/^$/, 'is repaired', 'config', 'set', 'profile', '24k');
spew($file, "room = a\nwhat is this\nprifile = 6k\n");
says(2, qr/\Q$file\E:2: this is not "KEY = VALUE"/, 'a line of nonsense',
     $addr);
says(2, qr/:2: /, 'also to config', 'config');
spew($file, "prifile = 6k\n");
says(2, qr/:1: .*config unset prifile/, 'an unknown key in the file', $addr);
says(0, qr/^$/, 'is removed', 'config', 'unset', 'prifile');
is(slurp($file), '', 'and gone');
spew($file, 'x' x 70000);
says(7, qr/cannot be read: File too large/, 'a huge file', $addr);
unlink $file;


# ---- files that cannot be written ----

says(0, qr/^room/m, 'no home: config', { env => { HOME => '/proc' } },
     'config');
says(7, qr/cannot be made/, 'no home: set', { env => { HOME => '/proc' } },
     'config', 'set', 'room', 'a');
says(0, qr/joined/, 'no home: a call', { env => { HOME => '/proc' } },
     '--seed', seed_of(1), '--fingerprint', $t->tls_fp, '--duration', '0',
     $addr);
mkdir $file;
says(7, qr/cannot be read: Is a directory/, 'no file', 'config', 'set',
     'room', 'a');
rmdir $file;


# ---- several at a time ----

my @many = map {
    my ($key, $value) = @$_;
    $t->client({ home => $home, addr => '' }, 'config', 'set', $key, $value);
} ['room', 'general'], ['alias', 'Ann'], ['profile', '16k'], ['family', '4'],
  ['reconnect', '5'], ['hash-room', 'on'], ['ring-timeout', '9'],
  ['report-quality', 'on'];
is($_->wait, 0, 'set beside others') for @many;
is(scalar(() = slurp($file) =~ /^[\w-]+ = \w+$/mg), 8, 'all are there');
is(scalar(() = glob("$home/.config/wzp/settings.*")), 1,
   'and nothing but the lock beside them');

# they are used

my $c = $t->client({ home => $home }, '--duration', '0');
is($c->wait, 0, 'a call with settings') or diag($c->story);
my ($joined) = $c->events('joined');
is($joined->{room}, 'general', 'room');
is($joined->{alias}, 'Ann', 'alias');
isnt($joined->{sni}, 'general', 'hashed');
$c = $t->client({ home => $home }, '--duration', '0', '--hash-room=off',
                '--alias', 'Eve');
is($c->wait, 0, 'and with options');
($joined) = $c->events('joined');
is("$joined->{alias} $joined->{sni}", 'Eve general', 'which override');

spew($file, "relay = $addr\nlive = on\ncapture = null\nplayback = null\n"
     . "ns = off\n");
$c = $t->client({ home => $home, addr => '' }, '--duration', '0.5');
is($c->wait, 0, 'a live call without a word') or diag($c->story);
is(($c->events('joined'))[0]{room}, 'default', 'is one');
$c = $t->client({ home => $home, addr => '' }, '--send-tone', '0.2');
is($c->wait, 0, 'or a tone');
is($c->report->{sent}, 10, 'instead');
says(0, qr/^live +off +command line$/m, 'as config says', 'config',
     '--send-tone');
says(0, qr/^ns +on +command line$/m, 'also of what an option takes back',
     'config', '--no-ns=off');
unlink $file;


# ---- servers ----

my $pin = $t->tls_fp;
my $other = tls_fp_of(seed_of(9));
(my $plain = $pin) =~ s/://g;

says(0, qr/^$/, 'a server', 'config', 'add-server', 'eu', $addr);
says(0, qr/^$/, 'one with a pin', 'config', 'add-server', 'pinned', $addr,
     uc $plain);
says(0, qr/^$/, 'one with a wrong pin', 'config', 'add-server', 'forged',
     $addr, $other);
says(0, qr/^eu \Q$addr\E\npinned \Q$addr $pin\E\nforged \Q$addr $other\E$/,
     'servers', 'config', 'servers');
$c = $t->client({ home => $home, addr => '' }, 'config', 'servers');
$c->wait;
is(join(' ', map { "$_->{name}=" . ($_->{tls_fingerprint} || '') }
        $c->events('server')), "eu= pinned=$pin forged=$other", 'as events');

unlink "$home/.config/wzp/known_hosts";
says(0, qr/first contact/, 'a server is dialled by its name', '--duration',
     '0', 'EU');
is(slurp("$home/.config/wzp/known_hosts"), "$addr $pin\n",
   'and known by its address');
says(0, qr/joined/, 'a pin that fits', '--duration', '0', 'pinned');
says(6, qr/not the relay that your server forged names/, 'one that does not',
     '--duration', '0', 'forged');
says(6, qr/that --fingerprint names/, 'an option overrides a good one',
     '--fingerprint', $other, 'pinned');
says(0, qr/joined/, 'and a bad one', '--fingerprint', $pin, '--duration', '0',
     'forged');
spew("$home/.config/wzp/known_hosts", "$addr $other\n");
says(6, qr/NOT THE ONE IT WAS/, 'known_hosts counts without a pin', 'eu');
says(0, qr/joined/, 'not with one', '--duration', '0', 'pinned');

says(0, qr/^$/, 'a default', 'config', 'set', 'relay', 'pinned');
says(0, qr/joined/, 'is dialled', '--duration', '0');
says(0, qr/^4 |rtt|ms/, 'by everything', '--ping', '1');
says(6, qr/your server forged/, 'unless another is named', 'forged');

says(2, qr/cannot be the name/, "a server \"$_\"", 'config', 'add-server', $_,
     $addr) for 'config', 'a:b', 'a b', '[x', '', '#a', 'a=b';
says(2, qr/is no relay/, 'a server without a port', 'config', 'add-server',
     'a', 'b:');
says(2, qr/is no relay/, 'a server in two lines', 'config', 'add-server',
     'a', "b\nc");
says(2, qr/no certificate's fingerprint/, 'a short pin', 'config',
     'add-server', 'a', 'b', 'abcd');
says(2, qr/no server "us"/, 'remove nobody', 'config', 'remove-server', 'us');
says(0, qr/^$/, 'remove', 'config', 'remove-server', 'FORGED');
says(0, qr/^eu .*\npinned .*$/, 'two are left', 'config', 'servers');


# ---- keys ----

my $key = "$home/.config/wzp/identity";
unlink $key;

my ($fp) = says(0, qr/^[0-9a-f:]{39}$/, 'show', 'config', 'key', 'show');
chomp $fp;
my ($seed) = slurp($key) =~ /^(\w{64})/;

my ($rc, $words, $err) = client('config', 'key', 'backup');
is($rc, 0, 'backup');
like($words, qr/^(?:[a-z]+ ){23}[a-z]+\n$/, 'are 24 words');
like($err, qr/warning: this is the secret key of \Q$fp\E/, 'with a warning');
is((client('config', 'key', 'backup', '--words'))[1], $words, '--words');
is((client('config', 'key', 'backup', '--hex'))[1], "$seed\n", '--hex');
says(2, qr/exclude/, 'both', 'config', 'key', 'backup', '--hex', '--words');
says(2, qr/there are show, backup/, 'a wrong word', 'config', 'key', 'print');

$c = $t->client({ home => $home, addr => '' }, 'config', 'key', 'backup');
is($c->wait, 2, '--json alone is not enough');
unlike($c->output . $c->errors, qr/\Q$seed\E/, 'and says nothing');
my $log = $t->dir . '/events.jsonl';
$c = $t->client({ home => $home, addr => '' }, 'config', 'key', 'backup',
                '--hex', '--event-log', $log);
is($c->wait, 0, '--json --hex');
is(($c->events('backup'))[0]{hex}, $seed, 'is');
unlike(slurp($log), qr/\Q$seed\E/, 'in no event log');

# another machine

my $old = $home;
$home = $t->dir . '/home2';
mkdir $home;
my $there = "$home/.config/wzp/identity";

is(join(' ', (given($words, 'config', 'key', 'restore'))[0, 1]), "0 $fp\n",
   'restore from words');
is((stat $there)[2] & 07777, 0600, 'a file of ours');
like(slurp($there), qr/^$seed\nalias [A-Z]\w+ [A-Z]\w+\n$/, 'with the key');
is((client('config', 'key', 'show'))[1], "$fp\n", 'the same fingerprint');
like((client('--whoami'))[1], qr/^\Q$fp\E /, 'everywhere');
is((given($words, 'config', 'key', 'restore'))[0], 0, 'the same again');
ok(!-e "$there.old", 'changes nothing');

my $second = seed_of(2);
($rc, undef, $err) = given("$second\n", 'config', 'key', 'restore');
is($rc, 2, 'another one is refused');
like($err, qr/is there already: --force/, 'and says how');
like(slurp($there), qr/^$seed/, 'nothing has changed');
($rc, undef, $err) = given(" $second ", 'config', 'key', 'restore', '--force');
is($rc, 0, '--force');
like($err, qr/kept as "\Q$there.old\E"/, 'tells what it kept');
like(slurp("$there.old"), qr/^$seed/, 'the old one is there');
is((client('config', 'key', 'show'))[1], fp_of(2) . "\n", 'the new one is used');
is((given(seed_of(3), 'config', 'key', 'restore', '--force'))[0], 0, 'a third');
like(slurp("$there.old"), qr/^$seed/, 'does not overwrite the first');
like(slurp("$there.old.2"), qr/^$second/, 'nor lose the second');

(my $broken = $words) =~ s/^\w+/zebra/;
for my $bad (['nothing', ''], ['other words', 'a b c'], ['check bits', $broken],
             ['too much', 'word ' x 1000], ['short hex', substr $seed, 1])
{
    ($rc, my $out, $err) = given($bad->[1], 'config', 'key', 'restore',
                                 '--force');
    is($rc, 2, "restore $bad->[0]");
    unlike($out . $err, qr/\Q$seed\E|zebra/, 'without repeating it');
}

like(slurp($there), '/^' . seed_of(3) . '/', 'nothing has changed');
says(2, qr/reads standard input/, 'not by option', 'config', 'key', 'restore',
     '--seed', seed_of(4));
is((given($words, 'config', 'key', 'restore', '--identity',
          $t->dir . '/mine'))[0], 0, '--identity');
like(slurp($t->dir . '/mine'), qr/^$seed/, 'names the file');

# a terminal shows nothing of it

SKIP: {
    skip 'needs script(1)', 14 if system('script --version >/dev/null 2>&1');

    unlink $there;
    my $p = Test::Nginx::WZP::Process->spawn(
        name => 'terminal', dir => $t->dir, input => 1,
        command => ['script', '-qefc', Test::Nginx::WZP::Client::binary()
                    . ' config key restore', '/dev/null'],
        env => { HOME => $home, XDG_CONFIG_HOME => undef, TERM => 'dumb' });
    push @{$t->{clients}}, $p;

    my @half = $words =~ /((?:\w+\s){12})/g;
    ok(wait_for { $p->output =~ /not shown/ }, 'a terminal is asked');
    print {$p->{input}} "$half[0]\n", $half[1];
    ok(wait_for { $p->output =~ /\Q$fp\E/ }, 'and answers in two lines')
        or diag($p->output);
    is($p->wait, 0, 'that is all');
    like(slurp($there), qr/^$seed/, 'the same key');
    my ($first) = $words =~ /^(\w+ \w+)/;
    unlike($p->output, qr/\Q$first\E/, 'nothing is shown');

    # stopped, by a shell that leaves the terminal as it finds it

    my $dir = $t->dir;
    unlink $there;
    $p = Test::Nginx::WZP::Process->spawn(
        name => 'stopped', dir => $dir, input => 1,
        command => ['script', '-qefc', "cd $dir; sh -mc '"
                    . Test::Nginx::WZP::Client::binary()
                    . ' config key restore; stty -a >modes; : >stopped; '
                    . 'while ! [ -e go ]; do sleep 0.05; done; fg; '
                    . "e=\$?; stty -a >after; exit \$e'", '/dev/null'],
        env => { HOME => $home, XDG_CONFIG_HOME => undef, TERM => 'dumb' });
    push @{$t->{clients}}, $p;

    ok(wait_for { $p->output =~ /not shown/ }, 'a terminal is asked');
    print {$p->{input}} "$half[0]\n\cZ";
    ok(wait_for { -e "$dir/stopped" }, 'Ctrl-Z stops it');
    like(slurp("$dir/modes"), qr/(?<!-)\becho\b/, 'which gives the echo back');
    spew("$dir/go", '');
    ok(wait_for { $p->output =~ /not shown[\s\S]*not shown/ },
       'fg: it asks again');
    print {$p->{input}} "$half[0]\n", $half[1];
    ok(wait_for { $p->output =~ /\Q$fp\E/ }, 'and is answered from the start')
        or diag($p->output);
    is($p->wait, 0, 'that is all');
    like(slurp($there), qr/^$seed/, 'the same key');
    unlike($p->output, qr/\Q$first\E/, 'nothing is shown');
    like(slurp("$dir/after"), qr/(?<!-)\becho\b/, 'and then it echoes again');
}


# ---- secrets stay where they are ----

$home = $old;

for my $run (['config'], ['config', '--json'], ['config', 'key', 'show', '-v'],
             ['--whoami', '--json'], ['-v', '--duration', '0', 'pinned'],
             ['--json', '-v', '--duration', '0', 'pinned'],
             ['config', '--seed', $seed, '--json'])
{
    my (undef, $out, $err) = client(@$run);
    unlike("$out$err", qr/\Q$seed\E/i, "no key: @$run");
    unlike("$out$err", qr/\Q@{[substr $words, 0, 20]}\E/, 'no words');
}

$t->done;
