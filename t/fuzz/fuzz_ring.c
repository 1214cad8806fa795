/*
 * The ring's consumer over memory that anybody may have written: no view
 * leaves the ring, and it is empty in the end.  The input is a script: what
 * the producer does, then bytes to lie over everything but the first line.
 */

#include "wzp/wzp_ring.h"
#include "fuzz.h"


#define CAPACITY    4096
#define LINE        64


/* Each byte of the script reserves and commits so many bytes. */
static void
produce(wzp_ring_t *rg, const uint8_t *script, size_t n)
{
    size_t    i, len;
    uint8_t  *p;

    for (i = 0; i < n; i++) {
        len = script[i] * 5u;
        p = wzp_ring_reserve(rg, len);

        if (p != NULL) {
            memset(p, (int) i, len);
            (void) wzp_ring_commit(rg, len - len / 3);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void           *mem;
    size_t          n, len, total;
    uint8_t        *bytes;
    unsigned        i;
    wzp_ring_t     *rg;
    const uint8_t  *view;

    total = wzp_ring_size(CAPACITY);
    fuzz_check(posix_memalign(&mem, LINE, total) == 0);
    memset(mem, 0, total);

    bytes = mem;
    rg = wzp_ring_init(mem, CAPACITY);
    fuzz_check(rg != NULL);

    if (size > 0) {
        n = data[0] % 64;
        n = n < size - 1 ? n : size - 1;
        produce(rg, data + 1, n);
        data += n + 1;
        size -= n + 1;
    }

    if (size > 2) {
        n = LINE + (size_t) (data[0] << 8 | data[1]) % (total - LINE);
        memcpy(bytes + n, data + 2,
               size - 2 < total - n ? size - 2 : total - n);
    }

    for (i = 0; i < 2 * CAPACITY; i++) {
        view = wzp_ring_peek(rg, &len);

        if (view == NULL) {
            break;
        }

        fuzz_check(view >= bytes && len <= CAPACITY
                   && view + len <= bytes + total);
        wzp_ring_next(rg);
    }

    fuzz_check(i < 2 * CAPACITY);
    free(mem);

    return 0;
}
