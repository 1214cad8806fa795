/*
 * Signals: what parses and can be written parses again, and is then written
 * as the same bytes.
 */

#include "wzp/wzp_signal.h"
#include "fuzz.h"


/* NULL when this signal is none that we write. */
static uint8_t *
encode(const wzp_signal_t *sg, size_t *len)
{
    size_t     need;
    uint8_t   *buf;
    wzp_rc_t   rc;

    need = 0;
    rc = wzp_signal_encode(sg, NULL, 0, &need);

    if (rc != WZP_ENOSPC) {
        fuzz_check(rc == WZP_EBAD || rc == WZP_EUNKNOWN);
        return NULL;
    }

    buf = malloc(need);
    fuzz_check(buf != NULL);

    fuzz_check(wzp_signal_encode(sg, buf, need - 1, len) == WZP_ENOSPC
               && *len == need);
    fuzz_check(wzp_signal_encode(sg, buf, need, len) == WZP_OK
               && *len == need);

    return buf;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t        len, again_len;
    uint8_t      *json, *again;
    wzp_signal_t  sg, back;

    if (wzp_signal_parse(&sg, data, size) != WZP_OK) {
        return 0;
    }

    fuzz_check(wzp_signal_name(sg.type) != NULL);

    json = encode(&sg, &len);

    if (json != NULL && len <= WZP_SIGNAL_MAX) {
        fuzz_check(wzp_signal_parse(&back, json, len) == WZP_OK);
        fuzz_check(back.type == sg.type);

        again = encode(&back, &again_len);
        fuzz_check(again != NULL && again_len == len
                   && memcmp(again, json, len) == 0);

        free(again);
        wzp_signal_done(&back);
    }

    free(json);
    wzp_signal_done(&sg);

    return 0;
}
