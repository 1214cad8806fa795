# --analyze: what it says of two talkers, one of them behind a bad line, is what
# happened to their packets; a capture of it tells the same once more; the page
# is a page whatever people are called.

use strict;
use warnings;

use FindBin;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Screen;

my $t = Test::Nginx::WZP->new->start;
my $dir = $t->dir;
my $evil = q(<script>alert('x')</script>&"Eve");

$t->proxy(1, '--seed', 7, '--loss', 15, '--direction', 'up');

sub tone
{
    my ($opt, @args) = @_;
    my $c = $t->client($opt, '--room', 'general', '--send-tone', @args);

    ok($c->wait_event('joined'), "$args[1] joins");
    return $c;
}

my @talkers = (tone({}, '--alias', 'Ann'),
               tone({ addr => $t->addr(1) }, '--alias', $evil));
my ($mute) = $t->joined({ seed => seed_of(1), alias => 'Bob' });


# ---- the analysis ----

# A file that was there, and that everybody could read.
open my $old, '>', "$dir/a.wzp" or die "$dir/a.wzp: $!";
print $old 'old' x 100;
close $old;
chmod 0644, "$dir/a.wzp";

my $a = $t->client('--analyze', 'general', '--dump', "$dir/a.wzp",
                   '--html', "$dir/a.html");
my $lines = $t->client({ json => 0 }, '--analyze', 'general', '--duration', 7,
                       '--alias', 'watcher');

ok($a->wait_event('joined'), 'the analyzer joins');
is(($a->events('joined'))[0]{alias}, 'analyzer', 'as what it is');
ok(wait_for { ($a->events('streams'))[-1]
              && @{($a->events('streams'))[-1]{streams}} == 2 },
   'two streams are told while it goes on');
ok(wait_for { my $s = ($a->events('streams'))[-1]{streams};
              !grep { $_->{packets} < 250 } @$s }, 'five seconds of them');

my $rc = $a->stop('INT');
my ($v) = $a->events('verdict');
my %stream = map { $_->{alias} => $_ } @{$v->{streams}};
my ($ann, $eve) = @stream{'Ann', $evil};

is(scalar(keys %stream), 2, 'Ctrl-C: a report about two, not about silence')
    or diag($a->story);
is($v->{test}, 'analyze', 'which says what it is');
is($v->{exit}, $rc, 'and what the exit status is');
is($ann->{stream_id}, ($talkers[0]->events('joined'))[0]{stream_id},
   'whose stream it is');
is($ann->{fingerprint}, ($talkers[0]->events('joined'))[0]{fingerprint},
   'and whose fingerprint');

is($ann->{lost}, 0, 'Ann: nothing is lost');
is($ann->{duplicates}, 0, 'nothing twice');
is($ann->{reordered}, 0, 'and in order');
is($ann->{packets}, $ann->{expected}, 'every number');
$t->measures(abs($ann->{packets} / $ann->{seconds} - 50), '<', 2,
             "50 packets a second in $ann->{seconds} s");
$t->measures(abs($ann->{talk_s} - $ann->{seconds}), '<', 0.5,
             'she talks all the time');
is($ann->{spurts}, 1, 'without a pause');
is($ann->{codecs}{Opus24k}, $ann->{packets}, 'by one codec');
is($ann->{timestamps_odd} + $ann->{timestamp_leaps}, 0, 'timestamps go on');
$t->counts($ann->{verdict} =~ /^(?:EXCELLENT|GOOD)$/ ? 'good'
                                                    : $ann->{verdict},
           'good', 'verdict');

my $arrivals = 0;
$arrivals += $_ for values %{$ann->{arrivals}};
is($arrivals, $ann->{packets} - 1, 'each distance between two is counted');

cmp_ok($eve->{loss_pct}, '>', 7, "Eve: $eve->{loss_pct} % lost");
cmp_ok($eve->{loss_pct}, '<', 25, 'about what the line loses');
is($eve->{lost}, $eve->{expected} - $eve->{packets}, 'which adds up');
cmp_ok($eve->{hole_longest}, '>=', 1, 'holes have a length');
cmp_ok($eve->{hole}, '<', 2, 'a short one, as chance has it');

my $holes = 0;
$holes += $_ for values %{$eve->{holes}};
cmp_ok($holes, '<=', $eve->{lost}, 'no more holes than losses');
cmp_ok($holes, '>', $eve->{lost} / 3, 'nor much fewer');
is($v->{lost}, $eve->{lost}, 'all in all');
is($v->{packets}, $ann->{packets} + $eve->{packets}, 'all packets');
is($v->{verdict}, $eve->{verdict}, 'the worst verdict is that of all')
    if $eve->{verdict} ne $ann->{verdict};
is($rc, $v->{verdict} eq 'POOR' ? 11 : 0, 'the exit status');

is(($talkers[0]->events('room'))[-1]{count} >= 4 ? 1 : 0, 1,
   'the others see who watches');
my $others = $a->report;
is($others->{sent}, 0, 'it has sent nothing');


# ---- on a terminal ----

SKIP: {
    skip 'needs script(1)', 7 if system('script --version >/dev/null 2>&1');

    mkdir "$dir/home";
    my $s = Test::Nginx::WZP::Screen->start($t, 'view',
        env => { HOME => "$dir/home" },
        command => Test::Nginx::WZP::Client::binary()
                   . ' --analyze general ' . $t->addr);

    ok($s->shows(qr/^ general at \Q${\$t->addr}\E, \d+ packets, \d+ s$/m),
       'a title');
    ok($s->shows(qr/^   id  who +packets .* verdict$/m), 'the heading');
    ok($s->shows(qr/^ *$ann->{stream_id}  Ann +\d\d+ .*Opus24k  [A-Z]+$/m),
       'Ann, judged');
    ok($s->shows(qr/^ *$eve->{stream_id}  <script>alert\S +\d+ /m),
       'Eve, cut where the column ends') or diag($s->text);
    ok($s->shows(qr/^ q leave and report/m), 'keys');
    is(join(',', @{$s->{strange}}), '', 'nothing that it does not know');
    $s->type('q');
    ok(wait_for { $s->{p}->output =~ /^verdict: [A-Z]+: \S/m },
       'q: the report');
}


# ---- lines for people ----

ok($lines->wait =~ /^(?:0|11)$/, '--duration ends it') or diag($lines->story);
like($lines->output, qr/^only headers are looked at/m, 'what is not kept');
like($lines->output, qr/^ +id  who +packets +kb\/s +loss%/m, 'a table');
like($lines->output, qr/^ *$ann->{stream_id}  Ann +\d+ +[\d.]+ +0\.00 .*Opus24k/m,
     'with a line for Ann');
like($lines->output, qr/^stream $ann->{stream_id}, Ann \([0-9a-f:]+\)$/m,
     'a report');
like($lines->output, qr/^  lost \d+ of \d+ \(\d+\.\d\d %\)/m, 'with losses');
like($lines->output, qr/^verdict: [A-Z]+: \S/m, 'and a verdict');

$_->stop('INT') for @talkers;


# ---- the capture ----

my $raw = slurp("$dir/a.wzp");
my ($magic, $len) = unpack 'a4 V', $raw;
my $about = eval { JSON::PP->new->utf8->decode(substr $raw, 8, $len) };

is($magic, "WZP\x01", 'capture: magic');
is($about->{version}, 1, 'version');
is($about->{room}, 'general', 'room');
is($about->{relay}, $t->addr, 'relay');
like($about->{start_time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'start');
is((stat "$dir/a.wzp")[2] & 07777, 0600, 'nobody else may read it');
like($a->errors, qr/whole packets are kept/, 'and it is said');

my ($at, $n, $times) = (8 + $len, 0, 1);
for (my $last = 0; $at < length $raw; $n++) {
    my ($us, $size) = unpack 'Q< V', substr $raw, $at, 12;
    $times = 0 if $us < $last || $us > 60e6;
    $last = $us;
    $at += 12 + $size;
}
is($n, $v->{packets} + $ann->{duplicates} + $eve->{duplicates},
   'a record for each packet');
is($times, 1, 'in time');
is($at, length $raw, 'and nothing else');

my $r = $t->client({ addr => '' }, '--replay', "$dir/a.wzp",
                   '--html', "$dir/r.html");
is($r->wait, $rc, 'replay: the same status') or diag($r->story);
my ($w) = $r->events('verdict');
is_deeply([map { delete $_->{loss_now_pct}; delete $_->{jitter_now_ms}; $_ }
           @{$w->{streams}}],
          [map { delete $_->{loss_now_pct}; delete $_->{jitter_now_ms}; $_ }
           @{$v->{streams}}], 'and the same numbers and names');
is_deeply([@$w{qw(packets lost healed verdict reason bytes)}],
          [@$v{qw(packets lost healed verdict reason bytes)}],
          'all in all, too');


# ---- the page ----

# As much of XML as there is in it: every tag is closed, in order, attributes
# are quoted, and there is no "<" or "&" that means nothing.

sub well_formed
{
    my ($html) = @_;
    my @open;

    $html =~ s/^<!DOCTYPE html>\n// or return 'no doctype';

    while ($html =~ /\G(?:<(\/?)(\w+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>
                         |((?:[^<&]|&(?:amp|lt|gt|quot|\#39);)+))/gcx)
    {
        next if defined $5;
        if ($1) {
            my $last = pop @open;
            return "</$2> closes $last" if $last ne $2;
        } elsif (!$4) {
            push @open, $2;
        }
    }

    return substr $html, pos($html) || 0, 40
        if (pos($html) || 0) < length $html;
    return "@open";
}

for my $name (qw(a r)) {
    my $html = slurp("$dir/$name.html");

    is(well_formed($html), '', "$name.html is well formed");
    unlike($html, qr/<script|https?:|src=|href=|\@import|url\(/,
           'it needs and runs nothing');
    like($html, qr/&lt;script&gt;alert\(&\#39;x&\#39;\)&lt;\/script&gt;
                   &amp;&quot;Eve&quot;/x, 'names are text');
    like($html, qr/default-src 'none'/, 'and a browser knows it');
    is(scalar(() = $html =~ /<polyline/g), 6, 'three curves for each');
    like($html, qr/<h1>Analysis of room general/, 'the room');
}


# ---- nobody speaks; bad files and arguments ----

my $quiet = $t->client('--analyze', 'empty', '--duration', 1);
is($quiet->wait, 8, 'nobody has spoken: the status says so');
like($quiet->errors, qr/nobody has spoken/, 'in words');

my %bad = (
    none    => [undef, qr/cannot be read/],
    empty   => ['', qr/ends too early/],
    text    => ['This is no capture', qr/does not begin with "WZP"/],
    form    => ["WZP\x02" . pack('V', 2) . '{}', qr/form 2/],
    long    => ["WZP\x01" . pack('V', 1 << 30), qr/bytes of description/],
    json    => ["WZP\x01" . pack('V', 3) . '{]}', qr/no JSON object/],
    list    => ["WZP\x01" . pack('V', 2) . '[]', qr/no JSON object/],
    version => ["WZP\x01" . pack('V', 13) . '{"version":7}', qr/version 7/],
    record  => [substr($raw, 0, 8 + $len) . pack('Q< V', 1, 1 << 20),
                qr/packet 1 has 1048576 bytes/],
    time    => [substr($raw, 0, 8 + $len) . pack('Q< V', 1 << 62, 12),
                qr/which cannot be/],
    back    => [substr($raw, 0, 8 + $len) . pack('Q< V a12', 9, 12, '')
                . pack('Q< V a12', 8, 12, ''), qr/packet 2 comes at/],
);

for my $name (sort keys %bad) {
    my ($content, $says) = @{$bad{$name}};

    spew("$dir/$name.wzp", $content) if defined $content;
    my ($status, $out, $err) = $t->run_client('--replay', "$dir/$name.wzp");
    is($status, 7, "bad capture, $name");
    like($err, $says, 'what is wrong with it');
}

spew("$dir/cut.wzp", substr $raw, 0, length($raw) - 5);
my ($status, $out, $err) = $t->run_client('--replay', "$dir/cut.wzp");
is($status, $rc, 'one that breaks off is used');
like($err, qr/ends in the middle of a packet/, 'and that is said');

for my $args (['--analyze', 'x', '--send-tone'], ['--analyze', 'x', '--room', 'y'],
              ['--analyze', 'x', '--record', 'z.wav'], ['--dump', 'x'],
              ['--html', 'x'], ['--analyze', 'x y'], ['--analyze'],
              ['--analyze', 'x', '--replay', 'y'], ['--analyze', 'x', '--live'])
{
    my ($bad, undef, $why) = $t->run_client(@$args, @$args > 1 ? $t->addr : ());
    is($bad, 2, "@$args: wrong usage");
    isnt($why, '', "@$args: in words");
}

for my $option ('--html', '--dump') {
    my ($bad) = $t->run_client('--analyze', 'x', $option, "$dir/no/file",
                               $t->addr);
    is($bad, 7, "$option: a file that cannot be written, told at once");
}

# Pipes without another end: whoever waits for it does so for ever.

POSIX::mkfifo("$dir/pipe", 0600) or die "mkfifo: $!";

for my $args (['--analyze', 'x', '--dump', "$dir/pipe"],
              ['--analyze', 'x', '--html', "$dir/pipe"],
              ['--room', 'x', '--send-file', "$dir/pipe"],
              ['--room', 'x', '--record', "$dir/pipe"],
              ['--room', 'x', '--keylog', "$dir/pipe"],
              ['--room', 'x', '--live', '--playback', 'null', '--capture',
               "file:$dir/pipe"])
{
    my ($bad, undef, $why) = $t->run_client(@$args, $t->addr);
    is($bad, 7, "@$args: a pipe that nobody holds is no file");
    like($why, qr/\Q$dir\E\/pipe/, 'which is told') or diag($why);
}

$t->done;
