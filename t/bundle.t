# With wzp_bundle, media for one receiver wait for company and share QUIC
# packets: fewer packets, every frame.  Counted by a proxy on the way.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $talkers = 5;
my $frames = 150;


sub packets_for
{
    my ($bundle, $what) = @_;

    my $t = Test::Nginx::WZP->new->start(server => $bundle);
    my $proxy = $t->proxy(1);

    my ($ann) = $t->joined({ seed => seed_of(1), addr => $t->addr(1) });
    my @m = $t->joined(map { { seed => seed_of(10 + $_) } } 1 .. $talkers);

    # out of step with each other
    my $us = 20_000;
    $_->send(count => $frames, interval_us => $us += 700) for @m;
    $_->sent for @m;

    is($ann->heard($_->stream_id, $frames)->{distinct}, $frames,
       "$what: every frame arrives") for @m;

    $_->close for $ann, @m;
    is($proxy->stop, 0, "$what: proxy");
    my ($report) = $proxy->events('report');

    note("$what: $report->{down}{in} packets for " . $talkers * $frames);

    $t->done(more => 1);

    return $report->{down}{in};
}


my $plain = packets_for('', 'plain');
my $bundled = packets_for('wzp_bundle 20ms;', 'bundled');
my $trunk = packets_for('wzp_trunking on;', 'trunking');

cmp_ok($bundled, '<', $plain * 0.6, 'twenty milliseconds save packets');
cmp_ok($trunk, '<', $plain, 'five save some as well');

done_testing();
