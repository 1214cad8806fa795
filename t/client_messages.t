# What is wrong gets a clear answer from the client, and an exit status of its
# own: nobody there, nobody that we want, or nobody that wants us.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

my $home = $t->dir . '/home';
mkdir $home;

# One run; the home stays the same, so relays are remembered.

sub client
{
    my ($addr, @args) = @_;
    my @end = grep(/^--(?:ping|version-check)$/, @args) ? ()
              : ('--duration', '0');
    my ($rc, $out, $err) = $t->run_client(
        { home => $home, addr => $addr }, @end, @args);

    return ($rc, $err, $out);
}


sub says
{
    my ($rc, $like, $text, $addr, @args) = @_;
    my ($got, $err) = client($addr, @args);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($got, $rc, "$text: exit status $rc") or diag($err);
    like($err, $like, "$text: message");
}


# A relay of t/tools/oddrelay.c on the nth port, for one block.

sub odd
{
    my ($n, @args) = @_;
    my $p = Test::Nginx::WZP::Process->spawn(
        name => "odd$n", dir => $t->dir,
        command => [Test::Nginx::WZP::tool('oddrelay'), @args, $t->port($n)]);

    $p->wait_event('ready') or BAIL_OUT('oddrelay does not start');
    push @{$t->{clients}}, $p;
    return $p;
}

my $ann = fp_of(1);

$t->start(server => "wzp_room club allow=$ann; wzp_room_members 1;"
                    . ' wzp_max_sessions 2; wzp_handshake_timeout 5s;');


# ---- nobody there ----

my $dead = $t->addr(1);

says(5, qr/\Q$dead\E: nothing listens there.*on this port\?/, 'no relay',
     $dead);
says(5, qr/nothing listens there/, 'no relay to ping', $dead, '--ping', '1');
says(5, qr/nothing listens there/, 'no relay to ask', $dead,
     '--version-check');
says(5, qr/"no-such-host.invalid" has no address.*is the name right/,
     'no such name', 'no-such-host.invalid:4433');
says(5, qr/has no address/, 'no address of that kind', $t->addr, '-6');

# a port that swallows everything

my $hole = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp',
                                 LocalPort => $t->port(2));
says(5, qr/no answer.*let through/, 'silence', $t->addr(2));

# something that answers, but not in QUIC (the bytes of its greeting)

my $echo = fork;
if (!$echo) {
    while ($hole->recv(my $data, 2000)) {
        $hole->send('go away' x 10);
    }
    POSIX::_exit(0);
}
says(5, qr/no answer/, 'not QUIC', $t->addr(2));
kill 'KILL', $echo;
waitpid $echo, 0;
close $hole;


# ---- nobody that we want ----

my $p = odd(3, '--alpn', 'h3');
says(5, qr/speaks QUIC, but not WZP \(ALPN mismatch\)/, 'not WZP',
     $t->addr(3));
$p->stop;

$p = odd(3, '--no-datagram');
says(5, qr/does not support QUIC DATAGRAM: it is too old/, 'no DATAGRAM',
     $t->addr(3));
$p->stop;

$p = odd(3, '--bad-signature');
says(4, qr/signature does not verify/, 'a wrong signature', $t->addr(3));
ok(slurp("$home/.config/wzp/known_hosts") !~ /:${\ $t->port(3)} /,
   'such a relay is not remembered');
$p->stop;

$p = odd(3, '--silent');
says(5, qr/the call offer is not answered/, 'no answer to the offer',
     $t->addr(3));
$p->stop;

$p = odd(3, '--no-version');
says(5, qr/does not tell its version/, 'no version', $t->addr(3),
     '--version-check');
$p->stop;


# ---- not the one it was ----

$p = odd(3, '--seed', '7');
my ($rc, $err, $out) = client($t->addr(3));
is($rc, 0, 'first contact');
my ($cert) = $out =~ /first contact.*?((?:[0-9a-f]{2}:){31}[0-9a-f]{2})/s;
ok($cert, 'tells the certificate');
($rc, $err, $out) = client($t->addr(3));
is("$rc $err", '0 ', 'the same again');
unlike($out, qr/first contact/, 'is no first contact');

(my $plain = uc $cert) =~ s/://g;
is((client($t->addr(3), '--fingerprint', $_))[0], 0, 'it can be named')
    for $cert, $plain;
$p->stop;

$p = odd(3, '--seed', '8');
says(6, qr/THE RELAY IS NOT THE ONE IT WAS.*used to be\s+\Q$cert\E.*line \d/s, 'another identity', $t->addr(3));
says(6, qr/not the relay that --fingerprint names.*wanted is\s+\Q$cert\E/s,
     'not the one that was named', $t->addr(3), '--fingerprint', $cert);
says(6, qr/NOT THE ONE/, 'not even to ping', $t->addr(3), '--ping', '1');

my $known = "$home/.config/wzp/known_hosts";
my $text = slurp($known);
spew($known, $text =~ s/^\S+:${\ $t->port(3)} .*\n//mr);
is((client($t->addr(3)))[0], 0, 'forgotten: a first contact again');

spew($known, '127.0.0.1:' . $t->port(3) . " nonsense\n");
says(7, qr/line 1, is not "HOST:PORT FINGERPRINT"/, 'a spoilt file',
     $t->addr(3));
is(slurp($known), '127.0.0.1:' . $t->port(3) . " nonsense\n",
   'is left alone');
unlink $known;
$p->stop;


# ---- nobody that wants us ----

my %refused = (
    NORMAL => [3, qr/before it answered/], INTERNAL => [1, qr/internal/],
    PROTOCOL => [1, undef], TIMEOUT => [5, undef], AUTH => [4, undef],
    BINDING => [4, qr/wants proof/], FORBIDDEN => [3, undef],
    ACCESS => [3, undef], ROOM_NAME => [3, undef], RESERVED => [3, undef],
    ROOM_FULL => [3, undef], TOO_MANY => [3, undef], ROOMS_FULL => [3, undef],
    REPLACED => [3, qr/has joined from elsewhere/], GOING_AWAY => [5, undef],
    NO_DATAGRAM => [5, undef], STRANGER => [3, undef],
);

for my $name (sort keys %refused) {
    my ($code, $phrase) = close_code($name);
    my ($status, $like) = @{$refused{$name}};

    $p = odd(3, '--refuse', $code);
    says($status, $like || qr/\Q$phrase\E/, "closed as $name", $t->addr(3));
    $p->stop;
}

my $table = slurp("$FindBin::Bin/../src/wzp/wzp_close_x.h");
my @names = $table =~ /^WZP_CLOSE_X\((\w+),/mg;
is_deeply([grep { !$refused{$_} } @names], [], 'every code was tried');

# by the real relay

says(3, qr/name is reserved: choose another --room/, 'reserved', $t->addr,
     '--room', '_x');
says(3, qr/not on the room's access list: ask its operator/, 'ACL', $t->addr,
     '--room', 'club');
is((client($t->addr, '--room', 'club', '--seed', seed_of(1)))[0], 0,
   'on the list');

my $in = $t->client('--room', 'small');
ok($in->wait_event('joined'), 'somebody is in') or diag($in->story);
says(3, qr/room is full: try again later/, 'room full', $t->addr,
     '--room', 'small');
my $two = $t->client('--room', 'other');
ok($two->wait_event('joined'), 'and somebody elsewhere');
says(3, qr/relay is full: try again later/, 'relay full', $t->addr,
     '--room', 'third');

# as events

my $js = $t->client('--room', 'third');
is($js->wait, 3, 'with --json the same status');
my ($ev) = $js->events('error');
is($ev->{exit}, 3, 'in an event');
like($ev->{message}, qr/relay is full/, 'with the message');
($ev) = $js->events('closed');
is("$ev->{cause} $ev->{code}", 'too_many ' . close_code('TOO_MANY'),
   'and how the connection ended');
is($js->report->{exit}, 3, 'and in the report');

$t->done;
