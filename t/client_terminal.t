# On a terminal the client is a view with keys; with TERM=dumb, --plain and
# elsewhere it is lines.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Screen;

plan skip_all => 'needs script(1)' if system('script --version >/dev/null 2>&1');

my $t = Test::Nginx::WZP->new->start;
my ($ann) = $t->joined({ seed => seed_of(1), alias => 'Ann',
                         accept_streams => 1 });
my $addr = $t->addr;
my $client = Test::Nginx::WZP::Client::binary();
my $home = $t->dir . '/home';
mkdir $home;

my @bob = ('--room', 'general', '--alias', 'Bob', '--seed', seed_of(2));
my %env = (HOME => $home);


sub muted
{
    my ($p) = grep { $_->{fingerprint} eq fp_of(2) }
              @{$ann->room->{participants}};
    return $p && $p->{muted} ? 1 : 0;
}


# What Ann has heard of the Bob who is there now.

sub frames_of_bob
{
    my ($p) = grep { $_->{fingerprint} eq fp_of(2) }
              @{$ann->room->{participants}};
    my $flow = $p && $ann->stats->{flows}{$p->{stream_id}};
    return $flow ? $flow->{packets} : 0;
}


# ---- the view ----

my $s = Test::Nginx::WZP::Screen->start($t, 'view', env => \%env,
    command => "$client @bob --send-tone --record bob.wav $addr");

$ann->send(count => 1000, payload => 'f8fffe');

ok($s->shows(qr/^ general .*\d\d:\d\d:\d\d$/m), 'the title and the time');
ok($s->shows(qr/rtt \d+\.\d ms  loss \d/), 'the connection');
ok($s->shows(qr{in [1-9]\d* out [1-9]\d* kb/s  Opus24k}), 'bit rates');
ok($s->shows(qr/^ \x{25cf} Bob \(you\) +\x{2588}{8}\S+  on air/m), 'ourselves');
ok($s->shows(qr/2 people/), 'how many');
ok($s->shows(qr/^\x{25b8}\x{25cf} Ann +.*\x{2582}\x{2584}\x{2586}\x{2588}/m),
   'Ann talks, and is heard well');
ok($s->shows(qr/ \d\d:\d\d joined "general" at /), 'messages');
ok($s->shows(qr/ m mute .* q leave$/m), 'keys');
is(join(',', @{$s->{strange}}), '', 'nothing that this screen does not know')
    or diag($s->text);

# ---- keys ----

$s->type('m');
ok($s->shows(qr/Bob \(you\).*MUTED/), 'm mutes');
ok(wait_for { muted() }, 'which the others see');

$s->type(' ');
ok($s->shows(qr/Bob \(you\).*on air/), 'space: a word in between');
ok($s->shows(qr/Bob \(you\).*MUTED/), 'and no more when it is let go');

$s->type('m');
ok($s->shows(qr/Bob \(you\).*on air/), 'm once more');
ok(wait_for { !muted() }, 'which the others see, too');

$s->type('+++');
ok($s->shows(qr/Ann.*\+6 dB/), '+ makes louder');
$s->type('----');
ok($s->shows(qr/Ann.*-2 dB/), '- makes softer');
$s->type('x');
ok($s->shows(qr/Ann.*silenced/), 'x silences');
$s->type('xp');
ok($s->shows(qr/Opus16k/), 'p lowers the quality');

my ($zoe) = $t->joined({ seed => seed_of(3), alias => "Zo\x{eb}" });
ok($s->shows(qr/^   Zo\x{eb}$/m), 'somebody comes');
$s->type("\e[B");
ok($s->shows(qr/^\x{25b8}  Zo\x{eb}$/m), 'the next one is chosen');
$s->type('+');
ok($s->shows(qr/Zo\x{eb} +\+2 dB/), 'louder before a word was said');
$s->type("k");
ok($s->shows(qr/^\x{25b8}\S? *Ann/m), 'and back');

my ($eve) = $t->joined({ seed => seed_of(4), alias => "E\e[2J\e]0;v\x07\x{9b}e" });
ok($s->shows(qr/^   E\[2J\]0;ve$/m), 'a name that would clear the screen');
like($s->text, qr/\A general/, 'and does not');
$eve->close;

$s->type('?');
ok($s->shows(qr/push-to-talk/), 'help');
$s->type('?');
ok($s->shows(qr/messages/), 'and back');

# ---- and the end ----

$s->type('q');
is($s->wait, 0, 'q leaves');
is($s->restored, '1111', 'the terminal is as it was');
like($s->text, qr/^joined "general"[\s\S]*heard Ann: /m,
     'what was said stands on it');
ok(wait_for { $ann->room->{count} == 2 }, 'the others know');

# ---- other sizes, other terminals ----

$s = Test::Nginx::WZP::Screen->start($t, 'small', env => \%env,
    then => 'while ! [ -e resize ]; do sleep 0.05; done; '
            . 'stty -F $T rows 10 cols 40',
    command => "$client @bob --send-tone $addr");

ok($s->shows(qr/ m mute .* q leave$/m), '80x24');
spew($t->dir . '/resize', '');
ok($s->resized(10, 40), 'it becomes smaller');
ok($s->shows(qr/^ m mute  \? help  q leave\n\z/m), '40x10: keys');
ok($s->shows(qr/\A general .*\d\d:\d\d:\d\d\n rtt/), '40x10: title')
    or diag($s->text);
$s->type("\cC");
is($s->wait, 0, 'Ctrl-C leaves');
is($s->restored, '1111', 'the terminal is as it was');

$s = Test::Nginx::WZP::Screen->start($t, 'ascii', size => [6, 60],
    env => { %env, LC_ALL => 'C', TERM => 'vt100' },
    command => "$client @bob --duration 2 $addr");
ok($s->shows(qr/ \* Ann|   Ann|>  Ann|>\* Ann/), 'a vt100');
is($s->wait, 0, 'a good end');
unlike($s->{p}->output =~ s/^[\s\S]*\e\[\?1049l|joined[\s\S]*//r, qr/[^\x00-\x7f]/,
       'no more than ASCII without a locale');

# ---- radio ----

$s = Test::Nginx::WZP::Screen->start($t, 'radio', env => \%env,
    command => "$client @bob --send-tone --ptt $addr");
ok($s->shows(qr/Bob \(you\).*space to talk/), '--ptt: not until it is pressed');
ok($s->shows(qr/00:00:0[2-9]/), 'for a while');
cmp_ok(frames_of_bob(), '<', 6, 'nothing is heard but that he listens');
$s->type(' ');
ok($s->shows(qr/Bob \(you\).*on air/), 'space: on air');
ok($s->shows(qr/Bob \(you\).*space to talk/), 'and over');
my $n = frames_of_bob();
cmp_ok($n, '>', 20, "$n frames are heard");
cmp_ok($n, '<', 60, 'and not many');
$s->type('q');
is($s->wait, 0, 'q leaves');

# ---- a crash ----

$s = Test::Nginx::WZP::Screen->start($t, 'crash', env => \%env,
    command => "sh -c 'echo \$\$ >pid; exec $client @bob $addr'");
ok($s->shows(qr/2 people|3 people/), 'in the room');
kill 'ABRT', slurp($t->dir . '/pid');
isnt($s->wait, 0, 'SIGABRT ends it');
is($s->restored, '1111', 'the terminal is as it was');

# ---- the terminal goes away ----

$s = Test::Nginx::WZP::Screen->start($t, 'gone', env => \%env,
    command => "sh -c 'echo \$\$ >pid; exec $client @bob $addr'");
ok($s->shows(qr/q leave/), 'in the room');
my $pid = slurp($t->dir . '/pid') + 0;
$s->{p}->kill;
ok(wait_for { !-d "/proc/$pid" }, 'without its terminal it leaves');

# ---- stopped, and back ----

$s = Test::Nginx::WZP::Screen->start($t, 'stop', env => \%env,
    command => qq(bash -mc "$client @bob $addr; while ! [ -e go ]; )
               . q(do sleep 0.05; done; fg >/dev/null"));
ok($s->shows(qr/q leave/), 'in the room');
$s->type("\cZ");
ok(wait_for { $s->{p}->output =~ /\e\[\?1049l/ }, 'Ctrl-Z gives the screen back');
$s->blank($_, 0, 79) for 0 .. 23;
spew($t->dir . '/go', '');
ok($s->shows(qr/\A general[\s\S]*q leave$/m), 'fg: it is painted again')
    or diag($s->text);
$s->type('q');
is($s->wait, 0, 'q leaves');
is($s->restored, '1111', 'the terminal is as it was');

# a stop that nobody can catch, a shell that has used the terminal meanwhile

$s = Test::Nginx::WZP::Screen->start($t, 'halt', env => \%env,
    command => qq(bash -mc "sh -c 'echo \\\$\\\$ >halted; exec $client @bob $addr'; )
               . q(stty sane ixon; : >stopped; )
               . q(while ! [ -e on ]; do sleep 0.05; done; fg >/dev/null"));
ok($s->shows(qr/q leave/), 'in the room');
my $halted = slurp($t->dir . '/halted') + 0;
kill 'STOP', $halted;
ok(wait_for { -e $t->dir . '/stopped' }, 'SIGSTOP stops it');
$s->text;
$s->blank($_, 0, 79) for 0 .. 23;
spew($t->dir . '/on', '');
ok($s->shows(qr/\A general[\s\S]*q leave$/m), 'fg: it is painted again')
    or diag($s->text);
$s->type('?');
ok($s->shows(qr/push-to-talk/), 'and one key is enough');
$s->type('q');
is($s->wait, 0, 'q leaves');
is($s->restored, '1111', 'the terminal is as it was');

# the same, but it goes on behind the shell

$s = Test::Nginx::WZP::Screen->start($t, 'behind', env => \%env,
    command => qq(bash -mc "sh -c 'echo \\\$\\\$ >behind; exec $client @bob $addr'; )
               . q(stty sane ixon; : >down; while ! [ -e up ]; do sleep 0.05; done; )
               . q(bg; read; : >line; )
               . q(while ! [ -e front ]; do sleep 0.05; done; fg >/dev/null"));
ok($s->shows(qr/q leave/), 'in the room');
$halted = slurp($t->dir . '/behind') + 0;
kill 'STOP', $halted;
ok(wait_for { -e $t->dir . '/down' }, 'SIGSTOP stops it');
spew($t->dir . '/up', '');
select undef, undef, undef, 0.5;
$n = length $s->{p}->output;
select undef, undef, undef, 2.5;
is(length($s->{p}->output), $n, 'bg: nothing is painted');
$s->type("q\n");
ok(wait_for { -e $t->dir . '/line' }, 'the keys are the shell\'s');
like(slurp("/proc/$halted/stat"), qr/\) [RS] /, 'it goes on');
spew($t->dir . '/front', '');
$s->blank($_, 0, 79) for 0 .. 23;
ok($s->shows(qr/\A general[\s\S]*q leave$/m), 'fg: it is painted again');
$s->type('q');
is($s->wait, 0, 'q leaves');
is($s->restored, '1111', 'the terminal is as it was');

# and there it can end

$s = Test::Nginx::WZP::Screen->start($t, 'aside', env => \%env,
    command => qq(bash -mc "sh -c 'echo \\\$\\\$ >aside; exec $client @bob $addr'; )
               . q(: >stopped; while ! [ -e goes ]; do sleep 0.05; done; )
               . q(bg; wait %1; echo status \$?; read"));
ok($s->shows(qr/q leave/), 'in the room');
$halted = slurp($t->dir . '/aside') + 0;
kill 'STOP', $halted;
ok(wait_for { -e $t->dir . '/stopped' }, 'SIGSTOP stops it');
spew($t->dir . '/goes', '');
ok(wait_for { slurp("/proc/$halted/stat") =~ /\) S / }, 'bg: it goes on');
select undef, undef, undef, 0.5;
kill 'TERM', $halted;
ok(wait_for { $s->{p}->output =~ /status 0/ }, 'and ends as it should')
    or diag($s->text);
$s->type("\n");
$s->wait;

# ---- it takes nothing any more ----

$s = Test::Nginx::WZP::Screen->start($t, 'stuck', env => \%env,
    command => "$client @bob --record stuck.wav $addr",
    then => q(while ! [ -e halt ]; do sleep 0.05; done; )
            . q(perl -MPOSIX -e 'tcflow(0, TCOOFF)' <$T; : >halted));
ok($s->shows(qr/q leave/), 'in the room');
spew($t->dir . '/halt', '');
ok(wait_for { -e $t->dir . '/halted' }, 'the output is stopped');
select undef, undef, undef, 0.5;
$s->type('q');
is($s->wait, 0, 'q leaves nevertheless');
is($s->restored, '1111', 'the terminal is as it was');
cmp_ok(-s $t->dir . '/stuck.wav', '>', 44, 'what was recorded is there');

# ---- calls ----

$s = Test::Nginx::WZP::Screen->start($t, 'calls', env => \%env,
    command => "$client --register --alias Bob --seed " . seed_of(2) . " $addr");

ok($s->shows(qr/\A waiting for calls .* 127\.0\.0\.1/), 'waiting for calls')
    or diag($s->text);

my $eve_calls = sub {
    return $t->client({ home => $home }, '--seed', seed_of(4), '--alias',
                      "Eve", '--call', fp_of(2), '--send-tone');
};

my $c = $eve_calls->();
ok($s->shows(qr/^ "Eve" \([\da-f:]+\) calls +y answer  n turn away$/m),
   'somebody calls');
like($s->{p}->output, qr/\x07/, 'with a bell');
$s->type('n');
is($c->wait, 9, 'n turns her away');
ok($s->shows(qr/turned away: "E/), 'it says so');
ok($s->shows(qr/^ \? help  q leave$/m), 'and waits');

$c = $eve_calls->();
ok($s->shows(qr/calls +y answer/), 'she calls again');
$s->type('y');
ok($s->shows(qr/\A call with Eve .*\d\d:\d\d:\d\d$/m), 'y answers');
ok($s->shows(qr/\x{25cf} Eve/), 'she talks');
ok($s->shows(qr/h hang up  q leave$/m), 'keys of a call');
$s->type('h');
is($c->wait, 0, 'h hangs up');
ok($s->shows(qr/\A waiting for calls/), 'and waits');
$s->type('q');
is($s->wait, 0, 'q leaves');
is($s->restored, '1111', 'the terminal is as it was');

# ---- lines ----

for my $how ([dumb => '', TERM => 'dumb'], [none => '', TERM => undef],
             [strange => '', TERM => 'no-such-terminal'],
             [plain => '--plain'])
{
    my ($name, $option, @more) = @$how;
    my $q = Test::Nginx::WZP::Screen->start($t, "lines-$name",
        env => { %env, @more }, size => [24, 120],
        command => "$client @bob $option --duration 2 --send-tone $addr");

    is($q->wait, 0, "$name: a good end");
    my $text = $q->{p}->output;
    unlike($text, qr/\e\[(?![K])/, "$name: no screen");
    unlike($text, qr/\e/, "$name: no escapes") if $name =~ /dumb|none/;
    like($text, qr/joined "general"/, "$name: but lines");
    like($text, qr/general \d+:\d\d.*members.*rtt.*loss \d.*in \d+ out \d+ kb/,
         "$name: and one that lives") if $name eq 'plain';
}

# ---- in the background ----

$s = Test::Nginx::WZP::Screen->start($t, 'background', env => \%env,
    command => qq(bash -mc "$client @bob --duration 1 $addr & wait"));
is($s->wait, 0, 'in the background: a good end');
unlike($s->{p}->output, qr/\e\[\?1049h/, 'and no screen is taken');

# ---- no terminal ----

my ($rc, $plain) = $t->run_client({ home => $home }, @bob, '--duration', 1,
                                  $addr);
is($rc, 0, 'pipe: a good end');
unlike($plain, qr/[\r\e]/, 'pipe: plain lines');
like($plain, qr/joined "general"/, 'pipe: it joined');
like($plain, qr/Ann/, 'pipe: who is there');

# ---- muted, and another connection ----

$s = Test::Nginx::WZP::Screen->start($t, 'again', env => \%env,
    command => "$client @bob --send-tone $addr");
ok($s->shows(qr/Bob \(you\).*on air/), 'in the room');
$s->type('m');
ok($s->shows(qr/Bob \(you\).*MUTED/), 'muted');
$t->kill_worker(0);
ok($s->shows(qr/connection lost[\s\S]*back in the room/), 'lost, and back');
like($s->text, qr/Bob \(you\).*MUTED/, 'still muted');

($ann) = $t->joined({ seed => seed_of(1), accept_streams => 1 });
ok(wait_for { $ann->room && muted() }, 'which the new worker knows');
$s->type('q');
is($s->wait, 0, 'q leaves');

$t->done;
