# Each connection is a stream session: variables in log_format and map.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my @names = qw(role room fingerprint alias stream_id status packets_in
               packets_out drops rtt loss verified);

my $t = Test::Nginx::WZP->new->start(
    stream => 'log_format v escape=json "'
        . join('|', '$remote_addr', '$remote_port', '$protocol', '$status',
               '$session_time', '$mapped', map { "\$wzp_$_" } @names) . '";'
        . "\nmap \$wzp_room \$mapped { volatile; default other; club vip; }",
    server => "access_log %%DIR%%/access.log v;\n"
        . "wzp_room_members 2;\nwzp_handshake_timeout 1s;");

# a call of two, and a third

my ($ann, $bob) = $t->joined(
    { seed => seed_of(1), sni => 'club', alias => 'Ann "A" \\', binding => 1 },
    { seed => seed_of(2), sni => 'CLUB' });
my $third = $t->member(seed => seed_of(3), sni => 'club');
$third->closed;

$ann->send(count => 30);
$bob->send(count => 10);
$_->sent for $ann, $bob;
$bob->heard($ann->stream_id, 30);
$ann->heard($bob->stream_id, 10);
my ($ann_id, $bob_id) = ($ann->stream_id, $bob->stream_id);
$_->close for $ann, $bob;

# other roles

$t->member(sni => 'ping', no_offer => 1)->closed;
$t->member(sni => 'version', no_offer => 1)->closed;
$t->member(sni => '_signal')->closed;
$t->member(no_offer => 1)->closed;


sub lines
{
    my @lines;

    for my $line (split /\n/, slurp($t->dir . '/access.log')) {
        my %v;
        @v{qw(addr port protocol st time mapped), @names} =
            split /\|/, $line, -1;
        push @lines, \%v;
    }

    return @lines;
}

ok(wait_for { lines() == 7 }, 'a line for each connection')
    or diag(slurp($t->dir . '/access.log'));

my @lines = lines();
my ($a) = grep { $_->{fingerprint} eq fp_of(1) } @lines;
my ($b) = grep { $_->{fingerprint} eq fp_of(2) } @lines;
my ($c) = grep { $_->{fingerprint} eq fp_of(3) } @lines;

is($a->{addr}, '127.0.0.1', '$remote_addr');
is($a->{port}, ($ann->wait('connected')->{local} =~ /:(\d+)$/)[0],
   '$remote_port');
is($a->{protocol}, 'UDP', '$protocol');
is($a->{st}, 200, '$status');
like($a->{time}, qr/^\d+\.\d{3}$/, '$session_time');
is($a->{mapped}, 'vip', 'map of a variable of ours');
is($a->{role}, 'room', '$wzp_role');
is($a->{room}, 'club', '$wzp_room');
is($b->{room}, 'club', '$wzp_room in lower case');
is($a->{alias}, 'Ann \\"A\\" \\\\', '$wzp_alias, escaped by nginx');
is($b->{alias}, '', '$wzp_alias of nobody');
is($a->{stream_id}, $ann_id, '$wzp_stream_id');
is($b->{stream_id}, $bob_id, '$wzp_stream_id');
is($a->{packets_in}, 30, '$wzp_packets_in');
is($b->{packets_in}, 10, '$wzp_packets_in');
is($a->{packets_out}, 10, '$wzp_packets_out');
is($b->{packets_out}, 30, '$wzp_packets_out');
is($a->{drops}, 0, '$wzp_drops');
like($a->{rtt}, qr/^\d+(?:\.\d+)?$/, '$wzp_rtt');
like($a->{loss}, qr/^0(?:\.0+)?$/, '$wzp_loss');
is($a->{verified}, 'on', '$wzp_verified: bound')
    if $a->{verified} !~ /^1$/;
ok($b->{verified} =~ /^(?:off|0|)$/, '$wzp_verified: not bound');
isnt($a->{verified}, $b->{verified}, '$wzp_verified tells');

is($c->{room}, 'club', 'refused: the room is known');
like($c->{status}, qr/room_full/, 'refused: $wzp_status says why');
like($a->{status}, qr/normal/, 'left: $wzp_status');

is(join(',', sort map { $_->{role} } @lines),
   'ping,room,room,room,room,signal,version', '$wzp_role of all');
my ($late) = grep { $_->{role} eq 'room' && $_->{fingerprint} eq '' } @lines;
like($late->{status}, qr/timeout/, 'no offer: $wzp_status');
my ($sig) = grep { $_->{role} eq 'signal' } @lines;
like($sig->{status}, qr/timeout/, 'no registration: $wzp_status');

$t->done;
