# Our client at a relay that knows no extension (t/tools/oddrelay.c): packets
# as PROTOCOL 3 wants them, a stream id of its own choice, and streams without
# an id kept apart by their numbers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $addr = $t->addr(1);

my $relay = Test::Nginx::WZP::Process->spawn(
    name => 'odd', dir => $t->dir,
    command => [Test::Nginx::WZP::tool('oddrelay'), '--log', $t->port(1)]);
ok($relay->wait_event('ready'), 'the old relay is there');
push @{$t->{clients}}, $relay;

my $listener = $t->client({ addr => $addr }, '--alias', 'L');
my $joined = $listener->wait_event('joined');
ok($joined, 'ours joins') or diag($listener->story);
ok(!$joined->{extended}, 'and knows that it is old');
ok(!$joined->{verified}, 'and gives no proof');

my ($offer) = map { $_->{json}{CallOffer} } $relay->events('offer');
is_deeply([map { $_->{codec} } @{$offer->{supported_profiles}}],
          [qw(Opus64k Opus48k Opus32k Opus24k Opus6k Codec2_1200)],
          'the offer lists what we can send, best first');

# ---- packets ----

my $loud = $t->client({ addr => $addr }, '--send-tone', '1', '--profile', '32k');
my $low = $t->client({ addr => $addr }, '--send-tone', '1', '--profile', '6k');
is($loud->wait, 0, 'one talks');
is($low->wait, 0, 'and one at 6 kb/s');

my %by;
for my $ev ($relay->events('packet')) {
    my @h = unpack 'C C n N C C n', pack 'H*', $ev->{hex};
    push @{$by{$h[6]}}, [@h, length($ev->{hex}) / 2 - 12];
}

is(scalar(keys %by), 2, 'two stream ids of their own choice');
ok(!$by{0}, 'none is 0');

for my $c ([$loud, 0x18, 20, 50], [$low, 0x08, 40, 25]) {
    my ($who, $first, $ms, $n) = @$c;
    my ($id) = map { $_->{stream_id} } $who->events('joined');
    my @p = @{$by{$id} || []};

    is(scalar(@p), $n, "$ms ms: $n packets in a second");
    is($who->report->{sent}, $n, 'as reported');
    is_deeply([map { $_->[0] } @p], [($first) x $n],
              'version 0, source, codec, no report');
    is_deeply([map { "$_->[1].$_->[4].$_->[5]" } @p], [('0.0.0') x $n],
              'no FEC');
    is_deeply([map { $_->[2] } @p], [0 .. $n - 1], 'numbers from 0');
    is_deeply([map { $_->[3] } @p], [map { $_ * $ms } 0 .. $n - 1],
              'timestamps in ms');
    cmp_ok((sort { $b <=> $a } map { $_->[7] } @p)[0], '<=', 1150,
           'payloads fit everywhere');
}

# ---- streams without an id: two old clients at once ----

my @old = map { $t->member(addr => $addr, sni => 'default') } 1, 2;
ok($_->wait('answer'), 'an old client joins') for @old;
$old[0]->send(count => 100, payload => 'f8fffe', head => '00' x 12);
$old[1]->send(count => 60, payload => 'f8fffe', head => '00' x 12,
              seq => 20000);
$_->sent for @old;

my @streams;
wait_for {
    my ($ev) = reverse $listener->events('status');
    @streams = grep { $_->{stream_id} == 0 } @{$ev->{streams} || []};
    my $sum = 0;
    $sum += $_->{unique} for @streams;
    $sum >= 160;
};

is(scalar(@streams), 2, 'two streams by their numbers');
is_deeply([map { "$_->{first_seq}-$_->{last_seq} $_->{unique}/$_->{lost}" }
           sort { $a->{first_seq} <=> $b->{first_seq} } @streams],
          ['0-99 100/0', '20000-20059 60/0'], 'each complete');

is($listener->stop('INT'), 0, 'ours leaves');
my ($closed) = reverse $relay->events('closed');
is("$closed->{code} $closed->{reason}", '0 normal close', 'orderly');

$t->done;
