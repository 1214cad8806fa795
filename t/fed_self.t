# One list of relays for all of an operator, in each of them: every one leaves
# itself out, and the others are linked as ever.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

spew($t->dir . "/$_", seed_of($_) . "\n") for 1, 2;
chmod 0600, map { $t->dir . "/$_" } 1, 2;

my @list = map {
    "wzp_peer 127.0.0.1:%%PORT_$_%% fingerprint=" . tls_fp_of($_)
    . " label=r$_;\n"
} 1, 2;
my @relays = map {
    "listen 127.0.0.1:%%PORT_$_%% udp reuseport;\nwzp on name=relay$_;\n"
    . "wzp_identity %%DIR%%/$_;\n"
} 1, 2;
my $rest = "wzp_global_room general;\nwzp_federation_backoff 100ms 200ms;\n";


# ---- two relays, one list above them ----

$t->start(workers => 2, stream => $rest . join('', @list),
          servers => \@relays);

for my $n (1, 2) {
    is($t->grep_log(qr/\[notice\].*relay "relay$n": wzp_peer "r$n" is this relay itself: ignored/),
       1, "relay $n leaves itself out, and says so once");
    ok($t->wait_log(qr/link "r$n" up/), "and is linked");
}
is($t->grep_log(qr/is this relay itself/), 2, 'nobody else is left out');

my ($one, $two) = $t->joined(map { { seed => seed_of(10 + $_),
                                     addr => $t->addr($_),
                                     accept_streams => 1 } } 1, 2);
my %others = (1 => 'r2', 2 => 'r1');

for my $m ([1, $one], [2, $two]) {
    my ($n, $member) = @$m;
    ok(wait_for {
        my $list = ($member->room || {})->{participants} || [];
        join(' ', sort map { $_->{relay_label} || '-' } @$list)
            eq "- $others{$n}";
    }, "relay $n has the people of both");
}

sleep 2;
is($t->grep_log(qr/link "r[12]" down/), 0, 'no link comes and goes');


# ---- who comes with its own certificate ----

my $twin = $t->link(addr => $t->addr(1), seed => seed_of(1), client_cert => 1);
closed_as($twin, 'STRANGER', 'another one with that certificate is refused');
ok($t->wait_log(qr/\[warn\].*refused: it is this relay itself/), 'as itself');
is($t->grep_log(qr/to admit it/), 0, 'with nothing to paste');


# ---- a list of nobody else; and as one that may dial ----

for my $only ($list[0],
              'wzp_trusted fingerprint=' . tls_fp_of(1) . ';')
{
    my ($what) = $only =~ /(\w+)/;
    my $before = $t->grep_log(qr/"relay1": $what .* is this relay itself/);

    ok($t->reload(workers => 2, servers => [$relays[0] . $only]),
       "$what alone");
    ok(wait_for {
        $t->grep_log(qr/"relay1": $what .* is this relay itself/) > $before;
    }, 'is left out as well');
}

$t->done;
