# The report after a call: what is in it, what is not, and what comes of it
# when it cannot be written.

use strict;
use warnings;

use FindBin;
use IO::Uncompress::Unzip qw($UnzipError);
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Phone;

my $t = Test::Nginx::WZP->new(seed => seed_of(50))->start;
my $dir = $t->dir . '/reports';
my $seed = seed_of(7);
mkdir $dir;


# The members of a ZIP file, by name.

sub unzip
{
    my ($file) = @_;
    my %member;

    my $zip = IO::Uncompress::Unzip->new($file) or return {};

    for (my $more = 1; $more > 0; $more = $zip->nextStream) {
        my $name = $zip->getHeaderInfo->{Name};
        $member{$name} = '';
        1 while $zip->read($member{$name}, 1 << 20, length $member{$name}) > 0;
    }

    return \%member;
}


# Samples of a WAV file as we write it.

sub samples
{
    my ($wav) = @_;
    my @h = unpack 'a4 V a4 a4 V v v V V v v a4 V', $wav;

    return () unless "@h[0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"
                     eq 'RIFF WAVE fmt  16 1 1 48000 96000 2 16 data'
                     && $h[12] == length($wav) - 44
                     && $h[1] == length($wav) - 8;
    return unpack 's<*', substr $wav, 44;
}


sub peak
{
    my $max = 0;
    for (@_) { $max = abs if abs > $max }
    return $max;
}


# ---- a call ----

my $zip = "$dir/call.zip";
my $keys = "$dir/keys";
my $other = $t->client('--send-tone', '--room', 'r');
$other->wait_event('joined') or BAIL_OUT('no call');

my $c = $t->client('-v', '--room', 'r', '--seed', $seed, '--send-tone', '2',
                   '--record', "$dir/call.wav", '--report', $zip, '--keylog',
                   $keys, '--alias', 'Ann');
is($c->wait, 0, 'a call with a report') or diag($c->story);
is(($c->events('reported'))[0]{file}, $zip, 'is told');
is((stat $zip)[2] & 07777, 0600, 'for nobody else');
is(join(' ', sort glob "$dir/*"),
   "$dir/call.wav $zip $keys", 'there are no other files');

my $z = unzip($zip);
is(join(' ', sort keys %$z), 'about.json histogram.csv log.txt received.wav '
   . 'rms.csv sent.wav statistics.json', 'all parts');

my @in = samples($z->{'received.wav'});
my @out = samples($z->{'sent.wav'});
my @recorded = unpack 's<*', substr slurp("$dir/call.wav"), 44;
ok("@in" eq "@recorded", 'received: as it was recorded');
is(scalar(@out), 96000, 'sent: two seconds');
is(peak(@out), 16000, 'of the tone');
cmp_ok(peak(@in), '>', 10000, 'the other one is heard');

my @rms = split /\n/, $z->{'rms.csv'};
is(shift @rms, 'time_s,received_dbfs,sent_dbfs', 'levels');
is(scalar(grep { !/^\d+\.\d,(?:-?\d+\.\d)?,(?:-?\d+\.\d)?$/ } @rms), 0,
   'have this form');
is(scalar(grep { /,-9\.2$/ } @rms), 20, '-9.2 dBFS were sent for 2 s');
cmp_ok(scalar(grep { /,-(?:9|10)\.\d,/ } @rms), '>=', 15, 'and heard');
my @times = map { /^([\d.]+)/ } @rms;
is(scalar(grep { abs($times[$_] - $times[0] - $_ / 10) > 0.01 } 0 .. $#times),
   0, 'ten a second');

my %histogram = map { /^(-?\d+),(\d+),(\d+)$/ ? ($1 => [$2, $3]) : () }
                split /\n/, $z->{'histogram.csv'};
is(scalar(keys %histogram), 97, 'a histogram');
is($histogram{-9}[1], 20, 'of what was sent');
my $sum = 0;
$sum += $_->[0] for values %histogram;
is($sum, int(@in / 4800), 'and of all that was heard');

my $stat = JSON::PP->new->decode($z->{'statistics.json'});
my $report = $c->report;
is($stat->{report}{$_}, $report->{$_}, "closing report: $_")
    for qw(room sent next_seq frames_in recorded_samples);
is($stat->{report}{streams}[0]{unique}, $report->{streams}[0]{unique},
   'with streams');
cmp_ok(scalar(@{$stat->{status}}), '>=', 2, 'numbers of each second');
ok($stat->{status_from_begin}, 'from the begin');
ok(defined $stat->{status}[0]{rtt_ms} && defined $stat->{status}[0]{t},
   'such as the delay');

like($z->{'log.txt'}, qr/^\d+\.\d{3} event joined \{.*"alias":"Ann"/m,
     'the log has events');
like($z->{'log.txt'}, qr/^\d+\.\d{3} joined "r" at /m, 'and lines');
for my $line (split /\n/, $c->errors) {
    my ($said) = $line =~ /^wzp-client: \d+\.\d+: (.*)/ or next;
    like($z->{'log.txt'}, qr/debug: \Q$said\E/, "what -v says: $said");
}

my $about = JSON::PP->new->decode($z->{'about.json'});
is($about->{fingerprint}, fp_of(7), 'who');
is($about->{alias}, 'Ann', 'by which name');
like($about->{libraries}{opus}, qr/\d/, 'with which libraries');
is($about->{options}{'send-tone'}, '2', 'with which options');
is($about->{options}{seed}, '', 'but secrets');

# nothing secret is in it

my ($words) = (split /\n/, ($t->run_client({ addr => '' }, 'config', 'key',
               'backup', '--seed', $seed))[1])[0];
my %secret = (seed => $seed, 'first words' => join ' ',
              (split ' ', $words)[0 .. 2]);
my @tls = map { (split)[2] || () } split /\n/, slurp($keys);
$secret{"TLS secret $_"} = $tls[$_] for 0 .. $#tls;
cmp_ok(scalar(@tls), '>', 2, 'TLS secrets were written');
for my $name (sort keys %secret) {
    is(scalar(grep { $z->{$_} =~ /\Q$secret{$name}\E/i
                     || index($z->{$_}, pack 'H*', $secret{$name}) >= 0 }
              sort keys %$z), 0, "no $name in any part");
}


# ---- without --json, with words, until Ctrl-C ----

my $quiet = $t->client({ json => 0 }, '--room', 'r', '--report', $zip,
                       '--mnemonic', split(' ', $words));
ok(wait_for { $quiet->output =~ /joined/ }, 'another call');
select undef, undef, undef, 1.5;
chmod 0644, $zip;
$quiet->signal('INT');
is($quiet->wait, 0, 'ends with Ctrl-C');
is((stat $zip)[2] & 07777, 0600,
   'for nobody else, also where everybody could read the old one');
like($quiet->output, qr/^the report is in \Q$zip\E$/m, 'where the report is');

$z = unzip($zip);
is(scalar(keys %$z), 7, 'in place of the old one');
is($z->{'sent.wav'} && length $z->{'sent.wav'}, 44, 'nothing was sent');
cmp_ok(scalar(() = samples($z->{'received.wav'})), '>', 48000, 'but heard');
$stat = JSON::PP->new->decode($z->{'statistics.json'});
is($stat->{report}{room}, 'r', 'the numbers are there');
is($stat->{report}{exit}, 0, 'all of them');
cmp_ok(scalar(@{$stat->{status}}), '>=', 1, 'also of each second');
ok((join '', values %$z) !~ /$secret{'first words'}/, 'no words in it');


# ---- it cannot be written ----

sub fails
{
    my ($text, $like, @args) = @_;
    my ($rc, $out, $err) = $t->run_client(@args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($rc, 7, "$text: exit status") or diag("$out$err");
    like($err, $like, "$text: what it says");
    return $out;
}

unlike(fails('no directory', qr/"\Q$dir\E\/no\/x.zip" cannot be written: No/,
             '--report', "$dir/no/x.zip", $t->addr), qr/joined/,
       'it is told before the call');
fails('a directory', qr/is no file/, '--report', $dir, $t->addr);

# a disk that is full after so many blocks of 512 bytes (also for what the
# program prints)

sub small
{
    my ($blocks) = @_;
    my $full = "$dir/full$blocks";
    mkdir $full;

    my $p = Test::Nginx::WZP::Process->spawn(
        name => 'small', dir => $t->dir,
        command => ['sh', '-c', "ulimit -f $blocks;"
                    . ' exec "$0" "$@"', Test::Nginx::WZP::Client::binary(),
                    '--json', '--room', 'r', '--seed', $seed, '--fingerprint',
                    $t->tls_fp, '--send-tone', '2', '--report',
                    "$full/x.zip", $t->addr],
        env => { HOME => $full, XDG_CONFIG_HOME => undef });
    push @{$t->{clients}}, $p;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($p->wait, 7, 'a full disk: exit status') or diag($p->story);
    return ($p->errors, join(' ', glob "$full/*"), $p->events('report'));
}

my ($said, $left, $end) = small(64);
is($end->{sent}, 100, 'the call was not harmed');
like($said, qr/the sound is not complete: (?:File too large|No space)/,
     'it is told');
is($left, "$dir/full64/x.zip", 'there is a report');
$z = unzip($left);
is(scalar(keys %$z), 7, 'all of it');
is(scalar(() = samples($z->{'sent.wav'})), 3 * 4800, 'but for some sound');

($said, $left) = small(1);
like($said, qr/x.zip" cannot be written: .*File too large/, 'no room at all');
is($left, '', 'leaves no half of a report');

for my $mode (['--ping'], ['--version-check'], ['--whoami'], ['config']) {
    my ($rc, undef, $err) = $t->run_client('--report', $zip, @$mode,
                                           $mode->[0] eq 'config' ? ()
                                           : $t->addr);
    is($rc, 2, "@$mode: exit status");
    like($err, qr/is for calls/, "@$mode is no call");
}

# ---- a live call ----

$c = $t->client('--room', 'r', '--live', '--capture', "file:$dir/call.wav",
                '--playback', 'null', '--duration', '2', '--report', $zip);
is($c->wait, 0, 'a live call') or diag($c->story);
$z = unzip($zip);
cmp_ok(peak(samples($z->{"$_.wav"})), '>', 3000, "$_: is not silent")
    for qw(received sent);

$other->stop('INT');


# ---- direct calls ----

phones($t);
my $b = registered(2, '--accept', '--report', "$dir/b.zip");

for my $i (1 .. 2) {
    my $a = person(1, '--call', 'bob', '--send-tone', '0.5', '--report',
                   "$dir/a$i.zip");
    is($a->wait, 0, "call $i") or diag($a->story);
    ok(wait_for { $i == (() = $b->events('reported')) }, 'both report');
}

is(scalar(() = samples(unzip("$dir/a2.zip")->{'sent.wav'})), 24000,
   'what was said');
ok(-e "$dir/b.zip" && -e "$dir/b-2.zip", 'each call in a file of its own');
$b->stop('INT');

$t->done;
