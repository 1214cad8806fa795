/*
 * Members on other relays: lists that the hub writes into the directory, so
 * that every worker can tell them to its own members.
 */

#include "core/ngx_wzp_dir.h"


#define NGX_WZP_DIR_FORCED  (5 * WZP_SEC)


static void ngx_wzp_dir_remote_set(ngx_wzp_zone_remote_t *ze,
    const wzp_participant_t *pa);
static ngx_uint_t ngx_wzp_dir_same(ngx_wzp_zone_t *zn,
    const ngx_wzp_zone_room_t *zr, const ngx_wzp_zone_remote_t *list,
    uint32_t n, ngx_uint_t wanted);
static ngx_int_t ngx_wzp_dir_replace(ngx_wzp_zone_t *zn, uint32_t r,
    const ngx_wzp_zone_remote_t *list, uint32_t n, ngx_uint_t wanted,
    uint64_t *workers);
static void ngx_wzp_dir_forget(ngx_wzp_zone_t *zn, ngx_wzp_zone_room_t *zr);


ngx_wzp_zone_remote_t *
ngx_wzp_dir_remote(ngx_wzp_zone_t *zn, uint32_t remote)
{
    return (ngx_wzp_zone_remote_t *)
               ((u_char *) zn->hdr + zn->hdr->off_remotes)
           + remote;
}


void
ngx_wzp_dir_remotes_init(ngx_wzp_zone_t *zn)
{
    uint32_t              i;
    ngx_wzp_zone_hdr_t   *h;
    ngx_wzp_zone_room_t  *zr;

    h = zn->hdr;
    h->free_remote = NGX_WZP_NONE;
    h->used_remotes = 0;

    for (i = h->nremotes; i-- > 0; /* void */) {
        ngx_wzp_dir_remote(zn, i)->next = h->free_remote;
        h->free_remote = i;
    }

    for (i = 0; i < h->nrooms; i++) {
        zr = ngx_wzp_dir_room(zn, i);
        zr->remotes = NGX_WZP_NONE;
        zr->nremotes = 0;
        zr->wanted = 0;
    }
}


uint64_t
ngx_wzp_dir_remotes(ngx_wzp_zone_t *zn, uint64_t relay, const wzp_sni_t *sni,
    const wzp_participant_t *list, uint32_t n, ngx_uint_t wanted,
    uint32_t *room, ngx_int_t *rc)
{
    uint32_t                i, r;
    uint64_t                workers;
    ngx_wzp_zone_remote_t  *remotes;

    *rc = NGX_OK;
    *room = NGX_WZP_NONE;

    remotes = ngx_calloc(ngx_max(n, 1) * sizeof(ngx_wzp_zone_remote_t),
                         ngx_cycle->log);
    if (remotes == NULL) {
        *rc = NGX_ERROR;
        return 0;
    }

    for (i = 0; i < n; i++) {
        ngx_wzp_dir_remote_set(&remotes[i], &list[i]);
    }

    workers = 0;

    ngx_wzp_zone_lock(zn);

    r = ngx_wzp_dir_find_locked(zn, relay, sni->key);

    if (r == NGX_WZP_NONE && n != 0) {
        r = ngx_wzp_dir_create_locked(zn, relay, sni);

        if (r == NGX_WZP_NONE) {
            *rc = NGX_ERROR;
        }
    }

    if (r != NGX_WZP_NONE
        && !ngx_wzp_dir_same(zn, ngx_wzp_dir_room(zn, r), remotes, n, wanted))
    {
        *room = r;
        *rc = ngx_wzp_dir_replace(zn, r, remotes, n, wanted, &workers);
    }

    ngx_wzp_zone_unlock(zn);

    ngx_free(remotes);

    return workers;
}


static void
ngx_wzp_dir_remote_set(ngx_wzp_zone_remote_t *ze, const wzp_participant_t *pa)
{
    ze->stream_id = pa->stream_id;
    ze->muted = pa->muted;
    ze->held = pa->held;
    (void) !wzp_fp_parse(ze->fp, pa->fingerprint,
                         ngx_strlen(pa->fingerprint));
    ngx_cpystrn((u_char *) ze->alias, (u_char *) pa->alias,
                sizeof(ze->alias));
    ngx_cpystrn((u_char *) ze->label, (u_char *) pa->relay_label,
                sizeof(ze->label));
}


/* A peer that makes us write what is there already wakes no worker. */
static ngx_uint_t
ngx_wzp_dir_same(ngx_wzp_zone_t *zn, const ngx_wzp_zone_room_t *zr,
    const ngx_wzp_zone_remote_t *list, uint32_t n, ngx_uint_t wanted)
{
    uint32_t                      e, i;
    const ngx_wzp_zone_remote_t  *ze, *to;

    if (zr->nremotes != n || zr->wanted != wanted) {
        return 0;
    }

    for (e = zr->remotes, i = 0; e != NGX_WZP_NONE; e = ze->next, i++) {
        ze = ngx_wzp_dir_remote(zn, e);
        to = &list[i];

        if (ze->stream_id != to->stream_id || ze->muted != to->muted
            || ze->held != to->held
            || ngx_memcmp(ze->fp, to->fp, sizeof(ze->fp)) != 0
            || ngx_strcmp(ze->alias, to->alias) != 0
            || ngx_strcmp(ze->label, to->label) != 0)
        {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_wzp_dir_replace(ngx_wzp_zone_t *zn, uint32_t r,
    const ngx_wzp_zone_remote_t *list, uint32_t n, ngx_uint_t wanted,
    uint64_t *workers)
{
    uint32_t                i, e, *tail;
    ngx_int_t               rc;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_remote_t  *ze;

    rc = NGX_OK;
    zr = ngx_wzp_dir_room(zn, r);

    ngx_wzp_dir_forget(zn, zr);

    for (i = 0, tail = &zr->remotes; i < n; i++, tail = &ze->next) {
        e = zn->hdr->free_remote;

        if (e == NGX_WZP_NONE) {
            rc = NGX_ERROR;
            break;
        }

        ze = ngx_wzp_dir_remote(zn, e);
        zn->hdr->free_remote = ze->next;

        *ze = list[i];
        ze->next = NGX_WZP_NONE;
        *tail = e;
        zr->nremotes++;
        zn->hdr->used_remotes++;
    }

    zr->wanted = (uint32_t) wanted;
    zr->version++;
    *workers = zr->workers;

    ngx_wzp_dir_release_locked(zn, r);

    return rc;
}


static void
ngx_wzp_dir_forget(ngx_wzp_zone_t *zn, ngx_wzp_zone_room_t *zr)
{
    uint32_t                i, next;
    ngx_wzp_zone_remote_t  *ze;

    for (i = zr->remotes; i != NGX_WZP_NONE; i = next) {
        ze = ngx_wzp_dir_remote(zn, i);
        next = ze->next;

        ze->next = zn->hdr->free_remote;
        zn->hdr->free_remote = i;
    }

    zn->hdr->used_remotes -= zr->nremotes;
    zr->remotes = NGX_WZP_NONE;
    zr->nremotes = 0;
}


uint32_t
ngx_wzp_dir_remote_rooms(ngx_wzp_zone_t *zn, uint64_t relay,
    uint8_t (*keys)[WZP_ROOM_KEY_SIZE], uint32_t n)
{
    uint32_t              i, count;
    ngx_wzp_zone_room_t  *zr;

    count = 0;

    ngx_wzp_zone_lock(zn);

    for (i = 0; i < zn->hdr->nrooms; i++) {
        zr = ngx_wzp_dir_room(zn, i);

        if (!zr->used || zr->relay != relay
            || (zr->nremotes == 0 && !zr->wanted))
        {
            continue;
        }

        if (count < n) {
            ngx_memcpy(keys[count], zr->key, WZP_ROOM_KEY_SIZE);
        }

        count++;
    }

    ngx_wzp_zone_unlock(zn);

    return count;
}


uint32_t
ngx_wzp_dir_list_remotes(ngx_wzp_zone_t *zn, uint32_t room, uint32_t epoch,
    ngx_wzp_zone_remote_t *list, uint32_t n)
{
    uint32_t                i, count;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_remote_t  *ze;

    count = 0;

    ngx_wzp_zone_lock(zn);

    zr = ngx_wzp_dir_room(zn, room);

    if (zr->used && zr->epoch == epoch) {
        for (i = zr->remotes; i != NGX_WZP_NONE; i = ze->next) {
            ze = ngx_wzp_dir_remote(zn, i);

            if (count < n) {
                list[count] = *ze;
            }

            count++;
        }
    }

    ngx_wzp_zone_unlock(zn);

    return count;
}


uint32_t
ngx_wzp_dir_lookup(ngx_wzp_zone_t *zn, uint64_t relay, const uint8_t *key,
    uint32_t *epoch)
{
    uint32_t  r;

    ngx_wzp_zone_lock(zn);

    r = ngx_wzp_dir_find_locked(zn, relay, key);

    if (r != NGX_WZP_NONE) {
        *epoch = ngx_wzp_dir_room(zn, r)->epoch;
    }

    ngx_wzp_zone_unlock(zn);

    return r;
}


ngx_int_t
ngx_wzp_dir_restream(ngx_wzp_zone_t *zn, uint32_t room, uint32_t epoch,
    uint16_t stream_id, uint64_t now_ns, uint32_t *member,
    ngx_wzp_zone_member_t *copy)
{
    uint32_t                i;
    ngx_int_t               rc;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_member_t  *zm;

    rc = NGX_DECLINED;

    ngx_wzp_zone_lock(zn);

    zr = ngx_wzp_dir_room(zn, room);

    if (zr->used && zr->epoch == epoch) {
        for (i = zr->members; i != NGX_WZP_NONE; i = zm->next) {
            zm = ngx_wzp_dir_member(zn, i);

            if (zm->stream_id != stream_id) {
                continue;
            }

            rc = NGX_AGAIN;

            if (zm->forced_ns == 0
                || now_ns - zm->forced_ns >= NGX_WZP_DIR_FORCED)
            {
                zm->stream_id = ngx_wzp_dir_stream_id_locked(zn, zr, 0,
                                                             now_ns);
                zm->forced_ns = now_ns;
                zr->version++;

                *member = i;
                ngx_memcpy(copy, zm, sizeof(*copy));
                rc = NGX_OK;
            }

            break;
        }
    }

    ngx_wzp_zone_unlock(zn);

    return rc;
}


uint32_t
ngx_wzp_dir_people(ngx_wzp_zone_t *zn, uint64_t relay,
    uint8_t (*fps)[WZP_FP_SIZE], uint32_t n)
{
    uint32_t                i, count;
    ngx_wzp_zone_member_t  *zm;

    count = 0;

    ngx_wzp_zone_lock(zn);

    for (i = 0; i < zn->hdr->nmembers; i++) {
        zm = ngx_wzp_dir_member(zn, i);

        if (zm->used && ngx_wzp_dir_room(zn, zm->room)->relay == relay) {

            if (count < n) {
                ngx_memcpy(fps[count], zm->fp, WZP_FP_SIZE);
            }

            count++;
        }
    }

    ngx_wzp_zone_unlock(zn);

    return count;
}
