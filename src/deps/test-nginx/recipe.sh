# Test::Nginx::Socket for the tests; pure perl.  Sourced by deps.sh.

binary_package=libtest-nginx-perl
tried="0.32.10.g8398ecb"


accept()
{
    ge "$1" 0.30
}


build()
{
    mkdir -p "$2"
    mv "$1/usr/share/perl5" "$2/lib"

    test -f "$2/lib/Test/Nginx/Socket.pm"
}
