# $wzp_status, where it is not the relay that ends a connection.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(
    listen => ['127.0.0.1:%%PORT%%'],
    stream => 'log_format f "$remote_addr $wzp_status $status '
              . '$wzp_role $wzp_room.";',
    server => "access_log %%DIR%%/access.log f;\n"
              . 'wzp_idle_timeout 1s; deny 127.0.0.3; allow all;');

sub logged
{
    my ($re, $what) = @_;

    ok(wait_for { slurp($t->dir . '/access.log') =~ $re }, $what)
        or diag(slurp($t->dir . '/access.log'));
}

my ($m) = $t->joined({ seed => seed_of(1), sni => 'club' });
$m->close;
logged(qr/^127.0.0.1 normal 200 room club\.$/m, 'left by itself: normal');

my $c = $t->client('--room', 'silent');
$c->wait_event('joined');
$c->kill;
logged(qr/^127.0.0.1 idle 200 room silent\.$/m, 'gone without a word: idle');

my $denied = $t->member(seed => seed_of(2), sni => 'club',
                        source => '127.0.0.3');
closed_as($denied, 'ACCESS', 'refused in words');
logged(qr/^127.0.0.3 access 403 room club\.$/m, 'refused by nginx: access');

$t->done;
