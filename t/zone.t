# The zone: full is refused, not broken; another size on reload is warned of,
# and its calls end.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(
    workers => 2, zone => 'voice:1m', events => 'worker_connections 4096;',
    server => 'wzp_max_sessions off; wzp_max_rooms off;');


# ---- full of rooms ----

my ($ann, $bob) = $t->joined(map { { seed => seed_of($_) } } 1, 2);
my (@in, $full);

for my $i (1 .. 40) {
    my @new = map { $t->member(seed => seed_of($i * 100 + $_),
                               sni => "room-$i-$_") } 1 .. 40;
    wait_for { !grep { !$_->events('answer') && !$_->events('closed') } @new };
    push @in, grep { $_->events('answer') } @new;
    ($full) = grep { $_->events('closed') } @new;
    last if $full;
}

SKIP: {
    skip 'the smallest zone holds ' . @in . ' rooms', 4 unless $full;

    my ($ev) = $full->events('closed');
    my %ok = map { (close_code($_))[0] => 1 } qw(ROOMS_FULL TOO_MANY);
    ok($ok{$ev->{code}}, 'refused: ' . $ev->{text});
    my $say = qr{\[crit\].*zone "voice" of \d+ bytes is full: make "wzp_zone"};
    ok($t->wait_log($say), 'the log says so');
    cmp_ok($t->grep_log($say), '<=', 10, 'and does not repeat it for each');

    $_->close for splice @in, 0, 5;
    my $m;
    ok(wait_for { $m = $t->member(seed => seed_of(7), sni => 'again');
                  $m->wait('answer', undef, 2) }, 'room for the next ones');
}

$ann->send(count => 20);
$ann->sent;
is($bob->heard($ann->stream_id, 20)->{distinct}, 20,
   'those who are in hear each other');
$_->close for @in;


# ---- another size ----

ok($t->reload(zone => 'voice:2m'), 'reload with another size');
ok($t->wait_log(qr/\[warn\].*zone/), 'is warned of');
closed_as($_, 'GOING_AWAY', 'the calls of the old zone end') for $ann, $bob;
ok($t->wait_workers(2), 'and so do its workers');

($ann, $bob) = $t->joined(map { { seed => seed_of($_) } } 1, 2);
$ann->send(count => 20);
$ann->sent;
is($bob->heard($ann->stream_id, 20)->{distinct}, 20, 'calls in the new one');

$t->done;
