# What is wrong gets a clear answer, in nginx's log style: things that only
# show when nginx really starts, or loads the module.  (The client's are in
# client_errors.t, bad values in conf_bad.t.)

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

# ---- the .so is for another nginx ----

my $so = slurp($t->{module});
my ($v) = map { sprintf '%d%03d%03d', split /\./ } $t->{version};
my $pair = pack 'Q<Q<', ~0, ~0;         # ctx_index and index, unset
my $old = pack 'Q<', $v;
my $n = ($so =~ s/(?<=\0)\Q$old\E/pack 'Q<', 1026003/ge);

SKIP: {
    skip 'version not found in the .so', 2 if !$n || $v == 1026003;

    my $other = spew($t->dir . '/other.so', $so);
    local $t->{module} = $other;
    my ($rc, $text) = $t->check;
    isnt($rc, 0, 'a module of another version is refused');
    like($text, qr/version 1026003 instead of $v/, 'nginx says so');
}


# ---- stream is not loaded ----

SKIP: {
    skip 'stream is built in', 3 unless $t->{stream_module};

    local $t->{stream_module} = undef;
    my ($rc, $text) = $t->check;
    isnt($rc, 0, 'without the stream module');
    like($text, qr/needs nginx's stream module: put "load_module/,
         'the missing part is named');
    unlike($text, qr/Segmentation|core dumped/, 'and nothing crashes');
}


# ---- the port is in use ----

my $taken = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1',
                                  LocalPort => $t->port);
ok($taken, 'somebody else has the port');
$t->conf;
my ($rc, $text) = $t->run;
isnt($rc, 0, 'nginx does not start');
my $port = $t->port;
like($text, qr/bind\(\) to 127\.0\.0\.1:$port failed.*in use/,
     'nginx says which, and why');
$taken->close;


# ---- an identity that cannot be read or made ----

my $sub = $t->dir . '/closed';
mkdir $sub, 0700;

if ($> == 0) {
    spew("$sub/identity", 'ab' x 32 . "\n");
    local @$t{qw(nginx module nginx_user)} = @$t{qw(nginx module)};
    $t->become($t->{user});
    $t->conf(identity => "$sub/identity");
    ($rc, $text) = $t->run('-t');
    isnt($rc, 0, 'an unreadable identity');
    like($text, qr/\[emerg\].*\Q$sub\E\/identity.*Permission denied/,
         'the file and the reason');
    is(slurp("$sub/identity"), 'ab' x 32 . "\n", 'untouched');
}


# ---- it starts after all that ----

unlink $t->dir . '/error.log';
$t->start;
ok($t->member(seed => seed_of(1))->wait('answer'), 'and all is well');

$t->done;
