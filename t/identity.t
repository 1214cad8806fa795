# The relay's identity file: made once, kept, never overwritten; the
# certificate follows from it, byte for byte.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $file = $t->dir . '/identity';

umask 0;
$t->start(workers => 2);

ok(-f $file, 'the file is made');
is(sprintf('%o', (stat $file)[2] & 07777), '600', 'mode 0600');
like(slurp($file), qr/^[0-9a-f]{64}\n?\z/, '64 hex digits');

my $seed = slurp($file);
my ($id, $cert) = $t->fingerprints;

my $m = $t->member;
is($m->wait('answer')->{fingerprint}, $id, 'identity as in the log');
is($m->wait('connected')->{cert}, $cert, 'certificate as in the log');

$t->reload;
$m = $t->member(seed => seed_of(1));
is($m->wait('connected')->{cert}, $cert, 'the same after a reload');
$t->stop;

unlink $t->dir . '/error.log';
$t->start(workers => 1);
is(($t->fingerprints)[1], $cert, 'the same after a restart');
is(slurp($file), $seed, 'the file is as it was');
$t->stop;

# the vector of the protocol text

spew($file, join('', map { sprintf '%02X', $_ } 0 .. 31) . "\n");
unlink $t->dir . '/error.log';
$t->start;
is_deeply([$t->fingerprints],
          ['6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa',
           '0c:62:cf:b5:b9:e3:7c:77:ae:81:3d:9b:c3:5d:5c:ef:'
           . '53:e1:2b:0a:bb:d8:e6:3b:4b:42:99:95:7d:6f:37:a9'],
          'seed 00 .. 1f: fingerprints of the protocol text');
$m = $t->member(seed => seed_of(1));
is($m->wait('connected')->{cert}, ($t->fingerprints)[1],
   'which an independent TLS sees as well');
$t->stop;

# readable by others: warned of

chmod 0644, $file;
unlink $t->dir . '/error.log';
my ($rc, $text) = $t->check;
is($rc, 0, 'a file that others can read is used');
like($text, qr/\[warn\].*identity/, 'with a warning') or diag($text);

# a real certificate instead

system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
       . " -subj /CN=relay -days 9 -keyout $t->{dir}/a.key"
       . " -out $t->{dir}/a.pem 2>/dev/null");
my $sum = `openssl x509 -in $t->{dir}/a.pem -outform DER | sha256sum`;

$t->start(server => 'wzp_certificate %%DIR%%/a.pem;'
                  . ' wzp_certificate_key %%DIR%%/a.key;');
$m = $t->member(seed => seed_of(1));
(my $got = $m->wait('connected')->{cert}) =~ s/://g;
is($got, substr($sum, 0, 64), 'wzp_certificate is what a client sees');
is($m->wait('answer')->{fingerprint},
   '6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa', 'the identity stays');
$t->stop;

$t->done;
