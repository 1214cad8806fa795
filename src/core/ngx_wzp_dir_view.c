/*
 * Looking at the whole directory.
 */

#include "core/ngx_wzp_dir_view.h"


#define NGX_WZP_VIEW_STEP   1024        /* entries looked at under the lock  */


uint32_t
ngx_wzp_dir_view_rooms(ngx_wzp_zone_t *zn, uint64_t relay, uint32_t *next,
    ngx_wzp_zone_room_t *list, uint32_t n)
{
    uint32_t              i, end, count;
    ngx_wzp_zone_room_t  *zr;

    count = 0;
    i = *next;

    while (count == 0 && i < zn->hdr->nrooms) {
        end = ngx_min(i + NGX_WZP_VIEW_STEP, zn->hdr->nrooms);

        ngx_wzp_zone_lock(zn);

        for ( /* void */ ; i < end && count < n; i++) {
            zr = ngx_wzp_dir_room(zn, i);

            if (zr->used && zr->relay == relay) {
                ngx_memcpy(&list[count++], zr, sizeof(*zr));
            }
        }

        ngx_wzp_zone_unlock(zn);
    }

    *next = i;

    return count;
}


uint32_t
ngx_wzp_dir_view_members(ngx_wzp_zone_t *zn, uint64_t relay, uint32_t *next,
    ngx_wzp_zone_member_t *list, uint32_t n)
{
    uint32_t                i, end, count;
    ngx_wzp_zone_member_t  *zm;

    count = 0;
    i = *next;

    while (count == 0 && i < zn->hdr->nmembers) {
        end = ngx_min(i + NGX_WZP_VIEW_STEP, zn->hdr->nmembers);

        ngx_wzp_zone_lock(zn);

        for ( /* void */ ; i < end && count < n; i++) {
            zm = ngx_wzp_dir_member(zn, i);

            if (zm->used && ngx_wzp_dir_room(zn, zm->room)->relay == relay) {
                ngx_memcpy(&list[count++], zm, sizeof(*zm));
            }
        }

        ngx_wzp_zone_unlock(zn);
    }

    *next = i;

    return count;
}


void
ngx_wzp_dir_view_use(ngx_wzp_zone_t *zn, ngx_wzp_dir_use_t *use)
{
    ngx_uint_t            i;
    ngx_wzp_zone_hdr_t   *h;
    ngx_wzp_ring_slot_t  *rs;

    h = zn->hdr;
    rs = (ngx_wzp_ring_slot_t *) ((u_char *) h + h->off_ring_slots);

    ngx_memzero(use, sizeof(ngx_wzp_dir_use_t));

    ngx_wzp_zone_lock(zn);

    use->members = h->used_members;
    use->max_members = h->nmembers;
    use->remotes = h->used_remotes;
    use->max_remotes = h->nremotes;
    use->rooms = h->used_rooms;
    use->max_rooms = h->nrooms;
    use->max_rings = h->nrings;
    use->max_slots = NGX_WZP_SLOTS;

    for (i = 0; i < h->nrings; i++) {
        use->rings += rs[i].used;
    }

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        use->slots += (h->slots[i].pid != 0);
    }

    ngx_wzp_zone_unlock(zn);
}


ngx_uint_t
ngx_wzp_dir_view_workers(ngx_wzp_zone_t *zn, ngx_uint_t *closing)
{
    ngx_uint_t       i, reading;
    ngx_wzp_slot_t  *sl;

    reading = 0;
    *closing = 0;

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        sl = &zn->hdr->slots[i];

        if (sl->pid == 0) {
            continue;
        }

        if (sl->closing || zn->hdr->abandoned) {
            (*closing)++;

        } else {
            reading++;
        }
    }

    return reading;
}
