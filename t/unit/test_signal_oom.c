/*
 * Memory runs out while a signal is read or written: the nth allocation of
 * ours fails, for every n.  Nothing may leak; who cannot go on says so.
 * (jansson's own allocations are left alone: it does not survive that.)
 */

#include "wzp/wzp_signal_feather.h"
#include "vec.h"

#include <errno.h>

#include <jansson.h>


#if defined(__SANITIZE_ADDRESS__)

int
main(void)
{
    /* The sanitizer has its own malloc. */

    printf("1..0 # SKIP needs malloc of its own\n");

    return 0;
}

#else

#include "oom.h"


static uint8_t  json[4096], out[4096];


/* There and back; *sg is let go in any case. */
static wzp_rc_t
there_and_back(size_t len)
{
    size_t        n;
    wzp_rc_t      rc;
    wzp_signal_t  sg;

    rc = wzp_signal_parse(&sg, json, len);

    if (rc != WZP_OK) {
        return rc;
    }

    n = 0;
    rc = wzp_signal_encode(&sg, out, sizeof(out), &n);
    wzp_signal_done(&sg);

    return rc == WZP_OK && (n != len || memcmp(out, json, n) != 0) ? WZP_ERROR
                                                                   : rc;
}


/* The same for featherChat's payload. */
static wzp_rc_t
feather(size_t len)
{
    size_t         n;
    wzp_rc_t       rc;
    wzp_feather_t  ft;

    rc = wzp_feather_parse(&ft, json, len);

    if (rc != WZP_OK) {
        return rc;
    }

    n = 0;
    rc = wzp_feather_encode(&ft, out, sizeof(out), &n);
    wzp_feather_done(&ft);

    return rc == WZP_OK && (n != len || memcmp(out, json, n) != 0) ? WZP_ERROR
                                                                   : rc;
}


static void
walk(const char *name, unsigned long allocations)
{
    long      before, leaked;
    bool      signal;
    size_t    len, wrong;
    wzp_rc_t  rc;

    signal = strncmp(name, "feather ", 8) != 0;

    if (signal) {
        len = vec_get("signal", name, json, sizeof(json)) - 4;
        memmove(json, json + 4, len);

    } else {
        len = vec_get("feather", name + 8, json, sizeof(json));
    }

    wrong = 0;
    leaked = 0;
    fail_at = 0;

    do {
        fail_at++;
        count = 0;
        before = live;

        testing = true;
        rc = signal ? there_and_back(len) : feather(len);
        testing = false;

        leaked += live - before;
        wrong += rc != (count < fail_at ? WZP_OK : WZP_ENOMEM);

    } while (count >= fail_at);

    is_i64(rc, WZP_OK, "%s: with all its memory", name);
    is_u64(wrong, 0, "%s: else it says so", name);
    is_i64(leaked, 0, "%s: and keeps nothing", name);
    is_u64(fail_at - 1, allocations, "%s: allocations", name);
}


int
main(void)
{
    json_set_alloc_funcs(__libc_malloc, __libc_free);

    walk("room_update_ext", 1);
    walk("active_ext", 1);
    walk("presence_ext", 2);
    walk("envelope_ext", 1);
    walk("direct_offer", 0);
    walk("feather hangup", 1);
    walk("feather ice", 1);

    return done_testing();
}

#endif
