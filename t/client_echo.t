# --echo-test and --drift-test: a relay in echo mode gives numbers and a good
# verdict, a bad line a worse one, a relay that does not echo a clear word.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;

sub relay
{
    my ($n, $more) = @_;

    return "listen 127.0.0.1:%%PORT_$n%% udp reuseport;\n"
         . "wzp on name=r$n;\nwzp_identity %%DIR%%/identity;\n$more";
}

$t->start(servers => [relay(0, 'wzp_mode echo;'), relay(1, '')]);
$t->stall;

# Ways to the echo: 2 is far, 3 is bad in both directions, 4 trembles, 6 loses
# a little.

$t->proxy(2, '--delay', 40);
$t->proxy(3, '--seed', 5, '--loss', 15, '--jitter', 30);
$t->proxy(4, '--seed', 6, '--jitter', 20);
$t->proxy(6, '--seed', 7, '--loss', 4, '--direction', 'up');

my @echo = map { $t->client({ addr => $t->addr($_) }, '--echo-test', 6) }
           0, 2, 3;
my $whole = $t->client({ addr => $t->addr(6) }, '--echo-test', 10);
my $drift = $t->client({ addr => $t->addr(4) }, '--drift-test', 6);
my $plain = $t->client({ addr => $t->addr(1) }, '--echo-test', 6);
my $nodrift = $t->client({ addr => $t->addr(1) }, '--drift-test', 6);

sub verdict
{
    my ($c) = @_;
    my ($v) = $c->events('verdict');

    return $v || { verdict => 'none', windows => [] };
}


# ---- nothing comes back ----

for my $c ($plain, $nodrift) {
    is($c->wait, 11, 'no echo: the status of a bad test');
    like($c->errors, qr/nothing comes back.*wzp_mode echo/,
         'no echo: what is needed');
    is(verdict($c)->{verdict}, 'none', 'no echo: no verdict is made up');
}


# ---- near, far, bad ----

$t->counts($echo[0]->wait, 0, 'near: the test goes well');
$t->counts($echo[1]->wait, 0, 'far: so it does');
is($echo[2]->wait, 11, 'bad: the status says so') or diag($echo[2]->story);

my @v = map { verdict($_) } @echo;

is($v[0]{sent}, 300, 'near: six seconds of packets');
$t->counts($v[0]{received}, 300, 'near: all come back');
$t->measures($v[0]{snr_db}, '>', 20, "near: SNR $v[0]{snr_db} dB");
$t->measures($v[0]{correlation}, '>', 0.99, 'near: correlation');
$t->counts($v[0]{verdict} =~ /^(?:EXCELLENT|GOOD)$/ ? 'good'
                                                    : $v[0]{verdict},
           'good', 'near: verdict');
is(scalar(@{$v[0]{windows}}), 2, 'near: two windows');
is($v[0]{windows}[0]{sent}, 250, 'near: the first has five seconds');
$t->measures($v[0]{windows}[1]{peak}, '>', 10000,
             'near: the second is heard');
is(scalar($echo[0]->events('echo_window')), 2, 'near: told as they pass');

cmp_ok($v[1]{rtt_min_ms}, '>=', 80, 'far: 80 ms there and back');
$t->measures($v[1]{rtt_ms}, '<', 100, 'far: and not much more');
$t->measures(abs($v[1]{delay_ms} - $v[0]{delay_ms} - 80), '<', 40,
             "far: heard later by that, $v[0]{delay_ms} and "
             . "$v[1]{delay_ms} ms");
cmp_ok($v[0]{delay_ms}, '>', 20, 'near: a frame at least');

cmp_ok($v[2]{loss_pct}, '>', 15, "bad: $v[2]{loss_pct} % lost");
cmp_ok($v[2]{loss_pct}, '<', 45, 'bad: as much as is lost twice');
is($v[2]{verdict}, 'POOR', 'bad: verdict');
like($v[2]{reason}, qr/lost|noise|silence/, 'bad: and why');
$t->measures($v[2]{correlation}, '<', $v[0]{correlation},
             'bad: sounds worse');


# two whole windows, nothing after the last, and that is heard, too

$whole->wait;
my $w = verdict($whole);
is($w->{sent}, 500, 'ten seconds: nothing but the tone is sent');
cmp_ok($w->{loss_pct}, '>', 0, 'ten seconds: of which some is lost');
is(scalar(@{$w->{windows}}), 2, 'ten seconds: two windows');
$t->measures($w->{windows}[1]{peak}, '>', 10000,
             'ten seconds: both are heard');


# ---- drift: there is but one clock ----

$t->counts($drift->wait, 0, 'drift: the test goes well');
my $d = verdict($drift);
$t->measures(abs($d->{drift_ms}), '<', 20, "drift: $d->{verdict}");
$t->measures(abs($d->{pace_ppm}), '<', 1000, 'drift: our own pace');
$t->measures($d->{seconds}, '>', 5, 'drift: over the whole time');
cmp_ok($d->{low_ppm}, '<=', $d->{high_ppm}, 'drift: a range');


# ---- for people; Ctrl-C in the middle ----

my $short = $t->client({ json => 0 }, '--echo-test', 600);
ok(wait_for { $short->output =~ /^  1 +0-5 s +250/m }, 'a window is over');
$t->counts($short->stop('INT'), 0, 'Ctrl-C: a verdict about what there was');
like($short->output, qr/^win +time +sent +recv +loss +rtt ms +delay ms/m,
     'a table');
like($short->output, qr/^verdict: [A-Z]+: \S/m, 'a verdict');

my $early = $t->client({ addr => $t->addr(1) }, '--echo-test', 600);
ok($early->wait_event('joined'), 'joins');
is($early->stop('INT'), 11, 'Ctrl-C: nothing was measured');
like($early->errors, qr/interrupted before anything/, 'that is said');


# ---- bad arguments ----

for my $bad (['--echo-test', 'x'], ['--echo-test', 0], ['--drift-test', -1],
             ['--drift-test', 3601], ['--echo-test', 5, '--drift-test', 5],
             ['--echo-test', 5, '--send-tone'], ['--echo-test', 5, '--ptt'],
             ['--echo-test'])
{
    my ($rc, $out, $err) = $t->run_client(@$bad, @$bad > 1 ? $t->addr : ());
    is($rc, 2, "@$bad: wrong usage");
    isnt($err, '', "@$bad: in words");
}

my ($rc) = $t->run_client('--echo-test', 1, '127.0.0.1:' . $t->port(5));
is($rc, 5, 'nobody there');

$t->done;
