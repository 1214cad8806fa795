package Test::Nginx::WZP::Phone;

# Ann, Bob and Eve, who call each other with our client.  They have one home,
# in which Ann and Bob are contacts; person 1 is Ann, and so on.

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use Test::Nginx::WZP;

our @EXPORT = qw(phones person registered terminal types ended
    $ann $bob $eve);

our ($ann, $bob, $eve) = map { fp_of($_) } 1 .. 3;

my @names = (undef, 'Ann', 'Bob', 'Eve');
my ($t, $home);


# For this relay.

sub phones
{
    ($t) = @_;
    $home = $t->dir . '/phones';

    mkdir $_ for $home, "$home/.config", "$home/.config/wzp";
    spew("$home/.config/wzp/contacts", "ann $ann\nbob $bob the plumber\n");

    return $home;
}


sub person
{
    my ($i, @args) = @_;
    my %opt = ref $args[0] ? %{shift @args} : ();

    return $t->client({ home => $home, %opt }, '--seed', seed_of($i), '--alias',
                      $names[$i], @args);
}


# Somebody who waits for calls.

sub registered
{
    my ($i, @args) = @_;
    my $c = person($i, '--register', @args);

    $c->wait_event('registered') or diag($c->story);
    return $c;
}


# The same at a terminal, where the person is asked; the end of the command
# line is given.  Undef: there is no script(1).

sub terminal
{
    my ($i, @args) = @_;

    return undef if system('script --version >/dev/null 2>&1');

    my $command = join ' ', Test::Nginx::WZP::Client::binary(), '--register',
                  '--seed', seed_of($i), @args, $t->addr;

    my $p = Test::Nginx::WZP::Process->spawn(
        name => 'terminal', dir => $t->dir, input => 1,
        env => { HOME => $home, XDG_CONFIG_HOME => undef, TERM => 'dumb' },
        command => ['script', '-qefc', $command, '/dev/null']);

    push @{$t->{clients}}, $p;

    wait_for { $p->output =~ /waiting for calls/ } or diag($p->output);
    return $p;
}


# Type a line once this is on the screen.

sub types
{
    my ($p, $after, $line) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(wait_for { $p->output =~ $after }, "on the screen: $after")
        or diag($p->output);
    print {$p->{input}} "$line\n";
}


# A call has ended at a client, for that reason, by that side; the event.

sub ended
{
    my ($c, $reason, $by_us, $text) = @_;
    my $ev = $c->wait_event('call_ended') || {};

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(join(' ', $ev->{reason} || '-', $ev->{by_us} ? 1 : 0),
       "$reason $by_us", $text) or diag($c->story);
    return $ev;
}


1;
