# A small zone and many workers: there is a ring for each pair of them, so that
# everybody hears everybody.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $workers = 12;
my $n = 24;

my $t = Test::Nginx::WZP->new->start(workers => $workers, zone => 'small:1m');

my @m = $t->joined(map { { seed => seed_of($_) } } 1 .. $n);
is(scalar(@m), $n, 'all have joined');

# the first packets may be lost while rings are made

for my $round (1 .. 2) {
    $_->send(count => 10) for @m;
    $_->sent for @m;
}

my @deaf;

for my $to (@m) {
    for my $from (grep { $_ != $to } @m) {
        last if @deaf > 2;
        push @deaf, $from->stream_id . ' -> ' . $to->stream_id
            unless $to->heard($from->stream_id, 1, 5)->{distinct};
    }
}

is(scalar(@deaf), 0, 'everybody hears everybody') or diag("@deaf");

$_->close for @m;
$t->done;
