# A packet that does not fit a receiver's path is dropped there, and counted;
# nobody else misses it, and what fits goes on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(
    stream => 'log_format d "$wzp_fingerprint|$wzp_packets_out|$wzp_drops";',
    server => 'access_log %%DIR%%/access.log d;');

$t->proxy(1, '--direction', 'down', '--mtu', 1210);

my ($ann, $bob) = $t->joined(map { { seed => seed_of($_) } } 1, 2);
my ($small) = $t->joined({ seed => seed_of(3), addr => $t->addr(1) });
my $id = $ann->stream_id;

# Paths are measured from 1200 bytes up; wait until the wide one is known.  (The
# independent stack itself takes 1220 bytes at most.)

ok(wait_for {
    $ann->send(count => 1, size => 1190, interval_us => 1000);
    my $f = $bob->stats->{flows}{$id};
    $f && $f->{packets};
}, 'a large packet passes a wide path');

my $from = $ann->{seq};

for (1 .. 20) {
    $ann->send(count => 1, size => 1190, interval_us => 0);
    $ann->sent;
    $ann->send(count => 1, size => 80, interval_us => 10000);
    $ann->sent;
}

my $last = $ann->{seq} - 1;
ok(wait_for { my $f = $bob->stats->{flows}{$id}; $f && $f->{high} == $last },
   'the last one has come');

my $wide = $bob->stats->{flows}{$id};
is(scalar(grep { $_ >= $from } @{$wide->{missing}}), 0,
   'the wide path carries all of them');

ok(wait_for { my $f = $small->stats->{flows}{$id};
              $f && $f->{high} == $last }, 'the narrow one as well, to the end');
my $f = $small->stats->{flows}{$id};
is($f->{distinct}, 20, 'but only those that fit');
is($f->{corrupt}, 0, 'and these whole');

$_->close for $ann, $bob, $small;
my $fp = fp_of(3);
ok(wait_for { slurp($t->dir . '/access.log') =~ /^\Q$fp\E\|20\|(\d+)$/m
              && $1 >= 20 }, 'the others are counted as drops')
    or diag(slurp($t->dir . '/access.log'));

$t->done;
