# nginx 1.26 with HTTP/3 on BoringSSL, for "make test-nginx-quic".  Sourced by
# deps.sh.

package=nginx
tried="1.26.3"
uses="boringssl"


accept()
{
    ge "$1" 1.25.0
}


build()
{
    local bssl
    bssl=$(entry boringssl)

    nginx_build "$1" "$2" "-O2 -g -fPIC -I$bssl/include" \
        "-fPIC -L$bssl/lib -lstdc++" --with-http_v3_module
}
