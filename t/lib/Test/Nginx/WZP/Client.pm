package Test::Nginx::WZP::Client;

# Our own client, as a person or a script runs it.

use strict;
use warnings;

use parent -norequire, 'Test::Nginx::WZP::Process';

use Test::Nginx::WZP::Process;


sub binary
{
    return $ENV{WZP_CLIENT} || Test::Nginx::WZP::build() . '/wzp-client';
}


# start(dir, addr, args => [...], number, json => 1, env => {...}, home)

sub start
{
    my ($class, %opt) = @_;
    my $json = exists $opt{json} ? $opt{json} : 1;
    my $home = $opt{home} || "$opt{dir}/home-$opt{number}";

    -x binary()
        or Test::More::BAIL_OUT(binary() . ' is missing, run make tests');
    mkdir $home;

    return $class->spawn(
        %opt,
        name => 'client',
        home => $home,
        command => [binary(), ($json ? '--json' : ()), @{$opt{args}},
                    $opt{addr} ? $opt{addr} : ()],
        env => { HOME => $home, XDG_CONFIG_HOME => undef,
                 XDG_DATA_HOME => undef, XDG_STATE_HOME => undef,
                 XDG_CACHE_HOME => undef, %{$opt{env} || {}} });
}


# The closing report (ends the client unless it ended by itself).

sub report
{
    my ($self) = @_;
    my @reports;

    $self->stop('INT') if $self->running;
    @reports = $self->events('report');
    return $reports[-1];
}


1;
