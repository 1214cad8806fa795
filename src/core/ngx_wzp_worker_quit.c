/*
 * A worker that was told to quit: who reads where it stops, and what becomes
 * of its calls.
 */

#include "core/ngx_wzp_worker.h"

#include "core/ngx_wzp_conn.h"
#include "core/ngx_wzp_hub.h"


static ngx_uint_t ngx_wzp_worker_successor(void);


/* A graceful quit: no new calls; those that are, go on. */
void
ngx_wzp_worker_quit(void)
{
    ngx_uint_t         i;
    ngx_wzp_slot_t    *sl;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;
    sl = &wk->zone->hdr->slots[wk->channel.slot];

    wk->closing = 1;
    sl->closing = 1;

    wk->handed_over = ngx_wzp_worker_successor();

    if (wk->handed_over) {
        ngx_wzp_worker_review();

    } else {
        for (i = 0; i < wk->nlistens; i++) {
            ngx_wzp_udp_quit(&wk->listens[i], 0);
        }
    }

    ngx_wzp_conn_quit();

    for (i = 0; i < wk->nrelays; i++) {
        ngx_wzp_hub_quit(&wk->relays[i]);
    }

    if (wk->zone->hdr->abandoned) {
        ngx_wzp_conn_close_all(WZP_CLOSE_GOING_AWAY);
    }
}


/*
 * Does anybody go on reading where we stop?  After a reload, or with a new
 * binary, the workers of a younger generation.  When a new binary is taken
 * back, those of the old one, who never stopped or have been started anew.
 */
static ngx_uint_t
ngx_wzp_worker_successor(void)
{
    ngx_uint_t           i;
    ngx_wzp_slot_t      *sl, *own;
    ngx_wzp_zone_hdr_t  *hdr;

    hdr = ngx_wzp_worker->zone->hdr;
    sl = hdr->slots;
    own = &sl[ngx_wzp_worker->channel.slot];

    if (hdr->generation != own->generation || hdr->abandoned) {
        return 1;
    }

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        if (sl[i].pid != 0 && !sl[i].closing && sl[i].master != own->master) {
            return 1;
        }
    }

    return 0;
}


/* What does the newest configuration do with our addresses? */
void
ngx_wzp_worker_review(void)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    ngx_wzp_listen_t  *ln;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;
    wk->reviewed = wk->zone->hdr->generation;

    for (i = 0; i < wk->nlistens; i++) {
        ln = &wk->listens[i];

        if (ln->alone) {
            continue;
        }

        rc = ngx_wzp_zone_listens(wk->zone, ln->ls, ln->relay->conf);

        /* one that it left out is ours to read */

        ngx_wzp_udp_quit(ln, rc != NGX_DONE);

        if (rc == NGX_DECLINED) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "closing calls of relay \"%V\": on %V there is a "
                          "relay with another identity now",
                          &ln->relay->conf->name, &ln->ls->addr_text);
            ngx_wzp_conn_close_relay(ln->relay, WZP_CLOSE_GOING_AWAY);
        }
    }
}


/*
 * Worker 0's socket is read by the youngest generation.  When all that came
 * after us have quit before our calls ended, it is ours to read; until
 * somebody younger appears (a respawned worker, a new master's).
 */
void
ngx_wzp_worker_orphan(void)
{
    ngx_uint_t         i, orphan;
    ngx_wzp_slot_t    *sl;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;

    if (!wk->handed_over) {
        return;
    }

    sl = wk->zone->hdr->slots;
    orphan = 1;

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        if (sl[i].pid != 0 && sl[i].worker == 0
            && (!sl[i].closing
                || sl[i].generation > sl[wk->channel.slot].generation))
        {
            orphan = 0;
            break;
        }
    }

    for (i = 0; i < wk->nlistens; i++) {

        if (wk->listens[i].alone) {
            continue;
        }

        if (orphan) {
            ngx_wzp_udp_adopt(&wk->listens[i], wk->listens[i].zero);

        } else {
            ngx_wzp_udp_release(&wk->listens[i]);
        }
    }
}


/* Ring every bell. */
void
ngx_wzp_worker_wake(void)
{
    uint64_t    one;
    ngx_uint_t  i;

    one = 1;

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        if (ngx_wzp_worker->zone->hdr->slots[i].pid != 0) {
            (void) !write(ngx_wzp_worker->zone->bells[i], &one, sizeof(one));
        }
    }
}
