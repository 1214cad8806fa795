package Test::Nginx::WZP::Proxy;

# t/tools/udpproxy: a bad line on command.
#
#   cut, heal     both directions are dead, and live again (a partition)
#   replay        send the last packets (--keep N) of both directions again
#   rebind        new ports towards the server, as a NAT does
#   report        end it; what it did

use strict;
use warnings;

use parent -norequire, 'Test::Nginx::WZP::Process';

use Test::Nginx::WZP::Process;
use Test::Nginx::WZP::Util;


# A signal that it answers by an event.

sub order
{
    my ($self, $sig, $event) = @_;
    my $before = () = $self->events($event);

    $self->signal($sig);
    return wait_for {
        my @all = $self->events($event);
        @all > $before ? $all[-1] : undef;
    };
}


sub outage
{
    my ($self, $on) = @_;

    return 1 if !$self->{cut} == !$on;
    my $ev = $self->order('USR2', 'outage') or return 0;
    $self->{cut} = $ev->{on};
    return !$self->{cut} == !$on;
}


sub cut { return $_[0]->outage(1) }
sub heal { return $_[0]->outage(0) }
sub replay { return $_[0]->order('HUP', 'replayed') }
sub rebind { return $_[0]->order('USR1', 'rebound') }


sub report
{
    my ($self) = @_;

    $self->stop;
    return ($self->events('report'))[-1];
}


1;
