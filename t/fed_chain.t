# Chains of relays: who is in the middle hears both sides, who is at one end
# hears the other, each frame once; a relay without members passes all on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

# three, members on each

my @r = chain(3, workers => 2);
ok(wait_up(@r), 'three: all links are up');

my @m = everywhere(\@r, 2);
ok(all_know(\@m), 'everybody is in every list');
talk(\@m, 400, interval_us => 10_000);
clean($r[0], \@m, 12_000, 'three');

my ($far) = grep { $_->{stream_id} == $m[0]->stream_id }
            @{$m[5]->room->{participants}};
is($far->{relay_label}, 'A', 'who is far away has the label of his own relay');

$_->end, $_->questions for @r;

# five, members at the ends and in the middle only

@r = chain(5, workers => 2);
ok(wait_up(@r), 'five: all links are up');

@m = everywhere([@r[0, 2, 4]], 3);
ok(all_know(\@m), 'everybody is in every list');
talk(\@m, 160, interval_us => 10_000);
clean($r[0], \@m, 11_520, 'five');

# the last leaves

$_->close for @m[0 .. 2];
my @left = @m[3 .. 8];
ok(all_know(\@left), 'who leaves is in no list');

Test::Nginx::WZP->finish(@r);
