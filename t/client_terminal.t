# On a terminal the client has one live line; elsewhere plain lines.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

plan skip_all => 'needs script(1)' if system('script --version >/dev/null 2>&1');

my $t = Test::Nginx::WZP->new->start;
my ($ann) = $t->joined({ seed => seed_of(1), alias => 'Ann' });
my $client = Test::Nginx::WZP::Client::binary();
my $home = $t->dir . '/home';
mkdir $home;

my @args = ('--room', 'general', '--alias', 'Bob', '--duration', '3',
            '--send-tone', $t->addr);

# ---- a terminal ----

my $out = $t->dir . '/terminal';
my $p = Test::Nginx::WZP::Process->spawn(
    name => 'terminal', dir => $t->dir,
    env => { HOME => $home, XDG_CONFIG_HOME => undef, TERM => 'xterm',
             COLUMNS => undef },
    command => ['script', '-qefc', "stty cols 120; $client @args", $out]);
push @{$t->{clients}}, $p;

$ann->send(count => 150, payload => 'f8fffe');
is($p->wait, 0, 'terminal: a good end');

my $text = slurp($out);
my @frames = split /\r(?!\n)|\e\[\d*[A-K]/, $text;
my @live = grep { /general/ && /\d+:\d\d/ } @frames;
cmp_ok(scalar(@live), '>=', 2, 'terminal: a line that lives')
    or diag($text);
like($live[-1] || '', qr/\b2\b/, 'terminal: with the members');
like($live[-1] || '', qr/ms/, 'terminal: the round trip');
like($live[-1] || '', qr/loss \d/, 'terminal: the loss');
like($live[-1] || '', qr{in \d+ out \d+ kb/s}, 'terminal: the bit rate');
like($text, qr/Ann/, 'terminal: who is there');

# ---- terminals that cannot clear a line ----

for my $term ('dumb', undef) {
    my $q = Test::Nginx::WZP::Process->spawn(
        name => 'plain-' . ($term || 'none'), dir => $t->dir,
        env => { HOME => $home, XDG_CONFIG_HOME => undef, TERM => $term },
        command => ['script', '-qefc', "$client --duration 1 " . $t->addr,
                    $out . '2']);
    push @{$t->{clients}}, $q;

    is($q->wait, 0, 'TERM=' . ($term || '') . ': a good end');
    $text = slurp($out . '2');
    unlike($text, qr/\e/, 'no escapes');
    like($text, qr/joined "default"/, 'but lines');
}

# ---- no terminal ----

my ($rc, $plain) = $t->run_client({ home => $home }, @args);
is($rc, 0, 'pipe: a good end');
unlike($plain, qr/[\r\e]/, 'pipe: plain lines');
like($plain, qr/joined "general"/, 'pipe: it joined');
like($plain, qr/Ann/, 'pipe: who is there');

$t->done;
