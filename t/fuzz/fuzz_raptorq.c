/*
 * Symbols of one block in any order, repeated, missing, or made up.  As long
 * as nothing was made up, what is decoded is what was encoded.
 */

#include "fuzz.h"
#include "wzp/wzp_raptorq.h"


#define FUZZ_T_MAX      40


static wzp_raptorq_t  *codes[WZP_RAPTORQ_K_MAX + 1];


static const wzp_raptorq_t *
code(unsigned k)
{
    void  *mem;

    if (codes[k] == NULL) {
        mem = malloc(wzp_raptorq_size(k));
        fuzz_check(mem != NULL);
        codes[k] = wzp_raptorq_init(mem, k);
    }

    return codes[k];
}


static void
check(const wzp_raptorq_block_t *bk, const uint8_t *source, unsigned k,
    size_t t, bool truth)
{
    unsigned        i;
    const uint8_t  *p;

    for (i = 0; i < k; i++) {
        p = wzp_raptorq_block_symbol(bk, i);

        fuzz_check(p != NULL || !wzp_raptorq_block_done(bk));
        fuzz_check(p == NULL || !truth || memcmp(p, source + i * t, t) == 0);
    }

    fuzz_check(wzp_raptorq_block_symbol(bk, k) == NULL);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool                  truth;
    size_t                t, len;
    uint8_t               symbol[FUZZ_T_MAX], *source;
    unsigned              i, k, news;
    uint32_t              esi;
    wzp_rc_t              rc;
    const wzp_raptorq_t  *rq;
    wzp_raptorq_block_t  *bk;

    if (size < 3) {
        return 0;
    }

    k = data[0] < 240 ? 1u + data[0] % 24u : 1u + data[2];
    t = data[1] % (FUZZ_T_MAX + 1u);
    data += 3;
    size -= 3;

    rq = code(k);
    len = wzp_raptorq_block_size(k, t);
    bk = malloc(len);
    source = malloc(k * t + 1);
    fuzz_check(bk != NULL && source != NULL);

    (void) wzp_raptorq_block_init(bk, rq, t);

    for (i = 0; i < k * t; i++) {
        source[i] = (uint8_t) (i * 37 + size);
    }

    truth = true;
    news = 0;

    for ( /* void */ ; size >= 2; data += 2, size -= 2) {

        esi = data[0] == 255 ? data[1] * 0x10203u
                             : (data[0] & 1) * (uint32_t) k + data[1];
        memset(symbol, data[0], sizeof(symbol));

        if (esi > WZP_RAPTORQ_ESI_MAX) {
            fuzz_check(wzp_raptorq_block_put(bk, esi, symbol) == WZP_EBAD);
            continue;
        }

        if (data[0] % 64 == 62) {
            truth = truth && t == 0;

        } else {
            wzp_raptorq_encode(rq, source, t, esi, symbol);
        }

        rc = wzp_raptorq_block_put(bk, esi, symbol);
        fuzz_check(rc == WZP_OK || rc == WZP_EDUP);
        news += rc == WZP_OK;

        fuzz_check(wzp_raptorq_block_done(bk) == (news == k));
        fuzz_check(wzp_raptorq_block_put(bk, esi, symbol) == WZP_EDUP);
    }

    check(bk, source, k, t, truth);

    free(bk);
    free(source);

    return 0;
}
