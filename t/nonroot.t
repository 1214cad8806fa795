# Workers of another user than the master's, and an nginx without root at all:
# calls, reload, worker's death.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

plan skip_all => 'needs root to become somebody else' if $> != 0;

my $t = Test::Nginx::WZP->new;
my $user = $t->{user};


sub call
{
    my ($what) = @_;
    my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                       1 .. 4);
    is(scalar(grep { $_->wait_count(4) } @m), 4, "$what: one room");
    $_->send(count => 20) for @m;
    $_->sent for @m;

    my $heard = 0;
    for my $to (@m) {
        $heard += $to->heard($_->stream_id, 20)->{distinct}
            for grep { $_ != $to } @m;
    }
    is($heard, 240, "$what: a call");

    return @m;
}


sub owner
{
    my ($pid) = @_;

    return scalar getpwuid((stat "/proc/$pid")[4]);
}


# ---- master is root ----

$t->start(workers => 2, main => "user $user;");
is(owner($_), $user, 'a worker of that user') for $t->workers;

is(sprintf('%o', (stat $t->dir . '/identity')[2] & 07777), '600',
   'the identity is for its owner alone');
is((stat $t->dir . '/identity')[4], 0, 'who is the master\'s user');

my @m = call('root master');
ok($t->reload(workers => 3), 'reload');
$m[0]->send(count => 10);
$m[0]->sent;
is($m[1]->heard($m[0]->stream_id, 30)->{distinct}, 30, 'the call goes on');
$_->close for @m;
ok($t->wait_workers(3), 'the old workers go');

$t->kill_worker(0);
ok(wait_for { $t->workers == 3 }, 'a killed worker is replaced');
$_->close for call('after the death of a worker');
$t->stop;


# ---- nobody is root ----

$t->become($user);
$t->start(workers => 2);
is(owner($t->pid), $user, 'the master is not root either');
@m = call('no root');
ok($t->reload(workers => 1), 'no root: reload');
$m[0]->send(count => 10);
$m[0]->sent;
is($m[1]->heard($m[0]->stream_id, 30)->{distinct}, 30,
   'no root: the call goes on');
$_->close for @m;
ok($t->wait_workers(1), 'no root: the old workers go');

$t->done;
