# A link that comes up late learns what there is; one that goes down takes
# exactly its people away, at once; on a quiet link nobody is forgotten.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

use Time::HiRes qw(sleep);

my @r = star(4, workers => 2, stopped => 1);

# the leaves first: they find no hub

$r[$_]->start for 1 .. 3;
my @m = map { $r[$_]->joined({ seed => seed_of($_), accept_streams => 1 }) }
        1 .. 3;
ok(all_know([$_]), 'alone') for @m;

$r[0]->start;
ok(wait_up(@r), 'the hub comes late');
ok(all_know(\@m), 'and all learn of all');
talk(\@m, 50, interval_us => 10_000);
clean($r[0], \@m, 300, 'late');

# one dies: the hub is told nothing and finds out by itself; one is stopped and
# one quits: it is told at once

my %end = (
    stop => sub { $_[0]->signal('TERM') },
    quit => sub { $_[0]->signal('QUIT') },
);

for my $how (qw(stop quit)) {
    my ($gone) = splice @m, 2, 1;
    my $pid = $r[3]->pid;

    $r[0]->allow(qr/link "D" down/);
    $gone->close if $how eq 'quit';
    $end{$how}->($r[3]);
    ok(all_know(\@m, 10), "$how: its people go before the link is idle");
    ok($r[3]->wait_gone($pid), "$how: it ends");

    $r[3]->{started} = 0;
    $r[3]->start;
    push @m, $r[3]->joined({ seed => seed_of(3), accept_streams => 1 });
    ok(wait_up(@r), "$how: it comes again");
    ok(all_know(\@m), "$how: with its people");
}

# on a quiet link, for longer than relays of old remember

sub told { return scalar(() = $m[0]->events('signal')) }

my $before;
ok(wait_for { $before = told(); sleep 1; told() == $before }, 'all is told');
sleep 17;
ok(all_know(\@m), 'nobody is forgotten on a quiet link');
is(told(), $before, 'and no list is told');

# a dead one: clean ends of connections are for the living

$r[3]->crash;
pop @m;
ok(all_know(\@m, 20), 'who is dead takes its people along');
is($r[0]->grep_log(qr/link "B" down/), 0, 'and nobody else');

talk(\@m, 50, interval_us => 10_000);
is(account(\@m, frames => 50)->{dups}, 0, 'the others talk');

Test::Nginx::WZP->finish(@r);
