package Test::Nginx::WZP::Topology;

# Several relays, linked and started, and an account of all that is said on
# them.
#
#     use Test::Nginx::WZP::Topology;
#
#     my @r = chain(3, workers => 2);           # also ring, star, mesh
#     ok(wait_up(@r), 'all links are up');
#     my @m = everywhere(\@r, 1);               # a member on each
#     ok(all_know(\@m), 'everybody is in everybody\'s list');
#     talk(\@m, 500);
#     my $a = account(\@m);
#     is("$a->{lost}/$a->{dups}/$a->{corrupt}/$a->{strays}", '0/0/0/0', ...);
#     Test::Nginx::WZP->finish(@r);
#
# Options of chain(N, ...) and so on:
#
#   rooms     names of the global rooms (general)
#   dial      'one': the later dials the earlier, which trusts it; 'both'
#   backoff   of wzp_federation_backoff ('300ms 3s')
#   proxies   { '2-1' => [options of udpproxy] }: in front of relay 1 for what
#             relay 2 dials (from 0); the proxy is then $r[2]->line(1), with
#             cut, heal, replay, rebind, report
#   server    more lines of the relay's server, or sub { lines for $_[0] }
#   linked    instead of a shape: [[1, 0], [2, 1], ...], who dials whom
#   stopped   1: write the configuration, start nothing
#   all else  goes to start(): workers, http, main, ...
#
# The first of a star is its hub.  Relays are called A, B, C, ...

use strict;
use warnings;

use Exporter qw(import);

use Test::Nginx::WZP;

our @EXPORT = qw(chain ring star mesh topology wait_up everywhere all_know
    talk account clean doubled);

my %shape = (
    chain => sub { map { [$_, $_ - 1] } 1 .. $_[0] - 1 },
    star => sub { map { [$_, 0] } 1 .. $_[0] - 1 },
    ring => sub {
        my ($n) = @_;
        return ((map { [$_, $_ - 1] } 1 .. $n - 1),
                $n > 2 ? [$n - 1, 0] : ());
    },
    mesh => sub {
        map { my $later = $_; map { [$later, $_] } 0 .. $later - 1 }
            1 .. $_[0] - 1;
    },
);


sub chain { return shaped('chain', @_) }
sub ring { return shaped('ring', @_) }
sub star { return shaped('star', @_) }
sub mesh { return shaped('mesh', @_) }


sub shaped
{
    my ($shape, $n, %opt) = @_;

    return topology($n, linked => [$shape{$shape}->($n)], %opt);
}


# N relays with these links, earlier ones first, so that nobody dials in vain.

sub topology
{
    my ($n, %opt) = @_;
    my %mine = map { $_ => delete $opt{$_} }
               qw(rooms dial backoff proxies server linked stopped);
    my @r = Test::Nginx::WZP->relays($n);
    my @lines = map { own_lines($_, %mine) } 0 .. $n - 1;

    for my $pair (@{$mine{linked}}) {
        my ($from, $to) = @$pair;

        $lines[$from] .= dial_line(\@r, $from, $to, %mine);
        $lines[$to] .= ($mine{dial} || 'one') eq 'both'
            ? dial_line(\@r, $to, $from, %mine)
            : $r[$to]->trusted_of($r[$from]);
        $r[$_]{degree}++ for $from, $to;
    }

    for my $i (0 .. $n - 1) {
        $r[$i]->conf(%opt, server => $lines[$i]);
        $r[$i]->start unless $mine{stopped};
    }

    return @r;
}


sub own_lines
{
    my ($i, %mine) = @_;
    my $more = $mine{server} || '';
    my @rooms = map { "wzp_global_room $_;\n" } @{$mine{rooms} || ['general']};

    return join '', @rooms, 'wzp_federation_backoff ',
        $mine{backoff} || '300ms 3s', ";\n", ref $more ? $more->($i) : $more, "\n";
}


# The proxies of a relay have its ports from 10 on.

sub dial_line
{
    my ($r, $from, $to, %mine) = @_;
    my $args = $mine{proxies}{"$from-$to"};

    return $r->[$from]->peer_of($r->[$to]) unless $args;

    my $port = 10 + $to;
    $r->[$from]{lines}[$to] = $r->[$from]->proxy($port, $r->[$to], @$args);
    return $r->[$from]->peer_of($r->[$to], addr => $r->[$from]->addr($port));
}


# Every relay has all of its links.

sub wait_up
{
    my (@relays) = @_;

    return !grep { !$_->wait_links } @relays;
}


# So many members on each relay, by relay; more options as for member().

sub everywhere
{
    my ($relays, $each, %opt) = @_;
    my ($n, @members) = (100);

    for my $r (@$relays) {
        push @members, $r->joined(map {
            { seed => seed_of(++$n), accept_streams => 1, %opt }
        } 1 .. $each || 1);
    }

    return @members;
}


# Everybody's list has everybody, each once.

sub all_know
{
    my ($members, $limit) = @_;
    my $want = join ' ', sort { $a <=> $b } map { $_->stream_id || 0 } @$members;

    for my $m (@$members) {
        wait_for {
            my $room = $m->room || { participants => [] };
            my @ids = sort { $a <=> $b } map { $_->{stream_id} || 0 }
                      @{$room->{participants}};
            "@ids" eq $want;
        } $limit or return 0;
    }

    return 1;
}


# All of them say so many frames (more options as for send), to the end.

sub talk
{
    my ($members, $count, %opt) = @_;

    $_->send(count => $count, %opt) for @$members;
    $_->sent(30 + $count * ($opt{interval_us} || 20000) / 1e6) for @$members;
}


# What each heard of each other: frames that should have come (frames, or all
# that the talker has sent), and
#
#   got, lost, dups, corrupt    sums over all pairs
#   gaps                        of the lost: those between others that came (for
#                               who joined late, or talks still)
#   strays                      packets of nobody, or of himself
#   pairs                       [{to, from, got, lost, ...}] by the members'
#                               numbers: only those that are not clean
#
# Waits until nothing is missing, or (settle seconds, 5) nothing more comes.

sub account
{
    my ($members, %opt) = @_;
    my ($last, $since) = (-1, time);
    my $sum;

    wait_for {
        $sum = add_up($members, $opt{frames});
        ($last, $since) = ($sum->{got}, time) if $sum->{got} != $last;
        return !$sum->{lost} || time - $since > ($opt{settle} || 5);
    } $opt{limit};

    return $sum;
}


# Judge it: all that was said came to everybody, once and unchanged, at least so
# many frames.

sub clean
{
    my ($relay, $members, $least, $text) = @_;
    my $a = account($members);
    my $told = join ' ', map { "$_->{from}>$_->{to}:$_->{lost}/$_->{dups}" }
               @{$a->{pairs}};

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    cmp_ok($a->{got}, '>=', $least, "$text: $a->{got} frames")
        unless $a->{lost};
    $relay->counts($a->{lost}, 0, "$text: none lost $told");
    return is("$a->{dups}/$a->{corrupt}/$a->{strays}", '0/0/0',
              "$text: each once, unchanged, none else $told");
}


# How many packets came twice, to any of them, so far.

sub doubled
{
    my $n = 0;

    for my $m (@_) {
        my $flows = ($m->stats || { flows => {} })->{flows};
        $n += $_->{dups} for values %$flows;
    }

    return $n;
}


sub add_up
{
    my ($members, $frames) = @_;
    my %sum = (got => 0, lost => 0, gaps => 0, dups => 0, corrupt => 0,
               strays => 0, pairs => []);

    for my $i (0 .. $#$members) {
        my %flows = %{($members->[$i]->stats || {})->{flows} || {}};

        for my $j (grep { $_ != $i } 0 .. $#$members) {
            my $from = $members->[$j];
            my $want = defined $frames ? $frames : $from->{seq} || 0;
            my $f = delete $flows{$from->stream_id || 0}
                    || { distinct => 0, first => 1, high => 0, dups => 0,
                         corrupt => 0 };
            my $span = $f->{high} - $f->{first} + 1;
            my %pair = (to => $i, from => $j, got => $f->{distinct},
                        lost => $want - $f->{distinct},
                        gaps => $span - $f->{distinct}, dups => $f->{dups},
                        corrupt => $f->{corrupt});

            $sum{$_} += $pair{$_} for qw(got lost gaps dups corrupt);
            push @{$sum{pairs}}, \%pair
                if $pair{lost} || $pair{dups} || $pair{corrupt};
        }

        $sum{strays} += $_->{packets} for values %flows;
    }

    return \%sum;
}


1;
