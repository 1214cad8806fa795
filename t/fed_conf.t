# What a reload changes of peers and global rooms holds at once: a peer more, a
# peer less, another label, a room that is global now, one that no longer is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my ($p, $q) = Test::Nginx::WZP->relays(2);

sub conf_of
{
    my ($r, $rooms, @more) = @_;

    return (workers => 2,
            server => join('', map({ "wzp_global_room $_;\n" } @$rooms),
                           "wzp_federation_backoff 300ms 3s;\n", @more));
}


# Labels in a member's list.

sub labels
{
    my ($m) = @_;

    return join ' ', sort map { $_->{relay_label} || '-' }
                     @{($m->room || {})->{participants}};
}


$p->start(conf_of($p, ['general']));
$q->start(conf_of($q, ['general', 'lobby'], $q->peer_of($p)));
$q->allow(qr/link "A" down/);

my $n = 0;
my ($g1, $l1) = $p->joined(map { { seed => seed_of(++$n), sni => $_,
                                   accept_streams => 1 } } qw(general lobby));
my ($g2, $l2) = $q->joined(map { { seed => seed_of(++$n), sni => $_,
                                   accept_streams => 1 } } qw(general lobby));

ok($q->wait_log(qr/link "A" down/), 'who is not trusted is refused');
is(labels($_), '-', 'everybody is alone') for $g1, $g2, $l1, $l2;

# a peer more

ok($p->reload(conf_of($p, ['general'], $p->trusted_of($q))), 'trust it');
ok(wait_for { labels($g1) eq '- B' && labels($g2) eq '- A' },
   'then the room is one') or diag(labels($g1), labels($g2));
is(labels($_), '-', 'another is not') for $l1, $l2;

# another label

ok($p->reload(conf_of($p, ['general'], $p->trusted_of($q, label => 'Bee'))),
   'another label');
ok(wait_for { labels($g1) eq '- Bee' }, 'is in the lists')
    or diag(labels($g1));

# a room more

ok($p->reload(conf_of($p, ['general', 'lobby'], $p->trusted_of($q))),
   'a room more');
ok(wait_for { labels($l1) eq '- B' && labels($l2) eq '- A' }, 'is one, too')
    or diag(labels($l1), labels($l2));

my @pairs = ([$g1, $g2], [$l1, $l2]);
for my $pair (@pairs) {
    talk($pair, 40, interval_us => 10_000);
    clean($p, $pair, 80, 'media');
}

# a room less

ok($p->reload(conf_of($p, ['lobby'], $p->trusted_of($q))), 'a room less');
ok(wait_for { labels($g1) eq '-' && labels($g2) eq '-' }, 'is two again')
    or diag(labels($g1), labels($g2));
is(labels($l1) . labels($l2), '- B- A', 'the other is not');

$_->send(count => 20, interval_us => 10_000) for $g1, $g2;
$_->sent for $g1, $g2;
is($_->heard(($_ == $g1 ? $g2 : $g1)->stream_id, 40)->{distinct}, 40,
   'nothing is heard in it') for $g1;

# a peer less

ok($p->reload(conf_of($p, ['lobby'])), 'a peer less');
ok(wait_for { labels($l1) eq '-' && labels($l2) eq '-' }, 'nobody is left')
    or diag(labels($l1), labels($l2));

Test::Nginx::WZP->finish($p, $q);
