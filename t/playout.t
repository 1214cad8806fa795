# How long packets wait before they are heard: as long as the line needs, no
# longer than one says; and how loud somebody is.

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

# Who listens: over which line, with which options.

my %ear = (
    plain  => [[], []],
    jitter => [['--delay', 20, '--jitter', 10], []],
    bad    => [['--delay', 20, '--jitter', 80], []],
    fixed  => [['--delay', 20, '--jitter', 10],
               ['--playout-delay', '150:150']],
    soft   => [[], ['--volume', 'ANN=-12']],
    mute   => [[], ['--volume', 'Ann=20', '--volume', 'bob=-40']],
);

my (%c, %s);
my $n = 1;

for my $name (sort keys %ear) {
    my ($line, $options) = @{$ear{$name}};
    my @via;

    if (@$line) {
        $t->proxy($n, '--direction', 'down', '--seed', 3, @$line);
        @via = ({ addr => $t->addr($n++) });
    }

    $c{$name} = $t->client(@via, '--room', 'speech', '--record',
                           "$dir/$name.wav", @$options);
    ok($c{$name}->wait_event('joined'), "$name: joins")
        or diag($c{$name}->story);
}

my $mouth = $t->client('--room', 'speech', '--alias', 'Ann', '--send-file',
                       $file);
is($mouth->wait, 0, 'the sender ends when its file does');
sleep 2;

for my $name (sort keys %ear) {
    is($c{$name}->stop('INT'), 0, "$name: a good end");
    my ($stream) = grep { $_->{received} } @{$c{$name}->report->{streams}};
    $s{$name} = { %{similarity('--wander', 150, $file, "$dir/$name.wav")},
                  %$stream };
    note(join ' ', $name, map { "$_=" . $s{$name}{$_} }
         qw(playout_ms playout_max_ms target_ms late_pct concealed_pct
            accelerated accelerated_ms expanded expanded_ms estoi level_db));
}

for my $name (qw(plain jitter bad)) {
    $t->measures($s{$name}{estoi}, '>=', SAME,
                 "$name: ESTOI $s{$name}{estoi}");
    $t->measures($s{$name}{late_pct}, '<', $name eq 'bad' ? 3 : 1,
                 "$name: late $s{$name}{late_pct} %");
    $t->measures($s{$name}{concealed_pct}, '<', 3,
                 "$name: concealed $s{$name}{concealed_pct} %");
}

$t->measures($s{plain}{playout_ms}, '<', 40,
             "no jitter: heard after $s{plain}{playout_ms} ms");
$t->measures($s{jitter}{playout_ms}, '<', 40,
             "10 ms of jitter: heard after $s{jitter}{playout_ms} ms");
$t->measures($s{bad}{target_ms}, '>', 60,
             "80 ms: up to $s{bad}{target_ms} ms are waited");
is($s{fixed}{target_ms}, 150, 'as long as was said');
$t->measures($s{fixed}{playout_ms}, '>', 120,
             "heard after $s{fixed}{playout_ms} ms");

$t->measures(abs($s{soft}{level_db} - $s{plain}{level_db} + 12), '<', 1,
             'softer by 12 dB');
$t->measures($s{mute}{level_db}, '>', $s{plain}{level_db} + 3,
             'louder, as far as it goes');

$t->done;
