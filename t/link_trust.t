# Who is let in on a link, and who is dialled: by certificate, and by claim only
# where the operator says so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new(seed => seed_of(900));


# ---- configuration ----

my $who = 'fingerprint=' . tls_fp_of(1);

for my $bad (
    ["wzp_peer 127.0.0.1:1 $who; wzp_trusted $who;", qr/was named before/,
     'one relay as peer and as trusted'],
    ["wzp_trusted $who; wzp_trusted $who label=x;", qr/was named before/,
     'one relay twice'],
    ['wzp_trusted label=x;', qr/no fingerprint= was given/, 'no fingerprint'],
    ["wzp_trusted $who verify=none;", qr/invalid parameter "verify=none"/,
     'another kind of trust'],
    [many(65), qr/up to 64 other relays/, 'one too many'],
) {
    my ($rc, $text) = $t->check(workers => 2, server => $bad->[0]);
    isnt($rc, 0, "$bad->[2]: refused");
    like($text, $bad->[1], "$bad->[2]: and told");
}

is(($t->check(workers => 2, server => many(64)))[0], 0, '64 are enough');


# Relays by fingerprints that nobody has.

sub many
{
    return join '', map {
        sprintf "wzp_trusted fingerprint=%064x;\n", $_
    } 1 .. $_[0];
}


# ---- the relay: 1 is mutual, 2 says hello, 3 is dialled and is another ----

my $wrong = $t->listener(1, seed => seed_of(4));
my $mute = $t->listener(2, seed => seed_of(5), request_cert => 1);

$t->start(workers => 2, server => join '', map { "$_\n" }
    'wzp_global_room general;',
    'wzp_federation_backoff 100ms 200ms;',
    "wzp_trusted $who label=one;",
    'wzp_trusted fingerprint=' . tls_fp_of(2) . ' label=two verify=hello;',
    'wzp_peer ' . $wrong->addr . ' fingerprint=' . tls_fp_of(3)
    . ' label=three;',
    $mute->peer_of(label => 'five', verify => 'mutual'));

like($t->error_log, qr/\[warn\].*link "two" of relay .* is verify=hello/,
     'the start warns of an entry without proof');
unlike($t->error_log, qr/link "one" of relay .* is verify=hello/,
       'and of no other');


# ---- dialled ----

ok($t->wait_log(qr/\[error\].*link "three" down: cannot connect to .*: its /),
   'another certificate than configured');

my $five = $mute->accepted('_federation');
is($five->{cert}, ($t->fingerprints)[1], 'we show our own');
ok($five->wait_signal('FederationHello'), 'and say hello');


# ---- inbound, by certificate ----

my $stranger = $t->link(seed => seed_of(7), client_cert => 1);
closed_as($stranger, 'STRANGER', 'an unknown certificate is refused');
my $line = 'wzp_trusted fingerprint=' . tls_fp_of(7);
like($t->error_log, qr/\[warn\].* refused: .*to admit it: \Q$line\E;/,
     'with the line that would admit it');
is(($t->check(server => "$line;"))[0], 0, 'ready to be pasted');

my $one = $t->link(seed => seed_of(1), ours => 1);
ok($one->wait_signal('FederationHello', sub { $_->{extensions} }),
   'a configured one is greeted');
ok($t->wait_log(qr/\[notice\].*link "one" up: from/), 'and is up');

my $forged = $t->link(seed => seed_of(1), ours => 1, claim => tls_fp_of(2));
closed_as($forged, 'AUTH', 'a hello that names another certificate');
like($t->error_log, qr/relay "one" refused: its hello names another/,
     'is told');
ok(!$one->gone, 'the link itself lives');


# ---- inbound, by claim ----

$stranger = $t->link(seed => seed_of(1));
closed_as($stranger, 'STRANGER', 'a claim alone of one who could prove it');
$line = 'wzp_trusted fingerprint=' . tls_fp_of(1) . ' verify=hello';
like($t->error_log, qr/no certificate.*: \Q$line\E;/, 'with its line');

my $two = $t->link(seed => seed_of(2));
ok($t->wait_log(qr/link "two" up: from .*existing relay, NOT proved/),
   'a claim where the operator allows it');

my $boast = $t->link(seed => seed_of(2),
                     extra => ',"extensions":["link"],"epoch":9');
$boast->offer('general', [fp_of(20)], origin => relay_id_of(30), seq => 5,
              path => [relay_id_of(2), relay_id_of(30)]);
$boast->say(Ping => { timestamp_ms => 7 });
is_deeply($boast->wait_signal('Pong'), { timestamp_ms => 7 },
          'who claims the extension without proof');
is($boast->signals('FederationHello'), 0, 'is not believed');
ok(!$two->gone, 'and does not replace the other');


# ---- before the hello ----

my $silent = $t->link(seed => seed_of(1), client_cert => 1, no_offer => 1);
my $since = time;
my $garbage = $t->link(seed => seed_of(1), client_cert => 1, no_offer => 1);
$garbage->tell('stream', hex => '00000003' . '616263', fin => 1);
closed_as($garbage, 'PROTOCOL', 'garbage for a hello');

my $hasty = $t->link(seed => seed_of(1), client_cert => 1,
                     offer => '{"Ping":{"timestamp_ms":1}}');
closed_as($hasty, 'PROTOCOL', 'a signal before the hello');
like($t->error_log, qr/relay refused: it said Ping and not hello/, 'is told');

my $early = $t->link(seed => seed_of(1), client_cert => 1, no_offer => 1);
$early->send(room => 'general', stream_id => 3, count => 5,
             interval_us => 1000)->sent;


# ---- what is unknown ----

my $before = $t->grep_log(qr/link "one" down/);
$one->say(NeverHeardOf => { at => 'all' });
$one->signal('"NorOfThis"');
$one->tell('stream', hex => '00000003' . '616263', fin => 1);
$one->tell('stream', hex => '00000000', fin => 1);
$one->say(Ping => { timestamp_ms => 8 });
is_deeply($one->wait_signal('Pong'), { timestamp_ms => 8 },
          'unknown and malformed signals on a link are skipped');
ok(!$one->gone, 'it lives');
ok($t->wait_log(qr/unknown signal of \d+ bytes from link "one" skipped/),
   'and the log tells');

$one->say(FederationHello => { tls_fingerprint => tls_fp_of(2) });
$one->say(FederationHello => { tls_fingerprint => tls_fp_of(1),
                               extensions => ['link'], epoch => 99,
                               sync => JSON::PP::true });
$one->say(Ping => { timestamp_ms => 9 });
is_deeply($one->wait_signal('Pong', sub { $_->{timestamp_ms} == 9 }),
          { timestamp_ms => 9 }, 'another hello changes nobody');
is($t->grep_log(qr/link "one" down/), $before, 'nor ends anything');


# ---- no hello at all ----

closed_as($silent, 'TIMEOUT', 'no hello for 5 s');
cmp_ok(time - $since, '>=', 4, 'not before');


# ---- the log is not a place for floods ----

# one that comes again and again is told once in a minute

for (1 .. 10) {
    $stranger = $t->link(seed => seed_of(7), client_cert => 1);
    closed_as($stranger, 'STRANGER', "it comes again, $_");
}
$line = 'wzp_trusted fingerprint=' . tls_fp_of(7);
is($t->grep_log(qr/to admit it: \Q$line\E;/), 1, 'and the line stands there once');
is($t->grep_log(qr/closed: .*access list/), 0, 'with no word of a room');

# nor are many of them

my $lines = $t->grep_log(qr/refused: not configured/);
my @crowd = map {
    $t->link(seed => seed_of(100 + $_), client_cert => 1, no_wait => 1)
} 1 .. 60;
$_->closed for @crowd;

# the next line that is written says how many were not

my ($told, $hidden) = (0, 0);
ok(wait_for {
    push @crowd, $t->link(seed => seed_of(200 + @crowd), client_cert => 1);
    $crowd[-1]->closed;
    $told = $t->grep_log(qr/refused: not configured/) - $lines;
    my $log = $t->error_log;
    $hidden = 0;
    $hidden += $1
        while $log =~ /refused: not configured.*\(and (\d+) like it\)/g;
    $told + $hidden == @crowd;
}, 'every refusal is told or counted');
cmp_ok($hidden, '>', 0, 'not more than five of them in a second');

# who comes and goes all the time

my $news = $t->grep_log(qr/link "one" (up|down)/);
for (1 .. 30) {
    my $l = $t->link(seed => seed_of(1), ours => 1);
    $l->wait_signal('FederationHello');
    $l->close;
}
cmp_ok($t->grep_log(qr/link "one" (up|down)/) - $news, '<', 60,
       'and a link that flaps is not told each time');


# ---- and the wrong one, which was dialled all the time ----

is($t->grep_log(qr/link "three" down/), 1, 'is told once');
is($t->grep_log(qr/link "three" up/), 0, 'and never was up');
is(scalar(grep { $_->{event} eq 'signal' } map {
       $wrong->accepted('_federation', $_)->events
   } 0 .. $wrong->events('inbound') - 1), 0, 'nor was anything said to it');

$t->done;
