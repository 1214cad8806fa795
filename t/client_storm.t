# A relay that lets the client in and dies, again and again: the client comes
# back each time, and each time it waits longer.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;
my $c = $t->client('--send-tone', '--reconnect', '60');

for my $n (1 .. 3) {
    ok(wait_for { $n == $c->events('joined') }, "joined for time $n")
        or diag($c->story);
    $t->kill_worker;
    ok(wait_for { $n <= $c->events('reconnecting') }, 'lost') or diag($c->story);
}

my @wait = map { $_->{delay_ms} } $c->events('reconnecting');
is($wait[0], 0, 'at first it comes back at once');
cmp_ok($wait[$_], '>', $wait[$_ - 1], "then after $wait[$_] ms") for 1 .. 2;

ok(wait_for { 4 == $c->events('joined') }, 'and is back') or diag($c->story);
is($c->report->{reconnects}, 3, 'three times');

$t->done;
