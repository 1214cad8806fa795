/*
 * featherChat's payload: what parses can be written, and reads the same again.
 */

#include "wzp/wzp_signal_feather.h"
#include "fuzz.h"


/* NULL when its signal is none that we write. */
static uint8_t *
encode(const wzp_feather_t *ft, size_t *len)
{
    size_t     need;
    uint8_t   *buf;
    wzp_rc_t   rc;

    need = 0;
    rc = wzp_feather_encode(ft, NULL, 0, &need);

    if (rc != WZP_ENOSPC) {
        fuzz_check(rc == WZP_EBAD);
        return NULL;
    }

    buf = malloc(need);
    fuzz_check(buf != NULL);

    fuzz_check(wzp_feather_encode(ft, buf, need - 1, len) == WZP_ENOSPC
               && *len == need);
    fuzz_check(wzp_feather_encode(ft, buf, need, len) == WZP_OK
               && *len == need);

    return buf;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          len, again_len;
    uint8_t        *json, *again;
    wzp_feather_t   ft, back;

    if (wzp_feather_parse(&ft, data, size) != WZP_OK) {
        return 0;
    }

    fuzz_check(wzp_feather_type_name(wzp_feather_type(ft.signal.type))
               != NULL);

    json = encode(&ft, &len);

    if (json != NULL && len <= WZP_SIGNAL_MAX) {
        fuzz_check(wzp_feather_parse(&back, json, len) == WZP_OK);
        fuzz_check(back.signal.type == ft.signal.type
                   && strcmp(back.relay_addr, ft.relay_addr) == 0
                   && strcmp(back.room, ft.room) == 0);

        again = encode(&back, &again_len);
        fuzz_check(again != NULL && again_len == len
                   && memcmp(again, json, len) == 0);

        free(again);
        wzp_feather_done(&back);
    }

    free(json);
    wzp_feather_done(&ft);

    return 0;
}
