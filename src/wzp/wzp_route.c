/*
 * Questions under way, and what becomes of them.
 */

#include <stdlib.h>

#include "wzp/wzp_route_int.h"


#define WZP_ROUTE_OURSELVES     -1
#define WZP_ROUTE_ID_MASK       ((1ULL << 53) - 1)


/* A question that was passed on. */
typedef struct {
    bool      used;
    bool      follows;                  /* an elder one of ours is the same  */
    int       from;                     /* peer; or WZP_ROUTE_OURSELVES      */
    uint64_t  cookie;                   /* ours                              */
    uint64_t  id;                       /* passed on                         */
    uint64_t  reply_id;                 /* as it came; 0 from existing relays */
    uint8_t   fp[WZP_FP_SIZE];
    uint64_t  waiting[WZP_ROUTE_PEERS / 64];    /* peers, a bit each         */
    uint64_t  deadline_ns;
} wzp_route_pending_t;


typedef struct {
    bool          up;
    bool          ours;
    wzp_bucket_t  rate;
    unsigned      pending;              /* its questions                     */
} wzp_route_link_t;


struct wzp_route_s {
    wzp_route_conf_t     conf;
    uint64_t             counter;       /* ids are made of it                */
    wzp_route_stat_t     stat;
    unsigned             foreign;       /* pending questions of peers        */
    wzp_route_link_t     links[WZP_ROUTE_PEERS];
    wzp_route_pending_t  pending[WZP_ROUTE_PENDING];
    wzp_route_cache_t    cache;
};


wzp_route_t *
wzp_route_create(const wzp_route_conf_t *conf)
{
    wzp_route_t  *rt;

    rt = calloc(1, sizeof(wzp_route_t));
    if (rt == NULL) {
        return NULL;
    }

    rt->conf = *conf;
    memcpy(rt->cache.key, conf->key, sizeof(conf->key));

    if (rt->conf.ttl == 0) {
        rt->conf.ttl = WZP_ROUTE_TTL;
    }

    rt->conf.ttl = WZP_MIN(rt->conf.ttl, WZP_ROUTE_TTL_MAX);

    return rt;
}


void
wzp_route_destroy(wzp_route_t *rt)
{
    if (rt == NULL) {
        return;
    }

    wzp_route_cache_done(&rt->cache);
    free(rt);
}


/* ---- answers ---- */


static void
wzp_route_name(wzp_route_response_t *rr, const char *addr)
{
    size_t  len;

    len = strnlen(addr, WZP_HOST_MAX);
    memcpy(rr->chain[rr->nchain], addr, len);
    rr->chain[rr->nchain][len] = '\0';
    rr->nchain++;
}


static void
wzp_route_respond(wzp_route_t *rt, unsigned peer,
    const wzp_route_response_t *rr)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_ROUTE_RESPONSE;
    sg.u.route_response = *rr;

    rt->conf.send(rt->conf.ctx, peer, &sg);
}


static bool
wzp_route_is_here(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE], int peer,
    wzp_route_response_t *rr)
{
    memset(rr, 0, sizeof(wzp_route_response_t));
    memcpy(rr->fp, fp, WZP_FP_SIZE);

    rr->found = rt->conf.local(rt->conf.ctx, fp, peer);

    if (rr->found) {
        wzp_route_name(rr, rt->conf.addr);
    }

    return rr->found;
}


/*
 * What is known of other relays without asking, in the order of its worth.
 * Never what leads back to `except`, nor that nobody is there.
 */

static int
wzp_route_known(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE], int except,
    uint64_t now_ns, wzp_route_response_t *rr)
{
    int                       next;
    char                      addr[WZP_HOST_MAX + 1];
    const wzp_route_entry_t  *en;

    memset(rr, 0, sizeof(wzp_route_response_t));
    memcpy(rr->fp, fp, WZP_FP_SIZE);
    wzp_route_name(rr, rt->conf.addr);

    next = rt->conf.direct(rt->conf.ctx, fp, except, addr);

    if (next >= 0) {
        rr->found = true;
        wzp_route_name(rr, addr);
        return next;
    }

    en = wzp_route_cache_get(&rt->cache, fp, now_ns);

    if (en != NULL && en->next >= 0 && en->next != except) {
        rr->found = true;
        rt->stat.cached++;
        wzp_route_cache_chain(en, rr);
        return en->next;
    }

    rr->nchain = 0;

    return -1;
}


static bool
wzp_route_is_missed(const wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE],
    uint64_t now_ns)
{
    const wzp_route_entry_t  *en;

    en = wzp_route_cache_get(&rt->cache, fp, now_ns);

    return en != NULL && en->next < 0;
}


/* The end of one question. */

static void
wzp_route_finish(wzp_route_t *rt, wzp_route_pending_t *pq,
    wzp_route_response_t *rr)
{
    pq->used = false;
    rt->stat.pending--;

    if (pq->from == WZP_ROUTE_OURSELVES) {
        rr->id = 0;
        rt->conf.answer(rt->conf.ctx, pq->cookie, rr);
        return;
    }

    rt->foreign--;
    rt->links[pq->from].pending--;

    rr->id = pq->reply_id;
    wzp_route_respond(rt, (unsigned) pq->from, rr);
}


/* The end of one of ours: of all that are the same. */

static void
wzp_route_finish_ours(wzp_route_t *rt, wzp_route_response_t *rr)
{
    size_t                i;
    wzp_route_pending_t  *pq;

    for (i = 0; i < WZP_ROUTE_PENDING; i++) {
        pq = &rt->pending[i];

        if (pq->used && pq->from == WZP_ROUTE_OURSELVES
            && memcmp(pq->fp, rr->fp, WZP_FP_SIZE) == 0)
        {
            wzp_route_finish(rt, pq, rr);
        }
    }
}


/*
 * Nobody knows.  Only who asked remembers that: others have seen but a part of
 * the tree, what a neighbour did not say because it was asked before is not
 * in it.
 */

static void
wzp_route_miss(wzp_route_t *rt, wzp_route_pending_t *pq, uint64_t now_ns)
{
    wzp_route_response_t  rr;

    memset(&rr, 0, sizeof(rr));
    memcpy(rr.fp, pq->fp, WZP_FP_SIZE);

    if (pq->from != WZP_ROUTE_OURSELVES) {
        wzp_route_finish(rt, pq, &rr);
        return;
    }

    wzp_route_cache_put(&rt->cache, pq->fp, -1, NULL, now_ns);
    wzp_route_finish_ours(rt, &rr);
}


/* ---- questions ---- */


static wzp_route_pending_t *
wzp_route_pending_new(wzp_route_t *rt, int from, const uint8_t fp[WZP_FP_SIZE])
{
    size_t                i;
    wzp_route_pending_t  *pq;

    for (i = 0; i < WZP_ROUTE_PENDING; i++) {
        pq = &rt->pending[i];

        if (!pq->used) {
            memset(pq, 0, sizeof(wzp_route_pending_t));
            pq->used = true;
            pq->from = from;
            memcpy(pq->fp, fp, WZP_FP_SIZE);
            rt->stat.pending++;
            return pq;
        }
    }

    return NULL;
}


static uint64_t
wzp_route_id(wzp_route_t *rt)
{
    uint8_t   tag[8];
    uint64_t  id;

    rt->counter++;
    wzp_shorthash(tag, rt->conf.key, &rt->counter, sizeof(rt->counter));
    memcpy(&id, tag, sizeof(id));
    id &= WZP_ROUTE_ID_MASK;

    return id == 0 ? 1 : id;
}


static bool
wzp_route_is_waiting(const wzp_route_pending_t *pq)
{
    return (pq->waiting[0] | pq->waiting[1]) != 0;
}


/* To all who may be asked; ttl is what they are told. */

static void
wzp_route_spread(wzp_route_t *rt, wzp_route_pending_t *pq, uint8_t ttl)
{
    unsigned      peer;
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_ROUTE_QUERY;
    memcpy(sg.u.route_query.fp, pq->fp, WZP_FP_SIZE);
    sg.u.route_query.ttl = ttl;
    sg.u.route_query.id = pq->id;

    for (peer = 0; peer < WZP_ROUTE_PEERS; peer++) {

        if (!rt->links[peer].up || !rt->links[peer].ours
            || (int) peer == pq->from)
        {
            continue;
        }

        pq->waiting[peer / 64] |= 1ULL << (peer % 64);
        rt->conf.send(rt->conf.ctx, peer, &sg);
    }
}


static const wzp_route_pending_t *
wzp_route_same(const wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE])
{
    size_t                      i;
    const wzp_route_pending_t  *pq;

    for (i = 0; i < WZP_ROUTE_PENDING; i++) {
        pq = &rt->pending[i];

        if (pq->used && !pq->follows && pq->from == WZP_ROUTE_OURSELVES
            && memcmp(pq->fp, fp, WZP_FP_SIZE) == 0)
        {
            return pq;
        }
    }

    return NULL;
}


wzp_rc_t
wzp_route_ask(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE], uint64_t now_ns,
    uint64_t cookie)
{
    wzp_route_response_t  rr;

    if (wzp_route_is_here(rt, fp, -1, &rr)) {
        rt->stat.asked++;
        rt->conf.answer(rt->conf.ctx, cookie, &rr);
        return WZP_OK;
    }

    return wzp_route_ask_others(rt, fp, now_ns, cookie);
}


wzp_rc_t
wzp_route_ask_others(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE],
    uint64_t now_ns, uint64_t cookie)
{
    wzp_route_pending_t        *pq;
    wzp_route_response_t        rr;
    const wzp_route_pending_t  *same;

    rt->stat.asked++;
    (void) wzp_route_known(rt, fp, -1, now_ns, &rr);

    if (rr.found || wzp_route_is_missed(rt, fp, now_ns)) {
        rt->conf.answer(rt->conf.ctx, cookie, &rr);
        return WZP_OK;
    }

    same = wzp_route_same(rt, fp);
    pq = wzp_route_pending_new(rt, WZP_ROUTE_OURSELVES, fp);

    if (pq == NULL) {
        return WZP_ENOSPC;
    }

    pq->cookie = cookie;

    if (same != NULL) {
        pq->follows = true;
        pq->deadline_ns = same->deadline_ns;
        return WZP_OK;
    }

    pq->id = wzp_route_id(rt);
    pq->deadline_ns = now_ns + rt->conf.ttl * WZP_ROUTE_HOP_NS;

    (void) wzp_route_cache_seen(&rt->cache, pq->id, fp, rt->conf.ttl, now_ns,
                                rt->conf.ttl * WZP_ROUTE_HOP_NS);

    wzp_route_spread(rt, pq, rt->conf.ttl);

    if (!wzp_route_is_waiting(pq)) {
        wzp_route_miss(rt, pq, now_ns);
    }

    return WZP_OK;
}


/*
 * Pass a peer's question on.  False: it ends here.  Who asked waits a hop
 * longer than we do, so that our answer is in time.
 */

static bool
wzp_route_pass(wzp_route_t *rt, unsigned peer, const wzp_route_query_t *rq,
    uint64_t now_ns)
{
    uint8_t               ttl;
    uint64_t              id;
    wzp_route_pending_t  *pq;

    id = rq->id == 0 ? wzp_route_id(rt) : rq->id;
    ttl = WZP_MIN(rq->ttl, rt->conf.ttl);

    if (wzp_route_cache_seen(&rt->cache, id, rq->fp, ttl, now_ns,
                             (rt->conf.ttl + 1U) * WZP_ROUTE_HOP_NS))
    {
        rt->stat.loops++;
        return false;
    }

    if (ttl <= 1 || wzp_route_is_missed(rt, rq->fp, now_ns)) {
        return false;
    }

    if (rt->links[peer].pending == WZP_ROUTE_PER_PEER
        || rt->foreign == WZP_ROUTE_FOREIGN)
    {
        rt->stat.refused++;
        return false;
    }

    pq = wzp_route_pending_new(rt, (int) peer, rq->fp);

    if (pq == NULL) {
        rt->stat.refused++;
        return false;
    }

    rt->foreign++;
    rt->links[peer].pending++;

    pq->id = id;
    pq->reply_id = rq->id;
    pq->deadline_ns = now_ns + (ttl - 1U) * WZP_ROUTE_HOP_NS;

    wzp_route_spread(rt, pq, (uint8_t) (ttl - 1));

    if (!wzp_route_is_waiting(pq)) {
        wzp_route_miss(rt, pq, now_ns);
    }

    return true;
}


wzp_rc_t
wzp_route_query(wzp_route_t *rt, unsigned peer, const wzp_route_query_t *rq,
    uint64_t now_ns)
{
    wzp_route_link_t      *ln;
    wzp_route_response_t   rr;

    if (peer >= WZP_ROUTE_PEERS || !rt->links[peer].up) {
        return WZP_ECLOSED;
    }

    ln = &rt->links[peer];

    if (!wzp_bucket_take(&ln->rate, now_ns)) {
        rt->stat.refused++;
        return WZP_EAGAIN;
    }

    rt->stat.queries++;

    if (!wzp_route_is_here(rt, rq->fp, (int) peer, &rr)) {
        (void) wzp_route_known(rt, rq->fp, (int) peer, now_ns, &rr);
    }

    if (rr.found || !wzp_route_pass(rt, peer, rq, now_ns)) {
        rr.id = rq->id;
        wzp_route_respond(rt, peer, &rr);
    }

    return WZP_OK;
}


/* A chain that leads somewhere, not over ourselves, with room for our name. */

static bool
wzp_route_is_good(const wzp_route_t *rt, const wzp_route_response_t *rr)
{
    size_t  i;

    if (!rr->found || rr->nchain == 0 || rr->nchain >= WZP_CHAIN_MAX) {
        return false;
    }

    for (i = 0; i < rr->nchain; i++) {
        if (strcmp(rr->chain[i], rt->conf.addr) == 0) {
            return false;
        }
    }

    return true;
}


static wzp_route_pending_t *
wzp_route_asked(wzp_route_t *rt, unsigned peer, const wzp_route_response_t *rr)
{
    size_t                i;
    wzp_route_pending_t  *pq;

    for (i = 0; i < WZP_ROUTE_PENDING; i++) {
        pq = &rt->pending[i];

        if (pq->used && pq->id == rr->id
            && (pq->waiting[peer / 64] & 1ULL << (peer % 64))
            && memcmp(pq->fp, rr->fp, WZP_FP_SIZE) == 0)
        {
            return pq;
        }
    }

    return NULL;
}


/* It is not found by this peer; perhaps it was the last one. */

static void
wzp_route_give_up(wzp_route_t *rt, wzp_route_pending_t *pq, unsigned peer,
    uint64_t now_ns)
{
    pq->waiting[peer / 64] &= ~(1ULL << (peer % 64));

    if (!wzp_route_is_waiting(pq)) {
        wzp_route_miss(rt, pq, now_ns);
    }
}


wzp_rc_t
wzp_route_response(wzp_route_t *rt, unsigned peer,
    const wzp_route_response_t *rr, uint64_t now_ns)
{
    size_t                 i;
    wzp_route_pending_t   *pq;
    wzp_route_response_t   out;

    if (peer >= WZP_ROUTE_PEERS || !rt->links[peer].up) {
        return WZP_ECLOSED;
    }

    pq = wzp_route_asked(rt, peer, rr);

    if (pq == NULL) {
        return WZP_EUNKNOWN;
    }

    if (!wzp_route_is_good(rt, rr)) {
        wzp_route_give_up(rt, pq, peer, now_ns);
        return WZP_OK;
    }

    wzp_route_cache_put(&rt->cache, rr->fp, (int) peer, rr, now_ns);

    memset(&out, 0, sizeof(out));
    memcpy(out.fp, rr->fp, WZP_FP_SIZE);
    out.found = true;
    wzp_route_name(&out, rt->conf.addr);

    for (i = 0; i < rr->nchain; i++) {
        wzp_route_name(&out, rr->chain[i]);
    }

    if (pq->from == WZP_ROUTE_OURSELVES) {
        wzp_route_finish_ours(rt, &out);

    } else {
        wzp_route_finish(rt, pq, &out);
    }

    return WZP_OK;
}


int
wzp_route_next(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE], int except,
    uint64_t now_ns)
{
    wzp_route_response_t  rr;

    return wzp_route_known(rt, fp, except, now_ns, &rr);
}


/* ---- peers ---- */


void
wzp_route_peer_up(wzp_route_t *rt, unsigned peer, bool ours, uint64_t now_ns)
{
    wzp_route_link_t  *ln;

    ln = &rt->links[peer];

    if (!ln->up) {
        wzp_bucket_init(&ln->rate, WZP_ROUTE_RATE, WZP_ROUTE_RATE, now_ns);
    }

    ln->up = true;
    ln->ours = ours;
}


void
wzp_route_peer_down(wzp_route_t *rt, unsigned peer, uint64_t now_ns)
{
    size_t                i;
    wzp_route_link_t     *ln;
    wzp_route_pending_t  *pq;

    ln = &rt->links[peer];

    if (!ln->up) {
        return;
    }

    ln->up = false;
    wzp_route_cache_drop(&rt->cache, (int) peer);

    for (i = 0; i < WZP_ROUTE_PENDING; i++) {
        pq = &rt->pending[i];

        if (pq->used && pq->from == (int) peer) {
            pq->used = false;
            rt->stat.pending--;
            rt->foreign--;
            ln->pending--;
        }
    }

    for (i = 0; i < WZP_ROUTE_PENDING; i++) {
        pq = &rt->pending[i];

        if (pq->used && (pq->waiting[peer / 64] & 1ULL << (peer % 64))) {
            wzp_route_give_up(rt, pq, peer, now_ns);
        }
    }
}


/* ---- time ---- */


void
wzp_route_expire(wzp_route_t *rt, uint64_t now_ns)
{
    size_t                i;
    wzp_route_pending_t  *pq;

    for (i = 0; i < WZP_ROUTE_PENDING; i++) {
        pq = &rt->pending[i];

        if (pq->used && now_ns >= pq->deadline_ns) {
            rt->stat.timeouts++;
            wzp_route_miss(rt, pq, now_ns);
        }
    }
}


uint64_t
wzp_route_deadline(const wzp_route_t *rt)
{
    size_t    i;
    uint64_t  at;

    for (at = UINT64_MAX, i = 0; i < WZP_ROUTE_PENDING; i++) {
        if (rt->pending[i].used) {
            at = WZP_MIN(at, rt->pending[i].deadline_ns);
        }
    }

    return at;
}


wzp_route_kind_t
wzp_route_kind(const wzp_route_response_t *rr)
{
    if (!rr->found || rr->nchain == 0) {
        return WZP_ROUTE_NOT_FOUND;
    }

    return rr->nchain == 1 ? WZP_ROUTE_LOCAL
           : rr->nchain == 2 ? WZP_ROUTE_DIRECT_PEER : WZP_ROUTE_CHAIN;
}


const char *
wzp_route_kind_name(wzp_route_kind_t kind)
{
    static const char *const  names[] = {
        "not_found", "local", "direct_peer", "chain"
    };

    return (size_t) kind < WZP_ARRAY_LEN(names) ? names[kind] : names[0];
}


void
wzp_route_stat(const wzp_route_t *rt, wzp_route_stat_t *st)
{
    *st = rt->stat;
}
