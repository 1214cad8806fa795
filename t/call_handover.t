# Calls between people at two relays, neighbours and by a third one, while these are reloaded: nobody seems
# to leave, no frame is lost, and a call that ends or begins meanwhile is known to
# the new hub as it was to the old one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;
use Test::Nginx::WZP::Topology;

my @r = chain(2, workers => 2,
              http => 'location /wzp/ { wzp_api; }');

ok(wait_up(@r), 'the relays are linked');

my ($ann, $bob);
my @at = @r;


# Both register, again after a reload.

sub callers { return ($ann, $bob) = map { caller_at($at[$_], 1 + $_) } 0, 1 }


# Several at one moment, until the new workers are there.

sub at_once
{
    my %old = map { $_ => 1 } map { $_->workers } @_;

    $_->signal('HUP') for @_;

    for my $r (@_) {
        wait_for { $r->{nworkers} == grep { !$old{$_} } $r->workers }
            or return 0;
    }

    return 1;
}


# Has it got about where the callee is?

sub known
{
    return wait_for {
        my @before = $ann->signals('RouteResponse');
        my @all;

        $ann->route($bob->{fp});
        wait_for { (@all = $ann->signals('RouteResponse')) > @before };
        return @all && $all[-1]{found};
    };
}


# Lists that members were told since, in which somebody lacks.

sub flickers
{
    my ($members, @from) = @_;
    my $bad = 0;

    for my $m (@$members) {
        my @all = $m->events('signal');

        splice @all, 0, shift @from;
        $bad += grep { $_->{json}{RoomUpdate}{count} != @$members }
                grep { ref $_->{json} eq 'HASH' && $_->{json}{RoomUpdate} } @all;
    }

    return $bad;
}


# Something happens while two talk, after which they register again.  So many
# frames may be lost (none), since they began.

sub during
{
    my ($m, $what, $do, $most) = @_;
    my @before = map { scalar(() = $_->events('signal')) } @$m;
    my $from = $m->[0]{seq} || 0;

    $_->send(count => 300, seq => $from) for @$m;
    my $at = $m->[0]->heard($m->[1]->stream_id, $from + 20)->{packets};
    ok($do->(), $what);
    callers();
    $_->sent(60) for @$m;

    if ($most) {
        my $sum = account($m);
        cmp_ok($sum->{lost}, '<=', $most, "$what: $sum->{lost} lost");
        is("$sum->{dups}/$sum->{strays}", '0/0', "$what: each once");

    } else {
        clean($at[0], $m, ($from + 300) * 2, $what);
    }

    is(flickers($m, @before), 0, "$what: nobody leaves");
}


# ---- two talk ----

callers();
ok(known(), 'two people');
is(place($ann, $bob, 'c1'), '', 'a call');
my @m = meet('c1', $ann, $bob);

during(\@m, 'the callee\'s relay is reloaded', sub { $r[1]->reload });
during(\@m, 'the caller\'s relay is reloaded',
       sub { $r[0]->reload(workers => 1) });
during(\@m, 'both are', sub { at_once(@r) });
during(\@m, 'one again and again',
       sub { $r[1]->reload && $r[1]->reload && $r[1]->reload });

is($_->grep_log(qr/\[error\].*link ".*" down/), 0,
   $_->label . ': no link went down') for @r;


# ---- it ends meanwhile ----

ok($_->is_registered, 'both are registered') for $ann, $bob;
$_->signal('HUP') for @r;
$ann->hangup('c1');
$_->close for @m;
ok(at_once(@r), 'both are reloaded while it ends, and again');
ok(wait_for { !grep { ($_->http_get('/wzp/rooms/call-c1'))[0] != 404 } @r },
   'its room is gone from both');


# ---- one begins meanwhile ----

for my $n (1 .. 3) {
    ok($_->wait_workers($_->{nworkers}), 'the last reload is over') for @r;
    callers();
    known();
    $ann->call($bob, "n$n");
    ok($bob->got('DirectCallOffer', "n$n"), 'somebody is called');
    $r[1]->signal('HUP');
    $bob->answers("n$n");
    ok($ann->got('CallSetup', "n$n"), 'and answers while all is reloaded');

    @m = meet("n$n", $ann, $bob);
    is(hears(\@m, 200), '400 0 0 0', 'they hear each other all the time');
    $ann->hangup("n$n");
    $_->close for @m;
}


# ---- with one between them ----

my @c = chain(3, workers => 2, http => 'location /wzp/ { wzp_api; }');

ok(wait_up(@c), 'a chain');
@at = @c[0, 2];
callers();
ok(known(), 'two people at its ends');
is(place($ann, $bob, 'f1'), '', 'a call');
@m = meet('f1', $ann, $bob);

# a session changes hands within a moment, in which a frame may be on its way

during(\@m, 'the one between them is reloaded', sub { $c[1]->reload }, 5);
during(\@m, 'the caller\'s one is', sub { $c[0]->reload }, 10);
during(\@m, 'the callee\'s one is', sub { $c[2]->reload }, 15);

ok($_->is_registered, 'both are registered') for $ann, $bob;
$_->signal('HUP') for @c;
$ann->hangup('f1');
$_->close for @m;
ok(at_once(@c), 'all are reloaded while it ends, and again');
ok(wait_for { !grep { ($_->http_get('/wzp/rooms/call-f1'))[0] != 404 } @at },
   'its room is gone from both');

Test::Nginx::WZP->finish(@r, @c);
