# The measure of speech.t and loss.t itself: what it says of the same speech, of
# other speech, of a mixture, of noise and of holes.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Speech;

my $dir = tempdir(CLEANUP => 1);
my %file = map { $_ => speech($dir, $_) } qw(ann bob eve);

sub sox
{
    my ($name, @args) = @_;

    system('sox', '-q', '-G', '-R', @args) == 0 or die "sox @args";
    return "$dir/$name.wav";
}

my $late = sox('late', $file{ann}, "$dir/late.wav", qw(pad 0.4321 1));
my $loud = sox('loud', $file{ann}, "$dir/loud.wav", qw(vol 0.5));
my $mix = sox('mix', '-m', $file{ann}, $file{bob}, "$dir/mix.wav");
my $silent = sox('silent', $file{ann}, "$dir/silent.wav", qw(vol 0));
my $back = sox('back', $file{ann}, "$dir/back.wav", 'reverse');
my $half = sox('half', $file{ann}, "$dir/half.wav", qw(trim 0 3 pad 0 4));
my $rate = sox('rate', $file{ann}, '-r', 16000, "$dir/rate.wav");

my $s = similarity($file{ann}, $file{ann});
cmp_ok($s->{estoi}, '>', 0.999, 'the same');
is($s->{missing}, 0, 'the same: nothing is missing');

$s = similarity($file{ann}, $late);
cmp_ok($s->{estoi}, '>', 0.99, 'the same, later');
cmp_ok(abs($s->{delay_ms} - 432.1), '<', 1, 'so much later');

$s = similarity($file{ann}, $loud);
cmp_ok($s->{estoi}, '>', 0.99, 'half as loud');
cmp_ok(abs($s->{level_db} + 6), '<', 0.2, 'so much');

$s = similarity($file{ann}, $rate);
cmp_ok($s->{estoi}, '>', 0.98, 'at another rate');

for my $pair ([qw(ann bob)], [qw(bob ann)], [qw(ann eve)], [qw(eve bob)]) {
    $s = similarity(map { $file{$_} } @$pair);
    cmp_ok($s->{estoi}, '<=', OTHER, "other speech: @$pair $s->{estoi}");
}

$s = similarity($file{ann}, $back);
cmp_ok($s->{estoi}, '<=', OTHER, "backwards: $s->{estoi}");

for my $who (qw(ann bob)) {
    $s = similarity($file{$who}, $mix);
    cmp_ok($s->{estoi}, '>=', MIXED, "in the mixture: $who $s->{estoi}");
    cmp_ok($s->{estoi}, '<', SAME, 'but not alone');
}

$s = similarity($file{eve}, $mix);
cmp_ok($s->{estoi}, '<=', OTHER, "not in the mixture: eve $s->{estoi}");

$s = similarity($file{ann}, $silent);
cmp_ok($s->{estoi}, '<=', OTHER, 'silence');
is($s->{missing}, 1, 'silence: all is missing');

$s = similarity($file{ann}, $half);
cmp_ok($s->{missing}, '>', 0.3, 'the second half is missing');
cmp_ok($s->{estoi}, '<', SAME, 'and that shows');

done_testing;
