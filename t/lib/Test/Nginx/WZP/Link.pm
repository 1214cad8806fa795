package Test::Nginx::WZP::Link;

# The independent peer as another relay, as a prober, or as a caller.
#
#     my $l = $t->link(sni => '_federation', seed => seed_of(9));
#
# dials the relay.  The server name says what it does by itself:
#
#   _federation   FederationHello (silent then, as the relays before us)
#   _probe        Ping every second, PresenceUpdate after every tenth
#   _signal       RegisterPresence, nothing signed
#   _relay        nothing
#
#   seed          32 bytes as hex: its identity and certificate
#   client_cert   show the certificate (the relays before us have none)
#   claim         another fingerprint in the hello: forged
#   ours          as a relay of ours: certificate, extension "link", epoch 1
#   extra         more members of the first message: ',"extensions":["x"]'
#   offer         JSON instead of the first message
#   no_offer      not even that; ->tell('stream', hex => ...) sends any bytes
#   strict        end at a variant unknown before us, as the relays before us
#   binding       prove the registration, as our clients do; bad_binding
#   log           tell every packet
#   no_wait       do not wait until it is connected
#   relay         id of a listener, on whose behalf it dials
#
# One that was accepted comes from a listener: $listener->accepted('_probe').
#
# All of Member's methods, where they make sense, and:
#
#   signals(NAME)         values of all signals of that variant (all: whole)
#   wait_signal(NAME, [FILTER], [LIMIT])    the first, for $_ = its value
#   text                  everything that was ever signalled to it, to grep
#   tags                  tags of all packets that came
#   active(ROOM, FP...)   GlobalRoomActive; inactive(ROOM)
#   offer(ROOM, [FP...], origin => ..., seq => ..., path => [...])
#                         the same by a relay of ours: by default its own, with
#                         a number that rises
#   presence([FP...], ADDR)   PresenceUpdate now, and from now on
#   route(FP, [TTL])      RouteQuery
#   send(room => ..., stream_id => ..., count => ...)    tagged packets
#   heard(ROOM, ID, N)    the account of a room and stream id, when N came
#   stats                 account: flows by "tag/id", sent, signals, bytes,
#                         pongs, unknown, silence_ms (longest time without a
#                         signal or datagram)

use strict;
use warnings;

use parent -norequire, 'Test::Nginx::WZP::Member';

use Digest::SHA qw(sha256_hex);
use JSON::PP ();

use Test::Nginx::WZP::Identity;
use Test::Nginx::WZP::Util;

my $json = JSON::PP->new->utf8->canonical;


sub signals
{
    my ($self, $name) = @_;
    my @all = $self->events('signal');

    return map { $_->{json} } @all unless defined $name;
    return map { ref $_->{json} eq 'HASH' ? $_->{json}{$name} : $_->{json} }
           grep { $_->{name} eq $name } @all;
}


sub wait_signal
{
    my ($self, $name, $filter, $limit) = @_;
    my $found;

    wait_for {
        my $gone = $self->gone;
        for my $value ($self->signals($name)) {
            local $_ = $value;
            next if $filter && !$filter->($value);
            $found = $value;
            return 1;
        }
        return $gone;
    } $limit;

    return $found;
}


sub text
{
    my ($self) = @_;

    return join "\n", map { $_->{text} } $self->events('signal');
}


# Tell a signal by name and value.

sub say
{
    my ($self, $name, $value) = @_;

    return $self->signal($json->encode({ $name => $value }));
}


sub active
{
    my ($self, $room, @who) = @_;

    return $self->say(GlobalRoomActive => {
        room => $room, participants => [people(@who)] });
}


# Participants by fingerprint; a hash is one already.

sub people
{
    return map { ref $_ ? $_ : { fingerprint => $_, alias => undef,
                                 relay_label => undef } } @_;
}


sub offer
{
    my ($self, $room, $who, %more) = @_;
    my $id = relay_id_of($self->{seed});

    return $self->say(GlobalRoomActive => {
        room => $room, participants => [people(@$who)], origin => $id,
        seq => ++$self->{offers}, path => [$id], %more });
}


sub inactive
{
    my ($self, $room) = @_;

    return $self->say(GlobalRoomInactive => { room => $room });
}


sub presence
{
    my ($self, $people, $addr) = @_;

    return $self->tell('presence', fingerprints => $people,
                       relay_addr => defined $addr ? $addr : '');
}


sub route
{
    my ($self, $fp, $ttl) = @_;

    return $self->say(RouteQuery => { fingerprint => $fp,
                                      ttl => defined $ttl ? $ttl + 0 : 3 });
}


sub tag_of { return substr sha256_hex($_[0]), 0, 16 }


sub tags
{
    my ($self) = @_;
    my $stats = $self->stats || { flows => {} };
    my %tags = map { m{(.*)/} ? ($1 => 1) : () } keys %{$stats->{flows}};

    return sort keys %tags;
}


sub heard
{
    my ($self, $room, $stream, $n, $limit) = @_;

    return $self->SUPER::heard(tag_of($room) . "/$stream", $n, $limit);
}


package Test::Nginx::WZP::Listener;

# A relay of old that listens, with rooms by server name: links come to it.
#
#     my $r = $t->listener(3, seed => seed_of(9));          # port 3
#     $t->start(server => $r->peer_of(label => 'old') . ...);
#     my $l = $r->accepted('_federation');
#
#   request_cert  ask for a client certificate; ->accepted tells it as {cert}
#   hello         answer a hello; ours: as our relays do; extra, claim, strict:
#                 as for links
#   fingerprints  its people, for probes; relay_addr: the address it tells them
#   no_pong, relay_links ("_relay" is a link, not a room)
#   global        rooms that it bridges, by the rules and faults of old: what is
#                 announced circulates; two links to one relay are one for
#                 sending until either ends; who is silent for 15 s has nobody
#   trusted       fingerprints that a hello may claim (none: any)
#   mode, code, reason, alpn, no_datagram, bad_signature: t/peer/README

use strict;
use warnings;

use parent -norequire, 'Test::Nginx::WZP::Member';

use Test::Nginx::WZP::Util;


# The nth link (from 0) of that server name.

sub accepted
{
    my ($self, $sni, $n, $limit) = @_;
    my $ev = wait_for {
        (grep { $_->{sni} eq $sni } $self->events('inbound'))[$n || 0];
    } $limit;

    return undef unless $ev;

    return Test::Nginx::WZP::Link->new($self->{peer}, id => $ev->{link},
        sni => $sni, cert => $ev->{cert}, from_addr => $ev->{from});
}


sub addr { return $_[0]{addr} }
sub port { return ($_[0]{addr} =~ /:(\d+)$/)[0] }


# Its certificate's fingerprint.

sub fingerprint
{
    my ($self) = @_;

    return ($self->wait('serving') || {})->{cert};
}


# A link from here to there, on the same identity.

sub link
{
    my ($self, %opt) = @_;

    return $self->{peer}->link(%opt, relay => $self->{id});
}


# The directives of who shall dial it, and of who shall only let it in.

sub peer_of
{
    my ($self, %opt) = @_;

    return Test::Nginx::WZP::directive(wzp_peer => $self->addr,
        fingerprint => $self->fingerprint, verify => 'hello', %opt);
}


sub trusted
{
    my ($self, %opt) = @_;

    return Test::Nginx::WZP::directive(wzp_trusted => '',
        fingerprint => $self->fingerprint, verify => 'hello', %opt);
}


1;
