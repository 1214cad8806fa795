# A member that stops reading delays nobody: what it misses is dropped, oldest
# first, and the others hear every frame.  When it is back it hears again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(
    stream => 'log_format d "$wzp_fingerprint $wzp_status $wzp_drops";'
              . "\naccess_log %%DIR%%/access.log d;");

my ($ann, $bob, $eve, $joe) = $t->joined(
    map { { seed => seed_of($_), accept_streams => 1 } } 1 .. 4);

$_->wait_count(4) for $ann, $bob, $eve, $joe;

$_->send(count => 600, interval_us => 10_000) for $ann, $bob;
$joe->heard($ann->stream_id, 20);
$joe->freeze;

# a frozen member does not hold up signals either

$eve->signal('"Mute"');
ok(wait_for {
       my ($p) = grep { $_->{fingerprint} eq fp_of(3) }
                 @{$bob->room->{participants}};
       $p->{muted};
   }, 'a list reaches those who read');

$_->sent for $ann, $bob;

for my $pair ([$eve, $ann], [$eve, $bob], [$ann, $bob], [$bob, $ann]) {
    my ($to, $from) = @$pair;
    my $flow = $to->heard($from->stream_id, 600);

    is($flow->{distinct}, 600, 'all frames, beside a member that sleeps');
    is($flow->{dups}, 0, 'none twice');
}

$joe->thaw;
my $before = $joe->heard($ann->stream_id, 1)->{packets};
cmp_ok($before, '<', 600, 'the sleeper has missed some');

$ann->send(count => 100, seq => 1000);
$ann->sent;
ok(wait_for {
       my $flow = ($joe->stats || return 0)->{flows}{$ann->stream_id};
       $flow->{packets} >= $before + 50;
   }, 'and hears again') or diag($joe->story);

$_->close for $ann, $bob, $eve, $joe;

my $fp = fp_of(4);
my $line = wait_for {
    open my $fh, '<', $t->dir . '/access.log' or return 0;
    my ($found) = grep { /^\Q$fp\E / } <$fh>;
    $found;
};
my ($drops) = ($line || '') =~ /(\d+)$/;
cmp_ok($drops || 0, '>', 100, 'what the sleeper missed is counted');

$t->done;
