package Test::Nginx::WZP::Speech;

# Speech to send, by espeak-ng, and how much of it arrived.
#
# What t/tools/similarity says of a recording, and where the line is drawn.
# Measured with the sentences below (ESTOI):
#
#     the same file                                    1.00
#     through the relay, Opus64k                       0.99
#     through the relay, Opus24k                       0.96
#     through the relay, Opus6k                        0.80
#     two talkers at once, each against the mixture    0.50 .. 0.63
#     other speech                                     -0.03 .. 0.01

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();

use Test::Nginx::WZP::Util;

our @EXPORT = qw(speech similarity SAME LOW MIXED OTHER);

use constant SAME => 0.85;              # at least: the same, well
use constant LOW => 0.60;               # at least: the same at 6 kbit/s
use constant MIXED => 0.35;             # at least: one of two talkers
use constant OTHER => 0.15;             # at most: somebody else

my %voice = (
    ann => ['en-us+f3', 160,
            'The birch canoe slid on the smooth planks. Glue the sheet to '
            . 'the dark blue background. It is easy to tell the depth of a '
            . 'well.'],
    bob => ['en+m3', 150,
            'Four hours of steady work faced us. A large size in stockings '
            . 'is hard to sell. The boy was there when the sun rose.'],
    eve => ['en-gb+f2', 155,
            'Kick the ball straight and follow through. Help the woman get '
            . 'back to her feet. A pot of tea helps to pass the evening.'],
);


# A WAV file (48 kHz, mono, 16 bit) of ann, bob or eve speaking.

sub speech
{
    my ($dir, $who) = @_;
    my ($voice, $speed, $text) = @{$voice{$who}};
    my ($raw, $file) = ("$dir/$who.espeak.wav", "$dir/$who.wav");

    system('espeak-ng', '-v', $voice, '-s', $speed, '-w', $raw, $text) == 0
        or die 'espeak-ng does not speak';
    system('sox', '-q', '-G', $raw, '-r', 48000, '-c', 1, '-b', 16, $file)
        == 0 or die 'sox does not convert';

    return $file;
}


# The tool's account of one file in another; its text as {} when it failed.

sub similarity
{
    my ($reference, $recording, @options) = @_;
    my $tool = Test::Nginx::WZP::tool('similarity');
    my $text = `$tool @options $reference $recording 2>&1`;

    return eval { JSON::PP->new->decode($text) }
        || { estoi => -1, stoi => -1, corr => -1, delay_ms => 0,
             level_db => -99, missing => 1, text => $text };
}


1;
