#!/bin/bash

# Configure the module for one nginx:
#
#   module.sh NGINX SRC OBJS
#
#   NGINX   the binary that shall load it
#   SRC     sources of the same version: Debian's nginx-dev (headers only) or a
#           full tree
#   OBJS    where nginx's Makefile and its objects go
#
# WZP_CC_OPT, WZP_LD_OPT: more options for compiler and linker.
# WZP_BUILD: where the portable part was built.

set -eu -o pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)


die()
{
    echo "module: error: $*" >&2
    exit 1
}


[ $# -eq 3 ] || die "usage: module.sh NGINX SRC OBJS"

nginx=$1
src=$2
objs=$3

"$nginx" -v 2>/dev/null \
    || die "\"$nginx\" does not run; install nginx, or name it with" \
           "\"make NGINX=PATH NGINX_SRC=PATH\""

[ -x "$src/configure" ] \
    || die "no nginx sources in \"$src\"; install nginx-dev, or name them" \
           "with \"make NGINX_SRC=PATH\""


# A module fits exactly one version.

running=$("$nginx" -v 2>&1 | sed -n 's,.*nginx/\([0-9.]*\).*,\1,p')
sources=$(sed -n 's,^#define NGINX_VERSION  *"\(.*\)",\1,p' \
              "$src/src/core/nginx.h")

[ "$running" = "$sources" ] \
    || die "$nginx is version $running, but the sources in $src are" \
           "$sources; a module fits exactly one version"


# How was this nginx configured?  Debian says so in conf_flags; otherwise
# nginx itself does, and other modules are left out.

declare -a args

if [ -f "$src/conf_flags" ]; then
    . "$src/conf_flags"
    args=("${NGX_CONF_FLAGS[@]}")
    cc_opt="$(dpkg-buildflags --get CFLAGS) -fPIC"
    cc_opt="$cc_opt $(dpkg-buildflags --get CPPFLAGS)"
    ld_opt="$(dpkg-buildflags --get LDFLAGS) -fPIC"

else
    eval "args=($("$nginx" -V 2>&1 | sed -n 's/^configure arguments: //p'))"

    cc_opt=
    ld_opt=
    kept=()

    for arg in "${args[@]}"; do
        case "$arg" in
        --with-cc-opt=*)  cc_opt=${arg#*=} ;;
        --with-ld-opt=*)  ld_opt=${arg#*=} ;;
        --add-*module=*)  ;;
        --builddir=*)     ;;
        *)                kept+=("$arg") ;;
        esac
    done

    args=("${kept[@]}")
fi


# nginx's configure writes into the directory it runs in: give it one that
# holds nothing but links to the sources.

mkdir -p "$objs/tree"
objs=$(cd "$objs" && pwd)

for file in "$src"/*; do
    ln -sfn "$file" "$objs/tree/$(basename "$file")"
done
rm -f "$objs/tree/Makefile" "$objs/tree/objs"

cd "$objs/tree"

./configure "${args[@]}" \
    --with-cc-opt="$cc_opt ${WZP_CC_OPT-}" \
    --with-ld-opt="$ld_opt ${WZP_LD_OPT-}" \
    --builddir="$objs" --add-dynamic-module="$top" \
    > "$objs/configure.log" 2>&1 \
    || { tail -n 20 "$objs/configure.log" >&2
         die "nginx's configure failed, see $objs/configure.log"; }
