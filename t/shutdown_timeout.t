# worker_shutdown_timeout: whoever is still there then is sent away in words.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2,
    main => 'worker_shutdown_timeout 1s;',
    stream => 'log_format f "$wzp_fingerprint $status $session_time";',
    server => 'access_log %%DIR%%/access.log f;');

my @m = $t->joined(map { { seed => seed_of($_) } } 1 .. 4);
$_->send(count => 1000) for @m;
my @old = $t->workers;

ok($t->reload, 'reload');
closed_as($_, 'GOING_AWAY', 'sent away when the time is over') for @m;
ok(wait_for { my %now = map { $_ => 1 } $t->workers(all => 1);
              !grep { $now{$_} } @old }, 'the old workers have gone');
is(scalar(() = slurp($t->dir . '/access.log') =~ /^\S{39} /mg), 4,
   'all are logged');

my ($a, $b) = $t->joined(map { { seed => seed_of($_) } } 1, 2);
$a->send(count => 10);
$a->sent;
is($b->heard($a->stream_id, 10)->{distinct}, 10, 'the new ones are at work');

# fast stop: the same, at once

my $pid = $t->pid;
$t->stop;
closed_as($_, 'GOING_AWAY', 'stop: sent away') for $a, $b;
is(scalar(() = slurp($t->dir . '/access.log') =~ /^\S{39} /mg), 6,
   'stop: logged');

# a handshake that hangs does not hold the old workers back either

$t->start(workers => 1, main => 'worker_shutdown_timeout 1s;',
          server => 'wzp_handshake_timeout 300s;');
$t->proxy(1, '--direction', 'down', '--outage', '0,300');

my $half = $t->member(seed => seed_of(5), addr => $t->addr(1));
my ($c) = $t->joined({ seed => seed_of(6) });

ok($t->reload, 'reload during a handshake');
closed_as($c, 'GOING_AWAY', 'sent away when the time is over');
ok($t->wait_workers(1, 15), 'the old worker has gone');

$t->done;
