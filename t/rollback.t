# A binary upgrade that is taken back: QUIT to the new master, whose calls go
# on, while the old one takes newcomers as if nothing had been.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

sub everybody
{
    my ($what, $n, @m) = @_;

    is(scalar(grep { $_->wait_count($n) } @m), scalar(@m),
       "$what: all in one list");
    $_->send(count => 20) for @m;
    $_->sent for @m;

    my $heard = 0;

    for my $to (@m) {
        $heard += $to->heard($_->stream_id, $to->{got}{$_->stream_id} += 20)
                      ->{distinct} >= 20
            for grep { $_ != $to } @m;
    }

    is($heard, @m * (@m - 1), "$what: all hear each other");
}


for my $winch (0, 1) {
    my $what = $winch ? 'after WINCH and HUP' : 'at once';

    $t->start(workers => 2);

    my $seed = 0;
    my @m = $t->joined(map { { seed => seed_of(++$seed),
                               accept_streams => 1 } } 1 .. 3);

    my ($old, $new) = $t->upgrade;
    ok($new, "$what: a new master, with workers") or diag($t->error_log);

    if ($winch) {
        my @old = $t->workers(master => $old);

        $t->signal('WINCH', $old);
        wait_for { !$t->workers(master => $old) };
    }

    # on whichever is there

    push @m, $t->joined(map { { seed => seed_of(++$seed),
                                accept_streams => 1 } } 1 .. 6);
    everybody("$what: with the new one", 9, @m);

    if ($winch) {
        $t->signal('HUP', $old);
        wait_for { $t->workers(master => $old) == 2 };
    }

    $t->signal('QUIT', $new);
    ok(wait_for { !$t->workers(master => $new) }, "$what: it is told to go");

    my @late = $t->joined(map { { seed => seed_of(++$seed),
                                  accept_streams => 1 } } 1 .. 16);
    is(scalar(grep { $_->closed(0.01) } @late), 0, "$what: nobody is refused");
    push @m, @late;
    everybody("$what: taken back", 25, @m);
    is(scalar(grep { $_->closed(0.01) } @m), 0, "$what: all calls go on");

    $_->close for @m;
    ok($t->wait_gone($new), "$what: the new master ends with its last call");

    # the old one goes on as any other

    ok(wait_for { $t->pid == $old }, "$what: the pid file is the old one's");
    ok($t->reload, "$what: it reloads");
    my ($again) = $t->joined({ seed => seed_of(++$seed) });
    ok(!$again->closed(0.01), "$what: and takes calls");
    $again->close;
    $t->stop;
}

$t->done;
