# wzp_api: every path, asked of every worker; wrong requests, several relays,
# reload, a worker's death.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;
use Test::Nginx::WZP::HTTP;

my $t = Test::Nginx::WZP->new;
my $global = 'wzp_global_room club;';

$t->start(workers => 2,
    servers => ["listen 127.0.0.1:%%PORT%% udp reuseport;\nwzp on;\n"
                . "wzp_identity %%DIR%%/identity;\n$global\n"
                . 'wzp_probe 127.0.0.1:%%PORT_2%% 127.0.0.1:%%PORT_3%%;',
                "listen 127.0.0.1:%%PORT_2%% udp reuseport;\n"
                . "wzp on name=other;\nwzp_identity %%DIR%%/identity-2;"],
    http => http_conf('location /wzp/ { wzp_api; }
                       location /other/ { wzp_api relay=other; }'));

# so many times that both workers are asked

my $TIMES = 12;

sub each_time
{
    my ($text, $what) = @_;

    for my $n (1 .. $TIMES) {
        my $why = $what->();
        next unless defined $why;
        return fail("$text: $why");
    }

    return pass($text);
}


# A request, its status and form: the answer, or what is wrong with it.

sub asked
{
    my ($path, $status, %opt) = @_;
    my $a = get($t, $path, %opt);

    return (undef, "status $a->{status}: $a->{body}")
        if $a->{status} != $status;
    return (undef, "type $a->{headers}{'content-type'}")
        if $a->{headers}{'content-type'} ne 'application/json; charset=utf-8';
    return (undef, 'cached')
        if ($a->{headers}{'cache-control'} || '') ne 'no-store';
    return (undef, 'length') if $a->{headers}{'content-length'}
                                != length $a->{body};
    return (undef, "no JSON: $a->{body}") unless defined $a->{json};
    return ($a->{json}, undef, $a);
}


# ---- nobody is there ----

each_time('an empty relay', sub {
    for my $path (qw(presence rooms links peers)) {
        my ($json, $why) = asked("/other/$path", 200);
        return $why if $why;
        return "$path is not empty" if @$json;
    }
    return undef;
});


# ---- members ----

my @m = $t->joined(map { { seed => seed_of($_), sni => 'club',
                           accept_streams => 1, alias => $_ == 1 ? "A \"quote\" \\ \x{e4}" : "a$_" } }
                   1 .. 6);
$_->wait_count(6) for @m;
my ($far) = $t->joined({ seed => seed_of(9), addr => $t->addr(2) });

my ($club) = wait_for {
    my ($json) = asked('/wzp/presence', 200);
    $json && @$json == 6;
};
ok($club, 'presence of six, soon after');

each_time('rooms', sub {
    my ($json, $why) = asked('/wzp/rooms', 200);
    return $why if $why;
    return 'one room' if @$json != 1;
    my $r = $json->[0];
    return join ' ', map { "$_=$r->{$_}" } sort keys %$r
        unless $r->{name} eq 'club' && $r->{members} == 6 && $r->{global}
               && $r->{remote_members} == 0 && $r->{workers} >= 1
               && $r->{workers} <= 2;
    return undef;
});

my ($rooms) = asked('/wzp/rooms', 200);
my ($room) = asked('/wzp/rooms/club', 200);
is_deeply([sort keys %$room], [qw(global hash name participants)], 'a room');
my ($by_hash) = asked("/wzp/rooms/$room->{hash}", 200);
is_deeply([sort map { $_->{fingerprint} } @{$by_hash->{participants}}],
          [sort map { fp_of($_) } 1 .. 6], 'the same by its hash');
my ($upper) = asked('/wzp/rooms/CLUB', 200);
is(scalar(@{$upper->{participants}}), 6, 'and in capitals');

my ($one) = grep { $_->{fingerprint} eq fp_of(1) } @{$room->{participants}};
is_deeply([sort keys %$one],
          [qw(alias fingerprint held muted relay_label stream_id)],
          'a participant');
like($one->{alias}, qr/^A "quote" \\/, 'an alias is escaped');
is($one->{relay_label}, undef, 'of this relay');
is($one->{stream_id}, $m[0]->stream_id, 'with its stream id');

each_time('presence', sub {
    my ($json, $why, $a) = asked('/wzp/presence', 200);
    return $why if $why;
    return 'not sorted, or others' if join(' ', map { $_->{fingerprint} } @$json)
        ne join ' ', sort map { fp_of($_) } 1 .. 6;
    return 'not local' if grep { $_->{location} ne 'Local' } @$json;
    return 'not pretty' if $a->{body} !~ /^\[\n  \{\n    "fingerprint": /;
    return undef;
});

each_time('a person', sub {
    (my $plain = fp_of(2)) =~ tr/://d;
    for my $fp (fp_of(2), $plain, uc fp_of(2)) {
        my ($json, $why) = asked("/wzp/presence/$fp", 200);
        return $why if $why;
        return "$fp: $json->{fingerprint}"
            if $json->{fingerprint} ne fp_of(2)
               || $json->{location} ne 'Local';
    }
    return undef;
});

my ($nobody, $why, $raw) = asked('/wzp/presence/' . fp_of(50), 200);
is($raw->{body},
   '{"fingerprint":"' . fp_of(50) . '","location":null}' . "\n",
   'an unknown person on one line');

each_time('routes', sub {
    my ($json, $no) = asked('/wzp/route/' . fp_of(3), 200);
    return $no if $no;
    return "local: $json->{route}" if $json->{route} ne 'local'
        || @{$json->{relay_chain}} != 1 || $json->{fingerprint} ne fp_of(3);
    ($json, $no) = asked('/wzp/route/' . fp_of(50), 200);
    return $no if $no;
    return "nobody: $json->{route}" if $json->{route} ne 'not_found'
        || @{$json->{relay_chain}} != 0;
    return undef;
});

each_time('the other relay is another', sub {
    my ($json, $no) = asked('/other/presence', 200);
    return $no if $no;
    return scalar(@$json) . ' people'
        if @$json != 1 || $json->[0]{fingerprint} ne fp_of(9);
    ($json, $no) = asked('/other/rooms', 200);
    return $no if $no;
    return 'its room' if @$json != 1 || $json->[0]{name} ne 'general'
                         || $json->[0]{global};
    ($json, $no) = asked('/other/health', 200);
    return $no || ($json->{relay} eq 'other' && $json->{sessions} == 1
                   ? undef : 'health');
});

each_time('health', sub {
    my ($json, $no) = asked('/wzp/health', 200);
    return $no if $no;
    return join ' ', %$json
        unless $json->{status} eq 'ok' && $json->{relay} eq 'main'
               && $json->{workers} == 2 && $json->{sessions} == 6
               && $json->{rooms} == 1 && $json->{hub}
               && $json->{zone}{members} == 7 && $json->{zone}{rooms} == 2
               && $json->{zone}{max_members} > 1000
               && $json->{version} =~ /\d/;
    return undef;
});

my $target = $t->addr(2);
my $absent = $t->addr(3);
$t->allow(qr/probe of \Q$absent\E down/);
my ($answers, $none);
ok(wait_for {
       ($answers, $none) = @{(asked('/wzp/mesh', 200))[0] || []};
       $answers && $answers->{target} eq $target && $answers->{up}
       && $none->{target} eq $absent && $none->{loss_pct};
   }, 'a probe is up');
ok($answers->{rtt_ms} > 0 && defined $answers->{jitter_ms}, 'with its times');
is_deeply($none, { target => $absent, up => JSON::PP::false, loss_pct => 100,
                   rtt_ms => undef, jitter_ms => undef },
          'of one that nobody answers all is lost, and there are no times');
my $mesh = get($t, '/wzp/mesh', headers => ['Accept: text/plain']);
is($mesh->{headers}{'content-type'}, 'text/plain; charset=utf-8',
   'as plain text');
my @mesh = split /\n/, $mesh->{body};
is($mesh[0], 'Relay Mesh Health', 'with a heading');
is($mesh[1], "\xe2\x94\x80" x 41, 'a rule');
is($mesh[2], 'Target                 RTT  Loss Jitter  Status', 'columns');
like($mesh[3], qr/^\Q$target\E +\d+ms +\d+% +\d+ms  UP$/, 'and a row');
like($mesh[4], qr/^\Q$absent\E +- +100% +-  DOWN$/, 'and one without times');
is(get($t, '/wzp/mesh', headers => ['Accept: application/json, text/plain'])
   ->{headers}{'content-type'}, 'application/json; charset=utf-8',
   'who takes both gets JSON');


# ---- wrong requests ----

for my $path (qw(nothing rooms/nobody rooms/a/b rooms/ health/x route
                 links/x rooms/-x rooms/%ff))
{
    my ($json, $no) = asked("/wzp/$path", 404);
    ok($json && $json->{error}, "$path: 404") or diag($no);
}

for my $path (qw(presence/xyz route/0258:ab5d presence/%20 route/zz presence/),
              'presence/' . fp_of(1) . '0', 'presence/' . fp_of(1) . '/x')
{
    my ($json, $no) = asked("/wzp/$path", 400);
    ok($json && $json->{error}, "$path: 400") or diag($no);
}

is(get($t, '/wzp/presence/%zz')->{status}, 400, 'bad percent-encoding: 400');
is(get($t, '/wzp/presence/%00')->{status}, 400, 'a zero byte: 400');

for my $method (qw(POST PUT DELETE OPTIONS)) {
    my $a = http($t, $method, '/wzp/health',
                 headers => ['Content-Length: 0']);
    is($a->{status}, 405, "$method: 405");
    is($a->{headers}{allow}, 'GET, HEAD', 'and what is allowed');
}

for my $path (qw(health presence rooms mesh nothing)) {
    my $get = get($t, "/wzp/$path");
    my $head = http($t, 'HEAD', "/wzp/$path");
    is("$head->{status} $head->{headers}{'content-type'} [$head->{body}]",
       "$get->{status} $get->{headers}{'content-type'} []",
       "HEAD of $path");
}


# ---- clients that hang up, and many at a time ----

http($t, 'GET', '/wzp/route/' . fp_of(60 + $_), abort => 1) for 1 .. 100;
each_time('after a hundred that hung up', sub {
    return (asked('/wzp/presence', 200))[1];
});


# ---- reload, and a worker's death ----

$t->reload;
ok(wait_for {
       my ($json) = asked('/wzp/health', 200);
       $json && $json->{workers} == 2 && $json->{leaving_workers} == 2;
   }, 'two workers come, two leave');
each_time('after a reload: health', sub {
    my ($json, $no) = asked('/wzp/health', 200);
    return $no || ($json->{workers} == 2 && $json->{sessions} == 6
                   && $json->{leaving_workers} >= 1 ? undef : 'workers');
});
each_time('after a reload: presence', sub {
    my ($json, $no) = asked('/wzp/presence', 200);
    return $no || (@$json == 6 ? undef : @$json . ' people');
});

$_->close for @m, $far;
ok(wait_for { $t->workers(all => 1) == 2 }, 'the old workers are gone');

my ($new) = $t->joined({ seed => seed_of(20), accept_streams => 1 });
my @before = $t->workers;
$t->allow(qr/exited on signal 9/);
$t->signal('KILL', $_) for @before;

ok(wait_for {
       my @now = $t->workers;
       my %old = map { $_ => 1 } @before;
       @now == 2 && !grep { $old{$_} } @now;
   }, 'both workers killed, both back');
ok(wait_for {
       my ($json) = asked('/wzp/presence', 200);
       $json && @$json == 0;
   }, 'the hub answers again, and knows nobody');
each_time('no ghosts', sub {
    my ($json, $no) = asked('/wzp/health', 200);
    return $no || ($json->{sessions} == 0 && $json->{zone}{members} == 0
                   ? undef : "$json->{sessions} sessions");
});

$t->done;
