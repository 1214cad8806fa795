# nginx 1.26 with HTTP/3 on the system's OpenSSL, for "make test-nginx-quic".
# Sourced by deps.sh.

package=nginx
tried="1.26.3"


accept()
{
    ge "$1" 1.25.0
}


build()
{
    nginx_build "$1" "$2" "-O2 -g -fPIC" "-fPIC" --with-http_v3_module
}
