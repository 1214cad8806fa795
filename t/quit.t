# nginx -s quit during a call: the call goes on until its members leave, then
# nginx ends; nobody new comes in.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 2,
    stream => 'log_format f "$wzp_fingerprint";',
    server => 'access_log %%DIR%%/access.log f;');

my @m = $t->joined(map { { seed => seed_of($_), accept_streams => 1 } }
                   1 .. 4);
$_->wait_count(4) for @m;
$_->send(count => 150) for @m;

my $pid = $t->pid;
$t->signal('QUIT');
ok($t->wait_log(qr/gracefully shutting down/), 'told to quit');
$t->{started} = 0;

$_->sent for @m;

my ($got, $lost) = (0, 0);

for my $to (@m) {
    for my $from (grep { $_ != $to } @m) {
        my $f = $to->heard($from->stream_id, 150);
        $got += $f->{distinct};
        $lost += @{$f->{missing}};
    }
}

$t->counts("$got/$lost", '1800/0', 'the call goes on, every frame');
ok(!grep({ $_->events('closed') } @m), 'nobody had to leave');
ok(!Test::Nginx::WZP::gone($pid), 'nginx waits for them');

my $new = $t->member(seed => seed_of(9));
ok(!$new->wait('answer', undef, 1), 'nobody new comes in');

# one leaves, the others are told; then all

(shift @m)->close;
ok($m[0]->wait_count(3), 'leaving is told as ever');
$_->close for @m;

ok($t->wait_gone($pid), 'the last one has left: nginx ends');
is(scalar(() = slurp($t->dir . '/access.log') =~ /^\S{39}$/mg), 4,
   'and has logged all four');

$t->done;
