# A room hears itself and only itself; names are without case, a name and its
# hash are one room, and no SNI is the room "default".

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start;

sub room_hash { return substr sha256_hex("featherchat-group:$_[0]"), 0, 32 }

is(room_hash('general'), 'a47b63f7d5b511ba5bc4089a74446906',
   'the hash of the protocol text');

my @names = qw(alpha beta alpha.beta alpha-2 default);
my $n = 0;
my (%a, %b);

for my $name (@names) {
    $a{$name} = $t->member(seed => seed_of(++$n), sni => $name);
    $b{$name} = $t->member(seed => seed_of(++$n), sni =>
        { alpha => 'ALPHA', beta => room_hash('beta'), default => '',
          'alpha-2' => room_hash('alpha-2') }->{$name} || $name);
}

for my $m (values %a, values %b) {
    ok($m->wait('answer'), 'joined') or diag($m->story);
}

$_->send(count => 20, interval_us => 5000) for values %a, values %b;
$_->sent for values %a, values %b;

for my $name (@names) {
    for my $pair ([$a{$name}, $b{$name}], [$b{$name}, $a{$name}]) {
        my ($to, $from) = @$pair;
        my $f = $to->heard($from->stream_id, 20);
        is($f->{distinct}, 20, "$name: hears the other one");
        is(join(',', keys %{$to->stats->{flows}}), $from->stream_id,
           "$name: and nobody else");
    }
}

$t->done;
