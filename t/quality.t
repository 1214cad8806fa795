# The weakest member's reports decide what the room is told to send.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2);

my ($ann, $bob, $old) = $t->joined(
    { seed => seed_of(1), accept_streams => 1 },
    { seed => seed_of(2), accept_streams => 1 }, {});

my $seq = 0;

# n packets with a report: loss in percent, RTT in ms

sub report
{
    my ($m, $n, $loss, $rtt) = @_;

    for (1 .. $n) {
        $m->raw(sprintf '0200%04x%08x00000000%s%02x%02x%02x%02x', $seq,
                $seq * 20, 'f8fffe', int($loss * 255 / 100), $rtt / 4, 3, 200);
        $seq++;
    }
}

sub told
{
    my ($m, $codec) = @_;

    return $m->wait('signal', sub {
        my $d = ref $_->{json} eq 'HASH' && $_->{json}{QualityDirective};
        $d && $d->{recommended_profile}{codec} eq $codec;
    });
}

sub directives
{
    return scalar grep { ref $_->{json} eq 'HASH'
                         && $_->{json}{QualityDirective} }
           $_[0]->events('signal');
}

report($bob, 2, 10, 20);
report($bob, 1, 2.5, 20);
report($bob, 2, 10, 20);
$bob->send(count => 1);
$ann->heard($bob->stream_id, 6);
is(directives($ann), 0, 'two bad reports in a row are not enough');

report($bob, 1, 10, 20);

for my $m ($ann, $bob) {
    my $ev = told($m, 'Opus6k');
    ok($ev, 'three are: everybody is told, the reporter too');
    is($ev->{json}{QualityDirective}{reason}, 'weakest link: Degraded',
       'with the reason');
    is_deeply($ev->{json}{QualityDirective}{recommended_profile},
              { codec => 'Opus6k', fec_ratio => 0.5, frame_duration_ms => 40,
                frames_per_block => 10 }, 'and the whole profile');
}

report($bob, 3, 40, 20);
ok(told($ann, 'Codec2_1200'), 'worse: down to the lowest at once');

# ann reports well; the weakest link stays

report($ann, 12, 0, 4);
my $n = directives($ann);
$ann->send(count => 1);
$bob->heard($ann->stream_id, 13);
is(directives($bob), $n, 'a good member does not hide a bad one');

# bob gets better, one step for five reports

report($bob, 5, 0, 4);
ok(wait_for { directives($ann) > $n }, 'better: a step up');

# the weakest leaves

$bob->close;
my $up = wait_for {
    my @all = grep { ref $_->{json} eq 'HASH'
                     && $_->{json}{QualityDirective} } $ann->events('signal');
    my $d = @all ? $all[-1]{json}{QualityDirective} : undef;
    $d && $d->{recommended_profile}{codec} !~ /^(?:Opus6k|Codec2)/;
};
ok($up, 'the weakest has left: up again');

$t->done;
