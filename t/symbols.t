# Nothing of ours, of BoringSSL or of ngtcp2 is visible outside the .so, and
# nothing in it waits for nginx's OpenSSL.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::Nginx::WZP;

my $t = Test::Nginx::WZP->new;
my $so = $t->{module};

my @shown = map { (split)[-1] } `nm -D --defined-only $so`;

is_deeply([sort @shown],
          [qw(ngx_module_names ngx_module_order ngx_modules)],
          'the .so shows what nginx looks up, and nothing else');

my %wanted = map { my @f = split; ($f[-1] => $f[-2]) }
             `nm -D --undefined-only $so`;
my @wanted = sort keys %wanted;
cmp_ok(scalar(@wanted), '>', 50, 'undefined symbols: ' . @wanted);

is_deeply([grep { /^(?:SSL|EVP|CRYPTO|BIO|X509|RSA|EC|OPENSSL|TLS|ERR)_/
                  && !/^OPENSSL_memory_(?:alloc|free|get_size)\b/ } @wanted],
          [], 'it wants no symbol of any OpenSSL');
is_deeply([grep { /^(?:ngtcp2|wzp|opus)_/ } @wanted], [],
          'and none that should be inside');
is_deeply([grep { /^ngx_http_/ && $wanted{$_} !~ /^[wv]$/ } @wanted], [],
          'and those of http, which may be absent, are weak');
cmp_ok(scalar(grep { /^ngx_http_/ } @wanted), '>', 3, 'there are some');

my %ok = map { $_ => 1 } qw(libc libm libsodium libjansson libasan libubsan
                            libpthread ld-linux-x86-64 libgcc_s);
my @libs = map { /NEEDED.*\[(.+?)\.so/ ? $1 : () } `readelf -d $so`;
is_deeply([grep { !$ok{$_} } @libs], [],
          'it loads libraries of the base only: ' . join ' ', @libs);

like(scalar `readelf -d $so`, qr/NODELETE/, 'it stays mapped (-z nodelete)');
unlike(scalar `readelf -lW $so`, qr/GNU_STACK.*RWE/, 'no executable stack');

done_testing;
