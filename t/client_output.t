# Whoever reads what the client says may stop doing so: the call goes on, can be
# ended, and what is taken later is whole and in order.

use strict;
use warnings;

use Fcntl qw(O_RDONLY O_WRONLY O_RDWR O_NONBLOCK O_NOCTTY);
use FindBin;
use JSON::PP ();
use POSIX ();
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Client;
use Time::HiRes qw(sleep);

use constant {
    F_SETPIPE_SZ => 1031,
    TIOCGPTN     => 0x80045430,
    TIOCSPTLCK   => 0x40045431,
};

my $t = Test::Nginx::WZP->new->start;
my $dir = $t->dir;
my $number = 0;

my ($ann) = $t->joined({ seed => seed_of(1), accept_streams => 1 });


# Until nothing goes in any more, also when the kernel has moved it on.

sub fill
{
    my ($name) = @_;
    my $idle = 0;

    sysopen my $in, $name, O_WRONLY | O_NONBLOCK | O_NOCTTY
        or die "$name: $!";

    while ($idle++ < 5) {
        while (syswrite $in, '.') {
            $idle = 0;
        }
        sleep 0.02;
    }
}


# A full pipe: (its name, the end to read from).

sub full_pipe
{
    my $name = "$dir/pipe-" . ++$number;

    POSIX::mkfifo($name, 0600) or die "$name: $!";
    sysopen my $out, $name, O_RDONLY | O_NONBLOCK or die "$name: $!";
    fcntl $out, F_SETPIPE_SZ, 4096 or die "$name: $!";
    fill($name);

    return ($name, $out);
}


# A full terminal.

sub full_terminal
{
    my $n = pack 'i', 0;

    sysopen my $out, '/dev/ptmx', O_RDWR | O_NONBLOCK | O_NOCTTY
        or die "/dev/ptmx: $!";
    ioctl $out, TIOCSPTLCK, $n or die "/dev/ptmx: $!";
    ioctl $out, TIOCGPTN, $n or die "/dev/ptmx: $!";

    my $name = '/dev/pts/' . unpack 'i', $n;

    # Who has it open keeps it.
    sysopen my $keep, $name, O_RDWR | O_NOCTTY or die "$name: $!";
    fill($name);

    return ($name, $out, $keep);
}


# The client, with its output where the shell's words say; $0 is that name.

sub client
{
    my ($words, $name, @args) = @_;
    my $home = "$dir/home-output-" . ++$number;

    mkdir $home;

    my $c = Test::Nginx::WZP::Process->spawn(
        dir => $dir, name => 'output',
        env => { HOME => $home, XDG_CONFIG_HOME => undef,
                 XDG_STATE_HOME => undef, TERM => 'vt100' },
        command => ['sh', '-c', "exec \"\$@\" $words", $name,
                    Test::Nginx::WZP::Client::binary(), @args]);

    push @{$t->{clients}}, $c;
    return $c;
}


# What Ann hears goes on.

sub packets
{
    my $flows = ($ann->stats || {})->{flows} || {};
    my $sum = 0;

    $sum += $_->{packets} for values %$flows;
    return $sum;
}


sub heard
{
    my $before = packets();

    return wait_for { packets() >= $before + 100 };
}


# All that is written from now on, and until the client has ended.

sub all
{
    my ($out, $c) = @_;
    my $text = '';
    my $over;

    wait_for {
        $over = !$c->running;
        while (sysread $out, my $some, 65536) {
            $text .= $some;
        }
        return $over;
    };

    $text =~ s/^\.+//;
    return $text;
}


sub is_json { return ref eval { JSON::PP::decode_json($_[0]) } eq 'HASH' }


my @talk = ('--room', 'general', '--send-tone', $t->addr);

# ---- nobody reads ----

for my $form (['--json' => '>"$0"', '--json', @talk],
              ['-v' => '2>"$0"', '-v', @talk],
              ['both' => '>"$0" 2>&1', '--json', '-v', @talk]) {
    my ($what, $words, @args) = @$form;
    my ($name, $out) = full_pipe();
    my $c = client($words, $name, @args);

    ok($ann->wait_count(2), "$what: a call") or diag($c->story);
    ok(heard(), "$what: which is heard");
    ok($c->signal('TERM'), "$what: still there");
    is($c->wait(10), $what eq '-v' ? 0 : 7, "$what: SIGTERM ends it");
    ok($ann->wait_count(1), "$what: the others are told");
    like($c->errors, qr/standard output: the last \d+ lines were not taken/,
         'and why is said') if $what eq '--json';
}

{
    my ($name, $out) = full_pipe();
    my $c = client('>"$0"', $name, '--json', '--analyze', 'general',
                   $t->addr);

    ok($ann->wait_count(2), '--analyze: is there');
    $c->signal('INT');
    ok($ann->wait_count(1), '--analyze: and leaves');
    $c->signal('INT');
    is($c->wait(10), 8, '--analyze: Ctrl-C ends it');
}

{
    my ($name, $out, $keep) = full_terminal();
    my $c = client('>"$0" 2>"$0"', $name, '-v', @talk);

    ok($ann->wait_count(2), 'terminal: a call') or diag($c->story);
    ok(heard(), 'terminal: which is heard');
    $c->signal('INT');
    is($c->wait(10), 7, 'terminal: Ctrl-C ends it');
    ok($ann->wait_count(1), 'terminal: the others are told');
}

# ---- somebody reads again ----

{
    my ($name, $out) = full_pipe();
    my $c = client('>"$0" 2>&1', $name, '--json', '-v', @talk);

    ok($ann->wait_count(2), 'late: a call');
    heard();
    $c->signal('INT');
    $ann->wait_count(1);

    my @lines = split /\n/, all($out, $c);
    my @json = grep { /^\{/ } @lines;
    my @times = map { JSON::PP::decode_json($_)->{t} } grep { is_json($_) }
                @json;

    is($c->wait, 0, 'late: status 0');
    is(scalar(@times), scalar(@json), 'late: events are whole');
    is_deeply(\@times, [sort { $a <=> $b } @times], 'late: in order');
    is(scalar(grep { !/^\{/ && !/^wzp-client: / } @lines), 0,
       'late: as is all else');
    like($json[0], qr/"event":"connecting"/, 'late: from the first');
    like($json[-1], qr/"event":"report"/, 'late: to the last');
}

# ---- the reader has gone ----

{
    my ($name, $out) = full_pipe();
    my $c = client('>"$0"', $name, '--json', @talk);

    ok($ann->wait_count(2), 'gone: a call');
    close $out;
    ok(heard(), 'gone: which goes on');
    is($c->stop('INT'), 0, 'gone: and ends as it should');
    is($c->errors, '', 'gone: without a word');
}

# ---- nothing can be written ----

SKIP: {
    skip 'no /dev/full', 14 unless -c '/dev/full';

    for my $args (['--whoami'], ['--json', '--whoami'], ['config'], ['--help'],
                  ['--list-devices', '--json'], ['config', 'key', 'backup'],
                  ['--json', @talk, '--duration', 1]) {
        my $c = client('>"$0"', '/dev/full', @$args);

        is($c->wait, 7, "full: @$args");
        like($c->errors, qr/^wzp-client: standard output cannot be written: No/m,
             'which is told');
    }
}

$t->done;
