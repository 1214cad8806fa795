# wzp_event_log: a line of JSON for all that happens in rooms and on links, by
# several workers in one file.

use strict;
use warnings;

use FindBin;
use JSON::PP ();

use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Topology;

my @order = qw(ts event room src seq codec fec_block fec_sym repair len
               to_count peer reason action participants);
my %rank = map { $order[$_] => $_ } 0 .. $#order;
my $json = JSON::PP->new->utf8;


# Events of a file, each line checked: [good ones], [bad lines].

sub parse
{
    my ($file) = @_;
    my (@events, @bad);

    for my $line (split /\n/, slurp($file)) {
        my $ev = eval { $json->decode($line) };
        my @names = $line =~ /[{,]"(\w+)":/g;
        my @sorted = sort { ($rank{$a} // 99) <=> ($rank{$b} // 99) } @names;
        my $ok = $ev && "@names" eq "@sorted"
                 && $ev->{ts} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

        push @{$ok ? \@events : \@bad}, $ok ? $ev : $line;
    }

    return (\@events, \@bad);
}


sub events
{
    my ($r, $name, %want) = @_;
    my ($events) = parse($r->dir . '/events.log');

    return grep {
        my $ev = $_;
        $ev->{event} eq $name
        && !grep { ($ev->{$_} // '') ne $want{$_} } keys %want;
    } @$events;
}


sub wait_events
{
    my ($r, $n, @want) = @_;

    wait_for { events($r, @want) >= $n };
    return events($r, @want);
}


sub sum { my $n = 0; $n += $_ for @_; return $n }
sub id { return sprintf '%04x', $_[0]->stream_id }


# One relay that may dial has a label that would end a string.

my $label = 'x","event":"forged';
my $trusted = "'wzp_trusted' fingerprint=" . tls_fp_of(seed_of(9))
              . " 'label=$label';\n";

my @r = chain(2, workers => 2, rooms => ['general'],
              server => "wzp_event_log events.log;\nwzp_rate 300;\n$trusted");
ok(wait_up(@r), 'both links are up');

is(wait_events($r[0], 1, link_up => (peer => 'B')), 1, 'a link comes up');

my ($ann, $bob, $eve) = $r[0]->joined(
    map { { seed => seed_of(100 + $_), alias => qq{x","event":"forged$_"\n},
            accept_streams => 1 } } 1 .. 3);
my ($far) = $r[1]->joined({ seed => seed_of(104), accept_streams => 1 });
ok(all_know([$ann, $bob, $eve, $far]), 'four in the room');

# every frame, in and out, on both relays

$ann->send(count => 200, interval_us => 5000);
$far->send(count => 100, interval_us => 5000);
$_->sent for $ann, $far;
$_->heard($ann->stream_id, 200) for $bob, $eve, $far;
$_->heard($far->stream_id, 100) for $ann, $bob, $eve;

my @in = wait_events($r[0], 200, local_ingress => (src => id($ann)));
is(@in, 200, 'each frame of a member');
is(join(' ', map { $_->{seq} } @in), join(' ', 0 .. 199), 'by number');
is(join(' ', sort keys %{$in[0]}), 'action codec event fec_block fec_sym '
   . 'len repair room seq src ts', 'with its header');

for my $talker ([$ann, 200, 2], [$far, 100, 3]) {
    my ($who, $n, $to) = @$talker;
    my @want = ('local_deliver', src => id($who), room => 'general');

    wait_for { sum(map { $_->{to_count} } events($r[0], @want)) == $n * $to };
    is(sum(map { $_->{to_count} } events($r[0], @want)), $n * $to,
       "$n frames to $to members");
}

is(wait_events($r[0], 200, federation_egress => (peer => 'B')), 200,
   'to the other relay');
is(wait_events($r[1], 200, federation_ingress => (peer => 'A')), 200,
   'which has them from the link');
is(wait_events($r[1], 200, local_deliver => (src => id($ann))), 200,
   'and delivers them');
is(wait_events($r[0], 100, federation_ingress => (src => id($far))), 100,
   'and the other way');

my ($fed) = events($r[1], 'federation_ingress');
is(join(' ', sort keys %$fed), 'codec event fec_block fec_sym len peer repair '
   . 'room seq src ts', 'with headers as well');

# who comes and goes, and what is refused

my @joins = events($r[0], join => (room => 'general'));
is(join(' ', sort map { $_->{src} } @joins),
   join(' ', sort map { fp_of(100 + $_) } 1 .. 3), 'joins');
is((sort map { $_->{participants} } @joins)[-1], 3, 'of so many');

$bob->close;
my ($leave) = wait_events($r[0], 1, 'leave');
is("$leave->{src} $leave->{participants}", fp_of(102) . ' 2', 'a leave');

my $bad = $r[0]->member(seed => seed_of(109), bad_signature => 1);
$bad->closed;
my ($refused) = wait_events($r[0], 1, 'join_refused');
is($refused->{reason}, 'auth', 'a join that is refused');

$ann->raw('0102');
is(wait_events($r[0], 1, local_drop => (reason => 'malformed')), 1,
   'a packet that is none');
$ann->send(count => 400, interval_us => 10);
$ann->sent;
ok(scalar(wait_events($r[0], 50, local_drop => (reason => 'rate'))),
   'packets over the rate');

# what another relay sends is not a line of its own

my $link = $r[0]->link(seed => seed_of(9), ours => 1);
is(wait_events($r[0], 1, link_up => (peer => $label)), 1, 'a forged label');
$link->raw('0102030405060708' . '00');
is(wait_events($r[0], 1, federation_ingress_malformed => (peer => $label)), 1,
   'a packet that is none');
$link->send(room => 'nowhere', stream_id => 7, count => 1);
is(wait_events($r[0], 1, room_not_found => (peer => $label)), 1,
   'one for a room that is none');
my @theirs = (stream_id => $ann->stream_id, count => 1, seq => 7000);
$link->send(room => 'general', @theirs);
is(wait_events($r[0], 1, source_drop => (src => id($ann))), 1,
   'one in the name of somebody else');

# but his own that comes back, as in a ring, is no forgery

$ann->send(count => 1, seq => 7001);
ok(wait_events($r[0], 1, federation_egress => (src => id($ann), seq => 7001,
                                               peer => 'B')), 'he speaks');
$link->send(room => 'general', @theirs, seq => 7001);
is(wait_events($r[0], 1, dedup_drop => (src => id($ann), seq => 7001)), 1,
   'his own packet comes back');
is(events($r[0], source_drop => (src => id($ann))), 1, 'which is no forgery');
is(sum(map { $_->{to_count} } events($r[0], local_deliver => (seq => 7001))),
   1, 'nor heard again');
is(events($r[0], local_deliver => (seq => 7000)), 0,
   'and what was forged is not heard at all');
$link->close(0, 'y","event":"forged');
my ($gone) = wait_events($r[0], 1, link_down => (peer => $label));
is($gone->{reason}, 'y","event":"forged', 'and a forged reason');
$r[0]->allow(qr/link "x/);

# USR1: the file is opened anew, nothing is lost

my $before = events($r[0], 'local_ingress');
my $old = $r[0]->dir . '/events.log.1';
rename $r[0]->dir . '/events.log', $old;
$eve->send(count => 100, interval_us => 10000, seq => 0);
$r[0]->signal('USR1');
$eve->sent;
ok(wait_for { -s $r[0]->dir . '/events.log' }, 'USR1: another file');
my $both = sub {
    my ($first) = parse($old);
    return scalar(grep { $_->{event} eq 'local_ingress' } @$first)
           + events($r[0], 'local_ingress');
};
wait_for { $both->() == $before + 100 };
is($both->(), $before + 100, 'no line is lost between');

# a link that goes, with what the other end said

$r[0]->allow(qr/link "B" down/);
$r[1]->stop;
my ($down) = wait_events($r[0], 1, link_down => (peer => 'B'));
ok($down && $down->{reason}, 'a link goes down');

$_->close for $ann, $eve;

for my $file ($old, map { $_->dir . '/events.log' } @r) {
    my ($events, $lines) = parse($file);
    is("@$lines", '', @$events . ' lines, each of them JSON, in order');
    is((grep { $_->{event} =~ /forged/ } @$events), 0, 'none is forged');
}

$_->end for @r;
$_->questions for @r;


# ---- a full disk stops nothing ----

# The file may not grow by more than a few lines; later it may again.

SKIP: {
    skip 'there is no prlimit', 7 unless grep { -x "$_/prlimit" }
                                      split /:/, $ENV{PATH};

    local $SIG{XFSZ} = 'IGNORE';        # which nginx inherits

    my $t = Test::Nginx::WZP->new->start(root_workers => 1,
                                          server => 'wzp_event_log events.log;');
    my $file = $t->dir . '/events.log';
    my ($one, $two) = $t->joined(map { { seed => seed_of($_) } } 1, 2);

    $t->allow(qr/event log "\S+": -?\d+ of \d+ bytes written/);

    my $say = sub {
        my ($n) = @_;
        $one->send(count => $n, interval_us => 1000);
        $one->sent;
        return $two->heard($one->stream_id, $one->{seq})->{distinct};
    };
    my $limit = sub {
        system('prlimit', '--pid', ($t->workers)[0], "--fsize=$_[0]:");
    };

    $say->(300);
    wait_events($t, 300, 'local_deliver');
    cmp_ok(-s $file, '>', 2 * length $t->error_log, 'the larger of two logs');

    $limit->(1000 + -s $file);
    is($say->(60), 360, 'no space: a call goes on');
    ok($t->wait_log(qr/\[alert\].*event log "\S+events.log".*written/),
       'and it is told');
    cmp_ok($t->grep_log(qr/event log/), '<', 60, 'not for each line');

    $limit->('unlimited');
    is($say->(10), 370, 'there is again');
    wait_for { sum(map { $_->{count} } events($t, 'dropped')) };

    my ($events, $cut) = parse($file);
    my $count = sum(map { $_->{count} } events($t, 'dropped'));
    my $there = grep { $_->{event} ne 'dropped' } @$events;

    is($there + $count, 2 * 370 + 2, "$count lines are missing, as it says");
    cmp_ok(scalar(@$cut), '<=', 2, 'what was cut harms no other')
        or diag(join "\n", @$cut);

    $_->close for $one, $two;
    $t->end;
    $t->questions;
}

done_testing();
