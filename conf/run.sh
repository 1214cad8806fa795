#!/bin/bash

# Run the relay in the foreground, as make run does:
#
#   run.sh BUILD
#
# Everything it writes, the relay's identity too, is in BUILD/run.  The
# configuration is conf/nginx.conf, as it stands; its relative paths are taken
# from BUILD/run.

set -eu -o pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(cd "$1" && pwd)
run=$build/run
nginx=${NGINX:-$(PATH=$PATH:/usr/sbin command -v nginx)}


# Modules are looked up under the prefix; stream may be part of nginx itself.

mkdir -p "$run/conf" "$run/logs" "$run/modules"
cp "$top"/conf/*.conf "$run/conf/"

modules=$("$nginx" -V 2>&1 | sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p')
stream=${modules:-/usr/lib/nginx/modules}/ngx_stream_module.so

ln -sfn "$build/ngx_wzp_module.so" "$run/modules/ngx_wzp_module.so"

if [ -f "$stream" ]; then
    ln -sfn "$stream" "$run/modules/ngx_stream_module.so"
else
    sed -i '/^load_module .*ngx_stream_module/d' "$run/conf/nginx.conf"
fi


# What the file does not say itself is said for it.

extra=
for directive in "daemon off" "pid logs/nginx.pid"; do
    grep -q "^ *${directive%% *} " "$run/conf/nginx.conf" \
        || extra="$extra $directive;"
done

port=$(sed -n 's/^[^#]*listen  *\([^ ;]*:\)\{0,1\}\([0-9][0-9]*\)  *.*udp.*/\2/p' \
           "$run/conf/nginx.conf" | head -n 1)
port=${port:-4433}

client=${build#"$PWD"/}/wzp-client
address=127.0.0.1:$port

echo "== starting the relay; Ctrl-C stops it, its files are in ${run#"$PWD"/}"


# What nginx logs is passed on; once it has told the relay's fingerprint, so
# are the commands to try.

follow()
{
    local line pin

    while IFS= read -r line; do
        echo "$line" >&2

        case $line in *fingerprint=*)
            pin=${line#*fingerprint=}
            cat <<EOF
== relay on UDP port $port, fingerprint ${pin%%[!0-9a-f:]*}
== in other terminals (or elsewhere, with this machine's address):
     $client --room general $address
     $client --room general --send-tone 5 $address
EOF
            exec cat >&2
            ;;
        esac
    done
}

cd "$run"

exec "$nginx" -p "$run/" -e stderr -c conf/nginx.conf -g "$extra" \
    2> >(trap '' INT; follow)
