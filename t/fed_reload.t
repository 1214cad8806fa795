# Relays of a chain are reloaded during talk, to other numbers of workers too,
# both ends of a link at one moment, and one again before it is done: no frame is
# lost or doubled, and no list flickers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my @r = chain(3, workers => 2, server => 'wzp_event_log events.log;');
ok(wait_up(@r), 'all links are up');

my @m = everywhere(\@r, 2);
ok(all_know(\@m), 'everybody is in every list');


# Lists that any member was told since then, which lack somebody.

sub lists
{
    return map { scalar(() = $_->events('signal')) } @m;
}


sub flickers
{
    my (@from) = @_;
    my $n = @m;
    my $bad = 0;

    for my $m (@m) {
        my @all = $m->events('signal');
        splice @all, 0, shift @from;
        $bad += grep { $_->{json}{RoomUpdate}{count} != $n }
                grep { ref $_->{json} eq 'HASH' && $_->{json}{RoomUpdate} } @all;
    }

    return $bad;
}


# Something happens one second after all began to talk; they go on for some
# seconds more.

sub during
{
    my ($what, $do) = @_;
    my @before = lists();
    my $from = $m[0]{seq} || 0;

    $_->send(count => 300, seq => $from) for @m;
    my $at = $m[0]->heard($m[1]->stream_id, $from + 20)->{packets};
    ok($do->(), $what);
    $_->sent(60) for @m;

    clean($r[0], \@m, ($from + 300) * 30, $what);
    is(flickers(@before), 0, "$what: no list flickers");
}


for my $x ([1, 'the middle', 3], [2, 'a leaf', 1], [0, 'the other leaf', 2]) {
    my ($i, $who, $workers) = @$x;
    during("reload of $who to $workers workers",
           sub { $r[$i]->reload(workers => $workers) });
}

during('reload of two at once', sub {
    $r[$_]->signal('HUP') for 0, 1;
    return wait_up(@r);
});

during('three reloads in a row', sub {
    $r[1]->reload && $r[1]->reload && $r[1]->reload;
});

ok(wait_up(@r), 'all links are up');
is($_->grep_log(qr/\[error\].*link ".*" down/), 0,
   $_->label . ': no link went down') for @r;

# nor does an old hub call lost what the new one sends

for my $r (@r) {
    my $log = slurp($r->dir . '/events.log');
    is(scalar(() = $log =~ /"federation_egress_error"/g), 0,
       $r->label . ': everything went to the links');
    cmp_ok(scalar(() = $log =~ /"federation_egress"/g), '>', 2000,
           'which it tells');
}

# new members join new workers, and are heard

my @late = map { ($r[$_]->joined({ seed => seed_of(300 + $_),
                                   accept_streams => 1 }))[0] } 0 .. 2;
push @m, @late;
ok(all_know(\@m), 'newcomers are in one room with all');

$_->close for @m;
ok($r[$_]->wait_workers($r[$_]{nworkers}), 'the old workers go') for 0 .. 2;

Test::Nginx::WZP->finish(@r);
