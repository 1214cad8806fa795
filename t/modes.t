# wzp_mode: echo gives a member its own packets back, bridge pairs members in
# the order of their arrival.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

sub relay
{
    my ($n, $more) = @_;

    return "listen 127.0.0.1:%%PORT_$n%% udp reuseport;\n"
         . "wzp on name=r$n;\nwzp_identity %%DIR%%/identity;\n$more";
}

$t->start(workers => 2, servers => [relay(0, 'wzp_mode echo;'),
                                    relay(1, 'wzp_mode bridge;')]);


# ---- echo ----

my ($ann, $bob) = $t->joined(map { { seed => seed_of($_) } } 1, 2);

$_->send(count => 50, interval_us => 5000) for $ann, $bob;
$_->sent for $ann, $bob;

for my $m ($ann, $bob) {
    my $f = $m->heard($m->stream_id, 50);
    is("$f->{distinct}/$f->{corrupt}/$f->{dups}", '50/0/0',
       'echo: everything comes back');
    is(join(',', keys %{$m->stats->{flows}}), $m->stream_id,
       'echo: and nothing of others');
}


# ---- bridge ----

my @m;

sub arrive
{
    my ($n) = @_;
    my ($m) = $t->joined({ addr => $t->addr(1), seed => seed_of(10 + $n),
                           accept_streams => 1 });
    push @m, $m;
    return $m;
}

my $one = arrive(1);
$one->send(count => 10, interval_us => 5000);
$one->sent;
is($one->heard($one->stream_id, 10)->{distinct}, 10,
   'bridge: an echo while alone');

my $two = arrive(2);
my $three = arrive(3);

sub talk
{
    $_->send(count => 20, interval_us => 5000) for @_;
    $_->sent for @_;
}

my $since = $one->stats->{flows}{$one->stream_id}{packets};
talk($one, $two, $three);

is($two->heard($one->stream_id, 20)->{distinct}, 20,
   'bridge: the second hears the first');
is($one->heard($two->stream_id, 20)->{distinct}, 20, 'bridge: and is heard');
is($three->heard($three->stream_id, 20)->{distinct}, 20,
   'bridge: the third waits with its echo');
is($one->stats->{flows}{$one->stream_id}{packets}, $since,
   'bridge: no echo any more for the first');

my $four = arrive(4);
talk($three, $four);
is($four->heard($three->stream_id, 20)->{distinct}, 20,
   'bridge: the fourth is paired with the third');
is($three->heard($four->stream_id, 20)->{distinct}, 20, 'bridge: both ways');

is(join(',', sort keys %{$four->stats->{flows}}), $three->stream_id,
   'bridge: pairs do not hear each other');

# the partner goes: an echo again, and the next one is the partner

$one->close;
my $seen = wait_for {
    $two->send(count => 1, interval_us => 0);
    $two->stats->{flows}{$two->stream_id};
};
ok($seen, 'bridge: alone again, an echo again');

my $five = arrive(5);
talk($five);
is($two->heard($five->stream_id, 20)->{distinct}, 20,
   'bridge: the next to come is the partner');

# statistics of both directions go to the log every 5 s

ok($t->wait_log(qr/\[(?:notice|info)\].*bridge.*\d+.*\d+/),
   'bridge: statistics in the log');

$t->done;
