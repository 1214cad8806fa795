#!/bin/bash

# All tests, or some of them, over what make has built:
#
#   check.sh BUILD [STAGE ...]
#
# Stages: unit, unit-asan, fuzz, lint, nginx, nginx-asan; and, when asked for,
# nginx-quic.  A stage that fails does not stop those after it, but the whole.
#
# TESTS="t/a.t t/b.t" takes these instead of all in t/; JOBS=N runs so many at
# a time (4; they wait more than they work, and each takes ports of its own).

set -u -o pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(cd "$1" && pwd) || exit 1
shift

cd "$top" || exit 1

logs=$build/log
mkdir -p "$logs"

failed=
ran=

# A test that hangs has failed: seconds for one file.
patience=900
jobs=${JOBS:-4}


# var NAME: a variable from deps.mk.

var()
{
    sed -n "s/^$1 = //p" "$build/deps.mk"
}


# stage NAME COMMAND...: one heading, one result, and what it said in a file.

stage()
{
    local name=$1 started
    shift

    echo
    echo "== $name"
    started=$(date +%s)
    ran="$ran $name"

    if "$@" < /dev/null 2>&1 | tee "$logs/$name"; then
        echo "== $name: passed in $(($(date +%s) - started)) s"
    else
        echo "== $name: FAILED"
        failed="$failed $name"
    fi
}


# programs DIR: the TAP programs of unit and sim, by their sources: none that
# is missing goes unnoticed, none whose source has gone is run.

programs()
{
    local f list=

    for f in $(ls t/unit/test_*.c t/sim/sim_*.c 2>/dev/null); do
        list="$list $1/${f%.c}"
    done

    prove -j "$jobs" -e "timeout -k 10 $patience" $list
}


# each [OPTION...] [FILE...]: some files of t/, and what they came to is kept.

each()
{
    prove --statefile="$logs/state" -e "timeout -k 10 $patience perl" "$@"
}


# scripts NGINX BUILD MODULE [FILE...]: t/*.t against one nginx.  Where speech
# is listened to, which is in real time, nothing runs beside it.  What failed
# has one more chance, alone, for what else the machine had to do; and the last
# lines tell of it in any case.

scripts()
{
    local nginx=$1 dir=$2 module=$3 f alone= others= rc=0
    shift 3

    [ $# -gt 0 ] || { echo "no tests"; return 0; }

    for f in "$@"; do
        if grep -q 'Test::Nginx::WZP::Speech' "$f"; then
            alone="$alone $f"
        else
            others="$others $f"
        fi
    done

    export TEST_NGINX_BINARY=$nginx WZP_MODULE=$module
    export WZP_BUILD=$dir WZP_CLIENT=$dir/wzp-client WZP_PEER=$build/t/peer
    export PERL5LIB=$top/t/lib:$(var TEST_NGINX_LIB)

    rm -f "$logs/state"

    [ -z "$others" ] || each --state=save -j "$jobs" $others || rc=1
    [ -z "$alone" ] || each --state=save $alone || rc=1

    [ $rc -ne 0 ] || return 0

    echo "== what failed, once more, alone"
    each --state=failed,save
}


# fuzz: each target over its corpus, and a little further.

fuzz()
{
    local f name work rc=0 n=0 total

    total=$(ls t/fuzz/fuzz_*.c 2>/dev/null | wc -l)
    echo "1..$total"

    for f in $(ls t/fuzz/fuzz_*.c 2>/dev/null); do

        n=$((n + 1))
        name=$(basename "$f" .c)
        name=${name#fuzz_}
        work=$(mktemp -d)

        if (cd "$work" && mkdir new \
            && "$build/t/fuzz/fuzz_$name" -runs=20000 -max_total_time=20 \
                   -seed=1 -timeout=10 -artifact_prefix="$work/" new \
                   $(ls -d "$top/t/fuzz/corpus/$name" 2>/dev/null) \
            ) > "$work/log" 2>&1
        then
            echo "ok $n - $name"
        else
            echo "not ok $n - $name"
            tail -n 30 "$work/log" | sed 's/^/# /'
            for found in "$work"/*-*; do
                [ ! -f "$found" ] || od -A x -t x1z "$found" | sed 's/^/# /'
            done
            rc=1
        fi

        rm -rf "$work"
    done

    return $rc
}


# nginx_quic NAME: the module in an nginx that has QUIC of its own.

nginx_quic()
{
    local up objs=$build/nginx-quic-$1

    up=$(echo "$1" | tr a-z A-Z)

    WZP_BUILD=$build src/deps/module.sh "$(var NGINX_QUIC_$up)" \
        "$(var NGINX_QUIC_${up}_SRC)" "$objs" || return 1
    make -s -f "$objs/Makefile" -C "$objs/tree" modules || return 1

    scripts "$(var NGINX_QUIC_$up)" "$build" "$objs/ngx_wzp_module.so" $tests
}


# UBSan ends a process with a stack; leaks of our own count.

export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$top/t/lib/lsan.supp:print_suppressions=0}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}

# The lints ask git for the list of files, whoever owns the tree.

export GIT_CONFIG_COUNT=1
export GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$top

tests=${TESTS:-$(ls t/*.t 2>/dev/null)}
nginx=${NGINX:-$(PATH=$PATH:/usr/sbin command -v nginx)}

if [ $# -eq 0 ]; then
    set -- unit unit-asan lint fuzz nginx nginx-asan
fi

for s in "$@"; do
    case "$s" in

    unit)
        stage unit programs "$build"
        ;;

    unit-asan)
        stage unit-asan programs "$build/asan"
        ;;

    lint)
        stage lint scripts "$nginx" "$build" "$build/ngx_wzp_module.so" \
            $(ls t/lint/*.t 2>/dev/null)
        ;;

    fuzz)
        stage fuzz fuzz
        ;;

    nginx)
        stage nginx scripts "$nginx" "$build" "$build/ngx_wzp_module.so" \
            $tests
        ;;

    nginx-asan)
        stage nginx-asan scripts "$(var NGINX_ASAN)" "$build/asan" \
            "$build/asan/ngx_wzp_module.so" $tests
        ;;

    nginx-quic)
        stage nginx-quic-openssl nginx_quic openssl
        stage nginx-quic-boringssl nginx_quic boringssl
        ;;

    *)
        echo "check.sh: unknown stage \"$s\"" >&2
        exit 2
        ;;

    esac
done

# Who reads only the end of it learns what failed, even if it passed later.

said='^not ok|^# +Failed test|^# +at .* line|^# +(got|expected):|Failed tests?:|Wstat'

for s in $ran; do
    grep -E "$said" "$logs/$s" | cut -c 1-160 | tail -n 20 | sed "s/^/$s: /"
done

echo

if [ -n "$failed" ]; then
    echo "== FAILED:$failed"
    exit 1
fi

echo "== all passed:$ran"
