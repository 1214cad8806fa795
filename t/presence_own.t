# wzp_presence is about what other relays are told: the relay itself knows who
# is here, and says so to those who are registered and over HTTP.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::Caller;
use Test::Nginx::WZP::HTTP;

my $t = Test::Nginx::WZP->new(seed => seed_of(900));
my ($ROOM, $PHONE, $ASKS, $NOBODY) = map { fp_of($_) } 10, 11, 12, 13;

# of whom another relay knows

my %told = (off => [], signal => [$PHONE, $ASKS],
            all => [$PHONE, $ASKS, $ROOM]);

$t->start(conf_of('off'));

for my $level (qw(off signal all)) {
    if ($level ne 'off') {
        ok($t->reload(conf_of($level)), "wzp_presence $level");
        ok($t->wait_workers(2), 'reloaded');
    }

    my $other = $t->link(sni => '_probe', seed => seed_of(1), ours => 1);
    my ($member) = $t->joined({ seed => seed_of(10), sni => 'council' });
    my ($phone, $asks) = map { caller_at($t, $_) } 11, 12;

    ok(wait_for { located($ROOM) eq 'Local' }, "$level: in a room, by HTTP");
    is(located($PHONE), 'Local', "$level: registered, by HTTP");
    is(located($NOBODY), '-', "$level: nobody else");
    is(join(' ', sort map { $_->{fingerprint} }
                 @{get($t, '/wzp/presence')->{json}}),
       join(' ', sort $ROOM, $PHONE, $ASKS), "$level: all of them");

    for my $fp ($ROOM, $PHONE) {
        is(get($t, "/wzp/route/$fp")->{json}{route}, 'local',
           "$level: the way is short");
        is(finds($asks, $fp), 1, "$level: as somebody here is told");
        is(finds($other, $fp), (scalar grep { $_ eq $fp } @{$told{$level}}),
           "$level: and another relay, or not");
    }
    is(finds($asks, $NOBODY), 0, "$level: nobody is not found");

    $asks->call($phone, "call-of-$level");
    ok($phone->got('DirectCallOffer', "call-of-$level"), "$level: it rings");
    $asks->hangup("call-of-$level");

    my $told = join ' ', sort @{$told{$level}};

    ok(wait_for { told($other) eq $told }, "$level: another relay is told");
    sleep 1;
    is(told($other), $told, "$level: of no more");

    $_->close for $member, $phone, $asks, $other;
    ok(wait_for { located($ROOM) . located($PHONE) eq '--' },
       "$level: who goes is gone");
}

$t->done;


sub conf_of
{
    my ($level) = @_;

    return (workers => 2,
            server => "wzp_presence $level;\n"
                      . 'wzp_trusted fingerprint=' . tls_fp_of(1) . ';',
            http => http_conf('location /wzp/ { wzp_api; }'));
}


sub located
{
    my ($fp) = @_;
    my $json = get($t, "/wzp/presence/$fp")->{json} || {};

    return defined $json->{location} ? $json->{location} : '-';
}


# Ask on that connection: found?

sub finds
{
    my ($link, $fp) = @_;
    my $had = grep { $_->{fingerprint} eq $fp } $link->signals('RouteResponse');
    my @is;

    $link->route($fp);
    wait_for {
        @is = grep { $_->{fingerprint} eq $fp } $link->signals('RouteResponse');
        @is > $had;
    } or return 'no answer';
    return $is[-1]{found} ? 1 : 0;
}


# Who is here, as it was told.

sub told
{
    my ($link) = @_;
    my %here;

    for my $pu ($link->signals('PresenceUpdate')) {
        $here{$_} = 1 for @{$pu->{fingerprints} || []};
        delete $here{$_} for @{$pu->{removed} || []};
    }
    return join ' ', sort keys %here;
}
