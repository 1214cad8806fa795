# Redundancy and quality follow what the network does: loss on the way to the
# relay is answered with redundancy, a narrow way with less; directives are obeyed;
# relays of ours get reports unasked.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;

$t->proxy(1, '--direction', 'up', '--loss', 15, '--seed', 3);
$t->proxy(2, '--direction', 'up', '--rate', 40, '--queue', 400, '--seed', 3);
$t->proxy(3, '--direction', 'down', '--loss', 15, '--seed', 3);

my ($ear) = $t->joined({ seed => seed_of(9), log => 1, sni => 'q',
                         accept_streams => 1 });


sub talker
{
    my ($n, $room, @options) = @_;

    my $c = $t->client({ addr => $t->addr($n) }, '--room', $room,
                       '--send-tone', '--alias', "T$n", @options);
    ok($c->wait_event('joined'), "talker $n joins");
    return $c;
}


sub newest
{
    my ($c) = @_;

    return ($c->events('quality'))[-1] || {};
}


# each in a room of his own: who hears a bad one reports it

my $clear = talker(0, 'q');
my $lossy = talker(1, 'lossy');
my $narrow = talker(2, 'narrow');
my $plain = talker(1, 'plain', '--redundancy', 'off', '--no-adapt', '--seed',
                   seed_of(5), '--alias', 'P');

# who only listens, is muted or has said all says what he hears as well

my $told = talker(0, 'ears');
my $radio = talker(0, 'radio');
my $after = talker(0, 'after');
my @mute = ($t->client({ addr => $t->addr(3) }, '--room', 'ears'),
            $t->client({ addr => $t->addr(3) }, '--room', 'radio', '--live',
                       '--ptt', '--capture', 'null', '--playback', 'null'),
            $t->client({ addr => $t->addr(3) }, '--room', 'after',
                       '--send-tone=0.2', '--duration', 300));

# whose tone ends while there are copies protects its end, too

my $last = talker(1, 'last', '--redundancy', 'copies', '--send-tone=9');

# loss

ok($lossy->wait_event('quality', sub {
       ($_->{copies} || $_->{inband_fec}) && $_->{heard_loss_pct} > 5 }),
   'loss that is measured is answered with redundancy');
is(newest($lossy)->{profile}, 'Opus24k', 'and with nothing worse');
cmp_ok($_->{bitrate_bps} * (1 + $_->{copies}), '<=', 48_000,
       'within the budget') for $lossy->events('quality');

for my $pair (['listening', $told], ['muted', $radio], ['over', $after]) {
    ok($pair->[1]->wait_event('quality', sub {
           ($_->{copies} || $_->{inband_fec}) && $_->{heard_loss_pct} > 5 }),
       "$pair->[0]: the loss of who says nothing is answered");
}

is(scalar($_->events('talking')), 0, 'who is not heard') for $told, $radio;

# too narrow

ok($narrow->wait_event('quality', sub {
       $_->{reason} eq 'congestion' || $_->{queue_ms} > 100 }),
   'a narrow way is noticed');
ok(wait_for {
    my $q = newest($narrow);
    $q->{bitrate_bps} * (1 + $q->{copies}) <= 24_000;
}, 'and less is sent');

# nothing wrong: the redundancy of the beginning ends

ok($clear->wait_event('quality', sub { !$_->{copies} && !$_->{inband_fec} },
                      40),
   'a good way has none after a while');

is(scalar(grep { $_->{copies} || $_->{inband_fec} || $_->{dred_ms} }
          $plain->events('quality')), 0, '--redundancy off is obeyed');

# reports: Q, without being asked to

my $cid = $clear->wait_event('joined')->{stream_id};
my @with = grep { $_->{stream} == $cid && hex(substr $_->{header}, 0, 2) & 2 }
           $ear->events('packet');
my @all = grep { $_->{stream} == $cid } $ear->events('packet');

cmp_ok(scalar(@with), '>=', 3, 'reports are sent');
cmp_ok(@with / @all, '<=', 1 / 40, 'about one in fifty packets');

# a directive

for my $seq (1 .. 3) {
    $ear->raw(sprintf '0200%04x%08x00000000%s%02x%02x%02x%02x', $seq,
              $seq * 20, 'f8fffe', 25, 10, 3, 200);
}

ok($clear->wait_event('directive'), 'the relay directs');
ok($clear->wait_event('quality', sub { $_->{profile} eq 'Opus6k' }),
   'it is obeyed') or diag($clear->story);

is($_->stop('INT'), 0, 'a good end') for $clear, $lossy, $narrow, $plain,
                                          $told, $radio, $after, @mute;
is(scalar(@{$_->report->{streams}}), 0, 'and no stream') for $told, $radio;
cmp_ok($_->report->{sent_noise}, '>', 0, 'told by silence') for @mute;

is($last->wait, 0, 'a tone that ends');
cmp_ok($last->report->{sent_copies}, '>', 0, 'with copies');
is($last->report->{sent_noise}, 1, 'and a packet for those of its end');

# usage

for my $bad (['--budget', '1'], ['--budget', '48k'],
             ['--redundancy', 'much']) {
    my $c = $t->client(@$bad, '--room', 'q');
    is($c->wait, 2, "@$bad: wrong usage");
}

$t->done;
