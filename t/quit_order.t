# nginx -s quit with several workers, which end one after the other, each with
# its last call: those that remain lose nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(workers => 4);

my @m = $t->joined(map { { seed => seed_of($_) } } 1 .. 8);
my $master = $t->pid;
my %sent;

sub round
{
    $_->send(count => 10) for @m;
    $_->sent for @m;
    $sent{$_->stream_id} += 10 for @m;

    my $lost = 0;

    for my $to (@m) {
        for my $from (grep { $_ != $to } @m) {
            my $id = $from->stream_id;
            $lost += $sent{$id} - $to->heard($id, $sent{$id}, 5)->{distinct};
        }
    }

    return $lost;
}

is(round(), 0, 'a call');

$t->signal('QUIT');
ok($t->wait_log(qr/gracefully shutting down/), 'told to quit');
$t->{started} = 0;

while (@m > 1) {
    is(round(), 0, @m . ' members: no frame is lost');
    (pop @m)->close;
}

$m[0]->close;
ok($t->wait_gone($master), 'nginx ends with the last one');
$t->done;
