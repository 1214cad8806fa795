# Direct calls between our people and those of an existing relay, which wraps
# signals without a target, reads no hang-up in an envelope, and bridges
# call rooms by their tag (PROTOCOL.md 8.5).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;
use Test::Nginx::WZP::Link;

my $t = Test::Nginx::WZP->new(seed => seed_of(900), label => 'A');
my $old = $t->listener(3, seed => seed_of(9));

$t->start(workers => 2, server => 'wzp_ring_timeout 3s;'
          . 'wzp_federation_backoff 200ms 1s;'
          . $old->peer_of(label => 'old'));

my $l = $old->accepted('_federation');
ok($l->wait_signal('FederationHello') && $t->wait_links(1),
   'the link is there');

my $ann = caller_at($t, 1);
my $xia = fp_of(50);                    # at the existing relay

# What the existing relay says about a call.

sub wraps
{
    my ($name, $value, %more) = @_;

    return $l->say(FederatedSignalForward => {
        inner => { $name => $value }, origin_relay_fp => tls_fp_of(9), %more });
}

sub wrapped
{
    my ($name, $id, $limit) = @_;

    return $l->wait_signal('FederatedSignalForward', sub {
        (($_->{inner}{$name} || return 0)->{call_id} || '') eq $id }, $limit);
}

sub offer_to
{
    my ($target, $id, %more) = @_;

    return { caller_fingerprint => $xia, caller_alias => undef,
             target_fingerprint => $target, call_id => $id,
             identity_pub => [(0) x 32], ephemeral_pub => [(0) x 32],
             signature => [], supported_profiles => [], %more };
}


# ---- ours calls theirs ----

$ann->call($xia, 'out-1', caller_reflexive_addr => '198.51.100.1:1');
my $out = wrapped('DirectCallOffer', 'out-1');
ok($out, 'an unknown person is called at the existing relay');
is($out->{origin_relay_fp}, $t->tls_fp, 'which is told whose envelope it is');
is(join(' ', sort keys %$out), 'inner origin_relay_fp', 'as it knows them');
is($out->{inner}{DirectCallOffer}{caller_fingerprint}, $ann->{fp},
   'with the offer as it was');
ok($ann->got('CallRinging', 'out-1'), 'it rings, as far as we can tell');

wraps(DirectCallAnswer => { call_id => 'out-1', accept_mode => 'AcceptTrusted',
                            callee_reflexive_addr => '198.51.100.2:2' });
is($ann->got('CallSetup', 'out-1')->{peer_direct_addr}, '198.51.100.2:2',
   'they answer');

my ($a) = $ann->enters('out-1');
ok($a->answer, 'the caller is in the room');
$l->active('call-out-1', $xia);
ok($a->wait_count(2), 'so is the callee, there');
$a->send(count => 50, interval_us => 2000);
is($l->heard('call-out-1', $a->stream_id, 50)->{distinct}, 50,
   'his packets arrive with the room\'s tag');
$l->send(room => 'call-out-1', stream_id => 4711, count => 50,
         interval_us => 2000);
my $f = $a->heard(4711, 50);
is("$f->{distinct} $f->{dups}", '50 0', 'and theirs here');

wraps(MediaPathReport => { call_id => 'out-1', direct_ok => JSON::PP::true });
ok($ann->got('MediaPathReport', 'out-1'), 'path reports, too');

$ann->hangup('out-1');
ok(wrapped('Hangup', 'out-1'), 'we hang up');
ok($a->wait_count(1), 'after which the other side is not there');
$l->send(room => 'call-out-1', stream_id => 4711, seq => 60, count => 5);
$l->sent;
is($a->heard(4711, 51, 1)->{packets}, 50, 'nor heard');
$a->close;


# ---- theirs calls ours ----

wraps(DirectCallOffer => offer_to($ann->{fp}, 'in-1',
      caller_reflexive_addr => '198.51.100.2:2'));
ok($ann->got('DirectCallOffer', 'in-1'), 'they call');
$ann->answers('in-1', 'AcceptTrusted');
ok(wrapped('DirectCallAnswer', 'in-1'), 'we answer');
is($ann->got('CallSetup', 'in-1')->{peer_direct_addr}, '198.51.100.2:2',
   'and meet here');
($a) = $ann->enters('in-1');
ok($a->answer, 'in the room');
$l->active('call-in-1', $xia);
ok($a->wait_count(2), 'with the other side');
$a->send(count => 20, interval_us => 2000);
is($l->heard('call-in-1', $a->stream_id, 20)->{distinct}, 20, 'which hears us');
wraps(Hangup => { reason => 'Normal', call_id => 'in-1' });
ok($ann->got('Hangup', 'in-1'), 'a hang-up that it may send is understood');
$a->close;

wraps(DirectCallOffer => offer_to($ann->{fp}, 'in-2'));
$ann->got('DirectCallOffer', 'in-2');
$ann->answers('in-2', 'Reject');
ok(wrapped('Hangup', 'in-2'), 'we reject');

wraps(DirectCallOffer => offer_to(fp_of(77), 'in-3'));
ok(wrapped('Hangup', 'in-3'), 'nobody of that name is here');

$ann->call($xia, 'out-2');
ok(wrapped('DirectCallOffer', 'out-2'), 'nobody answers');
is($ann->got('Hangup', 'out-2')->{reason}, 'Timeout', 'which ends by itself');


# ---- what it may not do ----

my $bob = caller_at($t, 2);

is(place($ann, $bob, 'ours'), '', 'two of ours talk');
wraps(Hangup => { reason => 'Normal', call_id => 'ours' });
wraps(DirectCallAnswer => { call_id => 'ours', accept_mode => 'Reject' });
wraps(DirectCallOffer => offer_to($bob->{fp}, 'ours'));
$l->say(FederatedSignalForward => { inner => { Hangup => { reason => 'Normal',
    call_id => 'ours' } }, origin_relay_fp => $t->tls_fp });
$l->active('call-ours', $xia);
$l->send(room => 'call-ours', stream_id => 7, count => 5);
my @m = meet('ours', $ann, $bob);
is(hears(\@m, 20), '40 0 0 0', 'which it cannot disturb');
is($ann->told('Hangup', 'ours') + $bob->told('Hangup', 'ours'), 0, 'nor end');
unlike(join(' ', $l->tags), qr/@{[Test::Nginx::WZP::Link::tag_of('call-ours')]}/,
       'nor hear');

$l->say(FederatedSignalForward => { inner => { DirectCallOffer =>
    offer_to($ann->{fp}, 'alien') }, origin_relay_fp => tls_fp_of(10) });
$ann->quiet;
is($ann->told('DirectCallOffer', 'alien'), 0,
   'an existing relay speaks for itself only');

$t->done;
