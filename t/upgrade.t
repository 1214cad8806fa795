# A binary upgrade (USR2, then QUIT to the old master) during a call: every
# frame arrives, and while both are there they are one room.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2);

my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. 4);
$_->wait_count(4) for @m;
$_->send(count => 100_000) for @m;

my ($old, $new) = $t->upgrade;
ok($new, 'a new master, with workers') or diag($t->error_log);

# both masters accept now: some land here, some there

my @over = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                      11 .. 16);
is(scalar(grep { $_->wait_count(10) } @m, @over), 10,
   'during the overlap all are in one list');

$_->send(count => 30) for @over;
$_->sent for @over;

my $heard = 0;

for my $to (@m, @over) {
    $heard += $to->heard($_->stream_id, 30)->{distinct}
        for grep { $_ != $to } @over;
}

is($heard, 6 * 9 * 30, 'and hear each other');

$t->signal('QUIT', $old);
ok($t->wait_log(qr/gracefully shutting down/), 'the old master is told to go');

my @late = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                      21 .. 24);
is(scalar(grep { $_->wait_count(14) } @late, $m[0]), 5,
   'newcomers join the same room');
$_->send(count => 30) for @late;
$_->sent for @late;
is($m[0]->heard($_->stream_id, 30)->{distinct}, 30,
   'and are heard by the old ones') for @late;

my $at = $late[0]->heard($m[0]->stream_id, 1)->{packets};
cmp_ok($late[0]->heard($m[0]->stream_id, $at + 25)->{packets}, '>=', $at + 25,
       'whom they hear');

my ($lost, $dups, $got) = (0, 0, 0);

for my $to (@m) {
    my $flows = $to->stats->{flows};
    for my $from (grep { $_ != $to } @m) {
        my $f = $flows->{$from->stream_id};
        $lost += @{$f->{missing}} + $f->{first};
        $dups += $f->{dups};
        $got += $f->{packets};
    }
}

cmp_ok($got, '>', 1000, "$got frames over the upgrade");
is($dups, 0, 'none twice');
$t->counts($lost, 0, 'each arrived');
ok(!grep({ $_->events('closed') } @m, @over, @late), 'nobody had to leave');

$_->close for @m, @over;
ok($t->wait_gone($old), 'the old master ends with its last call');
ok(!grep({ $_->events('closed') } @late), 'the new one goes on');
is($t->pid, $new, 'under the usual pid file');

# and the new one reloads as any other

ok($t->reload(workers => 1), 'reload of the new master');
$late[0]->send(count => 10);
$late[0]->sent;
is($late[1]->heard($late[0]->stream_id, 40)->{distinct}, 40,
   'the call goes on');

$t->done;
