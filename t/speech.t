# What the relay is for: speech in a file at one end, the same speech in a
# recording at the other; two talkers at once, both intelligible.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Speech;

my $t = Test::Nginx::WZP->new->start(workers => 2,
                                     server => 'wzp_profile Opus64k;');
my $dir = $t->dir;
$t->stall;
my %file = map { $_ => speech($dir, $_) } qw(ann bob eve);


# Four rooms at once: who sends what to each of them.

my %room = (
    one     => [['--send-file', $file{ann}, '--profile', 'Opus24k']],
    Opus64k => [['--send-file', $file{bob}, '--profile', 'Opus64k']],
    Opus6k  => [['--send-file', $file{bob}, '--profile', 'Opus6k']],
    two     => [map { ['--send-file', $file{$_}] } qw(ann bob)],
);

my (%ear, %talk, %rec, %report);

for my $room (sort keys %room) {
    $rec{$room} = "$dir/$room.wav";
    $ear{$room} = $t->client('--room', $room, '--record', $rec{$room});
    $ear{$room}->wait_event('joined') or diag($ear{$room}->story);
}

for my $room (sort keys %room) {
    $talk{$room} = [map { $t->client('--room', $room, @$_) } @{$room{$room}}];
}

for my $room (sort keys %room) {
    for my $c (@{$talk{$room}}) {
        is($c->wait, 0, "$room: a sender ends when its file does")
            or diag($c->story);
    }
}

sleep 1;                        # the last words are in the jitter buffer

for my $room (sort keys %room) {
    is($ear{$room}->stop('INT'), 0, "$room: the recorder ends well")
        or diag($ear{$room}->story);
    $report{$room} = $ear{$room}->report;
}


# ---- one talker ----

my $s = similarity('--wander', 150, $file{ann}, $rec{one});
my $o = similarity($file{bob}, $rec{one});

$t->measures($s->{estoi}, '>=', SAME, "Opus24k: ESTOI $s->{estoi}");
$t->measures($s->{missing}, '<', 0.02, 'without holes');
$t->measures(abs $s->{level_db}, '<', 2, 'as loud as it was');
$t->measures($o->{estoi}, '<=', OTHER, "other speech: ESTOI $o->{estoi}");

my ($stream) = grep { $_->{received} } @{$report{one}{streams}};
ok($stream, 'the report tells of the stream') or diag(explain($report{one}));
$t->counts($stream->{lost}, 0, 'no packet was lost');

# real time: as long as the call was

chomp(my $samples = `soxi -s $rec{one}`);
is($samples, $report{one}{recorded_samples}, 'the file is what was reported');
$t->measures(abs($samples / 48000 - $report{one}{duration_s}), '<', 0.5,
       'the recording is as long as the call');


# ---- other qualities, 40 ms frames among them ----

for my $room (['Opus64k', SAME], ['Opus6k', LOW]) {
    my ($name, $least) = @$room;
    my $s = similarity('--wander', 150, $file{bob}, $rec{$name});
    $t->measures($s->{estoi}, '>=', $least, "$name: ESTOI $s->{estoi}");
}


# ---- two at once ----

for my $who (qw(ann bob)) {
    my $s = similarity('--wander', 150, $file{$who}, $rec{two});
    $t->measures($s->{estoi}, '>=', MIXED, "two at once: $who, ESTOI $s->{estoi}");
    $t->measures($s->{missing}, '<', 0.02, "two at once: $who, without holes");
}

my $none = similarity($file{eve}, $rec{two});
$t->measures($none->{estoi}, '<=', OTHER,
       "two at once: not a third, ESTOI $none->{estoi}");

$t->done;
