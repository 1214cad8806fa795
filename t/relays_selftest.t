# The tools of the federation tests themselves: several relays in one test, the
# shapes they are linked in, HTTP, the account of who heard whom.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;


# ---- shapes ----

# Who dials (">") and who is let in ("<"), by relay.

sub lines_of
{
    my (@r) = @_;
    my %name = map { $_->tls_fp => $_->label } @r;

    return join ' ', map {
        my $conf = slurp($_->dir . '/nginx.conf');
        $_->label . join '', map { ($_->[0] eq 'peer' ? '>' : '<')
                                   . $name{$_->[1]} }
            map { [/wzp_(peer|trusted).*fingerprint=(\S+?)[ ;]/] }
            grep { /wzp_(?:peer|trusted)/ } split /\n/, $conf;
    } @r;
}

my @stopped = (stopped => 1);

is(lines_of(chain(3, @stopped)), 'A<B B>A<C C>B', 'chain');
is(lines_of(star(4, @stopped)), 'A<B<C<D B>A C>A D>A', 'star');
is(lines_of(ring(3, @stopped)), 'A<B<C B>A<C C>B>A', 'ring');
is(lines_of(mesh(3, @stopped, dial => 'both')), 'A>B>C B>A>C C>A>B',
   'mesh, both dial');

my ($p, $q) = topology(2, @stopped, linked => [[1, 0]],
                       rooms => [qw(general lobby)],
                       proxies => { '1-0' => ['--keep', 5] },
                       server => sub { "# number $_[0]" });
my $conf = slurp($q->dir . '/nginx.conf');

like($conf, qr/wzp_global_room general;\s+wzp_global_room lobby;/, 'rooms');
like($conf, qr/wzp_peer 127\.0\.0\.1:@{[$q->port(10)]} .*label=A;/,
     'a peer behind a proxy');
like($conf, qr/# number 1/, 'more lines for each');
ok($q->line(0)->cut && $q->line(0)->heal, 'and that proxy obeys');

is(($p->run('-t'))[0], 0, 'nginx takes it');
is(($q->run('-t'))[0], 0, 'of both');

# links are seen in the log

spew($p->dir . '/error.log', map { "[notice] 1#1: $_\n" }
     'link "B" up: 127.0.0.1:1', 'link "C" up: 127.0.0.1:2',
     'link "B" down: timeout', 'link "D" up: 127.0.0.1:3');
is(join(' ', $p->links_up), 'C D', 'links that are up');
ok($p->wait_links(2), 'so many of them');

$_->end for $p, $q;


# ---- two relays at once, with identities known before ----

my @r = Test::Nginx::WZP->relays(2);

$_->start(http => 'location /json { return 200 "{\"ok\":1}"; }') for @r;

for my $r (@r) {
    is(($r->fingerprints)[1], $r->tls_fp, 'identity of ' . $r->label);
}

my ($status, $headers, $body) = $r[0]->http_get('/json');
is("$status $body", '200 {"ok":1}', 'HTTP');
is($r[1]->http_json('/json')->{ok}, 1, 'and JSON');
is(scalar($r[1]->http_get('/none')), 404, 'status alone');


# ---- the account ----

my @m = everywhere([$r[0]], 3);

ok(all_know(\@m), 'three in one room');
talk(\@m, 50, interval_us => 2000);

my $a = account(\@m);
is("$a->{got}/$a->{lost}/$a->{dups}/$a->{corrupt}/$a->{strays}", '300/0/0/0/0',
   'every frame once');
is(@{$a->{pairs}}, 0, 'no pair to complain of');

# a fourth, elsewhere, hears nobody and is not heard

my @all = (@m, everywhere([$r[1]], 1, seed => seed_of(9)));
$a = account(\@all, settle => 1);
is($a->{lost}, 150, 'what did not arrive is lost');
is(join(' ', map { "$_->{from}>$_->{to}" } @{$a->{pairs}}), '0>3 1>3 2>3',
   'between whom');

is($a->{gaps}, 0, 'though there is no gap in what did');

$m[0]->send(count => 5, seq => 0);
$m[0]->sent;
wait_for { account(\@m, frames => 50)->{dups} == 10 };
is(account(\@m, frames => 50)->{dups}, 10, 'twice is told');

# ---- a relay that dies comes again, as the same ----

$r[1]->crash;
spew($r[1]->dir . '/error.log', qq{link "A" up: 127.0.0.1:1\n});
$r[1]->start;
is(($r[1]->fingerprints)[1], $r[1]->tls_fp, 'the same identity');
is(scalar($r[1]->http_get('/json')), 200, 'and port');
is($r[1]->links_up, 0, 'whose links are to be made again');

Test::Nginx::WZP->finish(@r);
