# Relays that existed before: whoever dials, both hear each other, and neither
# their faults nor our extensions get in the way.
#
#     P - Q    ours        R    of old, dialled by both: a ring
#     S        ours        T    of old: they dial each other

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Time::HiRes qw(sleep time);

my @relays = Test::Nginx::WZP->relays(3);
my ($p, $q, $s) = @relays;
my $common = "wzp_global_room general;\nwzp_federation_backoff 200ms 400ms;\n";

my $old = $p->listener(5, seed => seed_of(1), global => ['general'],
                       strict => 1, label => 'mixed');
my $twin = $s->listener(5, seed => seed_of(2), global => ['general'],
                        strict => 1, label => 'south',
                        trusted => [$s->tls_fp]);

$p->start(workers => 2, server => $common . $p->trusted_of($q)
                                  . $old->peer_of(label => 'old'));
$q->start(workers => 2, server => $common . $q->peer_of($p)
                                  . $old->peer_of(label => 'old'));
$s->start(workers => 2, server => $common . $twin->peer_of(label => 'twin'));


# ---- a member on each: the sequence of old, and the sums ----

my ($r1, $r2) = map { $old->accepted('_federation', $_) } 0, 1;

is_deeply([keys %{($r1->signals)[0]}], ['FederationHello'], 'first a hello');
ok($_->wait_links(2), 'silence after it is no error') for $p, $q;

my ($mp) = $p->joined({ seed => seed_of(10), alias => 'Pa',
                        accept_streams => 1 });
my ($mq) = $q->joined({ seed => seed_of(11), alias => 'Qa',
                        accept_streams => 1 });
my ($mr) = $old->{peer}->dial(id => 'mr', addr => $old->addr, sni => 'general',
                              seed => seed_of(12), accept_streams => 1,
                              extensions => ['stream-id']);
ok($mr->wait('answer'), 'a member at the old one');

# Fingerprints in the newest list of a member, with labels.

sub list
{
    my ($m) = @_;
    my $room = $m->room || { participants => [] };

    return join ' ', sort map {
        substr($_->{fingerprint}, 0, 4) . '@' . ($_->{relay_label} || '')
    } @{$room->{participants}};
}

my ($fp, $fq, $fr) = map { substr fp_of($_), 0, 4 } 10 .. 12;

sub list_is
{
    my ($m, $want, $text) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    wait_for { list($m) eq $want };
    return is(list($m), $want, $text);
}

list_is($mp, join(' ', sort "$fp@", "$fq\@B", "$fr\@old"),
        'everybody is in the list at P, once, with the relay of each');
list_is($mq, join(' ', sort "$fp\@A", "$fq@", "$fr\@old"), 'and at Q');

ok(wait_for { my $l = list($mr); $l =~ /$fp/ && $l =~ /$fq/ }, 'and at R');

my ($sum) = reverse $r1->signals('GlobalRoomActive');
is_deeply([grep { !/^(?:room|participants)$/ } keys %$sum], [],
          'an announcement of old has no more members than of old');
is_deeply([grep { !/^(?:fingerprint|alias|relay_label)$/ }
           map { keys %$_ } @{$sum->{participants}}], [],
          'nor have its participants');


# ---- media around the ring, once at each ----

sub once
{
    my ($relay, $text, $id, $n, @heard) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $m (@heard) {
        my $f = $m->heard($id, $n);
        $relay->counts("$f->{distinct}/$f->{dups}/$f->{corrupt}", "$n/0/0",
                       $text);
    }
}

$mr->send(count => 100, head => '00' x 10 . '0bad', interval_us => 10_000);
$mp->send(count => 100, interval_us => 10_000);
$mq->send(count => 100, interval_us => 10_000);
$_->sent for $mp, $mq, $mr;

once($p, 'of R, at P and Q', 0x0bad, 100, $mp, $mq);
once($p, 'of P, at Q and R', $mp->stream_id, 100, $mq, $mr);
once($p, 'of Q, at P and R', $mq->stream_id, 100, $mp, $mr);


# ---- a ring in which nothing happens is silent ----

sub words
{
    return map { my $l = $_; scalar grep {
        ref $_->{json} ne 'HASH' || !$_->{json}{Ping}
    } $l->events('signal') } $r1, $r2;
}

my ($last, $since) = ('', time);
ok(wait_for {
    my $now = join ' ', words();
    ($last, $since) = ($now, time) if $now ne $last;
    time - $since > 4;
}, 'no announcement for four seconds, though R passes on everything (F14)');


# ---- few announcements, however many changes ----

my @crowd = $p->joined(map { { seed => seed_of(20 + $_) } } 1 .. 6);
ok(wait_for { (() = list($mq) =~ /\@A/g) == 7 }, 'a crowd');
$_->close for @crowd[0 .. 2];
ok(wait_for {
    grep { @{$_->{participants}} == 5 } $r1->signals('GlobalRoomActive')
}, 'the sum of who is left is told (R itself is not in it)')
    or diag(join ' ', map { scalar @{$_->{participants}} }
            $r1->signals('GlobalRoomActive'));

for my $l ($r1, $r2) {
    my @when = map { $_->{t} } grep { $_->{name} eq 'GlobalRoomActive' }
               $l->events('signal');
    my @gaps = map { $when[$_] - $when[$_ - 1] } 1 .. $#when;
    is_deeply([grep { $_ < 0.8 } @gaps], [],
              'one announcement a second at most');
}


# ---- browsers ----

my $hash = 'a47b63f7d5b511ba5bc4089a74446906';
my ($web) = $p->joined({ seed => seed_of(30), sni => $hash,
                         accept_streams => 1 });
my $fw = substr fp_of(30), 0, 4;
ok(wait_for { list($mr) =~ /$fw/ }, 'who came by the hash of the name');
$web->send(count => 50, interval_us => 10_000)->sent;
once($p, 'is heard in the same room', $web->stream_id, 50, $mp, $mq, $mr);
unlike($r1->text . $r2->text, qr/$hash/, 'under the name');


# ---- both dial: two connections, one of them used ----

my $in = $twin->accepted('_federation');
my ($mt) = $twin->{peer}->dial(id => 'mt', addr => $twin->addr,
    sni => 'general', seed => seed_of(13), accept_streams => 1);
my ($ms) = $s->joined({ seed => seed_of(14), accept_streams => 1 });
my ($ft, $fs) = map { substr fp_of($_), 0, 4 } 13, 14;

list_is($ms, join(' ', sort "$ft\@twin", "$fs@"), 'S and T');

my $out = $twin->link(addr => $s->addr, label => 'south');
ok(wait_for { list($mt) =~ /$fs/ }, 'of whom T knows');
sleep 1.5;                      # time in which one of them could be closed
ok(!$in->gone && !$out->gone, 'both connections stay');

my $tag = Test::Nginx::WZP::Link::tag_of('general') . '/' . $ms->stream_id;
my @before = map { ($_->stats->{flows}{$tag} || { packets => 0 })->{packets} }
             $in, $out;
$ms->send(count => 60, interval_us => 10_000)->sent;
once($s, 'what S says is heard once', $ms->stream_id, 60, $mt);
my @more = map { ($_->stats->{flows}{$tag} || { packets => 0 })->{packets} }
           $in, $out;
is(join(' ', sort map { $more[$_] - $before[$_] } 0, 1), '0 60',
   'and sent on one of them');
$mt->send(count => 60, interval_us => 10_000)->sent;
once($s, 'and T at S', 0, 60, $ms);


# ---- 450 packets a second are what R takes ----

my @many = $s->joined(map { { seed => seed_of(50 + $_) } } 1 .. 4);
my $sent = 0;
my $began = time;

for my $m (@many) {
    $m->send(count => 900, interval_us => 3000);
}
$_->sent for @many;
my $took = time - $began;
$mt->heard($many[0]->stream_id, 1);
sleep 0.5;
my %flows = map { %{$_->stats->{flows}} } $in, $out;
my $got = 0;
for my $m (@many) {
    my $flow = Test::Nginx::WZP::Link::tag_of('general') . '/' . $m->stream_id;
    $got += ($flows{$flow} || { packets => 0 })->{packets};
}
cmp_ok($got, '<=', 450 * ($took + 0.5) + 225, 'at most 450 packets a second');
cmp_ok($got, '>', 450 * 2, 'but no fewer than that');
$_->close for @many;


# ---- one that drops the link ----

my $downs = $p->grep_log(qr/link "old" down/);
$r1->close;
$r2->close;
ok($p->wait_log(qr/link "old" down.*link "old" up/s), 'a dropped link');
my @again = map { $old->accepted('_federation', $_) } 2, 3;
ok((grep { defined } @again) == 2, 'is dialled again, by both');
$mr->send(count => 50, head => '00' x 10 . '0bae', interval_us => 10_000);
once($p, 'and its member heard again', 0x0bae, 50, $mp, $mq);


# ---- reload: a gap, and all is well again ----

ok($p->reload, 'reload');
ok(wait_for {
    my $n = $mr->heard($mp->stream_id, 1)->{packets};
    $mp->send(count => 5, interval_us => 5000)->sent;
    $mr->heard($mp->stream_id, $n + 5, 1)->{packets} >= $n + 5;
}, 'what P says is heard at R again');
ok(wait_for { list($mr) =~ /$fp/ && list($mr) =~ /$fq/ },
   'who is in the list again');
is(scalar(() = list($mq) =~ /$fp/g), 1, 'once at Q') or diag(list($mq));


# ---- nobody is forgotten after 15 s of silence (F16) ----

my $twice = time;
sleep 0.5 while time - $twice < 17;
like(list($mt), qr/$fs/, 'T still knows who is at S');
like(list($mr), qr/$fp/, 'and R who is at P');

# (the later of two connections is the one that an old relay listens to, too)

my $silence = (sort { $a <=> $b } map { $_->stats->{silence_ms} } $in, $out)[0];
$s->measures($silence, '<', 8000, 'a Ping came every five seconds');

unlike(join('', map { $_->text } $in, $out, $r1, $r2, @again), qr/call-/,
       'nobody heard of any call');

Test::Nginx::WZP->finish(@relays);
