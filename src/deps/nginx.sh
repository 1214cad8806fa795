# Builds of nginx for the tests, from Debian's source package.  Sourced by
# deps.sh.


# nginx_version: the version of the installed nginx, as in 1.22.1.

nginx_version()
{
    "${NGINX:-$(PATH=$PATH:/usr/sbin command -v nginx || echo nginx)}" -v 2>&1 \
        | sed -n 's,^nginx version: nginx/\([0-9.]*\).*,\1,p'
}


# nginx_build SRC OUT CC-OPT LD-OPT OPTION...: the same features as Debian's,
# stream inside; the tree stays in OUT/src for modules to be built against.

nginx_build()
{
    local src=$1 out=$2 cc_opt=$3 ld_opt=$4
    shift 4

    mkdir -p "$out/sbin"
    cp -R "$src" "$out/src"

    (
        cd "$src"
        ./configure --prefix=/usr/share/nginx --error-log-path=stderr \
            --with-compat --with-debug --with-threads --with-pcre-jit \
            --with-http_ssl_module --with-http_stub_status_module \
            --with-http_realip_module --with-http_v2_module \
            --with-stream --with-stream_ssl_module \
            --with-stream_ssl_preread_module --with-stream_realip_module \
            "$@" --with-cc-opt="$cc_opt" --with-ld-opt="$ld_opt"
        make -j "$jobs"
        cp objs/nginx "$out/sbin/nginx"
    )

    "$out/sbin/nginx" -V
}
