# A ring of three: two ways to everybody, but each frame comes once, and nothing
# circulates: when nothing changes, relays say nothing of rooms.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

# a relay of ours more, linked to all three, to see what they tell

my $watcher = seed_of(800);
my $trust = 'wzp_trusted fingerprint=' . tls_fp_of($watcher) . ' label=W;';

my @r = ring(3, workers => 2, dial => 'both', server => $trust);
ok(wait_up(@r), 'all links are up');

my @m = everywhere(\@r, 2);
ok(all_know(\@m), 'everybody is in every list');
talk(\@m, 400, interval_us => 10_000);
clean($r[0], \@m, 12_000, 'a ring');

my @w = map { $_->link(seed => $watcher, ours => 1) } @r;

sub told
{
    return join ' ', map {
        my $w = $_;
        my $n = grep { $_->{name} =~ /^GlobalRoom/ } $w->events('signal');
        $n;
    } @w;
}

ok(wait_for { told() eq '3 3 3' }, 'each tells of itself and two others')
    or diag(told());

sleep 4;
is(told(), '3 3 3', 'and then nothing more');

$m[0]->signal('"Mute"');
ok(wait_for { told() eq '4 4 4' }, 'a change is told by each, once')
    or diag(told());

sleep 2;
is(told(), '4 4 4', 'and then nothing more');

my @muted = map {
    my $m = $_;
    wait_for {
        grep { $_->{stream_id} == $m[0]->stream_id && $_->{muted} }
            @{$m->room->{participants}};
    };
} @m[1 .. 5];
is(scalar(grep { $_ } @muted), 5, 'all see it');

$_->close for @w;
Test::Nginx::WZP->finish(@r);
