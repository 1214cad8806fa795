package Test::Nginx::WZP::Util;

# Waiting, and files.

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(wait_for patience slurp spew);


# Seconds to wait for what must come: a limit, never a claim about speed.

sub patience { return $ENV{WZP_PATIENCE} || 30 }


# Poll until the block is true; what it gave, or undef at the end of patience.

sub wait_for(&;$)
{
    my ($what, $limit) = @_;
    my $end = time + ($limit || patience());

    while (1) {
        my $got = $what->();
        return $got if $got;
        return undef if time > $end;
        sleep 0.02;
    }
}


sub slurp
{
    my ($name) = @_;

    open my $fh, '<', $name or return '';
    local $/;
    my $text = <$fh>;
    return defined $text ? $text : '';
}


sub spew
{
    my ($name, @text) = @_;

    open my $fh, '>', $name or die "$name: $!";
    print $fh @text;
    close $fh or die "$name: $!";
    return $name;
}


1;
