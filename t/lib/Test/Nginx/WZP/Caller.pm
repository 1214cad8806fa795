package Test::Nginx::WZP::Caller;

# People who call each other, by the independent peer: each is one "_signal"
# connection.
#
#     my $ann = caller_at($t, 1);             # registered, and proved it
#     my $bob = caller_at($t, 2);
#     $ann->call($bob, 'id1');
#     $bob->got('DirectCallOffer', 'id1');    # the value, for this call
#     $bob->answers('id1');
#     my ($a, $b) = meet('id1', $ann, $bob);  # members of the call's room
#     $ann->hangup('id1');
#
#   caller_at(RELAY, N, link options)   person N; old => 1: proves nothing
#   place(ANN, BOB, ID)       the whole of it up to CallSetup; what was missed
#   call(CALLEE or FP, ID, more members)
#   answers(ID, MODE, more members)     AcceptGeneric
#   hangup(ID, REASON)        ID undef: of all calls
#   got(NAME, ID, LIMIT)      wait for a signal about that call
#   told(NAME, ID)            how many have come
#   quiet                     has everything that was sent to it come?
#   enters(ID, member options)          a member of the call's room
#   meet(ID, CALLER...)       all of them, who know of each other
#   hears(MEMBERS, N)         each says N frames: "got lost dups" over all

use strict;
use warnings;

use Exporter qw(import);

use parent -norequire, 'Test::Nginx::WZP::Link';

use JSON::PP ();
use Test::More;

use Test::Nginx::WZP::Identity;
use Test::Nginx::WZP::Link;
use Test::Nginx::WZP::Topology;
use Test::Nginx::WZP::Util;

our @EXPORT = qw(caller_at place meet hears);

my $json = JSON::PP->new->utf8->canonical;
my $pings = 0;


sub caller_at
{
    my ($relay, $n, %opt) = @_;
    my $old = delete $opt{old};
    my $self = bless $relay->link(sni => '_signal', seed => seed_of($n),
                                  ($old ? () : (binding => 1)), %opt), __PACKAGE__;

    $self->{at} = $relay;
    $self->{fp} = fp_of($n);
    return $self if $opt{offer} || $opt{no_offer} || $opt{no_wait};

    $self->wait_signal('RegisterPresenceAck');
    return $self;
}


sub is_registered
{
    my ($self) = @_;
    my $ack = $self->wait_signal('RegisterPresenceAck') || {};

    return $ack->{success} ? 1 : 0;
}


# Somebody says exactly this: the text is returned.

sub says
{
    my ($self, $name, $value) = @_;
    my $text = $json->encode({ $name => $value });

    $self->signal($text);
    return $text;
}


sub zeros { return [(0) x $_[0]] }


sub call
{
    my ($self, $callee, $id, %more) = @_;

    return $self->says(DirectCallOffer => {
        caller_fingerprint => $self->{fp}, caller_alias => undef,
        target_fingerprint => ref $callee ? $callee->{fp} : $callee,
        call_id => $id, identity_pub => zeros(32), ephemeral_pub => zeros(32),
        signature => [], supported_profiles => [], %more });
}


sub answers
{
    my ($self, $id, $mode, %more) = @_;

    return $self->says(DirectCallAnswer => {
        call_id => $id, accept_mode => $mode || 'AcceptGeneric', %more });
}


sub hangup
{
    my ($self, $id, $reason) = @_;

    return $self->says(Hangup => { reason => $reason || 'Normal',
                                   defined $id ? (call_id => $id) : () });
}


sub about
{
    my ($id) = @_;

    return sub { !defined $id || lc($_->{call_id} || '') eq lc $id };
}


sub got
{
    my ($self, $name, $id, $limit) = @_;

    return $self->wait_signal($name, about($id), $limit);
}


sub told
{
    my ($self, $name, $id) = @_;
    my $filter = about($id);

    return scalar grep { $filter->() } $self->signals($name);
}


# Signals arrive on streams of their own, in any order: by a second pong all
# that was said before has come.

sub quiet
{
    my ($self) = @_;

    for (1 .. 2) {
        my $ms = ++$pings;
        $self->says(Ping => { timestamp_ms => $ms });
        $self->wait_signal('Pong', sub { $_->{timestamp_ms} == $ms })
            or return 0;
    }

    return 1;
}


sub place
{
    my ($ann, $bob, $id, $mode) = @_;

    $ann->call($bob, $id);
    $bob->got('DirectCallOffer', $id) or return 'no offer';
    $ann->got('CallRinging', $id) or return 'no ringing';
    $bob->answers($id, $mode);
    $ann->got('DirectCallAnswer', $id) or return 'no answer';
    $ann->got('CallSetup', $id) or return 'no setup for the caller';
    $bob->got('CallSetup', $id) or return 'no setup for the callee';

    return '';
}


# A member of the room of a call, at the relay where he is registered.

sub enters
{
    my ($self, $id, %opt) = @_;

    return $self->{at}->member(sni => lc "call-$id", seed => $self->{seed},
                               binding => 1, accept_streams => 1, %opt);
}


sub meet
{
    my ($id, @callers) = @_;
    my @members = map { $_->enters($id) } @callers;

    for my $m (@members) {
        $m->answer or diag('not in the call: ' . $m->story);
        $m->wait_count(scalar @callers) or diag('alone: ' . $m->story);
    }

    return @members;
}


sub hears
{
    my ($members, $n, %opt) = @_;

    talk($members, $n, %opt);
    my $a = account($members);
    return "$a->{got} $a->{lost} $a->{dups} $a->{strays}";
}


1;
