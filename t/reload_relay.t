# A reload that changes a relay under its calls: another name is nothing to
# them; with another identity the new workers cannot tell whose packets are
# whose, so that the calls are told to come back.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $listen = "listen 127.0.0.1:%%PORT%% udp reuseport;\n";
my $one = "$listen wzp on name=one;\nwzp_identity %%DIR%%/one;";
my $two = "$listen wzp on name=two;\nwzp_identity %%DIR%%/one;";
my $other = "$listen wzp on name=two;\nwzp_identity %%DIR%%/other;";

my $t = Test::Nginx::WZP->new->start(workers => 2, servers => [$one]);

my @m = $t->joined(map { { seed => seed_of($_) } } 1 .. 6);
$_->send(count => 100) for @m;
$_->heard($m[0]->stream_id, 10) for @m[1 .. 5];

ok($t->reload(servers => [$two]), 'reload with another name');
$_->sent for @m;

my $heard = 0;

for my $to (@m) {
    $heard += $to->heard($_->stream_id, 100)->{distinct}
        for grep { $_ != $to } @m;
}

# (on a machine that has no time for us, old frames are dropped)

cmp_ok($heard, '>', 2800, 'the calls go on');
is(scalar(grep { $_->closed(0.01) } @m), 0, 'nobody has to leave');

ok($t->reload(servers => [$other]), 'reload with another identity');

closed_as($_, 'GOING_AWAY', 'told to come back') for @m;
ok($t->wait_log(qr/\[notice\].*relay "one".*another identity/),
   'and a line that says why');
ok($t->wait_workers(2), 'the old workers end');

my ($new) = $t->joined({ seed => seed_of(9) });
ok($new->answer, 'the relay takes calls under the new identity');
$new->close;
$t->done;
