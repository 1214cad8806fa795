package Test::Nginx::WZP;

# A real nginx with the relay in it, for one test file: configuration, ports,
# start, reload, quit, upgrade, workers, and the questions that are asked of
# every error log at the end.  Members come from Test::Nginx::WZP::Client (our
# client) and Test::Nginx::WZP::Peer (the independent one).
#
#     my $t = Test::Nginx::WZP->new;
#     $t->start(workers => 2, server => 'wzp_max_sessions 3;');
#     my $m = $t->member(sni => 'general');
#     ok($m->wait('answer'), 'joined');
#     $t->done;
#
# Several relays, each with ports, identity and directory of its own:
#
#     my ($p, $q) = Test::Nginx::WZP->relays(2);
#     $p->start(server => 'wzp_global_room general;' . $p->trusted_of($q));
#     $q->start(server => 'wzp_global_room general;' . $q->peer_of($p));
#     $q->wait_links(1);
#     ...
#     Test::Nginx::WZP->finish($p, $q);
#
# Test::Nginx::WZP::Topology has chains, rings, stars and meshes of them.  Other
# relays, probers and callers by the independent stack: ->link, ->listener
# (Test::Nginx::WZP::Link).  Bad lines: ->proxy (Test::Nginx::WZP::Proxy).
#
# Environment: TEST_NGINX_BINARY, WZP_MODULE, WZP_CLIENT, WZP_PEER, WZP_BUILD;
# WZP_KEEP=1 keeps the directory, WZP_DEBUG=1 logs everything.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use Fcntl qw(:flock);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Spec;
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(time);

use Test::Nginx::WZP::Client;
use Test::Nginx::WZP::Identity;
use Test::Nginx::WZP::Peer;
use Test::Nginx::WZP::Link;
use Test::Nginx::WZP::Process;
use Test::Nginx::WZP::Proxy;
use Test::Nginx::WZP::Util;

our @EXPORT = (@Test::More::EXPORT, qw(wait_for spew slurp seed_of
    close_code closed_as fp_of tls_fp_of relay_id_of));

our $TOP = abs_path(dirname(__FILE__) . '/../../../..');
our $BUILD = $ENV{WZP_BUILD} || "$TOP/build";

my $FIRST_PORT = $ENV{WZP_TEST_PORT} || 24000;
my $PORTS = 1000;

my $ids = 0;                    # of members, over all relays
my @locks;                      # files that hold our ports
my @ours;                       # every object, for END


# ---- helpers ----

# The application error code of a reason, from the table in the source.

sub close_code
{
    my ($name) = @_;
    my $table = slurp("$TOP/src/wzp/wzp_close_x.h");

    $table =~ /WZP_CLOSE_X\($name,\s+(0x[0-9a-f]+),\s+"\w+",\s+"(.*?)"\)/
        or die "no reason $name";
    return wantarray ? (hex $1, $2) : hex $1;
}


# A member was (or will be) sent away for that reason.

sub closed_as
{
    my ($member, $name, $text) = @_;
    my ($code, $phrase) = close_code($name);
    my $ev = $member->closed || {};
    my $got = join ' ', map { defined $ev->{$_} ? $ev->{$_} : '-' }
              qw(kind code reason);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return like($got, qr/^application $code \Q$phrase\E/, $text);
}


# A UDP and TCP port nobody else uses, and no other test takes.

sub free_port
{
    my $dir = File::Spec->tmpdir . '/wzp-test-ports';
    my $try;

    make_path($dir);

    for my $i (0 .. $PORTS - 1) {
        $try = $FIRST_PORT + ($$ * 13 + $i) % $PORTS;

        open my $fh, '>>', "$dir/$try" or next;
        flock $fh, LOCK_EX | LOCK_NB or next;

        my $free = 1;
        for my $proto (qw(udp tcp)) {
            my $s = IO::Socket::INET->new(
                LocalAddr => '0.0.0.0', LocalPort => $try, Proto => $proto,
                $proto eq 'tcp' ? (Listen => 1) : ());
            $free = 0 unless $s;
        }
        next unless $free;

        push @locks, $fh;
        return $try;
    }

    die "no free port from $FIRST_PORT on";
}


# ---- the object ----

sub new
{
    my ($class, %opt) = @_;

    my $self = bless {
        dir     => tempdir('wzp-test-XXXXXX', TMPDIR => 1,
                           CLEANUP => !$ENV{WZP_KEEP}),
        nginx   => $ENV{TEST_NGINX_BINARY} || 'nginx',
        module  => $ENV{WZP_MODULE} || "$BUILD/ngx_wzp_module.so",
        ports   => [],
        allow   => [],
        pids    => {},
        members => 0,
        %opt,
    }, $class;

    ($self->{waited}, $self->{born}) = pressure();

    # workers of another user must get at their files

    chmod 0755, $self->{dir};
    make_path("$self->{dir}/logs", "$self->{dir}/temp");

    BAIL_OUT("$self->{module} is missing, run make tests")
        unless -e $self->{module};

    $self->find_nginx;
    push @ours, $self;
    return $self;
}


# Where nginx is and whether its stream module is a file of its own.

sub find_nginx
{
    my ($self) = @_;

    if ($self->{nginx} !~ m{/}) {
        for my $dir (split(/:/, $ENV{PATH} || ''), '/usr/sbin') {
            if (-x "$dir/$self->{nginx}") {
                $self->{nginx} = "$dir/$self->{nginx}";
                last;
            }
        }
    }

    my $v = `$self->{nginx} -V 2>&1`;
    my ($modules) = $v =~ /--modules-path=(\S+)/;

    $self->{version} = $v =~ m{nginx/([\d.]+)} ? $1 : '?';
    $self->{sanitized} = $v =~ /-fsanitize/ ? 1 : 0;
    $self->{debug} = $v =~ /--with-debug/ ? 1 : 0;
    $self->{user} = getpwnam('www-data') ? 'www-data' : 'nobody';

    if ($v =~ /--with-stream=dynamic/ && $modules) {
        $self->{stream_module} = "$modules/ngx_stream_module.so";
    }

    # nginx itself leaks a little at exit; what we leak is told.

    $ENV{LSAN_OPTIONS} ||= "suppressions=$TOP/t/lib/lsan.supp"
                           . ':print_suppressions=0';
}


# Relays that know each other by name (A, B, ...) and by fingerprint; one peer
# plays all of their members.

sub relays
{
    my ($class, $n, %opt) = @_;
    my @relays = map {
        $class->new(seed => seed_of(900 + $_), label => chr(64 + $_), %opt)
    } 1 .. $n;
    my $peer = Test::Nginx::WZP::Peer->start(dir => $relays[0]{dir});

    $_->{peer} = $peer for @relays;
    return @relays;
}


sub label { return $_[0]{label} }
sub line { return $_[0]{lines}[$_[1]] }
sub tls_fp { return tls_fp_of($_[0]{seed}) }


# One directive: name, argument, key=value; keys without a value are left out.

sub directive
{
    my ($name, $arg, %opt) = @_;

    return join(' ', $name, ($arg ? $arg : ()),
        map { "$_=$opt{$_}" } grep { defined $opt{$_} } sort keys %opt) . ";\n";
}


# What a relay says of another that it shall dial; addr: through a proxy.

sub peer_of
{
    my ($self, $other, %opt) = @_;
    my $addr = delete $opt{addr} || $other->addr;

    return directive(wzp_peer => $addr, fingerprint => $other->tls_fp,
                     label => $other->label, %opt);
}


# What it says of one that may dial it.

sub trusted_of
{
    my ($self, $other, %opt) = @_;

    return directive(wzp_trusted => '', fingerprint => $other->tls_fp,
                     label => $other->label, %opt);
}


sub build { return $BUILD }
sub dir { return $_[0]->{dir} }


# The nth port of this test; the 0th is the relay's.

sub port
{
    my ($self, $n) = @_;

    $n ||= 0;
    return $self->{ports}[$n] ||= free_port();
}


sub addr
{
    my ($self, $n) = @_;

    return '127.0.0.1:' . $self->port($n);
}


# Expected lines that would fail the questions at the end.

sub allow
{
    my ($self, @patterns) = @_;

    push @{$self->{allow}}, @patterns;
}


# ---- configuration ----

# Write nginx.conf.  All of these may be left out:
#
#   raw       the whole file
#   main, events           more lines there
#   http      locations of a server on http_port, or a whole "http {...}"
#   workers   worker_processes (1)
#   single    master_process off, daemon off
#   zone      of wzp_zone ("voice:4m"; "" for none)
#   stream    more lines in stream {}
#   server    more lines in the server {} of the relay
#   listen    addresses (list; 127.0.0.1 and the first port)
#   servers   instead of the one relay: list of bodies
#
# %%DIR%%, %%PORT%%, %%PORT_1%%, ..., %%HTTP%% are replaced.  A relay made with
# a seed (relays, or new(seed => ...)) has that identity.

sub conf
{
    my ($self, %c) = @_;
    my $text = defined $c{raw} ? $c{raw} : $self->compose(%c);

    $text =~ s/%%DIR%%/$self->{dir}/g;
    $text =~ s/%%PORT%%/$self->port/ge;
    $text =~ s/%%PORT_(\d+)%%/$self->port($1)/ge;
    $text =~ s/%%HTTP%%/$self->http_port/ge;

    $self->write_identity if $self->{seed};

    $self->{single} = $c{single} ? 1 : 0;
    $self->{nworkers} = $c{workers} || 1;
    $self->{conf} = {%c};

    return spew("$self->{dir}/nginx.conf", $text);
}


sub write_identity
{
    my ($self) = @_;
    my $file = "$self->{dir}/identity";

    return if -e $file;
    spew($file, $self->{seed}, "\n");
    chmod 0600, $file;
}


# A port for HTTP, and the text of its server.

sub http_port { return $_[0]{http_port} ||= free_port() }


sub http_conf
{
    my ($text) = @_;

    return $text if $text =~ /^\s*(?:http\b.*|)$/s;
    return <<"END";
http {
    access_log off;
    client_body_temp_path %%DIR%%/temp/body;
    proxy_temp_path %%DIR%%/temp/proxy;
    fastcgi_temp_path %%DIR%%/temp/fastcgi;
    uwsgi_temp_path %%DIR%%/temp/uwsgi;
    scgi_temp_path %%DIR%%/temp/scgi;
    server {
        listen 127.0.0.1:%%HTTP%%;
        $text
    }
}
END
}


sub load_modules
{
    my ($self) = @_;

    return join '', map { "load_module $_;\n" }
        grep { $_ } $self->{stream_module}, $self->{module};
}


sub compose
{
    my ($self, %c) = @_;
    my $level = $ENV{WZP_DEBUG} ? 'debug' : $c{level} || 'info';
    my $workers = $c{workers} || 1;
    my $zone = defined $c{zone} ? $c{zone} : 'voice:4m';
    my $main = $c{main} || '';
    my $events = defined $c{events} ? $c{events} : 'worker_connections 512;';
    my @servers;

    if ($c{servers}) {
        @servers = @{$c{servers}};

    } else {
        my @listen = @{$c{listen} || ['127.0.0.1:%%PORT%%']};
        my $identity = defined $c{identity} ? $c{identity}
                                            : '%%DIR%%/identity';

        @servers = (join "\n",
            (map { "listen $_ udp reuseport;" } @listen),
            'wzp on;',
            $identity ? "wzp_identity $identity;" : '',
            $c{server} || '');
    }

    my $stream = join "\n", ($zone ? "wzp_zone $zone;" : ''),
        $c{stream} || '', map { "server {\n$_\n}" } @servers;

    $main .= "\nmaster_process off;" if $c{single};
    $main .= "\ndaemon off;" if $c{single};
    $main .= "\nuser root;"
        if $> == 0 && $main !~ /^\s*user\s/m && $c{root_workers};

    # a new binary gets only what is named here
    $main .= "\nenv $_;" for qw(ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS);

    return $self->load_modules . <<"END" . http_conf($c{http} || '');
worker_processes $workers;
pid %%DIR%%/nginx.pid;
error_log %%DIR%%/error.log $level;
$main
events {
    $events
}
stream {
    $stream
}
END
}


# ---- starting and stopping ----

sub command
{
    my ($self, @args) = @_;

    return ($self->{nginx}, '-p', "$self->{dir}/", '-c',
            "$self->{dir}/nginx.conf",
            @args ? @args : ('-e', "$self->{dir}/error.log"));
}


# Run nginx and wait for its end: (exit status, all that it printed).

sub run
{
    my ($self, @args) = @_;
    my $out = "$self->{dir}/run-" . ++$self->{runs} . '.out';

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $out or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT;
        if ($self->{nginx_user}) {
            my ($uid, $gid) = @{$self->{nginx_user}};
            $) = "$gid $gid";
            POSIX::setgid($gid);
            POSIX::setuid($uid);
        }
        exec $self->command(@args) or POSIX::_exit(127);
    }

    waitpid $pid, 0;
    return ($? & 127 ? 128 + ($? & 127) : $? >> 8, slurp($out));
}


# From now on nginx is started by another user than root, who may not be able to
# look where we were built: it gets copies, and the directory.

sub become
{
    my ($self, $user) = @_;
    my ($uid, $gid) = (getpwnam $user)[2, 3];

    for my $file (qw(nginx module)) {
        my ($name) = $self->{$file} =~ m{([^/]+)$};
        copy($self->{$file}, "$self->{dir}/$name") or die "$name: $!";
        chmod 0755, "$self->{dir}/$name";
        $self->{$file} = "$self->{dir}/$name";
    }

    for my $name ('', qw(logs temp error.log nginx.conf identity)) {
        chown $uid, $gid, "$self->{dir}/$name" if -e "$self->{dir}/$name";
    }

    $self->{nginx_user} = [$uid, $gid];
}


# nginx -t of this configuration: (exit status, text).

sub check
{
    my ($self, %c) = @_;

    my $conf = slurp($self->conf(%c));

    # refusals are not to be found in the log of a run
    $conf =~ s/\berror\.log\b/check.log/g;
    spew("$self->{dir}/nginx.conf", $conf);

    return $self->run('-t', '-e', "$self->{dir}/check.log");
}


# Start nginx; dies (with what it said) when it does not.

sub start
{
    my ($self, %c) = @_;

    $self->conf(%c) if %c || !$self->{conf};
    $self->port;
    $self->{log_from} = length $self->error_log;

    if ($self->{single}) {
        $self->{process} = Test::Nginx::WZP::Process->spawn(
            name => 'nginx', dir => $self->{dir},
            command => [$self->command]);

        wait_for { -s "$self->{dir}/nginx.pid"
                   || !$self->{process}->running }
            or BAIL_OUT('nginx does not start');

    } else {
        my ($rc, $text) = $self->run;
        if ($rc != 0) {
            diag($text);
            BAIL_OUT("nginx does not start: $rc");
        }
    }

    $self->{started} = 1;
    wait_for { $self->pid && ($self->{single}
               || $self->workers == $self->{nworkers}) }
        or diag("workers did not start:\n" . $self->error_log);

    return $self;
}


sub pid
{
    my ($self) = @_;
    my ($pid) = slurp("$self->{dir}/nginx.pid") =~ /^(\d+)/;

    $self->{pids}{$pid} = 1 if $pid;
    return $pid;
}


# Living children of a process (the master) as {pid => command line}.

sub children
{
    my ($self, $parent) = @_;
    my %found;

    return {} unless $parent;

    for my $stat (glob '/proc/[0-9]*/stat') {
        my ($pid, $state, $ppid) =
            slurp($stat) =~ /^(\d+) \(.*\) (\S) (\d+) /s or next;
        next if $ppid != $parent || $state eq 'Z' || $state eq 'X';
        my $title = slurp("/proc/$pid/cmdline");
        $title =~ tr/\0/ /;
        $found{$pid} = $title;
    }

    return \%found;
}


# Worker processes (not those that shut down); all => 1: those as well.

sub workers
{
    my ($self, %opt) = @_;
    my $found = $self->children($opt{master} || $self->pid);
    my @pids = grep {
        $found->{$_} =~ /worker process/
        && ($opt{all} || $found->{$_} !~ /shutting down/)
    } keys %$found;

    $self->{pids}{$_} = 1 for @pids;
    @pids = sort { $a <=> $b } @pids;
    return @pids;
}


sub signal
{
    my ($self, $sig, $pid) = @_;

    $pid ||= $self->pid or return 0;
    return kill $sig, $pid;
}


# Reload; with arguments, another configuration first.  Waits until the new
# workers are there.

sub reload
{
    my ($self, %c) = @_;
    my %old = map { $_ => 1 } $self->workers(all => 1);

    $self->conf(%{$self->{conf}}, %c) if %c;
    $self->signal('HUP');

    return wait_for {
        my @new = grep { !$old{$_} } $self->workers;
        @new == $self->{nworkers};
    };
}


# Are only these workers left (no old generation)?

sub wait_workers
{
    my ($self, $n, $limit) = @_;

    return wait_for { $self->workers(all => 1) == $n } $limit;
}


sub kill_worker
{
    my ($self, $n, $sig) = @_;
    my @pids = $self->workers;

    $self->allow(qr/exited on signal 9/) if ($sig || 'KILL') eq 'KILL';
    return $self->signal($sig || 'KILL', $pids[$n || 0]);
}


# A new binary beside the old one (USR2).  Returns (old master, new master).

sub upgrade
{
    my ($self) = @_;
    my $old = $self->pid;

    $self->signal('USR2');

    my $new = wait_for {
        my $pid = $self->pid;
        $pid && $pid != $old
            && -s "$self->{dir}/nginx.pid.oldbin"
            && $self->workers(master => $pid) == $self->{nworkers}
            && $pid;
    };

    return ($old, $new);
}


sub gone
{
    my ($pid) = @_;

    return 1 unless $pid && kill 0, $pid;
    return slurp("/proc/$pid/stat") =~ /\) [ZX] /;
}


sub wait_gone
{
    my ($self, $pid, $limit) = @_;

    return wait_for {
        waitpid $pid, WNOHANG;
        gone($pid);
    } $limit;
}


# Graceful (QUIT): waits for the end of all of its processes.

sub quit
{
    my ($self, $limit) = @_;
    my $pid = $self->pid or return 1;

    $self->signal('QUIT');
    my $ok = $self->wait_gone($pid, $limit);
    $self->{started} = 0 if $ok;
    return $ok;
}


# Fast (TERM); whatever is left after a while is killed, and told.

sub stop
{
    my ($self) = @_;

    return unless delete $self->{started};

    my $pid = $self->pid;
    my @all = ($pid, $self->workers(all => 1));

    $self->signal('TERM');

    if ($pid && !$self->wait_gone($pid, patience())) {
        fail('nginx ends when told to');
        kill 'KILL', grep { $_ && !gone($_) } @all;
    }

    $self->{process}->wait if $self->{process};
}


# As if the machine had lost its power; start() begins anew.

sub crash
{
    my ($self) = @_;
    my @all = ($self->pid, $self->workers(all => 1));

    kill 'KILL', @all;
    $self->wait_gone($_) for @all;
    delete $self->{started};
}


# ---- the log ----

sub error_log
{
    my ($self) = @_;

    return slurp("$self->{dir}/error.log");
}


# Count of lines that match.

sub grep_log
{
    my ($self, $re) = @_;

    return scalar grep { $_ =~ $re } split /\n/, $self->error_log;
}


sub wait_log
{
    my ($self, $re, $limit) = @_;

    return wait_for { $self->error_log =~ $re } $limit;
}


# The relay's fingerprints from its notice at start: (identity, certificate).

sub fingerprints
{
    my ($self) = @_;
    my $log = $self->error_log;
    my ($id) = $log =~ /\b((?:[0-9a-f]{4}:){7}[0-9a-f]{4})\b/;
    my ($cert) = $log =~ /\b((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\b/;

    return ($id, $cert);
}


# Labels of the links that are up, by the log since the last start: of any of
# its processes, for an old one's go down when a new one's are up.

sub links_up
{
    my ($self) = @_;
    my $log = substr $self->error_log, $self->{log_from} || 0;
    my %up;

    for (split /\n/, $log) {
        if (/#(\d+): link "(.*?)" up\b/) {
            $up{$1}{$2} = 1;
        } elsif (/#(\d+): link "(.*?)" down\b/) {
            delete $up{$1}{$2};
        } elsif (/worker process (\d+) exited/) {
            delete $up{$1};
        }
    }

    my %any = map { %$_ } values %up;
    my @labels = sort keys %any;
    return @labels;
}


# So many are up (a relay of a topology knows how many it has).

sub wait_links
{
    my ($self, $n, $limit) = @_;

    $n = $self->{degree} unless defined $n;
    return wait_for { $self->links_up == $n } $limit;
}


# ---- HTTP ----

# (status, {headers}, body), or only the status.

sub http_get
{
    my ($self, $path, %opt) = @_;
    my $r = HTTP::Tiny->new(timeout => patience())->request(
        $opt{method} || 'GET',
        'http://127.0.0.1:' . $self->http_port . $path, $opt{request} || {});

    return wantarray ? ($r->{status}, $r->{headers}, $r->{content})
                     : $r->{status};
}


# The JSON of a path; undef when it is none.

sub http_json
{
    my ($self, $path) = @_;
    my ($status, $headers, $body) = $self->http_get($path);

    return eval { JSON::PP->new->decode($body) };
}


# ---- members ----

# Our client with --json against this relay: more arguments as given.

sub client
{
    my ($self, @args) = @_;
    my %opt = ref $args[0] ? %{shift @args} : ();
    my $addr = exists $opt{addr} ? delete $opt{addr} : $self->addr;

    my $c = Test::Nginx::WZP::Client->start(
        dir => $self->{dir}, addr => $addr, args => \@args,
        number => ++$self->{members}, %opt);

    push @{$self->{clients}}, $c;
    return $c;
}


# Our client to its end: (exit status, standard output, standard error).

sub run_client
{
    my ($self, @args) = @_;
    my %opt = ref $args[0] ? %{shift @args} : ();
    my $c = $self->client({ json => 0, addr => '', %opt }, @args);
    my $rc = $c->wait($opt{limit} || patience());

    return ($rc, $c->output, $c->errors);
}


# A member by the independent stack; arguments as "dial" in t/peer/README.  One
# with a seed names the extensions that show in answers and lists; without, it
# is a client of old.

sub member
{
    my ($self, %opt) = @_;

    $opt{extensions} ||= [qw(stream-id state)] if $opt{seed};

    return $self->peer->dial(id => 'm' . ++$ids, addr => $self->addr,
                             sni => 'general', %opt);
}


# The independent peer's process, started when first needed.

sub peer
{
    my ($self) = @_;

    return $self->{peer}
        ||= Test::Nginx::WZP::Peer->start(dir => $self->{dir});
}


# Another relay, a prober or a caller that dials this one, and one that
# listens on port n (Test::Nginx::WZP::Link).

sub link
{
    my ($self, %opt) = @_;

    return $self->peer->link(addr => $self->addr, %opt);
}


sub listener
{
    my ($self, $n, %opt) = @_;
    my $r = $self->peer->serve(addr => $self->addr($n), %opt);

    $r->wait('serving') or BAIL_OUT('the relay of old does not start');
    return $r;
}


# Members that have their answer: arguments are lists of options.

sub joined
{
    my ($self, @list) = @_;
    my @members = map { $self->member(%$_) } @list;

    for my $m (@members) {
        $m->wait('answer') or diag('not joined: ' . $m->story);
    }

    return @members;
}


# How long the machine had no time for us, at worst: milliseconds.  (Starts the
# peer if need be: ask once before what shall be judged.)  Where the kernel tells
# that somebody waited for a processor nearly all the time, that is a second's
# stall: a sleeping peer sees less of it than a client that has to decode.

sub stall
{
    my ($self) = @_;
    my $peer = $self->peer;
    my $before = () = $peer->events('stall');

    $peer->tell(cmd => 'stall');
    wait_for { (() = $peer->events('stall')) > $before };

    my $ms = (($peer->events('stall'))[-1] || { ms => 0 })->{ms};
    my ($waited, $now) = pressure();
    my $share = ($waited - $self->{waited}) / ($now - $self->{born} || 1);

    return $share > 0.85 && $ms < 1000 ? 1000 : $ms;
}


# Seconds in which somebody waited for a processor, and the time now.

sub pressure
{
    my ($us) = slurp('/proc/pressure/cpu') =~ /^some.*total=(\d+)/m;

    return (($us || 0) / 1e6, time);
}


# is(), for what only holds where the machine does not stand still: frames in
# real time.  A stall of a quarter of a second is told instead of judged.

sub counts
{
    my ($self, $got, $want, $text) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($got, $want, $text) if $got eq $want;
    return $self->fails_unless_stalled(sub { is($got, $want, $text) }, $text);
}


# The same for cmp_ok().

sub measures
{
    my ($self, $got, $op, $want, $text) = @_;
    my %holds = ('>=' => $got >= $want, '<=' => $got <= $want,
                 '>' => $got > $want, '<' => $got < $want);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return cmp_ok($got, $op, $want, $text) if $holds{$op};
    return $self->fails_unless_stalled(
        sub { cmp_ok($got, $op, $want, $text) }, $text);
}


sub fails_unless_stalled
{
    my ($self, $judge, $text) = @_;
    my $ms = $self->stall;

    local $Test::Builder::Level = $Test::Builder::Level + 2;
    return $judge->() if $ms < 250;

    SKIP: {
        skip "the machine stood still for $ms ms: $text", 1;
    }

    return 1;
}


# Only its address, for who needs no more.

sub old_relay
{
    my ($self, $n, %opt) = @_;

    return $self->listener($n, %opt)->addr;
}


# A proxy (t/tools/udpproxy.c) that listens on port n, in front of this relay or
# of another.

sub proxy
{
    my ($self, $n, @args) = @_;
    my $to = ref $args[0] ? shift(@args)->port : $self->port;
    my $p = Test::Nginx::WZP::Proxy->spawn(
        name => "proxy$n", dir => $self->{dir},
        command => [tool('udpproxy'), @args, $self->port($n), $to]);

    $p->wait_event('ready') or BAIL_OUT('udpproxy does not start');
    push @{$self->{clients}}, $p;
    return $p;
}


sub tool
{
    my ($name) = @_;

    return "$BUILD/t/tools/$name";
}


# ---- the end ----

# The questions that every log must answer, for nginx and all programs.

sub questions
{
    my ($self) = @_;
    my %text = ('error log' => $self->error_log);

    for my $p (@{$self->{clients} || []}, $self->{peer}, $self->{process}) {
        $text{$p->{name}} = $p->errors if $p;
    }

    my @alerts = grep { /\[(?:alert|emerg)\]/ } $self->lines(\%text);
    my @san = grep { /runtime error:|Sanitizer/ } $self->lines(\%text);
    my @died = grep { /exited with code [^0]|exited on signal/ }
               $self->lines(\%text);

    my $who = $self->{label} ? "$self->{label}: " : '';

    is("@alerts", '', "${who}no [alert] and no [emerg]");
    is("@san", '', "${who}nothing from a sanitizer");
    is("@died", '', "${who}no process died");
}


sub lines
{
    my ($self, $text) = @_;
    my @lines = map { split /\n/ } values %$text;

    for my $re (@{$self->{allow}}) {
        @lines = grep { $_ !~ $re } @lines;
    }

    return @lines;
}


# End everything, ask the questions, and finish the plan.

sub done
{
    my ($self, %opt) = @_;

    $self->end;
    $self->questions;
    done_testing() unless $opt{more};
}


# The same for several.

sub finish
{
    my ($class, @relays) = @_;

    $_->end for @relays;
    $_->questions for @relays;
    done_testing();
}


sub end
{
    my ($self) = @_;

    $_->stop for @{$self->{clients} || []};
    $self->{peer}->stop if $self->{peer};
    $self->stop;

    # nothing that we started outlives us

    for my $pid (keys %{$self->{pids}}) {
        next if gone($pid);
        next unless slurp("/proc/$pid/cmdline") =~ /nginx/;
        next if wait_for { gone($pid) } 5;
        fail("process $pid has ended");
        kill 'KILL', $pid;
    }
}


END {
    my $rc = $?;

    for my $t (@ours) {
        $_->kill for @{$t->{clients} || []};
        $t->{peer}->kill if $t->{peer};

        if ($t->{started} && $t->pid) {
            my @all = ($t->pid, $t->workers(all => 1));
            kill 'TERM', $t->pid;
            wait_for { !grep { !gone($_) } @all } 5;
            kill 'KILL', grep { !gone($_) } @all;
        }

        if ($ENV{WZP_KEEP}) {
            diag("kept: $t->{dir}");
        } elsif ($rc != 0 && -s "$t->{dir}/error.log") {
            my @tail = split /\n/, $t->error_log;
            splice @tail, 0, -25 if @tail > 25;
            diag(join "\n", 'end of the error log:', @tail);
        }
    }

    $? = $rc;
}


1;
