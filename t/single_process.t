# master_process off; daemon off: one process does it all.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(single => 1,
    stream => 'log_format f "$wzp_fingerprint";',
    server => 'access_log %%DIR%%/access.log f;');

my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. 3);
is(scalar(grep { $_->wait_count(3) } @m), 3, 'one room');
$_->send(count => 25) for @m;
$_->sent for @m;

my $heard = 0;
for my $to (@m) {
    $heard += $to->heard($_->stream_id, 25)->{distinct}
        for grep { $_ != $to } @m;
}
is($heard, 150, 'a call');

$t->stop;
ok(wait_for { $_->events('closed') }, 'sent away at the end') for @m;
cmp_ok(scalar(() = slurp($t->dir . '/access.log') =~ /^\S{39}$/mg), '>=', 3,
       'and logged');

$t->done;
