# The least that a call needs: Codec2 with its repair packets, intelligible at
# the other end; and silence, which is nearly no packets at all.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Speech;

my $t = Test::Nginx::WZP->new->start;
my $dir = $t->dir;
$t->stall;

my $ann = speech($dir, 'ann');
my $quiet = "$dir/quiet.wav";

system('sox', '-n', '-r', '48000', '-c', '1', '-b', '16', $quiet,
       'synth', '5', 'whitenoise', 'vol', '0.001') == 0 or die 'sox';

my %send = (
    codec2 => ['--send-file', $ann, '--profile', 'Codec2_3200'],
    silence => ['--send-file', $quiet],
    all => ['--send-file', $quiet, '--no-dtx'],
);

my (%ear, %talk, %heard, %sent);

for my $room (sort keys %send) {
    $ear{$room} = $t->client('--room', $room, '--record', "$dir/$room.wav");
    $ear{$room}->wait_event('joined') or diag($ear{$room}->story);
    $talk{$room} = $t->client('--room', $room, @{$send{$room}});
}

for my $room (sort keys %send) {
    is($talk{$room}->wait, 0, "$room: the sender ends when its file does")
        or diag($talk{$room}->story);
    $sent{$room} = $talk{$room}->report;
}

sleep 1;

for my $room (sort keys %send) {
    is($ear{$room}->stop('INT'), 0, "$room: the recorder ends well");
    ($heard{$room}) = grep { $_->{received} }
                           @{$ear{$room}->report->{streams}};
}

my $s = similarity('--wander', 150, $ann,
                   "$dir/codec2.wav");
$t->measures($s->{stoi}, '>=', 0.7, "Codec2: STOI $s->{stoi}");
cmp_ok($sent{codec2}{sent_repair}, '>', 10, 'with repair packets');
is($heard{codec2}{repair}, $sent{codec2}{sent_repair}, 'which arrive');
is($heard{codec2}{bad}, 0, 'and nothing else is in it');

# a block that the end has cut short is completed, and has its repairs

my $tone = $t->client('--room', 'tone', '--send-tone', '0.46', '--profile',
                      'Codec2_1200');
is($tone->wait, 0, 'a tone');
my $r = $tone->report;
is($r->{sent_frames}, 12, 'of a block of eight frames and half of one');
is($r->{sent} - $r->{sent_repair}, 16, 'is completed');
cmp_ok($r->{sent_repair}, '>', 0, 'with repairs');
is($r->{sent_repair} % 2, 0, 'as many for the second as for the first');

cmp_ok($sent{silence}{sent}, '<', $sent{silence}{sent_frames} * 0.2,
       'silence saves four packets of five');
cmp_ok($heard{silence}{noise}, '>', 10, 'and is heard as noise');
is($sent{silence}{sent_suppressed} + $sent{silence}{sent}
   - $sent{silence}{sent_noise}, $sent{silence}{sent_frames},
   'what is not sent is counted');
is($sent{all}{sent}, $sent{all}{sent_frames}, '--no-dtx: every frame goes');
is($sent{all}{sent_suppressed}, 0, 'none is left out');

$t->done;
