# Compact headers (PROTOCOL E.10) end at the relay: members, other workers,
# other relays and the tap see plain packets, from our client and from a hostile
# one; what is malformed is dropped and counted; without the agreement bit 7
# means nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::HTTP;
use Test::Nginx::WZP::Topology;

my @ext = (extensions => [qw(stream-id resume compact)]);

my @r = chain(2, workers => 2, server => "wzp_debug_tap general;\n"
                                         . "wzp_debug_tap_rate off;\n",
              http => http_conf('location = /metrics { wzp_metrics; }'));
ok(wait_up(@r), 'the link is up');

my @near = $r[0]->joined(map { { seed => seed_of($_), log => 1 } } 1 .. 4);
my ($far) = $r[1]->joined({ seed => seed_of(5), log => 1 });
my ($eve, $old) = $r[0]->joined({ seed => seed_of(6), @ext },
                                { seed => seed_of(7) });

ok((grep { $_ eq 'compact' } @{$eve->answer->{extensions}}),
   'the relay names it');


# ---- one by one ----

my $id = sprintf '%04x', $eve->stream_id;

# what is sent, and the plain form; in this order

my @pairs = (
    # before a whole packet
    ['80' . '0001' . '000014' . 'aabbcc',
     '0000' . '0001' . '00000014' . "0000$id" . 'aabbcc'],
    # a report; no payload; noise
    ['c8' . '0032' . '0007d0' . 'aabbcc' . '191914c8',
     '0a00' . '0032' . '000007d0' . "0000$id" . 'aabbcc' . '191914c8'],
    ['a0' . 'ffff' . '13ffec',
     '2000' . 'ffff' . '0013ffec' . "0000$id"],
    ['94' . '0005' . '00012c' . '32',
     '1400' . '0005' . '0000012c' . "0000$id" . '32'],
    # a whole one as ever, and what is near it
    ['0c80' . '0006' . '00fffff0' . '0703' . 'ffff' . '01',
     '0c80' . '0006' . '00fffff0' . "0703$id" . '01'],
    ['80' . '0007' . '000004' . '02',
     '0000' . '0007' . '01000004' . "0000$id" . '02'],
    ['80' . '0008' . 'ffffdc' . '03',
     '0000' . '0008' . '00ffffdc' . "0000$id" . '03'],
    # the largest
    ['98' . '0009' . '000040' . '04' x 1140,
     '1800' . '0009' . '01000040' . "0000$id" . '04' x 1140],
);

for my $m (@near, $far) {
    $m->{from} = () = $m->events('packet');
}

$eve->raw($_->[0]) for @pairs;

for my $i (0 .. $#near, 'far') {
    my $m = $i eq 'far' ? $far : $near[$i];

    for my $pair (@pairs) {
        ok($m->wait('packet', sub {
               $_[0]{header} . $_[0]{payload} eq $pair->[1] }),
           "member $i: plain: " . substr $pair->[1], 0, 24);
    }
}

ok(wait_for { $r[0]->grep_log(qr/TAP.*seq=8 codec=Opus24k ts=16777180/) },
   'the tap has plain headers');


# ---- malformed ----

my @bad = (
    (map { '80' . '00' x $_ } 0 .. 4),                      # too short
    (map { sprintf('%02x', 0x80 | $_ << 2) . '00' x 20 } 9 .. 15),
    (map { sprintf('%02x', 0x80 | $_) . '00' x 20 } 1 .. 3),    # reserved
    'c0' . '00' x 5, 'c0' . '00' x 8,                       # no trailer
    'ff' x 40,
);

my $before = metric(metrics(get($r[0], '/metrics')->{body}),
                    'wzp_drops_total', qr/malformed/);
my $seen = () = $near[0]->events('packet');

$eve->raw($_) for @bad;
$eve->raw('80' . '0100' . '000050' . 'ee');
ok($near[0]->wait('packet', sub { $_[0]{payload} eq 'ee' }),
   'after ' . @bad . ' malformed ones comes a good one');
is(scalar(() = $near[0]->events('packet')), $seen + 1, 'and nothing else');

ok(wait_for {
    metric(metrics(get($r[0], '/metrics')->{body}),
           'wzp_drops_total', qr/malformed/) == $before + @bad;
}, 'each is counted');


# ---- without the agreement ----

$old->raw('80a8' . '3039' . '000f1206' . '0703' . '0000' . '77');
my $oid = sprintf '%04x', $old->stream_id;
ok($far->wait('packet', sub {
       $_[0]{header} . $_[0]{payload}
           eq '80a8' . '3039' . '000f1206' . "0703$oid" . '77' }),
   'bit 7 passes as before');


# ---- our client ----

sub talk_of
{
    my ($what, $c, $sid, $last) = @_;
    my $n = 0;

    for my $m ($near[0], $far) {
        ok(wait_for {
            $n = grep { $_->{stream} == $sid } $m->events('packet');
            $n >= $last;
        }, "$what: is heard") or diag("$n packets\n" . $c->story);

        my @p = grep { $_->{stream} == $sid } $m->events('packet');
        my @odd = grep { $_->{header} !~ /^[0-7]/ } @p;
        is(scalar(@odd), 0, "$what: plain packets only");

        # a frame for each number, as long as nothing was redundant

        my %ts = map { hex(substr $_->{header}, 4, 4)
                       => hex(substr $_->{header}, 8, 8) } @p;
        my @n = sort { $a <=> $b } keys %ts;
        my @back = grep { $ts{$n[$_]} <= $ts{$n[$_ - 1]} } 1 .. $#n;
        is(scalar(@back), 0, "$what: timestamps rise");
    }
}

my $c = $r[0]->client('--seed', seed_of(8), '--room', 'general', '--send-tone=4', '--alias', 'C');
my $cid = $c->wait_event('joined')->{stream_id};
talk_of('at first', $c, $cid, 190);

my $rep = $c->report;
my @p = grep { $_->{stream} == $cid } $near[0]->events('packet');
my $whole = 0;
$whole += length($_->{header} . $_->{payload}) / 2 for @p;
my $saved = $whole - $rep->{sent_bytes};

SKIP: {
    skip 'the machine stood still', 1 if @p != $rep->{sent};
    cmp_ok($saved, '>=', 6 * (@p - @p / 50 - 4),
           "six bytes less for nearly each of @{[scalar @p]} packets");
}


# ---- over a reload, and a worker's death ----

my $d = $r[0]->client('--seed', seed_of(9), '--room', 'general', '--send-tone', '--alias', 'D');
my $did = $d->wait_event('joined')->{stream_id};
talk_of('another', $d, $did, 100);

$r[0]->reload;
my $last = () = grep { $_->{stream} == $did } $near[0]->events('packet');
talk_of('over a reload', $d, $did, $last + 100);

$d->report;
is($d->wait, 0, 'the client ends well') or diag($d->story);

Test::Nginx::WZP->finish(@r);
