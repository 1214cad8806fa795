# wzp_metrics: every value true, from whichever worker it comes; counters go on
# over reloads and the death of workers; promtool has nothing to say.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::HTTP;

my $t = Test::Nginx::WZP->new;

$t->start(workers => 2,
    servers => ["listen 127.0.0.1:%%PORT%% udp reuseport;\nwzp on;\n"
                . "wzp_identity %%DIR%%/identity;\nwzp_rate 100000;\n"
                . 'wzp_probe 127.0.0.1:%%PORT_2%% 127.0.0.1:%%PORT_3%%;',
                "listen 127.0.0.1:%%PORT_2%% udp reuseport;\n"
                . "wzp on 'name=a \"\\\\b';\nwzp_identity %%DIR%%/identity-2;"],
    http => http_conf('location = /metrics { wzp_metrics; }
                       location = /main { wzp_metrics relay=main; }'));

my $MAIN = qr/\brelay="main"/;


# The metrics, or undef and what is wrong with them.

sub scrape
{
    my ($path) = @_;
    my $a = get($t, $path || '/metrics');
    my $m = $a->{status} == 200 ? eval { metrics($a->{body}) } : undef;

    diag("$a->{status} $@") unless $m;
    return $m || {};
}


# Wait until a metric has the value; then it has it at every worker.

sub becomes
{
    my ($value, $name, $re, $text) = @_;
    my $got;

    my $ok = wait_for {
        $got = metric(scrape(), $name, $re);
        $got == $value;
    } 15;

    for (1 .. 8) {
        last unless $ok;
        $got = metric(scrape(), $name, $re);
        $ok = 0 if $got != $value;
    }

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($got, $value, $text || $name);
}


# ---- before anybody came ----

my $first = get($t, '/metrics');
is($first->{headers}{'content-type'},
   'text/plain; version=0.0.4; charset=utf-8', 'the content type');
is($first->{headers}{'cache-control'}, 'no-store', 'not to be cached');
is(http($t, 'HEAD', '/metrics')->{body}, '', 'HEAD has no body');
is(http($t, 'POST', '/metrics')->{status}, 405, 'POST is refused');

ok(wait_for { metric(scrape(), 'wzp_hub_up') == 2 }, 'both hubs answer');
becomes(2, 'wzp_workers', qr/reading/, 'two workers');
becomes(0, 'wzp_relay_active_sessions', undef, 'nobody is there');

my $only = scrape('/main');
is(scalar(grep { !/$MAIN/ } keys %{$only->{wzp_joins_total}}), 0,
   'relay=main shows one relay');
is(scalar(keys %{scrape()->{wzp_joins_total}}), 2, 'without it both');
ok(exists scrape()->{wzp_joins_total}{'relay="a \"\\\\b"'},
   'names are escaped') or diag(join ' ', keys %{scrape()->{wzp_joins_total}});


# ---- a room over two workers ----

my ($n, $count) = (6, 50);
my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. $n);
$_->wait_count($n) for @m;
$_->send(count => $count) for @m;
$_->sent for @m;
for my $to (@m) {
    $to->heard($_->stream_id, $count) for grep { $_ != $to } @m;
}

my ($bad) = $t->member(seed => seed_of(40), sni => 'general');
$bad->wait('answer');
$bad->raw('ffff');

becomes($n + 1, 'wzp_joins_total', $MAIN);
becomes($n + 1, 'wzp_relay_active_sessions', $MAIN);
becomes(1, 'wzp_relay_active_rooms', $MAIN);
becomes($n + 1, 'wzp_relay_auth_attempts_total', qr/result="ok"/);
becomes($n * $count, 'wzp_packets_received_total', $MAIN);
becomes(1, 'wzp_drops_total', qr/malformed/);
becomes($n + 1, 'wzp_relay_handshake_duration_seconds_count', $MAIN);
becomes($n + 1, 'wzp_zone_entries', qr/"members"/);
becomes($n + 1, 'wzp_presence_people', qr/relay="main",location="local"/);

# to each of the others, and perhaps a few to the one that came last

my $m = scrape();
my $out = metric($m, 'wzp_relay_packets_forwarded_total', $MAIN);
my $lost = metric($m, 'wzp_drops_total', qr/main.*(?:queue|stale|ring|closed)/);
$t->counts($out + $lost, $n * ($n - 1) * $count, 'every packet is forwarded');
is(metric($m, 'wzp_forward_delay_seconds_count', $MAIN), $out,
   'each with its delay');
my $delay = metric($m, 'wzp_forward_delay_seconds_sum', $MAIN);
ok($delay > 0 && $delay < 10 * $out, "delays sum up to $delay s");
ok(metric($m, 'wzp_relay_bytes_forwarded_total', $MAIN) >= $out,
   'payload bytes');

ok(wait_for { metric(scrape(), 'wzp_datagrams_sent_total', $MAIN) >= $out },
   'datagrams sent');
$m = scrape();
ok(metric($m, 'wzp_quic_packets_sent_total', $MAIN)
   > metric($m, 'wzp_quic_packets_bare_total', $MAIN), 'QUIC packets sent');

is(scalar(keys %{$m->{wzp_relay_session_rtt_ms}}), $n + 1,
   'each session has a round trip');
is(scalar(grep { !/session_id="[0-9a-f]{16}"/ }
          keys %{$m->{wzp_relay_session_loss_pct}}), 0, 'and a number');

ok(wait_for { metric(scrape(), 'wzp_probe_up') == 1 }, 'a probe is up');
like((keys %{scrape()->{wzp_probe_rtt_ms}})[0],
     qr/target="127\.0\.0\.1:\d+"/, 'by its target');

# nobody is at the other

my $nobody = $t->addr(3);
$t->allow(qr/probe of \Q$nobody\E down/);
becomes(100, 'wzp_probe_loss_pct', qr/"\Q$nobody\E"/, 'all pings are lost');
$m = scrape();
is(join(' ', map { my $name = $_;
                   scalar grep { /"\Q$nobody\E"/ } keys %{$m->{$name}} }
             qw(wzp_probe_up wzp_probe_rtt_ms wzp_probe_jitter_ms)), '1 0 0',
   'and what has no value is left out');


# ---- promtool ----

SKIP: {
    my ($promtool) = grep { -x } map { "$_/promtool" }
                     split /:/, $ENV{PATH} || '';
    skip 'no promtool here', 1 unless $promtool;

    my $file = spew($t->dir . '/metrics', get($t, '/metrics')->{body});

    # these names are given: existing relays have them

    my @said = grep { !/^wzp_(?:relay_session|federation_peer|probe)_\w+_ms
                       \ metric\ names\ should\ not\ contain\ abbreviated/x }
               split /\n/, `$promtool check metrics < $file 2>&1`;
    is("@said", '', 'promtool check metrics');
}


# ---- counters never fall ----

my %last;

sub grown
{
    my ($text) = @_;
    my $m = scrape();
    my @fallen;

    for my $name (grep { /_(?:total|count|bucket)$/ } keys %$m) {
        next if $name eq 'wzp_federation_packets_forwarded_total';
        for my $labels (keys %{$m->{$name}}) {
            my $was = $last{$name}{$labels};
            push @fallen, "$name\{$labels} $was to $m->{$name}{$labels}"
                if defined $was && $m->{$name}{$labels} < $was;
            $last{$name}{$labels} = $m->{$name}{$labels};
        }
    }

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is("@fallen", '', $text);
}

grown('counters to begin with');
my $received = metric(scrape(), 'wzp_packets_received_total', $MAIN);

$_->send(count => 100) for @m;
$t->reload;
grown('right after a reload') for 1 .. 5;
$_->sent for @m;
becomes($received + 100 * $n, 'wzp_packets_received_total', $MAIN,
        'what old workers take is counted, too');
becomes(2, 'wzp_workers', qr/leaving/, 'two of them leave');
becomes(2, 'wzp_generation', undef, 'the second generation');

$_->close for @m, $bad;
ok(wait_for { $t->workers(all => 1) == 2 }, 'they are gone');
becomes($n + 1, 'wzp_leaves_total', $MAIN, 'all have left');
grown('after their end');

# slots are given away, one after the other

for my $i (1 .. 3) {
    $t->reload;
    ok(wait_for { $t->workers(all => 1) == 2 }, "reload $i");
}

grown('after three more');

my ($one) = $t->joined({ seed => seed_of(50) });
my @before = $t->workers;
$t->allow(qr/exited on signal 9/);
$t->signal('KILL', $_) for @before;
ok(wait_for {
       my @now = $t->workers;
       my %old = map { $_ => 1 } @before;
       @now == 2 && !grep { $old{$_} } @now;
   }, 'both workers killed, both back');
becomes($n + 2, 'wzp_joins_total', $MAIN, 'joins are not forgotten');
becomes($n + 2, 'wzp_leaves_total', $MAIN, 'whom a worker took along has left');
becomes(0, 'wzp_relay_active_sessions', undef, 'nobody is there');
becomes($received + 100 * $n, 'wzp_packets_received_total', $MAIN,
        'packets are not forgotten');
grown('after their death');

$t->done;
