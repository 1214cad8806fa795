# Twenty members in one room: each hears each of the nineteen others, every
# packet, and all agree on the list.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my ($n, $count) = (20, 50);
my $t = Test::Nginx::WZP->new->start;

my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. $n);

is(scalar(grep { $_->wait_count($n) } @m), $n, 'all are told of all');

my %ids = map { $_->stream_id => 1 } @m;
is(keys %ids, $n, 'stream ids differ');

$_->send(count => $count) for @m;
$_->sent for @m;

my ($heard, $lost, $dups, $bad, $strange) = (0) x 5;

for my $to (@m) {
    for my $from (@m) {
        next if $to == $from;
        my $f = $to->heard($from->stream_id, $count);
        $heard += $f->{distinct};
        $lost += @{$f->{missing}};
        $dups += $f->{dups};
        $bad += $f->{corrupt} + $f->{foreign};
    }

    $strange += grep { !$ids{$_} || $_ == $to->stream_id }
                keys %{$to->stats->{flows}};
}

$t->counts($heard, $n * ($n - 1) * $count,
           'each packet reached nineteen others');
$t->counts($lost, 0, 'none lost');
is("$dups/$bad", '0/0', 'none doubled or changed');
is($strange, 0, 'and nothing else came');

# nineteen leave, one after the other

my $last = shift @m;
$_->close for @m;
ok($last->wait_count(1), 'the last one knows that he is alone');

$t->done;
