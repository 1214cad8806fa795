/*
 * Members on other relays: lists that the hub writes into the directory, so
 * that every worker can tell them to its own members.
 */

#include "core/ngx_wzp_dir.h"


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
    uint32_t                i, r, e, *tail;
    uint64_t                workers;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_remote_t  *ze;

    *rc = NGX_OK;
    workers = 0;

    ngx_wzp_zone_lock(zn);

    r = ngx_wzp_dir_find_locked(zn, relay, sni->key);

    if (r == NGX_WZP_NONE && n != 0) {
        r = ngx_wzp_dir_create_locked(zn, relay, sni);

        if (r == NGX_WZP_NONE) {
            *rc = NGX_ERROR;
        }
    }

    *room = r;

    if (r == NGX_WZP_NONE) {
        ngx_wzp_zone_unlock(zn);
        return 0;
    }

    zr = ngx_wzp_dir_room(zn, r);

    ngx_wzp_dir_forget(zn, zr);

    for (i = 0, tail = &zr->remotes; i < n; i++, tail = &ze->next) {
        e = zn->hdr->free_remote;

        if (e == NGX_WZP_NONE) {
            *rc = NGX_ERROR;
            break;
        }

        ze = ngx_wzp_dir_remote(zn, e);
        zn->hdr->free_remote = ze->next;

        ze->stream_id = list[i].stream_id;
        ze->muted = list[i].muted;
        ze->held = list[i].held;
        (void) !wzp_fp_parse(ze->fp, list[i].fingerprint,
                             ngx_strlen(list[i].fingerprint));
        ngx_cpystrn((u_char *) ze->alias, (u_char *) list[i].alias,
                    sizeof(ze->alias));
        ngx_cpystrn((u_char *) ze->label, (u_char *) list[i].relay_label,
                    sizeof(ze->label));

        ze->next = NGX_WZP_NONE;
        *tail = e;
        zr->nremotes++;
        zn->hdr->used_remotes++;
    }

    zr->wanted = (uint32_t) wanted;
    zr->version++;
    workers = zr->workers;

    ngx_wzp_dir_release_locked(zn, r);

    ngx_wzp_zone_unlock(zn);

    return workers;
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


void
ngx_wzp_dir_restream(ngx_wzp_zone_t *zn, uint32_t room, uint32_t epoch,
    uint16_t stream_id, uint64_t now_ns, uint32_t *member,
    ngx_wzp_zone_member_t *copy)
{
    uint32_t                i;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_member_t  *zm;

    *member = NGX_WZP_NONE;

    ngx_wzp_zone_lock(zn);

    zr = ngx_wzp_dir_room(zn, room);

    if (zr->used && zr->epoch == epoch) {
        for (i = zr->members; i != NGX_WZP_NONE; i = zm->next) {
            zm = ngx_wzp_dir_member(zn, i);

            if (zm->stream_id == stream_id) {
                zm->stream_id = ngx_wzp_dir_stream_id_locked(zn, zr, 0,
                                                             now_ns);
                zr->version++;

                *member = i;
                ngx_memcpy(copy, zm, sizeof(*copy));
                break;
            }
        }
    }

    ngx_wzp_zone_unlock(zn);
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
