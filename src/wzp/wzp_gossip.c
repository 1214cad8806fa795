/*
 * The books of presence, and what is told to whom when.  What peers tell is in
 * wzp_gossip_input.c.
 */

#include <stdlib.h>

#include "wzp/wzp_gossip_int.h"


static int
wzp_gossip_fp_cmp(const void *a, const void *b)
{
    return memcmp(a, b, WZP_FP_SIZE);
}


wzp_gossip_t *
wzp_gossip_create(const wzp_gossip_conf_t *conf)
{
    wzp_gossip_t  *gp;

    gp = calloc(1, sizeof(wzp_gossip_t));
    if (gp == NULL) {
        return NULL;
    }

    gp->people = wzp_people_create(conf->key);
    if (gp->people == NULL) {
        free(gp);
        return NULL;
    }

    gp->conf = *conf;
    gp->version = 1;
    gp->gather_ns = UINT64_MAX;

    if (wzp_gossip_local(gp, NULL, 0, 0, 0) != WZP_OK) {
        wzp_gossip_destroy(gp);
        return NULL;
    }

    return gp;
}


void
wzp_gossip_destroy(wzp_gossip_t *gp)
{
    if (gp == NULL) {
        return;
    }

    wzp_people_destroy(gp->people);
    free(gp->local);
    free(gp->told);
    free(gp);
}


/* ---- sending ---- */


static void
wzp_gossip_send(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_PRESENCE_UPDATE;
    sg.u.presence_update = *pu;
    memcpy(sg.u.presence_update.relay_addr, gp->conf.addr,
           sizeof(gp->conf.addr));

    gp->conf.send(gp->conf.ctx, peer, &sg);
}


/* What is the same in all that a relay of ours is told. */

static void
wzp_gossip_stamp(const wzp_gossip_t *gp, wzp_presence_update_t *pu)
{
    memset(pu, 0, sizeof(wzp_presence_update_t));
    pu->has_version = true;
    pu->epoch = gp->conf.epoch;
    pu->version = gp->version;
    pu->base = gp->version;
    pu->digest = gp->digest;
}


static void
wzp_gossip_send_digest(wzp_gossip_t *gp, unsigned peer, bool want)
{
    wzp_presence_update_t  pu;

    wzp_gossip_stamp(gp, &pu);
    pu.want = want;

    gp->stat.digests += !want;
    gp->stat.wants += want;

    wzp_gossip_send(gp, peer, &pu);
}


static void
wzp_gossip_send_chunks(wzp_gossip_t *gp, unsigned peer)
{
    size_t                 done;
    wzp_presence_update_t  pu;

    wzp_gossip_stamp(gp, &pu);
    pu.base = 0;
    done = 0;

    do {
        pu.fps = gp->told + done;
        pu.nfps = WZP_MIN(gp->ntold - done, WZP_GOSSIP_CHUNK);
        done += pu.nfps;
        pu.more = done < gp->ntold;

        wzp_gossip_send(gp, peer, &pu);

        pu.base = gp->version;

    } while (done < gp->ntold);
}


static void
wzp_gossip_send_existing(wzp_gossip_t *gp, unsigned peer)
{
    wzp_gossip_link_t      *ln;
    wzp_presence_update_t   pu;

    ln = &gp->links[peer];

    memset(&pu, 0, sizeof(pu));
    pu.fps = gp->told;
    pu.nfps = WZP_MIN(gp->ntold, WZP_GOSSIP_WHOLE);

    if (pu.nfps < gp->ntold && !ln->cut && gp->conf.cut != NULL) {
        ln->cut = true;
        gp->conf.cut(gp->conf.ctx, peer, gp->ntold - pu.nfps);
    }

    wzp_gossip_send(gp, peer, &pu);
}


static void
wzp_gossip_send_whole(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];
    ln->told = gp->version;
    ln->whole_ns = now_ns + (ln->ours ? WZP_GOSSIP_WANT_NS
                                      : WZP_GOSSIP_EXISTING_NS);
    ln->asked = false;
    gp->stat.wholes++;

    if (ln->ours) {
        wzp_gossip_send_chunks(gp, peer);

    } else {
        wzp_gossip_send_existing(gp, peer);
    }
}


/* By person, and the oldest first. */

static int
wzp_gossip_change_cmp(const void *a, const void *b)
{
    int                         d;
    const wzp_gossip_change_t  *x, *y;

    x = a;
    y = b;
    d = memcmp(x->fp, y->fp, WZP_FP_SIZE);

    if (d == 0) {
        d = (x->version > y->version) - (x->version < y->version);
    }

    return d;
}


/*
 * What became in the end of everybody who changed after version `base`.  So
 * it leads to today's set from any version since then.
 */

static void
wzp_gossip_gather(wzp_gossip_t *gp, uint64_t base, wzp_presence_update_t *pu)
{
    size_t                i, n;
    wzp_gossip_change_t  *ch;

    for (n = 0; base + n < gp->version; n++) {
        gp->sorted[n] = gp->log[(base + n + 1) % WZP_GOSSIP_CHUNK];
    }

    qsort(gp->sorted, n, sizeof(gp->sorted[0]), wzp_gossip_change_cmp);

    wzp_gossip_stamp(gp, pu);
    pu->base = base;
    pu->fps = gp->added;
    pu->removed = gp->removed;

    for (i = 0; i < n; i++) {
        ch = &gp->sorted[i];

        if (i + 1 < n && memcmp(ch->fp, ch[1].fp, WZP_FP_SIZE) == 0) {
            continue;
        }

        if (ch->here) {
            memcpy(pu->fps[pu->nfps++], ch->fp, WZP_FP_SIZE);

        } else {
            memcpy(pu->removed[pu->nremoved++], ch->fp, WZP_FP_SIZE);
        }
    }
}


/* Tell all relays of ours what has changed since they were told. */

static void
wzp_gossip_send_changes(wzp_gossip_t *gp, uint64_t now_ns)
{
    uint64_t                gathered;
    unsigned                peer;
    wzp_gossip_link_t      *ln;
    wzp_presence_update_t   pu;

    gathered = 0;

    for (peer = 0; peer < WZP_GOSSIP_PEERS; peer++) {
        ln = &gp->links[peer];

        if (!ln->up || !ln->ours || ln->told == gp->version) {
            continue;
        }

        if (gp->version - ln->told > WZP_GOSSIP_CHUNK) {
            wzp_gossip_send_whole(gp, peer, now_ns);
            continue;
        }

        if (gathered != ln->told) {
            gathered = ln->told;
            wzp_gossip_gather(gp, gathered, &pu);
        }

        ln->told = gp->version;
        gp->stat.changes++;
        wzp_gossip_send(gp, peer, &pu);
    }
}


/* ---- this relay's own people ---- */


static void
wzp_gossip_change(wzp_gossip_t *gp, const uint8_t fp[WZP_FP_SIZE], bool here)
{
    wzp_gossip_change_t  *ch;

    gp->version++;
    gp->digest ^= wzp_people_digest_of(fp);

    ch = &gp->log[gp->version % WZP_GOSSIP_CHUNK];
    memcpy(ch->fp, fp, WZP_FP_SIZE);
    ch->version = gp->version;
    ch->here = here;
}


/* Both sets are sorted. */

static void
wzp_gossip_compare(wzp_gossip_t *gp, uint8_t (*fps)[WZP_FP_SIZE], size_t n)
{
    int     d;
    size_t  i, k;

    i = 0;
    k = 0;

    while (i < gp->ntold || k < n) {

        if (i == gp->ntold) {
            d = 1;

        } else if (k == n) {
            d = -1;

        } else {
            d = memcmp(gp->told[i], fps[k], WZP_FP_SIZE);
        }

        if (d != 0) {
            wzp_gossip_change(gp, d < 0 ? gp->told[i] : fps[k], d > 0);
        }

        i += d <= 0;
        k += d >= 0;
    }
}


/* Sorted, each once. */

static wzp_rc_t
wzp_gossip_set(const uint8_t (*fps)[WZP_FP_SIZE], size_t n,
    uint8_t (**out)[WZP_FP_SIZE], size_t *count)
{
    size_t     i, k;
    uint8_t  (*set)[WZP_FP_SIZE];

    set = malloc((n + 1) * WZP_FP_SIZE);
    if (set == NULL) {
        return WZP_ENOMEM;
    }

    if (n != 0) {
        memcpy(set, fps, n * WZP_FP_SIZE);
        qsort(set, n, WZP_FP_SIZE, wzp_gossip_fp_cmp);
    }

    for (i = 0, k = 0; i < n; i++) {
        if (k == 0 || memcmp(set[k - 1], set[i], WZP_FP_SIZE) != 0) {
            memmove(set[k++], set[i], WZP_FP_SIZE);
        }
    }

    if (k > WZP_PEOPLE_SET) {
        free(set);
        return WZP_ENOSPC;
    }

    *out = set;
    *count = k;

    return WZP_OK;
}


wzp_rc_t
wzp_gossip_local(wzp_gossip_t *gp, const uint8_t (*fps)[WZP_FP_SIZE],
    size_t n, size_t told, uint64_t now_ns)
{
    size_t     nlocal, ntold;
    uint8_t  (*local)[WZP_FP_SIZE], (*tell)[WZP_FP_SIZE];
    uint64_t   before;
    wzp_rc_t   rc;

    /* those who are here more than once must not cost memory without bound */

    if (n > 4 * WZP_PEOPLE_SET) {
        return WZP_ENOSPC;
    }

    rc = wzp_gossip_set(fps, n, &local, &nlocal);
    if (rc != WZP_OK) {
        return rc;
    }

    rc = wzp_gossip_set(fps, told, &tell, &ntold);
    if (rc != WZP_OK) {
        free(local);
        return rc;
    }

    before = gp->version;
    wzp_gossip_compare(gp, tell, ntold);

    free(gp->local);
    free(gp->told);
    gp->local = local;
    gp->nlocal = nlocal;
    gp->told = tell;
    gp->ntold = ntold;

    if (gp->version != before && gp->gather_ns == UINT64_MAX) {
        gp->gather_ns = now_ns + WZP_GOSSIP_GATHER_NS;
    }

    return WZP_OK;
}


bool
wzp_gossip_is_local(const wzp_gossip_t *gp, const uint8_t fp[WZP_FP_SIZE])
{
    return bsearch(fp, gp->local, gp->nlocal, WZP_FP_SIZE, wzp_gossip_fp_cmp)
           != NULL;
}


bool
wzp_gossip_is_told(const wzp_gossip_t *gp, const uint8_t fp[WZP_FP_SIZE])
{
    return bsearch(fp, gp->told, gp->ntold, WZP_FP_SIZE, wzp_gossip_fp_cmp)
           != NULL;
}


const uint8_t (*
wzp_gossip_people(const wzp_gossip_t *gp, size_t *n))[WZP_FP_SIZE]
{
    *n = gp->nlocal;

    return (const uint8_t (*)[WZP_FP_SIZE]) gp->local;
}


/* ---- peers ---- */


void
wzp_gossip_drop_next(wzp_gossip_t *gp, unsigned peer)
{
    wzp_people_clear(gp->people, peer, WZP_PEOPLE_NEXT);
    gp->links[peer].gathering = false;
}


/* Forget the people; a version that is kept keeps old news from coming back. */

static void
wzp_gossip_drop_people(wzp_gossip_t *gp, unsigned peer)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    gp->moves += wzp_people_count(gp->people, peer, WZP_PEOPLE_HAVE) != 0;
    wzp_people_clear(gp->people, peer, WZP_PEOPLE_HAVE);
    wzp_gossip_drop_next(gp, peer);

    ln->whole = false;
}


void
wzp_gossip_peer_up(wzp_gossip_t *gp, unsigned peer, unsigned flags,
    const char *addr, uint64_t now_ns)
{
    size_t              len;
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (!ln->up && now_ns >= wzp_gossip_dead_ns(gp, ln)) {
        wzp_gossip_peer_forget(gp, peer);
    }

    wzp_gossip_drop_next(gp, peer);

    ln->known = true;
    ln->up = true;
    ln->ours = flags & WZP_GOSSIP_OURS;
    ln->repeat = !ln->ours && (flags & WZP_GOSSIP_REPEAT);
    ln->cut = false;
    ln->want = false;
    ln->want_ns = now_ns;
    ln->heard_ns = now_ns;
    ln->digest_ns = now_ns + WZP_GOSSIP_FIRST_NS;

    len = strnlen(addr, WZP_HOST_MAX);
    memcpy(ln->addr, addr, len);
    ln->addr[len] = '\0';

    wzp_gossip_send_whole(gp, peer, now_ns);
}


void
wzp_gossip_peer_down(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (!ln->up) {
        return;
    }

    ln->up = false;
    ln->down_ns = now_ns;
    wzp_gossip_drop_next(gp, peer);

    if (gp->conf.keep_ns == 0) {
        wzp_gossip_peer_forget(gp, peer);
    }
}


void
wzp_gossip_peer_forget(wzp_gossip_t *gp, unsigned peer)
{
    wzp_gossip_drop_people(gp, peer);
    memset(&gp->links[peer], 0, sizeof(wzp_gossip_link_t));
}


void
wzp_gossip_alive(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns)
{
    gp->links[peer].heard_ns = now_ns;
}


void
wzp_gossip_whole(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (ln->up && now_ns >= ln->demand_ns) {
        ln->demand_ns = now_ns + WZP_GOSSIP_WANT_NS;
        wzp_gossip_send_whole(gp, peer, now_ns);
    }
}


/* Our copy is not what the peer has: ask, but not too often. */

void
wzp_gossip_behind(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (!ln->ours) {
        return;
    }

    if (now_ns < ln->want_ns) {
        ln->want = true;
        return;
    }

    ln->want = false;
    ln->want_ns = now_ns + WZP_GOSSIP_WANT_NS;
    wzp_gossip_send_digest(gp, peer, true);
}


void
wzp_gossip_asked(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (!ln->ours) {
        return;
    }

    ln->asked = true;

    if (now_ns >= ln->whole_ns) {
        wzp_gossip_send_whole(gp, peer, now_ns);
    }
}


/* ---- time ---- */


/* When the people of a peer that is silent or down are gone. */

uint64_t
wzp_gossip_dead_ns(const wzp_gossip_t *gp, const wzp_gossip_link_t *ln)
{
    uint64_t  silent;

    silent = ln->heard_ns + WZP_GOSSIP_SILENT_NS;

    return ln->up ? silent : WZP_MIN(silent, ln->down_ns + gp->conf.keep_ns);
}


static bool
wzp_gossip_has_people(const wzp_gossip_t *gp, unsigned peer)
{
    return gp->links[peer].whole || gp->links[peer].gathering
           || wzp_people_count(gp->people, peer, WZP_PEOPLE_HAVE) != 0;
}


/*
 * When a link has something to say.  An existing relay is told of changes, and
 * again and again where that was asked for.  A digest waits until the changes
 * that it speaks of are told.
 */

static uint64_t
wzp_gossip_say_ns(const wzp_gossip_t *gp, const wzp_gossip_link_t *ln)
{
    bool      gathered;
    uint64_t  at;

    gathered = gp->gather_ns == UINT64_MAX;

    if (!ln->ours) {
        return ln->repeat || (gathered && ln->told != gp->version)
               ? ln->whole_ns : UINT64_MAX;
    }

    at = gathered ? ln->digest_ns : UINT64_MAX;

    if (ln->want) {
        at = WZP_MIN(at, ln->want_ns);
    }

    if (ln->asked) {
        at = WZP_MIN(at, ln->whole_ns);
    }

    return at;
}


static void
wzp_gossip_expire_link(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (now_ns >= wzp_gossip_dead_ns(gp, ln)) {

        if (wzp_gossip_has_people(gp, peer)) {
            wzp_gossip_drop_people(gp, peer);
        }

        if (!ln->up) {
            wzp_gossip_peer_forget(gp, peer);
        }
    }

    if (!ln->up || now_ns < wzp_gossip_say_ns(gp, ln)) {
        return;
    }

    if (!ln->ours) {
        wzp_gossip_send_whole(gp, peer, now_ns);
        return;
    }

    if (ln->asked && now_ns >= ln->whole_ns) {
        wzp_gossip_send_whole(gp, peer, now_ns);
    }

    if (ln->want && now_ns >= ln->want_ns) {
        wzp_gossip_behind(gp, peer, now_ns);
    }

    if (now_ns >= ln->digest_ns && gp->gather_ns == UINT64_MAX) {
        ln->digest_ns = now_ns + WZP_GOSSIP_DIGEST_NS;
        wzp_gossip_send_digest(gp, peer, false);
    }
}


void
wzp_gossip_expire(wzp_gossip_t *gp, uint64_t now_ns)
{
    unsigned  peer;

    if (now_ns >= gp->gather_ns) {
        gp->gather_ns = UINT64_MAX;
        wzp_gossip_send_changes(gp, now_ns);
    }

    for (peer = 0; peer < WZP_GOSSIP_PEERS; peer++) {
        if (gp->links[peer].known) {
            wzp_gossip_expire_link(gp, peer, now_ns);
        }
    }
}


uint64_t
wzp_gossip_deadline(const wzp_gossip_t *gp)
{
    uint64_t                  at, say;
    unsigned                  peer;
    const wzp_gossip_link_t  *ln;

    at = gp->gather_ns;

    for (peer = 0; peer < WZP_GOSSIP_PEERS; peer++) {
        ln = &gp->links[peer];

        if (!ln->known) {
            continue;
        }

        if (!ln->up || wzp_gossip_has_people(gp, peer)) {
            at = WZP_MIN(at, wzp_gossip_dead_ns(gp, ln));
        }

        if (ln->up) {
            say = wzp_gossip_say_ns(gp, ln);
            at = WZP_MIN(at, say);
        }
    }

    return at;
}


/* ---- what is known ---- */


size_t
wzp_gossip_find(const wzp_gossip_t *gp, const uint8_t fp[WZP_FP_SIZE],
    unsigned *peers, size_t n)
{
    return wzp_people_find(gp->people, fp, peers, n);
}


bool
wzp_gossip_peer(const wzp_gossip_t *gp, unsigned peer,
    wzp_gossip_peer_t *info)
{
    const wzp_gossip_link_t  *ln;

    if (peer >= WZP_GOSSIP_PEERS || !gp->links[peer].known) {
        return false;
    }

    ln = &gp->links[peer];

    info->up = ln->up;
    info->ours = ln->ours;
    info->whole = ln->whole;
    info->people = wzp_people_count(gp->people, peer, WZP_PEOPLE_HAVE);
    info->epoch = ln->epoch;
    info->version = ln->version;
    info->heard_ns = ln->heard_ns;
    memcpy(info->addr, ln->addr, sizeof(ln->addr));

    return true;
}


const uint8_t *
wzp_gossip_walk(const wzp_gossip_t *gp, unsigned peer, uint32_t *at)
{
    return wzp_people_walk(gp->people, peer, at);
}


size_t
wzp_gossip_remote(const wzp_gossip_t *gp)
{
    return wzp_people_total(gp->people);
}


uint64_t
wzp_gossip_moves(const wzp_gossip_t *gp)
{
    return gp->moves;
}


void
wzp_gossip_stat(const wzp_gossip_t *gp, wzp_gossip_stat_t *st)
{
    *st = gp->stat;
}


bool
wzp_gossip_sound(const wzp_gossip_t *gp)
{
    size_t    i;
    uint64_t  digest;
    unsigned  peer;

    digest = 0;

    for (i = 0; i < gp->ntold; i++) {
        digest ^= wzp_people_digest_of(gp->told[i]);

        if (i > 0 && wzp_gossip_fp_cmp(gp->told[i - 1], gp->told[i]) >= 0) {
            return false;
        }
    }

    for (peer = 0; peer < WZP_GOSSIP_PEERS; peer++) {
        if (!gp->links[peer].known && wzp_gossip_has_people(gp, peer)) {
            return false;
        }
    }

    return digest == gp->digest && wzp_people_sound(gp->people);
}
