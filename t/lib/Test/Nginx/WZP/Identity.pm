package Test::Nginx::WZP::Identity;

# Seeds, and what follows from them, worked out by openssl: fingerprints of
# identities and of certificates.
#
#     seed_of(N)            the seed of the Nth of this test, 64 hex digits
#     fp_of(N)              fingerprint of that identity: "6871:1211:..."
#     tls_fp_of(N or SEED)  fingerprint of the certificate: "0c:62:..."
#     relay_id_of(N or SEED)   its first 8 bytes, as relays of ours are called
#     cert_of(N or SEED)    the certificate, DER

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256 sha256_hex);
use Exporter qw(import);
use File::Temp;

our @EXPORT = qw(seed_of fp_of tls_fp_of relay_id_of cert_of);

my %certs;                      # by seed
my %fps;                        # by number


# A seed for the nth member of a test, as 64 hex digits.

sub seed_of
{
    my ($n) = @_;

    return sprintf '%064x', $n + 0x5eed0000;
}


# Fingerprint (canonical text) of the nth seed, worked out by openssl.

sub fp_of
{
    my ($n) = @_;

    return $fps{$n} ||= do {
        my ($pub) = key_of(seed_of($n), 'warzone-ed25519');
        join ':', substr(sha256_hex($pub), 0, 32) =~ /..../g;
    };
}


# Public key, and a file with the private one: HKDF-SHA256 without salt, then
# Ed25519 (PKCS 8 around the private seed).

sub key_of
{
    my ($seed, $info) = @_;
    my $prk = hmac_sha256(pack('H*', $seed), "\0" x 32);
    my $key = hmac_sha256("$info\1", $prk);
    my $file = file_of(pack('H*', '302e020100300506032b657004220420') . $key);
    my $pub = `openssl pkey -inform DER -in $file -pubout -outform DER`;

    return (substr($pub, -32), $file);
}


sub file_of
{
    my ($bytes) = @_;
    my $file = File::Temp->new;

    binmode $file;
    print $file $bytes;
    close $file;
    return $file;
}


# One element of DER, of at most 65535 bytes.

sub der
{
    my ($tag, @parts) = @_;
    my $body = join '', @parts;
    my $n = length $body;
    my $len = $n < 0x80 ? chr $n : $n < 0x100 ? "\x81" . chr $n
                                              : "\x82" . pack 'n', $n;

    return chr($tag) . $len . $body;
}


# The certificate that a relay with this seed makes (PROTOCOL.md 1.3).

sub cert_of
{
    my ($n) = @_;
    my $seed = $n =~ /^[0-9a-f]{64}\z/ ? $n : seed_of($n);

    return $certs{$seed} if $certs{$seed};

    my ($pub, $key) = key_of($seed, 'wzp-tls-ed25519');
    my $serial = substr sha256($pub), 0, 20;

    substr($serial, 0, 1) &= "\x7f";
    $serial =~ s/^\0(?=[\0-\x7f])// while $serial =~ /^\0[\0-\x7f]/;

    my $alg = der(0x30, der(0x06, "\x2b\x65\x70"));
    my $name = der(0x30, der(0x31, der(0x30,
        der(0x06, "\x55\x04\x03"), der(0x0c, 'rcgen self signed cert'))));

    my $tbs = der(0x30,
        der(0xa0, der(0x02, "\2")),
        der(0x02, $serial),
        $alg, $name,
        der(0x30, der(0x17, '750101000000Z'), der(0x18, '40960101000000Z')),
        $name,
        der(0x30, $alg, der(0x03, "\0$pub")),
        der(0xa3, der(0x30, der(0x30,
            der(0x06, "\x55\x1d\x11"),
            der(0x04, der(0x30, der(0x82, 'localhost')))))));

    my $in = file_of($tbs);
    my $sig = `openssl pkeyutl -sign -inkey $key -keyform DER -rawin -in $in`;

    return $certs{$seed} = der(0x30, $tbs, $alg, der(0x03, "\0$sig"));
}


sub tls_fp_of
{
    my ($n) = @_;

    return join ':', sha256_hex(cert_of($n)) =~ /../g;
}


sub relay_id_of { return substr sha256_hex(cert_of($_[0])), 0, 16 }


1;
