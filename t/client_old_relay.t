# Our client at a relay that existed before ours: no extensions, no stream ids,
# no reasons.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $addr = $t->old_relay(0);

my @c = map { $t->client({ addr => $addr }, '--room', 'general',
                         '--send-tone', '--seed', seed_of($_)) } 1, 2, 3;

for my $c (@c) {
    my $ev = $c->wait_event('joined');
    ok($ev, 'joins') or diag($c->story);
    ok(!$ev->{extended}, 'knows that there are no extensions');
    ok(!$ev->{verified}, 'nor any binding');
    ok($c->wait_event('room', sub { $_->{count} == 3 }), 'three in the list');
}

# Two talkers are kept apart all the same: each of ours chooses an id.

for my $c (@c) {
    my $two = wait_for {
        my ($ev) = reverse grep { $_->{streams} } $c->events('status');
        $ev && grep({ ($_->{received} || 0) >= 25 } @{$ev->{streams}}) == 2;
    };
    ok($two, 'two talkers, two streams') or diag($c->story);
}

for my $c (@c) {
    is($c->stop('INT'), 0, 'a good end');
}

my @rep = map { $_->report } @c;
my %ids = map { $_->{stream_id} => 1 } grep { $_->{received} }
          map { @{$_->{streams}} } @rep;
is(scalar(keys %ids), 3, 'three stream ids');

my ($lost, $dup) = (0, 0);

for my $s (map { @{$_->{streams}} } @rep) {
    $lost += $s->{lost};
    $dup += $s->{dup};
}

is("$lost/$dup", '0/0', 'nothing lost, nothing twice');

$t->done;
