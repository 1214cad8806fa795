#!/usr/bin/perl

# Speech through client, impairment proxy, relay and client, in real time: how
# much of it is understood, with which redundancy, at which delay; and what else
# is promised of voice.  Each figure is beside what is wanted.  A figure that is
# worse is no failure: the exit code says whether all could be measured.
#
#     quality.pl              QUICK=1: one voice, fewer rows
#                             JOBS=6: calls at a time
#
# Build first (make bench does): WZP_BUILD is the build directory.

use strict;
use warnings;

use FindBin;
use List::Util qw(max min sum);
use lib "$FindBin::Bin/../lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Speech;

$| = 1;

my $quick = $ENV{QUICK};
my $jobs = $ENV{JOBS} || 6;
my $recorded = '/usr/share/sounds/alsa';        # of alsa-utils
my $failed = 0;

my $t = Test::Nginx::WZP->new;
$t->start(workers => 2, servers => [
    "listen 127.0.0.1:%%PORT%% udp reuseport;\nwzp on name=room;\n"
    . "wzp_identity %%DIR%%/identity;",
    "listen 127.0.0.1:%%PORT_99%% udp reuseport;\nwzp on name=echo;\n"
    . "wzp_identity %%DIR%%/identity;\nwzp_mode echo;"]);

my $dir = $t->dir;


# ---- what is said ----

sub noise
{
    my ($file, $seconds) = @_;

    sox('-n', '-r', 48000, '-c', 1, '-b', 16, $file, 'synth', $seconds,
        'whitenoise', 'vol', 0.001);
}

sub sox { system('sox', '-q', '-G', @_) == 0 or die 'sox does not convert' }

my %voice = map { $_ => speech($dir, $_) }
            $quick ? qw(ann) : qw(ann bob);

if (!$quick && -d $recorded) {
    sox((glob "$recorded/{Front,Rear,Side}*.wav"), '-r', 48000, '-c', 1, '-b',
        16, "$dir/recorded.wav", 'gain', '-n', -6);
    $voice{recorded} = "$dir/recorded.wav";
}

# What is compared, at the rate of the tool.

sub plain
{
    my ($file) = @_;

    sox($file, '-r', 10000, "$file.10k.wav") unless -e "$file.10k.wav";
    return "$file.10k.wav";
}

# Before anything is measured the client has the time to see what the line is
# like.

my @names = sort keys %voice;
my $eve = speech($dir, 'eve');
my $said = "$dir/said.wav";
sox($eve, $eve, (map { $voice{$_} } @names), $said);

# Who listens has a microphone, too, and says what he hears.  (Nobody reports to
# the relay, which would lower the profile of all at such lines.)

my $hush = "$dir/hush.wav";
noise($hush, 120);


# ---- calls ----

my $n = 0;

# A call over a line: what was understood, on average over the voices.

sub call
{
    my (%c) = @_;
    my $i = ++$n;
    my $room = "call$i-q";
    my $port = 100 + $i;

    my $proxy = $t->proxy($port, '--direction', 'up', '--seed', 7 + $i % 3,
                          @{$c{line}});
    my $ear = $t->client('--room', $room, '--alias', 'ear', '--record',
                         "$dir/heard$i.wav", '--send-file', $hush,
                         '--report-quality=off');
    $ear->wait_event('joined') or return undef;
    my $mouth = $t->client({ addr => $t->addr($port) }, '--room', $room,
                           '--alias', 'mouth', '--send-file', $said,
                           '--profile', '24k', '--report-quality=off',
                           @{$c{args}});

    return { %c, i => $i, proxy => $proxy, ear => $ear, mouth => $mouth };
}


sub judge
{
    my ($c) = @_;

    $c->{mouth}->wait(120);
    sleep 1;
    $c->{ear}->stop('INT');
    $c->{proxy}->stop;

    my ($stream) = grep { $_->{received} } @{($c->{ear}->report || {})->{streams}};
    my $sent = $c->{mouth}->report;
    my $heard = plain("$dir/heard$c->{i}.wav");
    my @all = map { similarity('--wander', 200, plain($voice{$_}), $heard) }
              @names;

    if (!$stream || !$sent || grep { $_->{estoi} < 0 } @all) {
        print "!! $c->{name}: not measured\n";
        $failed = 1;
        return { name => $c->{name}, mode => $c->{mode} };
    }

    my $mean = sub { my ($k) = @_; sum(map { $_->{$k} } @all) / @all };
    my $seconds = $sent->{sent_frames} * 0.02;

    return {
        name => $c->{name}, mode => $c->{mode},
        voices => { map { $names[$_] => $all[$_]{estoi} } 0 .. $#names },
        estoi => $mean->('estoi'), segsnr => $mean->('segsnr_db'),
        lsd => $mean->('lsd_db'), delay => $stream->{playout_ms},
        late => $stream->{late_pct}, concealed => $stream->{concealed_pct},
        kbps => $sent->{sent_payload} * 8 / $seconds / 1000,
    };
}


sub row
{
    my ($r) = @_;

    printf "%-20s %-7s %6.3f %7.1f %6.1f %7.1f %4.0fms %6.1f%% %5.1f%%\n",
           @$r{qw(name mode estoi segsnr lsd kbps delay late concealed)}
        if defined $r->{estoi};

    return $r;
}


sub all_of
{
    my (@todo) = @_;
    my @done;

    while (my @some = splice @todo, 0, $jobs) {
        my @calls = map { call(%$_) || do { $failed = 1; () } } @some;
        push @done, map { row(judge($_)) } @calls;
    }

    return @done;
}


# ---- the table ----

my @lines = (
    ['lossless', 0],
    ['5 % random', 0, '--loss', 5],
    ['10 % random', 1, '--loss', 10],
    ['20 % random', 1, '--loss', 20],
    ['30 % random', 1, '--loss', 30],
    ['10 % in bursts of 3', 1, '--loss', 10, '--burst', 3],
    ['10 % in bursts of 6', 1, '--loss', 10, '--burst', 6],
    ['jitter 50 ms', 0, '--delay', 20, '--jitter', 50],
);
@lines = @lines[0, 2, 3] if $quick;

my %mode = (
    off => ['--redundancy', 'off'],
    inband => ['--redundancy', 'inband', '--budget', 48],
    auto => ['--redundancy', 'auto', '--budget', 48],
);
my @modes = qw(off inband auto);

print "speech: @names; profile 24k, 48 kb/s with redundancy; means over the "
    . "voices\n\n";
printf "%-20s %-7s %6s %7s %6s %7s %6s %7s %6s\n", 'line', 'mode', 'ESTOI',
       'SNR dB', 'LSD', 'kb/s', 'wait', 'late', 'guess';

my @result = all_of(map {
    my ($name, undef, @line) = @$_;
    map { { name => $name, mode => $_, line => \@line,
            args => [@{$mode{$_}}, '--no-adapt'] } } @modes;
} @lines);

my %by;
$by{$_->{name}}{$_->{mode}} = $_ for @result;

sub verdict
{
    my ($what, $is, $op, $want, $unit) = @_;

    if (!defined $is) {
        print "  not measured  $what\n";
        $failed = 1;
        return;
    }

    my $good = $op eq '>=' ? $is >= $want : $is <= $want;
    printf "  %-6s %-58s %8.3f %s %g%s\n", $good ? 'met' : 'MISSED', $what, $is,
           $op, $want, $unit || '';
}

print "\n";

my $best = $by{lossless}{off}{estoi};

for my $x (['10 % random', 0.03], ['20 % random', 0.06]) {
    my ($name, $less) = @$x;
    my $is = $by{$name}{auto}{estoi};

    verdict("$name: ESTOI below lossless", defined $is && defined $best
            ? $best - $is : undef, '<=', $less);
}

for my $l (grep { $_->[1] } @lines) {
    my ($a, $b) = map { $by{$l->[0]}{$_}{estoi} } qw(auto inband);

    verdict("$l->[0]: ESTOI above in-band FEC alone",
            defined $a && defined $b ? $a - $b : undef, '>=', 0.05);
}


# ---- delay ----

# Mouth to ear: microphone and loudspeaker are files, the relay sends back what
# it gets.

sub mouth_to_ear
{
    my (@line) = @_;
    my $out = "$dir/ear-" . ++$n . '.wav';
    my $addr = $t->addr(99);

    my $seconds = $quick ? 12 : 30;
    my $c = $t->client({ addr => $addr }, '--room', 'echo', '--live',
                       '--capture', "file:$said", '--playback', "file:$out",
                       '--redundancy', 'off', '--duration', $seconds + 2);
    $c->wait(60);

    sox($said, "$dir/begin.wav", 'trim', 0, $seconds);
    return similarity('--wander', 30, "$dir/begin.wav", $out);
}

print "\n";

my $ear = mouth_to_ear();
verdict('mouth to ear on loopback, file devices, 95th percentile, ms',
        $ear->{estoi} > 0.5 ? $ear->{delay_p95_ms} : undef, '<=', 80);

my ($jitter) = all_of({ name => 'jitter 10 ms', mode => 'off', args =>
    ['--redundancy', 'off', '--no-adapt'],
    line => ['--delay', 20, '--jitter', 10] });

verdict('playout delay at 10 ms of jitter, ms', $jitter->{delay}, '<=', 40);
verdict('late loss there, %', $jitter->{late}, '<=', 1);


# ---- silence ----

sub packets
{
    my ($file, @args) = @_;
    my $c = $t->client('--room', 'silence', '--send-file', $file, '--profile',
                       '24k', @args);

    $c->wait(60);
    return ($c->report || {})->{sent};
}

noise("$dir/silence.wav", 10);

my ($with, $without) = (packets("$dir/silence.wav"),
                        packets("$dir/silence.wav", '--no-dtx'));
verdict('packets saved in silence, %',
        $with && $without ? 100 * (1 - $with / $without) : undef, '>=', 80);


# ---- clocks that differ ----

# Ten thousandths of a percent: a file that was made for a clock a bit slower.

my $drift = "$dir/drift.wav";
my $minute = "$dir/minute.wav";
sox(($eve) x ($quick ? 3 : 10), $minute, 'trim', 0, $quick ? 18 : 60);
sox($minute, $drift, 'speed', 1.0001, 'rate', 48000);

sub long_call
{
    my ($room, $file) = @_;
    my $ear = $t->client('--room', $room, '--record', "$dir/$room.wav");

    $ear->wait_event('joined') or return undef;
    my $c = $t->client('--room', $room, '--live', '--capture', "file:$file",
                       '--playback', 'null', '--profile', '24k',
                       '--redundancy', 'off', '--duration', $quick ? 18 : 60);
    $c->wait(120);
    sleep 1;
    $ear->stop('INT');

    my ($s) = grep { $_->{received} } @{($ear->report || {})->{streams}};
    return $s;
}


# ---- CPU ----

sub cpu_of
{
    my ($pid) = @_;
    my @f = split ' ', (slurp("/proc/$pid/stat") =~ s/.*\)//r);

    return ($f[11] + $f[12]) / 100;
}

sub live_cpu
{
    my ($seconds, @more) = @_;
    my @c = map {
        $t->client('--room', 'cpu', '--live', '--capture', "file:$minute",
                   '--playback', 'null', '--profile', '24k', '--no-aec',
                   '--no-agc', '--no-ns', '--redundancy', 'off', @more)
    } 1, 2;

    $_->wait_event('joined') or return undef for @c;
    sleep 2;
    my @before = map { cpu_of($_->{pid}) } @c;
    sleep $seconds;
    my @after = map { cpu_of($_->{pid}) } @c;
    $_->stop('INT') for @c;

    return sum(map { $after[$_] - $before[$_] } 0, 1) / 2 / $seconds;
}

# What the libraries take for it, each alone in the rhythm of a call, since
# caches are cold by then: Opus both ways; and QUIC with its TLS and the system
# calls that it needs, as a load of two who talk with each other has it.

sub value
{
    my ($name, $program, @args) = @_;

    open my $fh, '-|', "$ENV{WZP_BUILD}/t/bench/$program", @args or return;
    my ($value) = map { /^$name=(\S+)/ } <$fh>;
    close $fh;
    return $value;
}

sub libraries_cpu
{
    my ($seconds) = @_;

    my $opus = value('cpu', 'opus', '--in', $minute, '--seconds', $seconds);
    my $quic = value('self_pct', 'load', '--relay', $t->addr, '--port',
                     $t->port(98), '--members', 2, '--talkers', 2, '--size', 72,
                     '--run', 1000 * $seconds);

    return $opus && $quic ? ($opus, $quic / 100 / 2) : ();
}

my $seconds = $quick ? 8 : 20;
my $cpu = live_cpu($seconds);
my $unbroken = live_cpu($seconds, '--no-dtx');
my ($opus, $quic) = libraries_cpu($seconds);

print "\n";
verdict('CPU of a live call at 24k, % of a core',
        defined $cpu ? 100 * $cpu : undef, '<=', 3);
verdict('without silence suppression, over Opus, QUIC and TLS alone',
        $unbroken && $quic ? $unbroken / ($opus + $quic) : undef, '<=', 1.3);
printf "  %.2f %%; Opus %.2f %%; QUIC, TLS and system calls %.2f %%\n",
       map { 100 * $_ } $unbroken, $opus, $quic if $unbroken && $quic;

my $s = long_call('drift', $drift);
verdict('clock drift of 100 ppm: corrections in the call', $s
        ? $s->{accelerated} + $s->{expanded} : undef, '<=', 4);
verdict('and the delay at its end, ms', $s && $s->{playout_now_ms}, '<=', 60);

$t->end;
exit $failed;
