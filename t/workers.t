# Members of one room on several workers hear each other as if on one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

for my $workers (1, 2, 4) {
    my ($n, $count) = (10, 40);

    $t->start(workers => $workers,
              stream => 'log_format w "$pid";',
              server => "access_log %%DIR%%/access-$workers.log w;");

    my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                       1 .. $n);

    is(scalar(grep { $_->wait_count($n) } @m), $n,
       "$workers workers: all are told of all");

    $_->send(count => $count) for @m;
    $_->sent for @m;

    my ($heard, $wrong, $strange) = (0, 0, 0);

    for my $to (@m) {
        for my $from (grep { $_ != $to } @m) {
            my $f = $to->heard($from->stream_id, $count);
            $heard += $f->{distinct};
            $wrong += $f->{dups} + $f->{corrupt} + $f->{foreign};
        }
        $strange += keys(%{$to->stats->{flows}}) - ($n - 1);
    }

    $t->counts($heard, $n * ($n - 1) * $count,
               "$workers workers: every packet");
    is($wrong, 0, "$workers workers: once, unchanged");
    is($strange, 0, "$workers workers: and no other");

    # leaving, across workers

    my $last = shift @m;
    $_->close for @m;
    ok($last->wait_count(1), "$workers workers: leaving is told to all");
    $last->close;

    # that these were really several

    ok(wait_for { (() = slurp($t->dir . "/access-$workers.log") =~ /\n/g)
                  == $n }, "$workers workers: $n lines in the log");
    my %pids = map { $_ => 1 } split /\n/,
               slurp($t->dir . "/access-$workers.log");
    cmp_ok(scalar(keys %pids), $workers > 1 ? '>' : '==', 1,
           "$workers workers: connections are spread");

    $t->stop;
}

$t->done;
