# What HTTP tells of real links: links, people elsewhere and the way to them,
# rooms, probes, metrics; the same of every worker, and during a reload.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::HTTP;
use Test::Nginx::WZP::Topology;

# so many times that both workers are asked

my $TIMES = 8;

my @http = (workers => 2,
            http => 'location /wzp/ { wzp_api; } '
                    . 'location /metrics { wzp_metrics; }');


# A number of a relay's metrics.

sub number
{
    my ($relay, $name, $re) = @_;
    my (undef, undef, $body) = $relay->http_get('/metrics');

    return metric(metrics($body), $name, $re);
}


# It will be so, and then whichever worker is asked.

sub tells
{
    my ($text, $want, $what) = @_;
    my $got = '';

    wait_for { ($got = $what->()) eq $want };

    for (1 .. $TIMES) {
        $got = $what->();
        last if $got ne $want;
    }

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($got, $want, $text);
}


# What a path tells, each entry as a line of these members.

sub list
{
    my ($relay, $path, @keys) = @_;

    return join "\n", sort map {
        my $entry = $_;
        join ' ', map { defined $entry->{$_} ? $entry->{$_} : '-' } @keys;
    } @{$relay->http_json("/wzp/$path") || []};
}


sub place
{
    my ($of) = @_;

    return ref $of ? $of->{Remote} : defined $of ? $of : '-';
}


sub presence
{
    my ($relay) = @_;

    return join ' ', map { "$_->{fingerprint}=" . place($_->{location}) }
           @{$relay->http_json('/wzp/presence') || []};
}


sub person
{
    my ($relay, $fp) = @_;

    return place(($relay->http_json("/wzp/presence/$fp") || {})->{location});
}


sub route
{
    my ($relay, $fp) = @_;
    my $r = $relay->http_json("/wzp/route/$fp") || {};

    return join ' ', $r->{route} || '-', @{$r->{relay_chain} || []};
}


sub room
{
    my ($relay) = @_;
    my $r = $relay->http_json('/wzp/rooms/general') || {};

    return join ' ', sort map {
        my $label = $_->{relay_label};
        "$_->{stream_id}=" . (defined $label ? $label : '-');
    } @{$r->{participants} || []};
}


# ---- a chain; A probes B ----

my @r = chain(3, @http, stopped => 1);
$r[0]->conf(%{$r[0]{conf}}, server => $r[0]{conf}{server}
            . 'wzp_probe ' . $r[1]->addr . ";\n");
$r[1]->conf(%{$r[1]{conf}}, server => $r[1]{conf}{server}
            . "wzp_probe_allow 127.0.0.0/8;\n");
$_->start for @r;
ok(wait_up(@r), 'all links are up');

my @addr = map { $_->addr } @r;
my @m = everywhere(\@r, 1);
my @fp = map { fp_of(101 + $_) } 0 .. 2;
ok(all_know(\@m), 'everybody is in every list');
talk(\@m, 50, interval_us => 10_000);
clean($r[0], \@m, 300, 'a chain');


# ---- links ----

my ($up) = grep { $_->{label} eq 'A' } @{$r[1]->http_json('/wzp/links')};

is_deeply([sort keys %$up],
          [qw(address direction drops fingerprint label last_error loss_pct ours
              packets_dropped packets_in packets_out packets_queued rtt_ms
              signals_dropped since state)], 'a link');
cmp_ok($up->{rtt_ms}, '>', 0, 'has a round trip');
cmp_ok($up->{rtt_ms}, '<', 5000, 'which is no other unit');
ok($up->{ours}, 'is one of ours');
cmp_ok($up->{since}, '<=', time, 'since a time');
cmp_ok($up->{since}, '>=', $^T - 1, 'in this test');
is("$up->{packets_in} $up->{packets_out}", '50 100', 'packets by direction');

tells('who dialed, and whom', "A up out $addr[0] " . $r[0]->tls_fp,
      sub { (split /\n/, list($r[1], 'links',
             qw(label state direction address fingerprint)))[0] });
tells('who was dialed', 'B up in ' . $r[1]->tls_fp . "\nC",
      sub { list($r[0], 'links', qw(label state direction fingerprint))
            . "\nC" });
tells('by the other too', 'A up out -',
      sub { (split /\n/, list($r[1], 'links',
             qw(label state direction last_error)))[0] });


# ---- people ----

tells('presence of neighbours', join(' ', map { "$_->[0]=$_->[1]" }
          sort { $a->[0] cmp $b->[0] }
          [$fp[0], $addr[0]], [$fp[1], 'Local'], [$fp[2], $addr[2]]),
      sub { presence($r[1]) });
tells('a person next door', $addr[1], sub { person($r[0], $fp[1]) });
tells('nobody further', '-', sub { person($r[0], $fp[2]) });
tells('peers of the middle', join("\n", sort @addr[0, 2]),
      sub { list($r[1], 'peers', 'addr') });
is(join(' ', sort map { @{$_->{fingerprints}} }
             @{$r[1]->http_json('/wzp/peers')}),
   join(' ', sort @fp[0, 2]), 'and their people');
is((grep { !($_->{rtt_ms} > 0) } @{$r[1]->http_json('/wzp/peers')}) + 0, 0,
   'and their round trips');

tells('a route: local', "local $addr[0]", sub { route($r[0], $fp[0]) });
tells('a route: direct_peer', "direct_peer $addr[0] $addr[1]",
      sub { route($r[0], $fp[1]) });
tells('a route: chain', "chain @addr", sub { route($r[0], $fp[2]) });
tells('a route: not_found', 'not_found', sub { route($r[0], fp_of(50)) });


# ---- rooms, probes ----

tells('rooms', 'general 1 2', sub { list($r[1], 'rooms',
      qw(name members remote_members)) });
tells('a room, with labels', join(' ', sort $m[0]->stream_id . '=A',
          $m[1]->stream_id . '=-', $m[2]->stream_id . '=C'),
      sub { room($r[1]) });
tells('a room at the end of a chain', join(' ', sort $m[0]->stream_id . '=A',
          $m[1]->stream_id . '=B', $m[2]->stream_id . '=-'),
      sub { room($r[2]) });
tells('a probe', "$addr[1] 1", sub { list($r[0], 'mesh', qw(target up)) });


# ---- metrics ----

tells('metrics of links', '1 1', sub {
    join ' ', map { number($r[1], 'wzp_federation_peer_status', qr/"$_"/) }
        qw(A C) });
tells('packets by link', '50 100', sub {
    join ' ', map { number($r[1], 'wzp_federation_packets_forwarded_total',
                           qr/"A".*"$_"/) } qw(in out) });
tells('packets of all links', '100 200', sub {
    join ' ', map { number($r[1], 'wzp_federation_packets_total', qr/"$_"/) }
        qw(in out) });


# ---- a reload: nobody seems to be gone ----

my @same = (room($r[1]), list($r[1], 'rooms', qw(name members remote_members)));
my ($bad, $asked, $over) = (0, 0);

$r[1]->signal('HUP');

wait_for {
    $bad++ if room($r[1]) ne $same[0]
        || list($r[1], 'rooms', qw(name members remote_members)) ne $same[1]
        || $r[1]->http_get('/wzp/links') != 200
        || $r[1]->http_get('/metrics') != 200;
    return ++$asked > 40;
};

is($bad, 0, 'rooms and answers stay during a reload');
tells('links after it', 'up up', sub {
    join ' ', split /\n/, list($r[1], 'links', 'state') });
tells('people after it', "$addr[0] Local $addr[2]",
      sub { join ' ', map { person($r[1], $_) } @fp });
tells('a route after it', "chain @addr", sub { route($r[0], $fp[2]) });


# ---- one goes ----

$r[1]->allow(qr/link "C" down/);
$_->close for @m;
$r[2]->stop;

tells('a link that is down', "A up out\nC down -",
      sub { list($r[1], 'links', qw(label state direction)) });
tells('in metrics', '1 0', sub {
    join ' ', map { number($r[1], 'wzp_federation_peer_status', qr/"$_"/) }
        qw(A C) });
tells('nobody is left', '', sub { presence($r[1]) });

$_->end, $_->questions for @r;


# ---- a ring: what comes twice is counted ----

@r = ring(3, @http);
ok(wait_up(@r), 'a ring: all links are up');
@m = everywhere(\@r, 1);
ok(all_know(\@m), 'everybody is in every list');
talk(\@m, 50, interval_us => 10_000);
clean($r[0], \@m, 300, 'a ring');
ok(wait_for { 0 < number($_, 'wzp_federation_packets_deduped_total') },
   $_->label . ' has dropped what came twice') for @r;
is(join(' ', map { number($_, 'wzp_federation_packets_refused_total') } @r),
   '0 0 0', 'nobody takes his own for forged when they come back');
is(join(' ', sort map { keys %{$_->{drops}} }
             map { @{$_->http_json('/wzp/links')} } @r),
   join(' ', ('duplicate') x 6), 'nor do the links say so');

Test::Nginx::WZP->finish(@r);
