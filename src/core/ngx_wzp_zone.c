/*
 * The zone: making it, finding it again, locking it.
 * What the tables in it mean is ngx_wzp_dir.c's.
 */

#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_stat.h"
#include "core/ngx_wzp_zone.h"
#include "wzp/wzp_calls.h"
#include "wzp/wzp_dup.h"

#include <sys/eventfd.h>
#include <sys/mman.h>


#define NGX_WZP_ZONE_MAGIC      0x657a6f6e2d707a77ULL   /* "wzp-zone" */
#define NGX_WZP_ZONE_ENV        "WZP_ZONE"

#define NGX_WZP_ZONE_QUIET      (3 * WZP_SEC)

#define NGX_WZP_RING_MIN        (32 * 1024)
#define NGX_WZP_RING_MAX        (512 * 1024)


static ngx_wzp_zone_t *ngx_wzp_zone_create(ngx_cycle_t *cycle,
    ngx_str_t *name, size_t size);
static ngx_wzp_zone_t *ngx_wzp_zone_inherit(ngx_cycle_t *cycle,
    ngx_str_t *name, size_t size);
static ngx_int_t ngx_wzp_zone_map(ngx_wzp_zone_t *zn);
static size_t ngx_wzp_zone_tables(size_t size, ngx_wzp_zone_hdr_t *h);
static size_t ngx_wzp_zone_ring(size_t size, size_t tables);
static size_t ngx_wzp_zone_mapped(size_t size);
static ngx_int_t ngx_wzp_zone_layout(ngx_wzp_zone_t *zn);
static ngx_int_t ngx_wzp_zone_bells(ngx_cycle_t *cycle, ngx_wzp_zone_t *zn);
static uint32_t ngx_wzp_zone_secret(const ngx_wzp_relay_conf_t *conf);
static void ngx_wzp_zone_free(ngx_wzp_zone_t *zn);


/* The master's own; survives reloads, because the .so stays mapped. */
static ngx_wzp_zone_t  *ngx_wzp_zone_current;


ngx_wzp_zone_t *
ngx_wzp_zone_open(ngx_cycle_t *cycle, ngx_str_t *name, size_t size)
{
    ngx_wzp_zone_t  *zn;

    zn = ngx_wzp_zone_current;

    if (zn != NULL && zn->size == size && zn->name.len == name->len
        && ngx_memcmp(zn->name.data, name->data, name->len) == 0)
    {
        return zn;
    }

    if (zn == NULL) {
        zn = ngx_wzp_zone_inherit(cycle, name, size);
        if (zn != NULL) {
            return zn;
        }
    }

    return ngx_wzp_zone_create(cycle, name, size);
}


static ngx_wzp_zone_t *
ngx_wzp_zone_alloc(ngx_str_t *name, size_t size)
{
    ngx_uint_t       i;
    ngx_wzp_zone_t  *zn;

    /* outlives the cycle that made it */
    zn = ngx_calloc(sizeof(ngx_wzp_zone_t) + name->len, ngx_cycle->log);
    if (zn == NULL) {
        return NULL;
    }

    zn->name.data = (u_char *) &zn[1];
    zn->name.len = name->len;
    ngx_memcpy(zn->name.data, name->data, name->len);

    zn->size = size;
    zn->mapped = ngx_wzp_zone_mapped(size);
    zn->fd = -1;

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        zn->bells[i] = -1;
    }

    return zn;
}


static ngx_wzp_zone_t *
ngx_wzp_zone_create(ngx_cycle_t *cycle, ngx_str_t *name, size_t size)
{
    ngx_wzp_zone_t  *zn;

    zn = ngx_wzp_zone_alloc(name, size);
    if (zn == NULL) {
        return NULL;
    }

    /* no CLOEXEC: a new binary finds it by ngx_wzp_zone_commit's variable */
    zn->fd = memfd_create("wzp-zone", 0);

    if (zn->fd == -1 || ftruncate(zn->fd, (off_t) zn->mapped) == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "could not create a memory file of %uz bytes "
                      "for zone \"%V\"", zn->mapped, name);
        goto failed;
    }

    if (ngx_wzp_zone_map(zn) != NGX_OK
        || ngx_wzp_zone_bells(cycle, zn) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "could not set up zone \"%V\"", name);
        goto failed;
    }

    if (ngx_wzp_zone_layout(zn) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "could not initialize the lock of zone \"%V\"", name);
        goto failed;
    }

    return zn;

failed:

    ngx_wzp_zone_free(zn);

    return NULL;
}


static ngx_int_t
ngx_wzp_zone_map(ngx_wzp_zone_t *zn)
{
    void  *p;

    p = mmap(NULL, zn->mapped, PROT_READ|PROT_WRITE, MAP_SHARED, zn->fd, 0);
    if (p == MAP_FAILED) {
        return NGX_ERROR;
    }

    zn->hdr = p;

    return NGX_OK;
}


static ngx_int_t
ngx_wzp_zone_bells(ngx_cycle_t *cycle, ngx_wzp_zone_t *zn)
{
    ngx_uint_t  i;

    /*
     * The doorbell of every slot has to be reachable from older and younger
     * processes alike, so all of them are opened once, before any fork.
     */
    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        zn->bells[i] = eventfd(0, EFD_NONBLOCK);
        if (zn->bells[i] == -1) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


uint32_t
ngx_wzp_zone_members(size_t size)
{
    /* a quarter is for members, an eighth each for rooms and for members on
     * other relays, a sixteenth each for the filter of duplicates and for
     * calls, the rest for rings */
    return (uint32_t) (size / 4 / sizeof(ngx_wzp_zone_member_t));
}


/* Where the tables are, when h is given; and where they end. */
static size_t
ngx_wzp_zone_tables(size_t size, ngx_wzp_zone_hdr_t *h)
{
    size_t    off, buckets, rooms, members, remotes, dups, calls;
    uint32_t  nrooms, nbuckets, nmembers, nremotes, ndups, ncalls;

    nmembers = ngx_wzp_zone_members(size);
    nrooms = (uint32_t) (size / 8 / sizeof(ngx_wzp_zone_room_t));
    nbuckets = ngx_max(nrooms / 2, 16);
    nremotes = (uint32_t) (size / 8 / sizeof(ngx_wzp_zone_remote_t));
    ncalls = (uint32_t) (size / 16 / wzp_calls_size(1));

    for (ndups = 1024; wzp_dup_size(ndups * 2) <= size / 16; ndups *= 2) {
        /* a power of two */
    }

    buckets = ngx_align(sizeof(ngx_wzp_zone_hdr_t), 64);
    rooms = buckets + ngx_align(nbuckets * sizeof(uint32_t), 64);
    members = rooms + ngx_align(nrooms * sizeof(ngx_wzp_zone_room_t), 64);
    remotes = members + ngx_align(nmembers * sizeof(ngx_wzp_zone_member_t),
                                  64);
    dups = remotes + ngx_align(nremotes * sizeof(ngx_wzp_zone_remote_t), 64);
    calls = dups + ngx_align(wzp_dup_size(ndups), 64);
    off = calls + ngx_align(wzp_calls_size(ncalls), 64);

    if (h != NULL) {
        h->nmembers = nmembers;
        h->nrooms = nrooms;
        h->nbuckets = nbuckets;
        h->nremotes = nremotes;
        h->ndups = ndups;
        h->ncalls = ncalls;
        h->off_buckets = buckets;
        h->off_rooms = rooms;
        h->off_members = members;
        h->off_remotes = remotes;
        h->off_dups = dups;
        h->off_calls = calls;
    }

    return off;
}


/* As large as leaves room for about eighty rings in the rest of the size. */
static size_t
ngx_wzp_zone_ring(size_t size, size_t tables)
{
    size_t  ring;

    ring = NGX_WZP_RING_MIN;

    while (ring < NGX_WZP_RING_MAX && tables + ring * 2 * 80 <= size) {
        ring *= 2;
    }

    return ring;
}


/*
 * A ring for every pair of slots, whatever the size: with less, some workers
 * of a large machine could not hear each other.  Memory is taken by those
 * that are used only; of the others there is nothing but addresses.  The same
 * goes for the counters behind them.
 */
static size_t
ngx_wzp_zone_mapped(size_t size)
{
    size_t  tables, ring;

    tables = ngx_wzp_zone_tables(size, NULL);
    ring = ngx_align(wzp_ring_size(ngx_wzp_zone_ring(size, tables)), 64);

    return ngx_align(tables + NGX_WZP_RINGS * (sizeof(ngx_wzp_ring_slot_t)
                                               + ring)
                     + ngx_wzp_stat_size() + 128, ngx_pagesize);
}


static ngx_int_t
ngx_wzp_zone_layout(ngx_wzp_zone_t *zn)
{
    pthread_mutexattr_t  attr;
    ngx_wzp_zone_hdr_t  *h;

    h = zn->hdr;

    h->magic = NGX_WZP_ZONE_MAGIC;
    h->layout = NGX_WZP_ZONE_LAYOUT;
    h->size = zn->size;

    h->off_ring_slots = ngx_wzp_zone_tables(zn->size, h);
    h->ring_capacity = (uint32_t) ngx_wzp_zone_ring(zn->size,
                                                    h->off_ring_slots);
    h->nrings = NGX_WZP_RINGS;
    h->off_rings = ngx_align(h->off_ring_slots
                             + h->nrings * sizeof(ngx_wzp_ring_slot_t), 64);
    h->off_stats = h->off_rings
                   + h->nrings * ngx_align(wzp_ring_size(h->ring_capacity),
                                           64);

    ngx_wzp_dir_init(zn);
    wzp_dup_init((u_char *) h + h->off_dups, h->ndups);
    wzp_calls_init((u_char *) h + h->off_calls, h->ncalls);
    ngx_wzp_random(h->dup_key, sizeof(h->dup_key));

    if (pthread_mutexattr_init(&attr) != 0
        || pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) != 0
        || pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) != 0
        || pthread_mutex_init(&h->mutex, &attr) != 0)
    {
        return NGX_ERROR;
    }

    pthread_mutexattr_destroy(&attr);

    h->ready = 1;

    return NGX_OK;
}


/*
 * The variable of ngx_wzp_zone_commit: size, memory file, doorbells, name.
 * It is an error of nobody when it does not fit the configuration.
 */
static ngx_wzp_zone_t *
ngx_wzp_zone_inherit(ngx_cycle_t *cycle, ngx_str_t *name, size_t size)
{
    int              n;
    char            *p;
    size_t           had;
    ngx_uint_t       i;
    struct stat      st;
    ngx_wzp_zone_t  *zn;

    p = getenv(NGX_WZP_ZONE_ENV);
    if (p == NULL) {
        return NULL;
    }

    zn = ngx_wzp_zone_alloc(name, size);
    if (zn == NULL) {
        return NULL;
    }

    if (sscanf(p, "%zu,%d%n", &had, &zn->fd, &n) != 2) {
        goto failed;
    }

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        p += n;

        if (sscanf(p, ",%d%n", &zn->bells[i], &n) != 1) {
            goto failed;
        }
    }

    p += n;

    if (*p != ';' || ngx_strlen(p + 1) != name->len
        || ngx_memcmp(p + 1, name->data, name->len) != 0 || had != size)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "zone \"%V\" has another name or size than that of the "
                      "old binary: its calls will end with it", name);
        goto failed;
    }

    if (fstat(zn->fd, &st) == -1 || st.st_size != (off_t) zn->mapped
        || ngx_wzp_zone_map(zn) != NGX_OK)
    {
        goto failed;
    }

    if (zn->hdr->magic != NGX_WZP_ZONE_MAGIC
        || zn->hdr->layout != NGX_WZP_ZONE_LAYOUT || !zn->hdr->ready
        || zn->hdr->size != size)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "zone \"%V\" of the old binary has another layout: "
                      "its calls will end with it", name);
        goto failed;
    }

    ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                  "zone \"%V\" is taken over from the old binary", name);

    return zn;

failed:

    /* the descriptors may be anything: leave them alone */

    if (zn->hdr != NULL) {
        munmap(zn->hdr, zn->mapped);
    }

    ngx_free(zn);

    return NULL;
}


ngx_int_t
ngx_wzp_zone_commit(ngx_cycle_t *cycle, ngx_wzp_zone_t *zn)
{
    size_t            len;
    u_char           *p;
    ngx_str_t        *env;
    ngx_uint_t        i;
    ngx_wzp_zone_t   *old;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    old = ngx_wzp_zone_current;

    if (old != NULL && old != zn) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "zone \"%V\" was replaced by \"%V\" of %uz bytes: "
                      "calls of the old workers end when these quit",
                      &old->name, &zn->name, zn->size);

        old->hdr->abandoned = 1;
        zn->hdr->quiet_ns = ngx_wzp_now() + NGX_WZP_ZONE_QUIET;

        if (ccf->master) {
            ngx_wzp_zone_free(old);
        }
    }

    ngx_wzp_zone_current = zn;

    env = ngx_array_push(&ccf->env);
    if (env == NULL) {
        return NGX_ERROR;
    }

    len = sizeof(NGX_WZP_ZONE_ENV "=,;") + NGX_SIZE_T_LEN + zn->name.len
          + (NGX_WZP_SLOTS + 1) * (NGX_INT32_LEN + 1);

    env->data = ngx_pnalloc(cycle->pool, len);
    if (env->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(env->data, NGX_WZP_ZONE_ENV "=%uz,%d", zn->size, zn->fd);

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        p = ngx_sprintf(p, ",%d", zn->bells[i]);
    }

    (void) ngx_sprintf(p, ";%V%Z", &zn->name);

    env->len = sizeof(NGX_WZP_ZONE_ENV) - 1;    /* nginx wants the name's */

    return NGX_OK;
}


void
ngx_wzp_zone_listen(ngx_wzp_zone_t *zn, ngx_uint_t i, ngx_listening_t *ls,
    const ngx_wzp_relay_conf_t *conf)
{
    ngx_wzp_zone_hdr_t  *h;

    h = zn->hdr;

    if (ls == NULL) {
        h->nlistens = (uint32_t) i;
        h->generation++;            /* last: old workers look at the list */
        return;
    }

    if (i < NGX_WZP_LISTENS) {
        h->listens[i] = ngx_murmur_hash2(ls->addr_text.data,
                                         ls->addr_text.len);
        h->secrets[i] = ngx_wzp_zone_secret(conf);
    }
}


ngx_int_t
ngx_wzp_zone_listens(ngx_wzp_zone_t *zn, ngx_listening_t *ls,
    const ngx_wzp_relay_conf_t *conf)
{
    uint32_t             hash;
    ngx_uint_t           i;
    ngx_wzp_zone_hdr_t  *h;

    h = zn->hdr;

    if (h->nlistens > NGX_WZP_LISTENS) {
        return NGX_OK;
    }

    hash = ngx_murmur_hash2(ls->addr_text.data, ls->addr_text.len);

    for (i = 0; i < h->nlistens; i++) {
        if (h->listens[i] == hash) {
            return h->secrets[i] == ngx_wzp_zone_secret(conf) ? NGX_OK
                                                              : NGX_DECLINED;
        }
    }

    return NGX_DONE;
}


ngx_wzp_zone_relay_t *
ngx_wzp_zone_relay(ngx_wzp_zone_t *zn, uint64_t id, uint32_t generation)
{
    ngx_uint_t             i;
    ngx_wzp_zone_relay_t  *re, *found;

    found = NULL;

    ngx_wzp_zone_lock(zn);

    for (i = 0; i < NGX_WZP_RELAYS; i++) {
        re = &zn->hdr->relays[i];

        if (re->id == id) {
            found = re;
            break;
        }

        /* a relay that left the configuration gives up its place, once its
         * calls and links have ended */

        if (found == NULL
            && (re->id == 0 || (re->generation + 1 < generation
                                && re->sessions == 0 && re->forwarders == 0)))
        {
            found = re;
        }
    }

    if (found != NULL) {

        if (found->id != id) {
            ngx_memzero(found, sizeof(ngx_wzp_zone_relay_t));
            ngx_wzp_stat_forget_locked(zn, found);
            found->id = id;
        }

        found->generation = generation;
    }

    ngx_wzp_zone_unlock(zn);

    return found;
}


ngx_uint_t
ngx_wzp_zone_lives(ngx_wzp_zone_t *zn, uint32_t life)
{
    ngx_wzp_slot_t  *sl;

    if (life == 0 || NGX_WZP_LIFE_SLOT(life) >= NGX_WZP_SLOTS) {
        return 0;
    }

    sl = &zn->hdr->slots[NGX_WZP_LIFE_SLOT(life)];

    return sl->pid != 0 && sl->epoch == life >> 16;
}


/* Only to tell one secret from another. */
static uint32_t
ngx_wzp_zone_secret(const ngx_wzp_relay_conf_t *conf)
{
    u_char    hash[32];
    uint32_t  n;

    wzp_sha256(hash, conf->secret, sizeof(conf->secret));
    ngx_memcpy(&n, hash, sizeof(n));

    return n;
}


/* Unmap and close; processes that were forked before keep theirs. */
static void
ngx_wzp_zone_free(ngx_wzp_zone_t *zn)
{
    ngx_uint_t  i;

    if (zn->hdr != NULL) {
        munmap(zn->hdr, zn->mapped);
    }

    if (zn->fd != -1) {
        close(zn->fd);
    }

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        if (zn->bells[i] != -1) {
            close(zn->bells[i]);
        }
    }

    ngx_free(zn);
}


void
ngx_wzp_zone_lock(ngx_wzp_zone_t *zn)
{
    int  rc;

    rc = pthread_mutex_lock(&zn->hdr->mutex);

    if (rc == EOWNERDEAD) {
        ngx_wzp_dir_rebuild_locked(zn);
        wzp_calls_rebuild((wzp_calls_t *) ((u_char *) zn->hdr
                                           + zn->hdr->off_calls));
        (void) pthread_mutex_consistent(&zn->hdr->mutex);
    }
}


void
ngx_wzp_zone_unlock(ngx_wzp_zone_t *zn)
{
    (void) pthread_mutex_unlock(&zn->hdr->mutex);
}


ngx_uint_t
ngx_wzp_pid_alive(uint32_t pid)
{
    return kill((ngx_pid_t) pid, 0) == 0 || ngx_errno != NGX_ESRCH;
}
