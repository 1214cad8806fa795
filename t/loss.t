# Speech over a bad line: lost, late, doubled and swapped packets.  What was
# lost is concealed, and the report accounts for every number.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Speech;

my $t = Test::Nginx::WZP->new->start;
my $dir = $t->dir;
$t->stall;
my $file = speech($dir, 'ann');

# Four lines to the listener, each with a fate of its own.  Least ESTOI: some
# way below what is usual (measured: 0.97, 0.93, 0.88, 0.95), and far above that
# of other speech.

my %line = (
    jitter => [0.85, '--delay', 20, '--jitter', 40],
    loss10 => [0.75, '--loss', 10],
    loss20 => [0.65, '--loss', 20],
    mess   => [0.75, '--loss', 3, '--reorder', 10, '--duplicate', 10,
               '--delay', 10, '--jitter', 15],
);

my (%ear, %id);
my $n = 1;

for my $name (sort keys %line) {
    my ($least, @options) = @{$line{$name}};

    $t->proxy($n, '--direction', 'down', '--seed', 7, @options);
    $ear{$name} = $t->client({ addr => $t->addr($n++) }, '--room', 'speech',
                             '--record', "$dir/$name.wav");
    ok($ear{$name}->wait_event('joined'), "$name: joins")
        or diag($ear{$name}->story);
}

my $mouth = $t->client('--room', 'speech', '--send-file', $file);
is($mouth->wait, 0, 'the sender ends when its file does');
my $sent = $mouth->report->{sent};
sleep 2;

for my $name (sort keys %line) {
    my ($least) = @{$line{$name}};

    is($ear{$name}->stop('INT'), 0, "$name: a good end");

    my ($s) = grep { $_->{received} } @{$ear{$name}->report->{streams}};
    my $sim = similarity('--wander', 150, $file, "$dir/$name.wav");

    note(join ' ', $name, map { "$_=" . ($s->{$_} || 0) }
         qw(received unique dup lost reordered late concealed_plc
            concealed_dred));
    $t->measures($sim->{estoi}, '>=', $least, "$name: ESTOI $sim->{estoi}");
    is($s->{received}, $s->{unique} + $s->{dup},
       "$name: each packet is new or a double");
    is($s->{unique} + $s->{lost}, $s->{last_seq} - $s->{first_seq} + 1,
       "$name: each number came or is missing");

    if ($name eq 'jitter') {
        $t->counts($s->{lost}, 0, "$name: nothing is lost by being late");
    } else {
        $t->measures($s->{lost}, '>', 0, "$name: some were lost");
        $t->measures($s->{concealed_plc} + $s->{concealed_dred}
                     + $s->{concealed_fec} + $s->{concealed_copy}, '>', 0,
                     "$name: and concealed");
    }
}

my ($mess) = grep { $_->{received} } @{$ear{mess}->report->{streams}};
$t->measures($mess->{reordered}, '>', 0, 'swapped ones are counted');

$t->done;
