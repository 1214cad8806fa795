# The relay's BoringSSL lives beside nginx's own TLS, and beside its own QUIC
# where it has one ("make test-nginx-quic"): all of them at once in one worker.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $dir = $t->dir;
my $quic = `$t->{nginx} -V 2>&1` =~ /--with-http_v3_module/;

system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes '
       . "-subj /CN=localhost -days 2 -keyout $dir/key -out $dir/cert "
       . '2>/dev/null') == 0
    or BAIL_OUT('openssl cannot make a certificate');

my $listen = 'listen ' . $t->addr(1) . ' ssl;';
$listen .= "\n" . 'listen ' . $t->addr(2) . ' quic reuseport;' if $quic;

# temporary files of http, wherever this nginx would put them

my $temp = join "\n", map { "${_}_temp_path $dir/temp;" }
    qw(client_body proxy fastcgi uwsgi scgi);

$t->start(http => <<"END");
http {
    access_log off;
    $temp

    ssl_certificate      $dir/cert;
    ssl_certificate_key  $dir/key;

    server {
        $listen
        location / { return 200 "hello from http\\n"; }
    }
}
END

# -quiet: the end of the input is not the end; the server closes.

sub fetch
{
    my ($addr) = @_;

    return scalar `printf 'GET / HTTP/1.0\\r\\n\\r\\n' \\
        | timeout 30 openssl s_client -connect $addr -quiet \\
              -servername localhost 2>/dev/null`;
}

sub http3
{
    my $m = $t->member(addr => $t->addr(2), alpn => 'h3', no_offer => 1,
                       sni => 'localhost');
    my $ev = $m->wait('connected');
    $m->close;
    return $ev;
}

like(fetch($t->addr(1)), qr/hello from http/, 'https before any call');
ok(http3(), 'http3 before any call') if $quic;

my ($ann, $bob) = $t->joined({ seed => seed_of(1) }, { seed => seed_of(2) });

$ann->send(count => 50);
like(fetch($t->addr(1)), qr/hello from http/, 'https during a call');
ok(http3(), 'http3 during a call') if $quic;

$ann->sent;
is($bob->heard($ann->stream_id, 50)->{distinct}, 50, 'and the call');

$t->reload;

like(fetch($t->addr(1)), qr/hello from http/, 'https after a reload');
ok(http3(), 'http3 after a reload') if $quic;

my ($eve) = $t->joined({ seed => seed_of(3) });
ok($eve->stream_id, 'a new member after a reload');

$t->done;
