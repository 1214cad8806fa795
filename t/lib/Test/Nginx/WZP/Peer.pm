package Test::Nginx::WZP::Peer;

# The independent peer (t/peer): one process, many members.

use strict;
use warnings;

use parent -norequire, 'Test::Nginx::WZP::Process';

use JSON::PP ();
use Test::Nginx::WZP::Process;
use Test::Nginx::WZP::Util;

my $json = JSON::PP->new->utf8->canonical;


sub binary
{
    my $b = $ENV{WZP_BUILD} || Test::Nginx::WZP::build();

    return $ENV{WZP_PEER} if $ENV{WZP_PEER};

    for my $path ("$b/t/peer", "$b/../t/peer") {
        return $path if -x $path;
    }

    Test::More::BAIL_OUT("$b/t/peer is missing, run make tests");
}


sub start
{
    my ($class, %opt) = @_;

    return $class->spawn(name => 'peer', command => [binary()], input => 1,
                         %opt);
}


sub tell
{
    my ($self, %cmd) = @_;

    local $SIG{PIPE} = 'IGNORE';
    print { $self->{input} } $json->encode(\%cmd), "\n";
}


# Numbers and booleans of dial, for JSON.

my %type = (
    (map { $_ => 'bool' } qw(no_offer bad_signature bad_binding binding
                             no_datagram accept_streams log fin uni
                             client_cert request_cert hello strict no_pong
                             relay_links)),
    (map { $_ => 'int' } qw(idle_ms count interval_us seq size code
                            stream_id)),
);


sub typed
{
    my (%cmd) = @_;

    for my $k (keys %cmd) {
        my $type = $type{$k} || '';
        $cmd{$k} = $cmd{$k} ? JSON::PP::true : JSON::PP::false
            if $type eq 'bool';
        $cmd{$k} += 0 if $type eq 'int';
    }

    return %cmd;
}


sub dial
{
    my ($self, %opt) = @_;

    $self->tell(typed(%opt), cmd => 'dial');
    return Test::Nginx::WZP::Member->new($self, %opt);
}


# Instead of a member: a connection between relays, or a caller's, once it is
# there (or refused).

sub link
{
    my ($self, %opt) = @_;

    %opt = (id => 'l' . ++$self->{links}, sni => '_federation',
            like_ours(%opt));
    $self->tell(typed(%opt), cmd => 'link');

    my $l = Test::Nginx::WZP::Link->new($self, %opt);
    $l->wait('connected') unless $opt{no_wait};
    return $l;
}


# "ours": what makes another relay take this one for one of ours.

sub like_ours
{
    my (%opt) = @_;

    return delete $opt{ours}
        ? (client_cert => 1, request_cert => 1, hello => 1,
           extra => ',"extensions":["link"],"epoch":1', %opt)
        : %opt;
}


# A relay of old that listens.

sub serve
{
    my ($self, %opt) = @_;

    %opt = (id => 'r' . ++$self->{links}, like_ours(%opt));
    $self->tell(typed(%opt), cmd => 'serve');
    return Test::Nginx::WZP::Listener->new($self, %opt);
}


sub stop
{
    my ($self) = @_;

    return if !$self->{input};
    close delete $self->{input};
    my $rc = $self->wait;
    $self->kill unless defined $rc;
    return $rc;
}


package Test::Nginx::WZP::Member;

# One member of the independent peer.

use strict;
use warnings;

use Test::Nginx::WZP::Util;


sub new
{
    my ($class, $peer, %opt) = @_;

    return bless { %opt, peer => $peer, from => 0 }, $class;
}


sub events
{
    my ($self, $name) = @_;
    my $peer = $self->{peer};

    $peer->pump;
    return @{(defined $name ? $peer->{named_of}{$self->{id}}{$name}
                            : $peer->{of}{$self->{id}}) || []};
}


# The first event of that name (for which the filter is true), or undef.  Nobody
# waits for a member that is gone.

sub wait
{
    my ($self, $name, $filter, $limit) = @_;
    my $found;

    wait_for {
        my $gone = $self->gone;
        for my $ev ($self->events($name)) {
            local $_ = $ev;
            next if $filter && !$filter->($ev);
            $found = $ev;
            return 1;
        }
        return $gone;
    } $limit;

    return $found;
}


sub gone { return scalar(() = $_[0]->events('closed')) }


sub tell
{
    my ($self, $cmd, %args) = @_;

    $self->{peer}->tell(Test::Nginx::WZP::Peer::typed(%args),
                        cmd => $cmd, id => $self->{id});
    return $self;
}


# Media: count, interval_us, seq, size, head, payload, stream_id; on a link room
# or tag as well.  The number goes on by itself.

sub send
{
    my ($self, %opt) = @_;

    $opt{count} = 1 unless defined $opt{count};
    $opt{seq} = $self->{seq} || 0 unless defined $opt{seq};
    $opt{interval_us} = 20000 unless defined $opt{interval_us};
    $self->{seq} = $opt{seq} + $opt{count};
    $self->{sends}++;

    return $self->tell('send', %opt);
}


# Wait until all of that has left.

sub sent
{
    my ($self, $limit) = @_;

    return wait_for {
        my $gone = $self->gone;
        ($self->events('sent')) >= ($self->{sends} || 0) || $gone;
    } $limit;
}


sub raw    { my ($self, $hex) = @_; return $self->tell('raw', hex => $hex) }
sub signal { my ($self, $js) = @_; return $self->tell('signal', json => $js) }
sub freeze { return $_[0]->tell('freeze') }
sub thaw   { return $_[0]->tell('thaw') }
sub rebind { my ($self, @to) = @_; return $self->tell('rebind', @to) }


sub close
{
    my ($self, $code, $reason) = @_;

    $self->tell('close', code => $code || 0,
                reason => defined $reason ? $reason : 'normal close');
    return $self->wait('closed');
}


sub closed { my ($self, $limit) = @_; return $self->wait('closed', undef,
                                                         $limit) }


# The answer's JSON, and what is in it.

sub answer
{
    my ($self) = @_;
    my $ev = $self->wait('answer') or return undef;

    return $ev->{json}{CallAnswer};
}


sub stream_id
{
    my ($self) = @_;
    my $answer = $self->answer or return undef;

    return $answer->{stream_id};
}


# The account now: {flows => {stream id => {...}}, sent, short, updates}.

sub stats
{
    my ($self) = @_;
    my $before = () = $self->events('stats');

    $self->tell('stats');

    return wait_for {
        my @all = $self->events('stats');
        @all > $before ? $all[-1] : undef;
    };
}


# Wait until n packets of a stream id have come; the account of that flow.

sub heard
{
    my ($self, $stream, $n, $limit) = @_;
    my $flow;

    defined $stream && wait_for {
        my $gone = $self->gone;
        $flow = ($self->stats || return undef)->{flows}{$stream};
        return $gone || $flow && $flow->{packets} >= $n;
    } $limit;

    return $flow || { packets => 0, distinct => 0, missing => [], dups => 0,
                      corrupt => 0, foreign => 0, reserved => 0 };
}


# The newest RoomUpdate (of a member that accepts streams).

sub room
{
    my ($self) = @_;
    my @updates = grep { ref $_->{json} eq 'HASH' && $_->{json}{RoomUpdate} }
                  $self->events('signal');

    return @updates ? $updates[-1]{json}{RoomUpdate} : undef;
}


# Wait for a RoomUpdate with so many members.

sub wait_count
{
    my ($self, $n, $limit) = @_;
    my $found;

    wait_for {
        my $gone = $self->gone;
        my $room = $self->room;
        $found = $room if $room && $room->{count} == $n;
        return $found || $gone;
    } $limit;

    return $found;
}


sub story
{
    my ($self) = @_;

    return join "\n", map { $json->encode($_) } $self->events;
}


1;
