# RNNoise: noise suppression for the client.  Sourced by deps.sh.
#
# Debian has it in sid only.  Its static library is taken as it is if programs
# can be linked with it here; else the sources are compiled, which have the
# model in them: nothing is fetched.

binary_package=librnnoise-dev
package=rnnoise

# Versions that are known to work, best first.
tried="0.2+ds"


# 0.1 has no model that is free to use.
accept()
{
    ge "$1" 0.2 && ! ge "$1" 1
}


# Inside it has much of what Opus has, too: of its names only those of the
# interface can be seen.
build()
{
    local file

    mkdir -p "$2/include" "$2/lib" objects

    if [ -d "$1/usr" ]; then
        cp "$1/usr/include/rnnoise.h" "$2/include/"
        (cd objects && ar x "$1"/usr/lib/*/librnnoise.a)

    else
        cp "$1/include/rnnoise.h" "$2/include/"

        for file in denoise rnn pitch kiss_fft celt_lpc nnet nnet_default \
                    parse_lpcnet_weights rnnoise_data rnnoise_tables
        do
            "${CC:-cc}" -O2 -fPIC -DRNNOISE_BUILD -I"$1/include" -I"$1/src" \
                -c "$1/src/$file.c" -o "objects/$file.o"
        done
    fi

    ld -r -o rnnoise.o objects/*.o
    objcopy --wildcard --keep-global-symbol='rnnoise_*' rnnoise.o
    ar rcsD "$2/lib/librnnoise.a" rnnoise.o

    rnnoise_works "$2"
}


# A library of a newer Debian may want a newer libc.

rnnoise_works()
{
    cat > works.c <<EOF
#include <rnnoise.h>

int
main(void)
{
    return rnnoise_get_frame_size() != 480 || rnnoise_create(0) == 0;
}
EOF
    "${CC:-cc}" -fPIE -pie -I"$1/include" works.c "$1/lib/librnnoise.a" -lm \
        -o works
    ./works
}
