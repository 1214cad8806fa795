# Ctrl-C and SIGTERM end a call cleanly: the others know at once, files are
# complete, status 0.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new->start(
    stream => 'log_format f "$wzp_status $wzp_packets_in";',
    server => 'access_log %%DIR%%/access.log f;');
my $dir = $t->dir;

my ($ann) = $t->joined({ seed => seed_of(1), accept_streams => 1 });

for my $sig (qw(INT TERM)) {
    for my $form (qw(wav raw pcm)) {
        my $file = "$dir/$sig.$form";
        my $c = $t->client('--room', 'general', '--record', $file, '--send-tone');

        $ann->wait_count(2) or diag($c->story);
        my $ev = $c->wait_event('joined');
        $ann->send(count => 50, payload => 'f8fffe');
        $ann->heard($ev->{stream_id}, 50);
        $c->signal($sig);

        is($c->wait, 0, "$sig: status 0") or diag($c->story);
        ok($ann->wait_count(1), "$sig: the others are told");

        my $rep = $c->report;
        cmp_ok($rep->{sent}, '>=', 50, "$sig: report of what was sent");

        my $bytes = -s $file;
        my $samples = $form eq 'wav' ? `soxi -s $file 2>&1` : $bytes / 2;
        cmp_ok($samples, '==', $rep->{recorded_samples},
               "$sig: $form: a complete file");
        cmp_ok($samples, '>', 24000, "$sig: $form: with something in it");
    }
}

ok(wait_for { (() = slurp("$dir/access.log") =~ /\n/g) >= 6 }, 'logged');
is(scalar(() = slurp("$dir/access.log") =~ /^normal /mg), 6,
   'all as orderly ends');

# by itself, after a file or a time

my $c = $t->client('--room', 'general', '--send-tone', '0.5');
is($c->wait, 0, '--send-tone SECONDS ends');
cmp_ok($c->report->{sent}, '==', 25, 'after 25 frames of 20 ms');
ok($ann->wait_count(1), 'and leaves');

# while it is still trying, and twice

my $lost = $t->client({ addr => '127.0.0.1:' . $t->port(9) });
$lost->wait_event('connecting');
$lost->signal('INT');
like($lost->wait, qr/^[05]$/, 'Ctrl-C before there is a call');

my $twice = $t->client('--room', 'general', '--send-tone');
$twice->wait_event('joined');
$twice->signal('INT');
$twice->signal('INT');
ok(defined $twice->wait, 'Ctrl-C twice ends in any case');

# the relay is gone: it ends all the same

my $alone = $t->client('--room', 'general', '--send-tone', '--record',
                       "$dir/alone.wav");
$alone->wait_event('joined');
my @workers = ($t->pid, $t->workers);
$t->allow(qr/exited on signal/);
kill 'STOP', @workers;
$alone->signal('TERM');
is($alone->wait, 0, 'SIGTERM while the relay does not answer');
like(`soxi $dir/alone.wav 2>&1`, qr/Sample Rate\s*:\s*48000/,
     'the file is valid');
kill 'CONT', @workers;

$t->done;
