# nginx -s reload during a call, also to other numbers of workers: every frame
# arrives, nobody leaves, old and new generations are one room.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2);

my $n = 6;
my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. $n);
$_->wait_count($n) for @m;

my @counts = (2, 4, 1, 3);
my @late;

# talks until all of the reloads are over

$_->send(count => 100_000) for @m;

for my $workers (@counts) {
    my $at = $m[1]->heard($m[0]->stream_id, 1)->{packets};
    ok($t->reload(workers => $workers), "reload to $workers workers");

    # one more by each generation

    my ($late) = $t->joined({ seed => seed_of(100 + @late),
                              accept_streams => 1 });
    push @late, $late;
    $late->send(count => 20);
    $late->sent;

    for my $m (@m[0 .. 1], @late[0 .. $#late - 1]) {
        my $f = $m->heard($late->stream_id, 20);
        is("$f->{distinct}/$f->{dups}", '20/0',
           'a newcomer is heard by the old ones');
    }

    my $before = $late->heard($m[0]->stream_id, 1);
    cmp_ok($late->heard($m[0]->stream_id, $before->{packets} + 25)->{packets},
           '>=', $before->{packets} + 25, 'and hears them');
    cmp_ok($m[1]->heard($m[0]->stream_id, $at + 25)->{packets}, '>=', $at + 25,
           'who go on talking');
    ok($late->wait_count($n + @late), 'and all are in one list');
}

ok(!grep({ $_->events('closed') } @m, @late), 'nobody had to leave');

# all of the old generations are still there, and go when their calls do

cmp_ok(scalar($t->workers(all => 1)), '>', $counts[-1],
       'old workers stay for their calls');

# Freeze the account: stop by closing one talker at a time and compare.

my ($lost, $dups, $corrupt, $got) = (0, 0, 0, 0);

for my $to (@m) {
    my $flows = $to->stats->{flows};
    for my $from (grep { $_ != $to } @m) {
        my $f = $flows->{$from->stream_id};
        $lost += @{$f->{missing}} + $f->{first};
        $dups += $f->{dups};
        $corrupt += $f->{corrupt};
        $got += $f->{packets};
    }
}

cmp_ok($got, '>', 3000, "$got frames over " . @counts . ' reloads');
$t->counts($lost, 0, 'every one of them arrived');
is("$dups/$corrupt", '0/0', 'once, unchanged');

$_->close for @m, @late;
ok($t->wait_workers($counts[-1]), 'the old workers have gone');

# a reload with nobody there leaves nothing behind

ok($t->reload(workers => 2), 'reload of an empty relay');
ok($t->wait_workers(2), 'the old workers go at once');

# a bad configuration changes nothing

my ($ann) = $t->joined({ seed => seed_of(1) });
$t->allow(qr/\[emerg\].*wzp_rate/);
$t->conf(%{$t->{conf}}, server => 'wzp_rate never;');
$t->signal('HUP');
ok($t->wait_log(qr/\[emerg\].*wzp_rate/), 'a bad configuration is refused');
is(scalar($t->workers(all => 1)), 2, 'the workers stay');
ok(!$ann->events('closed'), 'and so do the calls');
$t->conf(%{$t->{conf}}, server => '');

$t->done;
