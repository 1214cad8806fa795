# Health lines: how it goes to each member and on each link.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;


# Health lines of a relay as {name => value}, of those with these values.

sub health
{
    my ($r, %want) = @_;
    my @lines;

    for my $line (split /\n/, $r->error_log) {
        my ($text) = $line =~ /\[info\] .*?HEALTH (.*)/ or next;
        my %v = $text =~ /(\w+)=("[^"]*"|\S+)/g;
        push @lines, \%v unless grep { ($v{$_} // '') ne $want{$_} }
                                keys %want;
    }

    return @lines;
}


sub sum { my ($name, @l) = @_; my $n = 0; $n += $_->{$name} for @l; return $n }
sub most { my ($name, @l) = @_;
           return (sort { $b <=> $a } map { $_->{$name} =~ /^(\d+)/ } @l)[0] }


my @r = chain(2, workers => 2, server => "wzp_health_interval 1s;\n");
ok(wait_up(@r), 'both links are up');

my ($ann, $bob) = $r[0]->joined(
    map { { seed => seed_of(100 + $_), accept_streams => 1 } } 1, 2);
my ($far) = $r[1]->joined({ seed => seed_of(103), accept_streams => 1 });
ok(all_know([$ann, $bob, $far]), 'three in the room');

my %ann = (room => 'general', stream => sprintf '%04x', $ann->stream_id);
my %bob = (room => 'general', stream => sprintf '%04x', $bob->stream_id);

# two runs with a pause, and one packet that is none

$ann->send(count => 50);
$ann->sent;
$ann->raw('0102');
select undef, undef, undef, 0.7;
$ann->send(count => 50);
$ann->sent;
$_->heard($ann->stream_id, 100) for $bob, $far;

ok(wait_for { sum('in_pkts', health($r[0], %ann)) == 100 },
   'packets that came in');
ok(wait_for { sum('in_drops', health($r[0], %ann)) == 1 }, 'one did not');
cmp_ok(sum('gaps', health($r[0], %ann)), '>=', 1, 'a gap');
cmp_ok(most('gap_max', health($r[0], %ann)), '>=', 600, 'so long');

ok(wait_for { sum('out_pkts', health($r[0], %bob)) == 100 },
   'packets that went out to another');
cmp_ok(most('delay_max', health($r[0], %bob)), '<', 1e6, 'after how long');
cmp_ok(most('delay_avg', health($r[0], %bob)), '>', 0, 'measured');
$r[0]->measures(most('rtt', health($r[0], %bob)), '<', 1000, 'how far he is');
is(sum('send_failures', health($r[0], %bob)), 0, 'nothing failed');

# links, at both ends

ok(wait_for { sum('out_pkts', health($r[0], peer => '"B"')) == 100 },
   'packets to a link');
cmp_ok(most('delay_avg', health($r[0], peer => '"B"')), '>', 0, 'how soon');
ok(wait_for { sum('in_pkts', health($r[1], peer => '"A"')) == 100 },
   'packets from a link');
cmp_ok(sum('gaps', health($r[1], peer => '"A"')), '>=', 1, 'with a gap');

$far->send(count => 20);
$far->sent;
ok(wait_for { sum('out_pkts', health($r[1], peer => '"A"')) == 20 },
   'and the other way, by who dialed');
cmp_ok(most('delay_avg', health($r[1], peer => '"A"')), '>', 0, 'how soon');

# fields, and their order

my @lines = map { /HEALTH (\S.*?)(?: while|,|$)/ } split /\n/, $r[0]->error_log;
my $fields = qr/period=\d+s in_pkts=\d+ in_drops=\d+ gaps=\d+ gap_max=\d+ms out_pkts=\d+ out_drops=\d+ send_failures=\d+ delay_avg=\d+us delay_max=\d+us loss=\d+\.\d% rtt=\d+\.\dms/;
is((grep { !/^(?:room=general stream=[0-9a-f]{4}|peer="B") $fields$/ } @lines),
   0, 'every line has all of it');

# off

$r[0]->reload(server => $r[0]{conf}{server}
                        =~ s/wzp_health_interval 1s/wzp_health_interval off/r);
$_->close for $ann, $bob, $far;
ok(wait_for { $r[0]->workers(all => 1) == 2 }, 'reloaded');
my $n = health($r[0]);
my ($eve) = $r[0]->joined({ seed => seed_of(104) });
select undef, undef, undef, 2.2;
is(health($r[0]), $n, 'off: no line');
$eve->close;

Test::Nginx::WZP->finish(@r);
