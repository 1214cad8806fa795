# Talking with microphone and loudspeaker, where there is no hardware: with
# files and silence in their place, and with what ALSA has without cards.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Phone;
use Test::Nginx::WZP::Speech;
use Test::Nginx::WZP::Util;

my $t = Test::Nginx::WZP->new->start(workers => 1);
my $dir = $t->dir;
$t->stall;
my %file = map { $_ => speech($dir, $_) } qw(ann bob);

# ALSA without cards: a file is heard, and what is played gets into another.

my $alsa = "$dir/alsa";
mkdir $alsa;
system('sox', $file{ann}, '-t', 'raw', "$alsa/ann.raw") == 0 or die;
spew("$alsa/.asoundrc", <<"END");
pcm.mouth {
    type file
    slave.pcm null
    file /dev/null
    infile "$alsa/ann.raw"
    format raw
    hint { show on description "a mouth" }
}
pcm.ear {
    type file
    slave.pcm null
    file "$alsa/heard.raw"
    format raw
    hint { show on description "an ear" }
}
END

sub live
{
    my ($room, $capture, $playback, @args) = @_;
    my %opt = ref $args[0] ? %{shift @args} : ();

    return $t->client({ %opt }, '--live', '--room', $room, '--capture',
                      $capture, '--playback', $playback, @args);
}

sub heard
{
    my ($who, $file, $name) = @_;
    my $s = similarity('--wander', 150, $file{$who}, $file);

    $t->measures($s->{estoi}, '>=', SAME, "$name: ESTOI $s->{estoi}");
    $t->measures($s->{missing}, '<', 0.05, "$name: no holes");
}

# ---- what there is ----

my ($status, $out) = $t->run_client('--list-devices');
is($status, 0, '--list-devices works without any');
like($out, qr/^microphones.*^loudspeakers.*^  null .*^  file:NAME/ms,
     'and says what is always there');

my $c = $t->client({ home => $alsa, addr => '' }, '--list-devices');
is($c->wait, 0, 'devices of ALSA') or diag($c->story);
my ($list) = $c->events('devices');
ok((grep { $_->{name} eq 'ear' && $_->{text} eq 'an ear' }
    @{$list->{playback}}), 'are listed') or diag($c->story);

for my $bad (['no hardware', []],
             ['no such device', ['--capture', 'nonsense']],
             ['no loudspeaker', ['--capture', 'null']],
             ['no such file', ['--capture', "file:$dir/none.wav"]],
             ['no such directory', ['--capture', 'null', '--playback',
                                    "file:$dir/none/x.wav"]])
{
    my ($name, $args) = @$bad;
    my $c = $t->client({ json => 0 }, '--live', @$args);

    is($c->wait, 7, "$name: exit 7");
    my @lines = split /\n/, $c->errors;
    is(scalar @lines, 1, "$name: in one line") or diag($c->errors);
    next if $name =~ /file|dir/;
    like($lines[0], qr/cannot be opened: .*--list-devices.*"null"/,
         "$name: with advice");
}

for my $mode (['--register'], ['--call', 'bob']) {
    my $c = $t->client('--live', @$mode);
    is($c->wait, 7, "@$mode without hardware: at once");
}

is($t->client('--live', '--send-tone')->wait, 2, '--live is one source');

# ---- two people ----

my $a = live('two', "file:$file{ann}", "file:$dir/a.wav");
my $b = live('two', "file:$file{bob}", "file:$dir/b.wav", '--record',
             "$dir/b2.wav");
my $n = live('two', 'null', 'null');
my $m = live('two', 'mouth', 'ear', { home => $alsa }, '--no-aec', '--no-agc',
             '--no-ns', '--room', 'alsa');
my $e = live('alsa', "file:$file{bob}", "file:$dir/e.wav");

$_->wait_event('joined') or diag($_->story) for $a, $b, $n, $m, $e;

# ---- push-to-talk ----

my $tone = "$dir/tone.wav";
system("sox -n -r 48000 -c 1 $tone synth 60 sine 440 gain -6") == 0 or die;
my $p = live('radio', "file:$tone", 'null', '--ptt');
my $q = live('radio', 'null', "file:$dir/q.wav");

$_->wait_event('joined') or diag($_->story) for $p, $q;
sleep 1;
is(scalar($q->events('talking')), 0, 'push-to-talk: nothing is sent');
$p->signal('USR2');
ok($p->wait_event('microphone', sub { $_[0]{open} }), 'pressed');
ok($q->wait_event('talking', sub { $_[0]{talking} }), 'it is heard');
$p->signal('USR2');
ok($q->wait_event('talking', sub { !$_[0]{talking} }), 'released: not any more')
    or diag($q->story);
$p->signal('TERM');
is($p->wait, 0, 'a good end');
my $sent = $p->report->{sent};
cmp_ok($sent, '>', 0, 'something was sent');
$q->stop('INT');

# ---- what is done to it ----

system("sox -n -r 48000 -c 1 $dir/pink.wav synth 5 pinknoise gain -25") == 0
    or die;
my (%ear, %mouth);

for my $how ('', '--process') {
    my @room = ('--room', "noise$how");
    $ear{$how} = $t->client(@room, '--record', "$dir/noise$how.wav");
    $ear{$how}->wait_event('joined') or diag($ear{$how}->story);
    $mouth{$how} = $t->client(@room, '--send-file', "$dir/pink.wav",
                              $how ? $how : ());
}

# ---- a call ----

phones($t);
my $callee = registered(2, '--accept', '--live', '--capture',
                        "file:$file{bob}", '--playback', "file:$dir/call.wav");
my $caller = person(1, '--call', 'bob', '--live', '--capture',
                    "file:$file{ann}", '--playback', 'null');
ok($caller->wait_event('talking'), 'a call: Bob is heard')
    or diag($caller->story);
ok($callee->wait_event('talking'), 'a call: Ann is heard')
    or diag($callee->story);

is($mouth{$_}->wait, 0, 'noise is sent') for sort keys %mouth;

for ($caller, $callee, values %ear) {
    is($_->stop('INT'), 0, 'a good end') or diag($_->story);
}

ok(-s "$dir/call.wav" > 44 + 48000, 'what Ann said is in a file');

my %rms;

for (keys %mouth) {
    my $stat = `sox $dir/noise$_.wav -n trim 2 2 stat 2>&1`;
    ($rms{$_}) = $stat =~ /RMS\s+amplitude:\s+([\d.]+)/;
}

$t->measures($rms{'--process'} * 3, '<', $rms{''},
             "--process takes noise away: $rms{''} to $rms{'--process'}");

sleep 5;

for ($a, $b, $n, $m, $e) {
    is($_->stop('INT'), 0, 'a good end') or diag($_->story);
}

heard('ann', "$dir/b.wav", 'ann, by bob');
heard('ann', "$dir/b2.wav", 'ann, recorded by bob');
heard('bob', "$dir/a.wav", 'bob, by ann');

system('sox', '-t', 'raw', '-r', 48000, '-c', 1, '-b', 16, '-e', 'signed',
       "$alsa/heard.raw", "$alsa/heard.wav") == 0 or die;
heard('bob', "$alsa/heard.wav", 'bob, out of ALSA');
heard('ann', "$dir/e.wav", 'ann, into ALSA');

my ($report) = $m->events('audio');
is($report->{playback}{name}, 'ear', 'the devices are reported');
is($report->{capture}{lost}, 0, 'none was lost');

$t->done;
