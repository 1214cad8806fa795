# A worker dies (kill -9) during a call: its members are out of the room
# soon, the others notice nothing, and the next ones come in.

use strict;
use warnings;

use FindBin;
use Time::HiRes qw(time);
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2,
    server => 'wzp_idle_timeout 60s;');

my $n = 10;
my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. $n);
$_->wait_count($n) for @m;
$_->send(count => 100_000) for @m;
$m[0]->heard($_->stream_id, 10) for @m[1 .. $#m];

my @before = $t->workers;
my $killed = time;
$t->kill_worker(0);

ok(wait_for { my @now = $t->workers;
              @now == 2 && !grep { $_ == $before[0] } @now },
   'nginx starts another worker');

# Whoever was on the dead one learns it by a stateless reset from the new one.

my @lost;
ok(wait_for { @lost = grep { $_->events('closed') } @m; @lost >= 1 },
   'members of the dead worker learn of it');

my $alive;
my $count = wait_for {
    my @alive = grep { !$_->events('closed') } @m;
    $alive = @alive;
    my @ok = grep { ($_->room || { count => 0 })->{count} == $alive } @alive;
    $alive && @ok == $alive && $alive < $n && $alive;
};
ok($count, 'the others are told that they have left') or diag("alive $alive");

my @alive = grep { !$_->events('closed') } @m;
@lost = grep { $_->events('closed') } @m;

for my $m (@lost) {
    my ($ev) = $m->events('closed');
    is($ev->{kind}, 'reset', 'by a stateless reset');
}

my ($told) = grep { ref $_->{json} eq 'HASH' && $_->{json}{RoomUpdate}
                    && $_->{json}{RoomUpdate}{count} == $alive }
             reverse $alive[0]->events('signal');
note(sprintf 'told after %.2f s', $told->{t} - $killed);
$t->measures($told->{t} - $killed, '<', 10, 'within a few seconds');

# the survivors: every frame of every survivor

SKIP: {
    skip 'one survivor only', 2 if @alive < 2;

    my ($gaps, $got) = (0, 0);
    my $at = $alive[0]->heard($alive[1]->stream_id, 1)->{packets};
    $alive[0]->heard($alive[1]->stream_id, $at + 25);

    for my $to (@alive) {
        my $flows = $to->stats->{flows};
        for my $from (grep { $_ != $to } @alive) {
            my $f = $flows->{$from->stream_id};
            $gaps += @{$f->{missing}} + $f->{first};
            $got += $f->{packets};
        }
    }

    cmp_ok($got, '>', 25, "$got frames among the survivors");
    $t->counts($gaps, 0, 'none lost');
}

# those who lost their worker come back

my @again = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                       101 .. 100 + @lost);
is(scalar(grep { $_->wait_count($n) } @again, @alive), $n,
   'and the room is full again');

$_->send(count => 20) for @again;
$_->sent for @again;
is($alive[0]->heard($_->stream_id, 20)->{distinct}, 20, 'all are heard')
    for @again;

# both workers at once, then a reload: nothing is left behind

my @both = $t->workers;
$t->signal('KILL', $_) for @both;
ok(wait_for { my @now = $t->workers;
              my %old = map { $_ => 1 } @both;
              @now == 2 && !grep { $old{$_} } @now },
   'both killed, both back');
ok(wait_for { !grep { !$_->events('closed') } @alive, @again },
   'everybody learns of it');

my ($one) = $t->joined({ seed => seed_of(200), accept_streams => 1 });
ok($one->wait_count(1), 'no ghosts in the room');

$t->done;
