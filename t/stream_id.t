# The relay stamps bytes 10 and 11 with the sender's stream id, so that nobody
# can speak as another; the other bytes of a packet are not touched.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;

my ($ann, $bob, $eve) = $t->joined(
    { seed => seed_of(1), log => 1 }, { seed => seed_of(2) },
    { seed => seed_of(3), log => 1 });

my %id = (ann => $ann->stream_id, bob => $bob->stream_id,
          eve => $eve->stream_id);

# eve claims to be bob

my $head = '0a00' . '0000' . '00000000' . '0703' . sprintf('%04x', $id{bob});
$eve->send(count => 10, interval_us => 2000, head => '20a0' . substr $head, 4);
$eve->sent;

is($ann->heard($id{eve}, 10)->{distinct}, 10, 'packets arrive as hers');
ok(!$ann->stats->{flows}{$id{bob}}, 'and not as his');

# bytes, one by one: version bit, repair, ratio, report, block, symbol

my @raw = (
    '0000' . '0007' . '00000014' . '0000' . '0000' . 'f8fffe',
    '80a8' . '3039' . '000f1206' . '0703' . 'ffff' . '00',
    '51fc' . 'ffff' . 'ffffffff' . 'ffff' . '0001' . 'aa' x 256,
    '0a00' . '0032' . '000007d0' . '0000' . '0000' . 'aabbcc' . '191914c8',
    '1400' . '0005' . '0000012c' . '0000' . '1234' . '32',
    '0000' . '0008' . '00000028' . '0000' . '0000',
    '2003' . '0009' . '00000028' . '0000' . '0000' . '01' x 1100,
);

for my $hex (@raw) {
    my $before = () = $ann->events('packet');
    my $want = substr($hex, 0, 20) . sprintf('%04x', $id{eve})
               . substr($hex, 24);
    $eve->raw($hex);
    my $ev = $ann->wait('packet', sub {
        $_->{header} . $_->{payload} eq $want });
    ok($ev, 'only bytes 10 and 11 differ: ' . substr $hex, 0, 24)
        or diag(map { "got $_->{header}" . substr($_->{payload}, 0, 20) . "\n" }
                $ann->events('packet'));
}

# nobody hears himself, whatever he claims

is_deeply([grep { $_ != $id{ann} && $_ != $id{bob} }
           keys %{$eve->stats->{flows}}], [], 'eve does not hear herself');

# An id rests after its member has left: the next ones get others.

$eve->close;
my @next = $t->joined(map { { seed => seed_of(10 + $_) } } 1 .. 5);
is((grep { $_->stream_id == $id{eve} } @next), 0,
   'a stream id is not given out again at once');

$t->done;
