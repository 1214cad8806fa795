package Test::Nginx::WZP::Process;

# A child process whose standard output is JSON lines, read while it runs.

use strict;
use warnings;

use JSON::PP ();
use POSIX qw(WNOHANG);

use Test::Nginx::WZP::Util;

my $json = JSON::PP->new->utf8;
my $count = 0;

# script(1) runs what is here, and shells differ in what a Ctrl-C does to them.

$ENV{SHELL} = '/bin/sh';


# spawn(name, dir, command => [...], env => {...}, input => 1)

sub spawn
{
    my ($class, %opt) = @_;
    my $file = "$opt{dir}/$opt{name}-" . ++$count;
    my ($reader, $writer);

    my $self = bless { %opt, out => "$file.out", err => "$file.err",
                       events => [], pos => 0 }, $class;

    pipe $reader, $writer or die "pipe: $!" if $opt{input};

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        if ($opt{input}) {
            close $writer;
            open STDIN, '<&', $reader;
        } else {
            open STDIN, '<', '/dev/null';
        }
        open STDOUT, '>', $self->{out} or POSIX::_exit(127);
        open STDERR, '>', $self->{err} or POSIX::_exit(127);

        for my $name (keys %{$opt{env} || {}}) {
            if (defined $opt{env}{$name}) {
                $ENV{$name} = $opt{env}{$name};
            } else {
                delete $ENV{$name};
            }
        }

        if ($opt{cwd}) {
            chdir $opt{cwd} or POSIX::_exit(127);
        }

        no warnings 'exec';
        exec { $opt{command}[0] } @{$opt{command}}
            or print STDERR "exec $opt{command}[0]: $!\n";
        POSIX::_exit(127);
    }

    if ($opt{input}) {
        close $reader;
        $writer->autoflush(1);
        $self->{input} = $writer;
    }

    $self->{pid} = $pid;
    return $self;
}


sub output { return slurp($_[0]->{out}) }
sub errors { return slurp($_[0]->{err}) }


# Read what has come since; partial lines wait for their end.

sub pump
{
    my ($self) = @_;

    open my $fh, '<', $self->{out} or return;
    seek $fh, $self->{pos}, 0;

    while (my $line = <$fh>) {
        last if $line !~ /\n\z/;
        $self->{pos} += length $line;
        my $ev = eval { $json->decode($line) };
        next unless ref $ev eq 'HASH';

        my $name = defined $ev->{event} ? $ev->{event} : '';
        push @{$self->{events}}, $ev;
        push @{$self->{named}{$name}}, $ev;
        push @{$self->{of}{$ev->{id}}}, $ev if defined $ev->{id};
        push @{$self->{named_of}{$ev->{id}}{$name}}, $ev
            if defined $ev->{id};
    }
}


# All events so far, or those of one name.

sub events
{
    my ($self, $name) = @_;

    $self->pump;
    return @{(defined $name ? $self->{named}{$name} : $self->{events}) || []};
}


# The first event of that name for which $filter (if given) is true; undef
# when it does not come, or when the process ends without it.

sub wait_event
{
    my ($self, $name, $filter, $limit) = @_;
    my $found;

    wait_for {
        my $over = !$self->running;
        for my $ev ($self->events($name)) {
            local $_ = $ev;
            next if $filter && !$filter->($ev);
            $found = $ev;
            return 1;
        }
        return $over;
    } $limit;

    return $found;
}


sub running
{
    my ($self) = @_;

    return 0 if defined $self->{status};
    my $r = waitpid $self->{pid}, WNOHANG;
    $self->{status} = $? if $r == $self->{pid};
    $self->{status} = 0x7f00 if $r == -1;
    return !defined $self->{status};
}


# Exit status (128 + signal as a shell says it); undef: still running.

sub wait
{
    my ($self, $limit) = @_;

    wait_for { !$self->running } $limit;
    return undef unless defined $self->{status};
    return $self->{status} & 127 ? 128 + ($self->{status} & 127)
                                 : $self->{status} >> 8;
}


sub signal
{
    my ($self, $sig) = @_;

    return $self->running ? kill $sig, $self->{pid} : 0;
}


# Ask it to end; its exit status.

sub stop
{
    my ($self, $sig) = @_;

    $self->signal($sig || 'TERM');
    my $rc = $self->wait;
    $self->kill unless defined $rc;
    return $rc;
}


sub kill
{
    my ($self) = @_;

    return unless $self->running;
    CORE::kill 'CONT', $self->{pid};
    CORE::kill 'KILL', $self->{pid};
    $self->wait(5);
}


# All of it as text, for diagnostics.

sub story
{
    my ($self) = @_;

    $self->pump;
    return join "\n", (map { $json->encode($_) } @{$self->{events}}),
        $self->errors;
}


1;
