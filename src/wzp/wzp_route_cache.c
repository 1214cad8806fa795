/*
 * Answers that are fresh, and questions that were here.
 */

#include <stdlib.h>

#include "wzp/wzp_route_int.h"


static uint64_t
wzp_route_hash(const wzp_route_cache_t *ca, const uint8_t fp[WZP_FP_SIZE],
    uint64_t id)
{
    uint8_t   tag[8], in[WZP_FP_SIZE + 8];
    uint64_t  h;

    memcpy(in, fp, WZP_FP_SIZE);
    memcpy(in + WZP_FP_SIZE, &id, 8);
    wzp_shorthash(tag, ca->key, in, sizeof(in));
    memcpy(&h, tag, sizeof(h));

    return h;
}


static void
wzp_route_entry_clear(wzp_route_entry_t *en)
{
    free(en->chain);
    memset(en, 0, sizeof(wzp_route_entry_t));
}


void
wzp_route_cache_done(wzp_route_cache_t *ca)
{
    size_t  i, k;

    for (i = 0; i < WZP_ROUTE_SETS; i++) {
        for (k = 0; k < WZP_ROUTE_WAYS; k++) {
            wzp_route_entry_clear(&ca->entries[i][k]);
        }
    }
}


const wzp_route_entry_t *
wzp_route_cache_get(const wzp_route_cache_t *ca, const uint8_t fp[WZP_FP_SIZE],
    uint64_t now_ns)
{
    size_t                    k;
    const wzp_route_entry_t  *set;

    set = ca->entries[wzp_route_hash(ca, fp, 0) % WZP_ROUTE_SETS];

    for (k = 0; k < WZP_ROUTE_WAYS; k++) {
        if (now_ns < set[k].until_ns
            && memcmp(set[k].fp, fp, WZP_FP_SIZE) == 0)
        {
            return &set[k];
        }
    }

    return NULL;
}


static char *
wzp_route_pack(const wzp_route_response_t *rr)
{
    char    *chain, *p;
    size_t   i, len;

    for (len = 0, i = 0; i < rr->nchain; i++) {
        len += strlen(rr->chain[i]) + 1;
    }

    chain = malloc(len);
    if (chain == NULL) {
        return NULL;
    }

    for (p = chain, i = 0; i < rr->nchain; i++) {
        len = strlen(rr->chain[i]) + 1;
        memcpy(p, rr->chain[i], len);
        p += len;
    }

    return chain;
}


void
wzp_route_cache_put(wzp_route_cache_t *ca, const uint8_t fp[WZP_FP_SIZE],
    int next, const wzp_route_response_t *rr, uint64_t now_ns)
{
    char               *chain;
    size_t              k;
    wzp_route_entry_t  *set, *en;

    chain = NULL;

    if (rr != NULL) {
        chain = wzp_route_pack(rr);
        if (chain == NULL) {
            return;
        }
    }

    set = ca->entries[wzp_route_hash(ca, fp, 0) % WZP_ROUTE_SETS];
    en = &set[0];

    for (k = 0; k < WZP_ROUTE_WAYS; k++) {
        if (memcmp(set[k].fp, fp, WZP_FP_SIZE) == 0) {
            en = &set[k];
            break;
        }

        if (set[k].until_ns < en->until_ns) {
            en = &set[k];
        }
    }

    free(en->chain);

    memcpy(en->fp, fp, WZP_FP_SIZE);
    en->next = next;
    en->chain = chain;
    en->nchain = rr == NULL ? 0 : rr->nchain;
    en->until_ns = now_ns + (rr == NULL ? WZP_ROUTE_MISSED_NS
                                        : WZP_ROUTE_FOUND_NS);
}


void
wzp_route_cache_drop(wzp_route_cache_t *ca, int next)
{
    size_t              i, k;
    wzp_route_entry_t  *en;

    for (i = 0; i < WZP_ROUTE_SETS; i++) {
        for (k = 0; k < WZP_ROUTE_WAYS; k++) {
            en = &ca->entries[i][k];

            if (en->until_ns != 0 && en->next == next) {
                wzp_route_entry_clear(en);
            }
        }
    }
}


void
wzp_route_cache_chain(const wzp_route_entry_t *en, wzp_route_response_t *rr)
{
    size_t       i, len;
    const char  *p;

    for (p = en->chain, i = 0; i < en->nchain; i++) {
        len = strlen(p) + 1;
        memcpy(rr->chain[rr->nchain++], p, len);
        p += len;
    }
}


bool
wzp_route_cache_seen(wzp_route_cache_t *ca, uint64_t id,
    const uint8_t fp[WZP_FP_SIZE], uint8_t ttl, uint64_t now_ns,
    uint64_t for_ns)
{
    uint64_t           h;
    wzp_route_seen_t  *sn;

    h = wzp_route_hash(ca, fp, id);
    sn = &ca->seen[h % WZP_ROUTE_SEEN];

    if (sn->hash == h && now_ns < sn->until_ns && ttl <= sn->ttl) {
        return true;
    }

    sn->hash = h;
    sn->ttl = ttl;
    sn->until_ns = now_ns + for_ns;

    return false;
}
