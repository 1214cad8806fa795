# --ping and --version-check.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;
my $addr = $t->addr;

my ($rc, $out, $err) = $t->run_client('--ping', '3', $addr);
is($rc, 0, '--ping');
is(scalar(() = $out =~ /ping \d+: rtt [\d.]+ ms/g), 3, 'three times');
like($out, qr{^3 pings, 3 answers, rtt min/avg/max [\d.]+/[\d.]+/[\d.]+ ms$}m,
     'and the sum');

my $c = $t->client('--ping', '2');
is($c->wait, 0, '--ping --json');
my ($rep) = $c->events('report');
is("$rep->{pings}/$rep->{answers}", '2/2', 'count');
cmp_ok($rep->{min_ms}, '<=', $rep->{avg_ms}, 'min and average');
cmp_ok($rep->{avg_ms}, '<=', $rep->{max_ms}, 'average and max');
cmp_ok($rep->{min_ms}, '>', 0, 'a real time');
cmp_ok($rep->{max_ms}, '<', 5000, 'not made up');

($rc, $out, $err) = $t->run_client('--ping', '1',
                                   '127.0.0.1:' . $t->port(5));
is($rc, 5, '--ping: nobody there');

($rc, $out) = $t->run_client('--version-check', $addr);
is($rc, 0, '--version-check');
like($out, qr/^\Q$addr\E \S+$/m, 'relay and build');

($rc, $out, $err) = $t->run_client('--version-check',
                                   '127.0.0.1:' . $t->port(5));
is($rc, 5, '--version-check: nobody there');
isnt($err, '', 'in words');

$t->done;
