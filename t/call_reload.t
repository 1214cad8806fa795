# Calls outlive what happens to the relay: a reload and a new binary, and the
# death of the worker that has the phones; while they ring, and while people
# talk.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;

my $t = Test::Nginx::WZP->new->start(workers => 2);
my ($ann, $bob) = map { caller_at($t, $_) } 1, 2;

# Both come again, as clients do.

sub again
{
    my ($how) = @_;

    ok($_->closed, "$how: the registration ends") for $ann, $bob;
    ($ann, $bob) = map { caller_at($t, $_) } 1, 2;
    is(join('', map { $_->is_registered } $ann, $bob), '11',
       'and is made anew');
}


# Something happens while it rings, and again while they talk.

my $calls = 0;

sub twice
{
    my ($how, $happens) = @_;
    my $id = 'c' . ++$calls;

    $ann->call($bob, $id);
    $bob->got('DirectCallOffer', $id);
    $happens->();
    again($how);
    $bob->answers($id);
    ok($_->got('CallSetup', $id), 'it can be answered') for $ann, $bob;

    my @m = meet($id, $ann, $bob);
    is(hears(\@m, 20), '40 0 0 0', 'and they talk');

    $happens->();
    again("$how, once more");
    $_->wait_count(2) for @m;
    return ($id, @m);
}


# ---- reload ----

my ($id, @m) = twice('reload', sub { $t->reload });

is(hears(\@m, 20), '80 0 0 0', 'no frame is lost');
$bob->hangup($id);
ok($ann->got('Hangup', $id), 'the call can be ended');
closed_as($bob->enters($id), 'FORBIDDEN', 'and is over');
$_->close for @m;


# ---- another binary ----

my @masters;

($id, @m) = twice('upgrade', sub {
    @masters = $t->upgrade;
    $t->signal('QUIT', $masters[0]);
});
is(hears(\@m, 20), '80 0 0 0', 'no frame is lost');
$ann->hangup($id);
ok($bob->got('Hangup', $id), 'the call can be ended');
$_->close for @m;


# ---- the worker that has the phones dies ----

sub hub_dies
{
    my ($pid) = sort { $a <=> $b } $t->workers;

    $t->allow(qr/exited on signal 9/);
    kill 'KILL', $pid;
    wait_for { !grep { $_ == $pid } $t->workers };
    wait_for { $t->workers == 2 };
    $_->quiet for $ann, $bob;           # what makes them notice
}

$id = 'dies';
is(place($ann, $bob, $id), '', 'a call');
hub_dies();
again('a death');
@m = meet($id, $ann, $bob);
is(hears(\@m, 20), '40 0 0 0', 'the call goes on');
$ann->hangup($id);
ok($bob->got('Hangup', $id), 'and can be ended');

$t->done;
