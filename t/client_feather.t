# wzp-client feather: featherChat's payload both ways, and what is none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Open3;
use JSON::PP;
use Symbol qw(gensym);
use Test::More;
use Test::Nginx::WZP;


# (exit status, standard output, standard error)

sub feather
{
    my ($what, $input) = @_;
    my $err = gensym;
    my $pid = open3(my $in, my $out, $err,
                    Test::Nginx::WZP::Client::binary(), 'feather', $what);
    local $/;

    local $SIG{PIPE} = 'IGNORE';
    print $in $input;
    close $in;

    my ($said, $wrong) = (scalar <$out>, scalar <$err>);
    waitpid $pid, 0;

    return ($? >> 8, $said, $wrong);
}


# ---- the example of the specification ----

my $payload = '{"signal":{"Hangup":{"reason":"Normal"}},'
            . '"relay_addr":"relay.example.com:4433","room":"myroom"}';

my ($rc, $out, $err) = feather('encode', $payload);
is($rc, 0, 'encode') or diag($err);
is_deeply(decode_json($out), { type => 'Hangup', payload => $payload },
          'encode: the type, and the payload as a string');

my ($rc2, $out2) = feather('decode', $out);
is($rc2, 0, 'decode what was encoded');
is($out2, '{"type":"Hangup",' . substr($payload, 1) . "\n",
   'decode: the type in front of the members');
is((feather('encode', $out2))[1], $out, 'and encode that');

my $string = JSON::PP->new->allow_nonref->encode($payload);
is((feather('decode', $string))[1], $out2, 'decode: the string alone');
is((feather('decode', " $payload\n"))[1], $out2, 'decode: the payload itself');


# ---- types ----

my %type = ('"Hold"' => 'Hold', '"Unmute"' => 'Unmute',
            '{"IceCandidate":{"candidate":"x"}}' => 'IceCandidate',
            '{"Ping":{"timestamp_ms":1}}' => 'Offer');

for my $signal (sort keys %type) {
    my ($status, $said) = feather('decode', "{\"signal\":$signal}");
    is($status, 0, $signal);
    is(decode_json($said)->{type}, $type{$signal}, "is $type{$signal}");
    like($said, qr/"signal":\Q$signal\E,"relay_addr":null,"room":null/,
         'and whole');
}


# ---- what is none ----

for my $bad (['', qr/line \d+, column \d+/], ['{"signal":', qr/line/],
             ['{}', qr/"signal": a whole/], ['[1]', qr/"signal": a whole/],
             ['{"signal":"Sing"}', qr/none of WZP/],
             ['{"signal":"Hold","room":3}', qr/no payload/],
             ['{"signal":"Hold","type":"Mute"}', qr/is "Mute".*is "Hold"/],
             ['{"signal":"Hold","type":"Sing"}', qr/no type "Sing"/],
             ['{"payload":"{"}', qr/no payload/],
             ['[' x 5000, qr/line/], ['"' . 'a' x 2100000 . '"', qr/over/])
{
    my ($input, $want) = @$bad;

    for my $what (qw(encode decode)) {
        my ($status, undef, $said) = feather($what, $input);
        is($status, 7, "$what " . substr($input, 0, 40) . ': refused');
        like($said, $want, 'with a reason');
    }
}

is((feather('sing', ''))[0], 2, 'a word that is none');

done_testing;
