# The line between two relays is dead for 10 s, shorter and longer than they
# wait for each other: afterwards lists and media are whole at once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my %relays;

# both at once

for my $idle ('30s', '5s') {
    my @r = topology(2, linked => [[1, 0]], workers => 2,
                     proxies => { '1-0' => [] },
                     server => "wzp_idle_timeout $idle;");
    ok(wait_up(@r), "$idle: the link is up");

    my @m = everywhere(\@r, 2, idle_ms => 30_000);
    ok(all_know(\@m), 'one room');
    $relays{$idle} = { r => \@r, m => \@m };
}

for my $x (values %relays) {
    $_->send(count => 5_000) for @{$x->{m}};
    $_->allow(qr/link .* down/) for @{$x->{r}};
    ok($x->{r}[1]->line(0)->cut, 'the line is cut');
}

sleep 5;
my ($late) = $relays{'30s'}{r}[0]->joined({ seed => seed_of(300),
                                            accept_streams => 1 });
push @{$relays{'30s'}{m}}, $late;
sleep 5;

my @short = @{$relays{'5s'}{m}};
ok(all_know([@short[0, 1]]) && all_know([@short[2, 3]]),
   '5s: the others are gone');
is($relays{'30s'}{r}[0]->grep_log(qr/down/), 0, '30s: the link waits');

$_->{r}[1]->line(0)->heal for values %relays;

for my $idle (sort keys %relays) {
    my @m = @{$relays{$idle}{m}};

    ok(wait_up(@{$relays{$idle}{r}}), "$idle: the link is up again");
    ok(all_know(\@m), "$idle: and the lists are whole");

    for my $pair ([0, 3], [3, 0], [1, 2]) {
        my ($to, $from) = @m[@$pair];
        my $at = $to->heard($from->stream_id, 1)->{packets};
        cmp_ok($to->heard($from->stream_id, $at + 25)->{packets}, '>=',
               $at + 25, "$idle: and hear each other");
    }

    is(doubled(@m), 0, "$idle: nothing came twice");
}

$_->end, $_->questions for map { @{$_->{r}} } values %relays;
done_testing();
