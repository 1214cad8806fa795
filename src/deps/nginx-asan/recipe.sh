# nginx of the installed version with AddressSanitizer and
# UndefinedBehaviorSanitizer, for the tests.  Sourced by deps.sh.

package=nginx

variant=$(nginx_version)
tried=$variant


# Another version of the same branch will do where this one is not served: the
# module is built against it.
accept()
{
    [ -n "$variant" ] && [ "${1%.*}" = "${variant%.*}" ]
}


# nonnull-attribute must stay out, nginx's debug log trips it.
build()
{
    nginx_build "$1" "$2" \
        "-O1 -g -fsanitize=address,undefined \
         -fno-sanitize=nonnull-attribute -fno-sanitize-recover=undefined \
         -fno-omit-frame-pointer -DNGX_DEBUG_PALLOC=1 \
         -DNGX_HAVE_NONALIGNED=0" \
        "-fsanitize=address,undefined"
}
