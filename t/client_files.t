# --metrics-file and --event-log: what is in the lines, and what happens when
# the file is moved or the disk is full.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;
my $dir = $t->dir;
$t->proxy(1, '--direction', 'down', '--seed', 3, '--loss', 20);


sub json_lines
{
    my ($file) = @_;

    open my $fh, '<', $file or return;
    return map { decode_json($_) } <$fh>;
}

sub seen
{
    my ($file, $event, %with) = @_;

    return grep {
        my $l = $_;
        $l->{event} eq $event
            && !grep { ($l->{$_} // '') !~ $with{$_} } keys %with;
    } json_lines($file);
}


# ---- one who listens, behind a bad line, and one who comes and goes ----

my ($metrics, $events) = ("$dir/metrics", "$dir/events");

my $ear = $t->client({ addr => $t->addr(1) }, '--room', 'r', '--alias', 'Ear',
                     '--metrics-file', $metrics, '--event-log', $events);
ok($ear->wait_event('joined'), 'joins') or diag($ear->story);

my $mouth = $t->client('--room', 'r', '--alias', 'Mouth', '--send-tone', 4);
is($mouth->wait, 0, 'somebody speaks and goes');

ok(wait_for { seen($events, 'member', action => qr/left/) }, 'that is logged');

open my $fh, '<', $metrics or die $!;
my $line = <$fh>;
like($line, qr/^\{"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","buffer_depth":\d+,
               "underruns":\d+,"overruns":\d+,"loss_pct":\d+\.\d+,
               "rtt_ms":\d+,"jitter_ms":\d+,"frames_sent":\d+,
               "frames_received":\d+,"quality_profile":"[A-Z0-9_]+",/x,
     'metrics: the members and their order');

my @m = json_lines($metrics);
cmp_ok(scalar(@m), '>=', 3, 'metrics: a line a second');
my ($best) = sort { $b->{loss_pct} <=> $a->{loss_pct} } @m;
cmp_ok($best->{loss_pct}, '>', 3, 'metrics: the loss is there');
cmp_ok($m[-1]{frames_received}, '>', 50, 'metrics: and what came');
is($m[-1]{frames_sent}, 0, 'metrics: nothing was sent');
is($m[-1]{state}, 'joined', 'metrics: the state');

my ($joined) = seen($events, 'joined');
is($joined->{room}, 'r', 'events: we joined');
like($joined->{src}, qr/^[0-9a-f:]+$/, 'events: as whom');
like($joined->{ts}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
     'events: when');
is(scalar(seen($events, 'member', action => qr/^joined/, alias => qr/Mouth/)),
   1, 'events: the other one came');
ok(scalar(seen($events, 'talking')), 'events: and spoke');
ok(scalar(seen($events, 'signal', action => qr/RoomUpdate/,
               direction => qr/^in$/)), 'events: messages of the relay');
is(scalar(seen($events, 'signal', action => qr/CallOffer/,
               direction => qr/^out$/)), 1, 'events: and ours');

my $lost = 0;
$lost += $_->{packets} for seen($events, 'lost', src => qr/:/);
cmp_ok($lost, '>=', 10, "events: $lost packets lost");


# ---- the files are moved away ----

rename $metrics, "$metrics.1" or die $!;
rename $events, "$events.1" or die $!;
ok(wait_for { json_lines($metrics) }, 'metrics: a new file after a move');

is($ear->stop('INT'), 0, 'a good end');
ok(scalar(seen($events, 'closed', reason => qr/local/)),
   'events: a new file after a move');
is(scalar(seen($events, 'status')), 0, 'events: no numbers of each second');


# ---- again: lines are added ----

my $before = -s $events;
my $again = $t->client('--room', 'r', '--duration', 1, '--event-log', $events);
is($again->wait, 0, 'once more');
is(scalar(seen($events, 'closed')), 2, 'events: added to what was there');


# ---- nothing can be written ----

SKIP: {
    skip 'no /dev/full', 3 unless -c '/dev/full';

    my $full = $t->client('--room', 'r', '--duration', 3, '--metrics-file',
                          '/dev/full', '--event-log', '/dev/full');
    is($full->wait, 0, 'a full disk ends no call');
    my @w = grep { $_->{message} =~ m{/dev/full} } $full->events('warning');
    is(scalar(@w), 2, 'one warning for each file');
    like($w[0]{message}, qr/No space/, 'that says why');
}

for my $o ('--metrics-file', '--event-log') {
    my ($rc, $out, $err) = $t->run_client('--room', 'r', $o, "$dir/no/file",
                                          $t->addr);
    is($rc, 7, "$o: a file that cannot be made");
    like($err, qr{no/file: cannot be written}, "$o: is named");
}

$t->done;
