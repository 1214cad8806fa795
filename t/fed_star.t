# A star: the hub passes on what one leaf says to all others, with members of
# its own and without.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my @r = star(4, workers => 2);
ok(wait_up(@r), 'all links are up');

my @m = everywhere([@r[1 .. 3]], 2);
ok(all_know(\@m), 'everybody is in every list');
talk(\@m, 350, interval_us => 10_000);
clean($r[0], \@m, 10_500, 'nobody at the hub');

push @m, $r[0]->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                       1 .. 2);
ok(all_know(\@m), 'two more at the hub');

talk(\@m, 150, interval_us => 10_000, seq => 350);

my $a = account(\@m, frames => 0);
is("$a->{dups}/$a->{corrupt}/$a->{strays}", '0/0/0', 'each once');

for my $new (@m[6, 7]) {
    my @short = grep { $new->heard($_->stream_id, 150)->{distinct} != 150 }
                grep { $_ != $new } @m;
    $r[0]->counts(scalar(@short), 0, 'who came late hears all');
    @short = grep { $_->heard($new->stream_id, 150)->{distinct} != 150 }
             grep { $_ != $new } @m;
    $r[0]->counts(scalar(@short), 0, 'and is heard by all');
}

Test::Nginx::WZP->finish(@r);
