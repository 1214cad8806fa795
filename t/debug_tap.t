# wzp_debug_tap: header fields of each packet of a room in the log, both ways
# and on links; signals, joins, leaves, statistics.  No payload, no other room,
# no line that a peer has made up.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;


# Lines of the tap, without nginx's own prefix, in a relay's log.

sub taps
{
    my ($r, $re) = @_;

    return grep { $_ =~ $re }
           map { /^\S+ \S+ \[notice\] \d+#\d+: (TAP .*)/ ? $1 : () }
           split /\n/, $r->error_log;
}


sub wait_taps
{
    my ($r, $n, $re) = @_;

    wait_for { taps($r, $re) >= $n };
    return taps($r, $re);
}


my $header = qr/seq=\d+ codec=\w+ ts=\d+ fec_block=\d+ fec_sym=\d+ repair=(?:true|false) len=\d+ fan_out=\d+/;
my $addr = qr/127\.0\.0\.1:\d+/;
my $forged = 'Ann" x TAP EVENT room=general event="join';

my @r = chain(2, workers => 2, rooms => [qw(general private)],
              server => "wzp_debug_tap general;\nwzp_debug_tap_rate off;\n");
ok(wait_up(@r), 'both links are up');

my ($ann, $bob) = $r[0]->joined(
    { seed => seed_of(101), alias => $forged, accept_streams => 1 },
    { seed => seed_of(102), alias => 'Bob', accept_streams => 1 });
my ($eve) = $r[1]->joined({ seed => seed_of(103), accept_streams => 1 });
my @hidden = $r[0]->joined(map { { seed => seed_of(200 + $_), sni => 'private',
                                   accept_streams => 1 } } 1, 2);

ok(all_know([$ann, $bob, $eve]), 'three in the room');
ok(all_know(\@hidden), 'two in another');

my $from = length $r[0]->error_log;
$_->send(count => 40) for $ann, $hidden[0];
$_->sent for $ann, $hidden[0];
$_->heard($ann->stream_id, 40) for $bob, $eve;

# packets: where they came in, to whom they went, on both relays

my @in = wait_taps($r[0], 40, qr/dir="in"/);
is(@in, 40, 'a line for each packet that came in');
is((grep { /^TAP room=general dir="in" addr=$addr $header$/ } @in), 40,
   'with the fields of its header');
is((grep { /len=\d+ fan_out=1$/ } @in), 40, 'for one other member here');
is(join(' ', map { /seq=(\d+)/ } @in), join(' ', 0 .. 39), 'in order');

my $fields = qr/(seq=.*) fan_out/;
is(join("\n", map { /$fields/ } grep { !/peer/ }
              wait_taps($r[0], 40, qr/dir="out" seq/)),
   join("\n", map { /$fields/ } @in), 'and for each that went to a member');
is(join("\n", map { /$fields/ } wait_taps($r[0], 40, qr/dir="out" peer="B"/)),
   join("\n", map { /$fields/ } @in), 'and to the other relay');

my @fed = wait_taps($r[1], 40, qr/dir="fed"/);
is((grep { /^TAP room=general dir="fed" peer="A" $header$/ } @fed), 40,
   'there it comes from a link');
is(join("\n", map { /$fields/ } @fed), join("\n", map { /$fields/ } @in),
   'the same');
is(wait_taps($r[1], 40, qr/dir="out" seq=.*fan_out=1$/), 40,
   'and goes to the member there');

# signals, joins, leaves; what a peer has named himself is not a line

my @updates = taps($r[0], qr/^TAP SIGNAL room=general signal="RoomUpdate"/);
ok(@updates >= 2, 'lists of members');
ok((grep { / count=3 participants=\[/ && /"Bob"/ && /"\?"/ } @updates),
   'with aliases');
ok((grep { index($_, '"Ann\" x TAP EVENT room=general event=\"join"') > 0 }
    @updates), 'escaped');

my $both = '\[(?=.*"Ann\\\\" x)(?=.*"Bob").*\]';
for my $way ([$r[0], 'out', 'B', $both],
             [$r[1], 'fed', 'A', $both],
             [$r[0], 'fed', 'B', '\["\?"\]'])
{
    my ($r, $dir, $peer, $who) = @$way;
    ok(wait_taps($r, 1, qr/^TAP SIGNAL room=general signal="GlobalRoomActive" dir="$dir" peer="$peer" participants=$who$/),
       "who is there, on a link: $dir");
}

my @joins = taps($r[0], qr/TAP EVENT room=\S+ event="join"/);
is(@joins, 2, 'joins, no more');
is((grep { /detail="participant=\d+ addr=$addr alias=.+"$/ } @joins), 2,
   'with who and whence');

$bob->signal('"Mute"');
ok(wait_taps($r[0], 1, qr/^TAP SIGNAL room=general signal="Mute" addr=$addr$/),
   'what a member says');

$bob->close;
$ann->wait_count(2);
$ann->close;
my @leaves = wait_taps($r[0], 2, qr/event="leave"/);
is(@leaves, 2, 'leaves');
like($leaves[0], qr/detail="participant=\d+ addr=$addr forwarded=0"$/,
     'with what he had sent');
like($leaves[1], qr/\(room closed\)"$/, 'and the end of the room');

# every line is one of those, and of that room

my @strange = grep {
    !/^TAP room=general dir="(?:in|out|fed)" (?:(?:addr=$addr|peer="[AB]") )?$header$/
    && !/^TAP (?:SIGNAL|EVENT|STATS) room=general /
} map { taps($_, qr/TAP/) } @r;
is("@strange", '', 'nothing else');

# statistics; a packet with a text for a payload shows none of it

my ($carl) = $r[0]->joined({ seed => seed_of(104), accept_streams => 1 });
$carl->send(count => 10, payload => unpack('H*', 'secret words'));
$carl->sent;
wait_taps($r[0], 50, qr/dir="in"/);
my $stats = qr/^TAP STATS room=general period="5s" in_pkts=10 out_pkts=0 fan_out_avg="0\.0" seq_gaps=0 codecs_seen=\["\w+"\]$/;
is(wait_taps($r[0], 1, $stats), 1, 'statistics');
is((grep { $_->grep_log(qr/secret words|736563726574/) } @r), 0, 'no payload');

$_->close for $carl, $eve, @hidden;

# by hash; all rooms; a rate, and what it left out

retapped('wzp_debug_tap *; wzp_debug_tap_rate 20;');
my $packet = qr/^TAP room=private dir="/;
my $before = @{[taps($r[0], $packet)]};
my ($dora) = $r[0]->joined({ seed => seed_of(105), sni => 'private' });
$dora->send(count => 200, interval_us => 1000);
$dora->sent;
my $left = 0;
ok(wait_for {
    $left = 0;
    $left += $_ for map { /^TAP SKIPPED count=(\d+) kind="packets"$/ }
                    taps($r[0], qr/SKIPPED/);
    taps($r[0], $packet) - $before + $left == 200;
}, 'what a rate leaves out is counted') or diag("$left left out");
cmp_ok($left, '>=', 100, 'most of it');
ok(taps($r[0], qr/EVENT room=private event="join"/),
   'a star is every room, and packets do not hide a join');
$dora->close;

my $hash = room_hash('private');
retapped("wzp_debug_tap $hash;");
$before = taps($r[0], qr/room=private dir="in"/);
($dora) = $r[0]->joined({ seed => seed_of(105), sni => 'private' });
$dora->send(count => 5);
$dora->sent;
is(wait_taps($r[0], $before + 5, qr/room=private dir="in"/), $before + 5,
   'a room by its hash');
$dora->close;

retapped('');
ok($r[0]->wait_workers(2), 'old workers, who still look, are gone');
$before = taps($r[0], qr/room=private/);
($dora) = $r[0]->joined({ seed => seed_of(105), sni => 'private' });
$dora->send(count => 5);
$dora->sent;
$dora->close;
is(taps($r[0], qr/room=private/), $before, 'off again, and silent');


# A reload of the first relay with other lines instead of its tap.

sub retapped
{
    my ($lines) = @_;
    my $server = $r[0]{conf}{server};

    $server =~ s/wzp_debug_tap\S* \S+;\n?//g;
    $r[0]->reload(server => "$server\n$lines\n");
    return wait_for { $r[0]->workers == 2 };
}


sub room_hash
{
    my ($name) = @_;

    return substr sha256_hex("featherchat-group:$name"), 0, 32;
}

Test::Nginx::WZP->finish(@r);
