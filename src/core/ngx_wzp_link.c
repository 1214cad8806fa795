/*
 * Links: which connections there are, which is used, up and down.
 * What is said on them is in ngx_wzp_link_signal.c.
 */

#include "core/ngx_wzp_link.h"

#include "core/ngx_wzp_call.h"
#include "core/ngx_wzp_fed.h"
#include "core/ngx_wzp_link_signal.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_watch.h"


#define NGX_WZP_LINK_SIGNALS    2000    /* per second, of 256 bytes each     */
#define NGX_WZP_LINK_BURST      10000   /* a large relay tells all it knows  */
#define NGX_WZP_LINK_ENVELOPES  200     /* per second: signals of calls      */
#define NGX_WZP_LINK_NEWS       20      /* lines at once, then 1 per second  */
#define NGX_WZP_LINK_CONNS      8       /* connections of one link           */
#define NGX_WZP_LINK_QUEUE      4096    /* media                             */
#define NGX_WZP_LINK_MESSAGES   16384   /* twice the offers of one link      */
#define NGX_WZP_LINK_HELLO      5000    /* ms, PROTOCOL 8.3                  */
#define NGX_WZP_LINK_SILENT     (5 * WZP_SEC)   /* who dialed waits for a
                                           hello; of one of ours, it comes   */
#define NGX_WZP_LINK_EXISTING   WZP_SEC /* ... with verify=hello: it may not */
#define NGX_WZP_LINK_DOOM       WZP_SEC /* of a connection that is surplus   */
#define NGX_WZP_LINK_PING       (5 * WZP_SEC)
#define NGX_WZP_LINK_PROOF      (10 * WZP_SEC)
#define NGX_WZP_LINK_HANDOVER   700     /* ms; the old hub has a tick of 500 */
#define NGX_WZP_LINK_ROOMS      4       /* wzp_federation_rate times this    */


static void *ngx_wzp_link_up(void *ctx, ngx_wzp_out_t *out);
static void ngx_wzp_link_dial_down(void *ctx, const char *why);
static void ngx_wzp_link_message(void *peer, const uint8_t *data, size_t len);
static void ngx_wzp_link_datagram(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_link_closed(void *peer, const char *why);
static void ngx_wzp_link_sent(void *peer, const wzp_qbuf_t *qb);
static void ngx_wzp_link_crowd(ngx_wzp_link_t *ln);
static void ngx_wzp_link_choose(ngx_wzp_link_t *ln, ngx_uint_t was);
static ngx_int_t ngx_wzp_link_better(ngx_wzp_link_conn_t *a,
    ngx_wzp_link_conn_t *b);
static void ngx_wzp_link_tick_conn(ngx_wzp_link_conn_t *lc);
static ngx_uint_t ngx_wzp_link_level(ngx_wzp_link_t *ln, ngx_uint_t level);
static void ngx_wzp_link_started(ngx_wzp_link_t *ln);
static void ngx_wzp_link_ended(ngx_wzp_link_t *ln, const char *why);


static const ngx_wzp_peer_ops_t  ngx_wzp_link_ops = {
    ngx_wzp_link_message,
    ngx_wzp_link_datagram,
    ngx_wzp_link_closed,
    ngx_wzp_link_sent
};


ngx_int_t
ngx_wzp_link_init(ngx_wzp_hub_t *hub)
{
    ngx_uint_t            i;
    ngx_array_t          *peers;
    ngx_wzp_link_t       *ln;
    ngx_wzp_peer_conf_t  *pf;

    peers = hub->relay->conf->peers;

    if (peers == NULL) {
        return NGX_OK;
    }

    hub->nlinks = peers->nelts;
    hub->links = ngx_pcalloc(ngx_cycle->pool,
                             peers->nelts * sizeof(ngx_wzp_link_t));
    if (hub->links == NULL) {
        return NGX_ERROR;
    }

    pf = peers->elts;

    for (i = 0; i < hub->nlinks; i++) {
        ln = &hub->links[i];

        ln->hub = hub;
        ln->bit = i;
        ln->conf = &pf[i];
        ln->id = wzp_relay_id(pf[i].fp);
        ln->since_ns = ngx_wzp_worker->now_ns;
        ngx_queue_init(&ln->conns);
        (void) ngx_snprintf((u_char *) ln->label, sizeof(ln->label), "%V%Z",
                            &pf[i].label);
        wzp_bucket_init(&ln->rate,
            (uint32_t) hub->relay->conf->federation_rate * NGX_WZP_LINK_ROOMS,
            (uint32_t) hub->relay->conf->federation_rate * NGX_WZP_LINK_ROOMS,
            ngx_wzp_worker->now_ns);
        wzp_bucket_init(&ln->signals, NGX_WZP_LINK_SIGNALS,
                        NGX_WZP_LINK_BURST, ngx_wzp_worker->now_ns);
        wzp_bucket_init(&ln->news, 1, NGX_WZP_LINK_NEWS,
                        ngx_wzp_worker->now_ns);
        wzp_bucket_init(&ln->envelopes, NGX_WZP_LINK_ENVELOPES,
                        NGX_WZP_LINK_ENVELOPES, ngx_wzp_worker->now_ns);

        if (pf[i].host.text.len == 0) {
            continue;
        }

        ln->dial.hub = hub;
        ln->dial.host = &pf[i].host;
        ln->dial.sni = "_federation";
        ln->dial.fp = pf[i].fp;
        ln->dial.ops = &ngx_wzp_link_ops;
        ln->dial.up = ngx_wzp_link_up;
        ln->dial.down = ngx_wzp_link_dial_down;
        ln->dial.ctx = ln;

        ngx_wzp_dial_init(&ln->dial);

        /* an existing relay would lose the old hub's connection over ours */

        if (pf[i].verify == NGX_WZP_VERIFY_MUTUAL
            || ngx_wzp_hub_slot(hub->relay->conf) == NGX_WZP_NONE)
        {
            ngx_wzp_dial_start(&ln->dial);
        }
    }

    return NGX_OK;
}


void
ngx_wzp_link_start(ngx_wzp_hub_t *hub)
{
    ngx_uint_t  i;

    for (i = 0; i < hub->nlinks; i++) {
        if (hub->links[i].conf->host.text.len != 0) {
            ngx_wzp_dial_start(&hub->links[i].dial);
        }
    }
}


void
ngx_wzp_link_stop(ngx_wzp_hub_t *hub)
{
    ngx_uint_t  i;

    for (i = 0; i < hub->nlinks; i++) {
        if (hub->links[i].conf->host.text.len != 0) {
            ngx_wzp_dial_stop(&hub->links[i].dial);
        }
    }
}


ngx_wzp_link_t *
ngx_wzp_link_find(ngx_wzp_hub_t *hub, const uint8_t *fp)
{
    ngx_uint_t  i;

    for (i = 0; i < hub->nlinks; i++) {
        if (ngx_memcmp(hub->links[i].conf->fp, fp, WZP_CERT_FP_SIZE) == 0) {
            return &hub->links[i];
        }
    }

    return NULL;
}


ngx_wzp_link_t *
ngx_wzp_link_by_id(ngx_wzp_hub_t *hub, wzp_relay_id_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < hub->nlinks; i++) {
        if (hub->links[i].id == id) {
            return &hub->links[i];
        }
    }

    return NULL;
}


/* ---- connections ---- */

void
ngx_wzp_link_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc)
{
    uint8_t               fp[WZP_CERT_FP_SIZE];
    ngx_wzp_link_conn_t  *lc;

    lc = ngx_calloc(sizeof(ngx_wzp_link_conn_t), ngx_cycle->log);
    if (lc == NULL) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
        return;
    }

    lc->hub = hub;
    lc->qc = wc->qc;
    lc->wc = wc;
    lc->since_ns = ngx_wzp_worker->now_ns;

    if (wzp_qconn_peer_cert(wc->qc, fp) == WZP_OK) {
        lc->link = ngx_wzp_link_find(hub, fp);

        if (lc->link == NULL) {
            ngx_wzp_link_unknown(wc, fp, 1);
            ngx_free(lc);
            ngx_wzp_conn_close(wc, WZP_CLOSE_STRANGER);
            return;
        }

        lc->proved = 1;
        wzp_qconn_set_max_message(wc->qc, WZP_SIGNAL_MAX);
    }

    ngx_wzp_conn_become_peer(wc, &ngx_wzp_link_ops, lc);
    ngx_wzp_conn_wait(wc, NGX_WZP_LINK_HELLO);
}


/* We dialed: it is the relay with that certificate. */
static void *
ngx_wzp_link_up(void *ctx, ngx_wzp_out_t *out)
{
    ngx_wzp_link_t       *ln = ctx;
    ngx_wzp_link_conn_t  *lc;

    lc = ngx_calloc(sizeof(ngx_wzp_link_conn_t), ngx_cycle->log);
    if (lc == NULL) {
        return NULL;
    }

    lc->hub = ln->hub;
    lc->link = ln;
    lc->qc = out->qc;
    lc->out = out;
    lc->since_ns = ngx_wzp_worker->now_ns;
    lc->proved = 1;

    ngx_queue_insert_tail(&ln->conns, &lc->queue);

    ngx_wzp_hub_hello(lc->hub, lc->qc, 0, 0);

    return lc;
}


/*
 * The hello is here, or will not come: it is a connection of the link.  An
 * existing relay is not for an heir: it would see two, and lose both as soon
 * as the old hub closes its own.
 */
void
ngx_wzp_link_ready(ngx_wzp_link_conn_t *lc)
{
    ngx_wzp_link_t  *ln;

    ln = lc->link;

    if (!lc->ours && !lc->hub->ruling) {
        ngx_wzp_link_close(lc, WZP_CLOSE_GOING_AWAY);
        return;
    }

    lc->ready = 1;

    if (lc->wc != NULL) {
        ngx_wzp_conn_wait(lc->wc, 0);
        ngx_wzp_link_crowd(ln);
        ngx_queue_insert_tail(&ln->conns, &lc->queue);
        wzp_bucket_init(&lc->wc->signals, 0, 0, ngx_wzp_worker->now_ns);
    }

    wzp_qconn_set_max_message(lc->qc, WZP_SIGNAL_MAX);
    wzp_qconn_set_queue(lc->qc, NGX_WZP_LINK_QUEUE);
    wzp_qconn_set_messages(lc->qc, NGX_WZP_LINK_MESSAGES);

    ngx_wzp_link_settle(lc);
}


void
ngx_wzp_link_settle(ngx_wzp_link_conn_t *lc)
{
    ngx_wzp_link_choose(lc->link, lc->link->best != NULL);
    ngx_wzp_link_tell(lc);
}


/* Another one: if there are many, the oldest that is not used goes. */
static void
ngx_wzp_link_crowd(ngx_wzp_link_t *ln)
{
    ngx_uint_t            n;
    ngx_queue_t          *q;
    ngx_wzp_link_conn_t  *lc, *oldest;

    n = 0;
    oldest = NULL;

    for (q = ngx_queue_last(&ln->conns);
         q != ngx_queue_sentinel(&ln->conns);
         q = ngx_queue_prev(q))
    {
        lc = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

        if (lc != ln->best && lc->doomed_ns == 0) {
            oldest = lc;
        }

        n++;
    }

    if (n >= NGX_WZP_LINK_CONNS && oldest != NULL) {
        oldest->doomed_ns = ngx_wzp_worker->now_ns;
    }
}


void
ngx_wzp_link_close(ngx_wzp_link_conn_t *lc, wzp_close_t why)
{
    if (lc->wc != NULL) {
        ngx_wzp_conn_close(lc->wc, why);
        return;
    }

    wzp_qconn_close(lc->qc, why, wzp_close_phrase(why));
}


static void
ngx_wzp_link_message(void *peer, const uint8_t *data, size_t len)
{
    ngx_wzp_link_signals(peer, data, len);
}


static void
ngx_wzp_link_datagram(void *peer, const uint8_t *data, size_t len)
{
    ngx_wzp_link_conn_t  *lc = peer;

    /* media before the hello is nobody's */

    if (lc->link != NULL && (lc->ready || lc->out != NULL)
        && !ngx_wzp_link_stranger(lc))
    {
        ngx_wzp_fed_receive(lc->link, data, len);
    }
}


static void
ngx_wzp_link_closed(void *peer, const char *why)
{
    ngx_wzp_link_t       *ln;
    ngx_wzp_link_conn_t  *lc = peer;

    ln = lc->link;

    if (lc->ready || lc->out != NULL) {
        ngx_queue_remove(&lc->queue);
    }

    if (ln != NULL && ln->best == lc) {
        ln->best = NULL;
        ngx_wzp_link_choose(ln, 1);

        if (ln->best == NULL) {
            ngx_wzp_link_ended(ln, why);

        } else if (ln->best->ours != lc->ours) {
            ngx_wzp_presence_down(ln->hub, ln->bit);
            ngx_wzp_link_tell(ln->best);
        }
    }

    ngx_free(lc);
}


static void
ngx_wzp_link_sent(void *peer, const wzp_qbuf_t *qb)
{
    ngx_wzp_link_conn_t  *lc = peer;

    if (lc->link != NULL) {
        ngx_wzp_health_out(&lc->link->health, qb->born_ns,
                           ngx_wzp_worker->flush_ns);
    }
}


/* ---- which of them ---- */

/*
 * The best is that of the younger process of the other end; of two of the
 * same processes, that which the relay with the lower id has dialed, and of
 * those the younger.  Both ends come to the same.  Until the other end has
 * told everything on a new one, one that has is better.
 */
static ngx_int_t
ngx_wzp_link_better(ngx_wzp_link_conn_t *a, ngx_wzp_link_conn_t *b)
{
    ngx_uint_t  a_low, b_low;

    if (a->ours != b->ours) {
        return a->ours;
    }

    if (a->proved != b->proved) {
        return a->proved;       /* anybody can say that he is that relay */
    }

    if (a->ours && a->synced != b->synced) {
        return a->synced;
    }

    if (a->epoch != b->epoch) {
        return a->epoch > b->epoch;
    }

    a_low = ((a->out != NULL) == (a->hub->id < a->link->id));
    b_low = ((b->out != NULL) == (b->hub->id < b->link->id));

    if (a->ours && a_low != b_low) {
        return a_low;
    }

    return a->since_ns > b->since_ns;
}


/* was: the link has been up until now. */
static void
ngx_wzp_link_choose(ngx_wzp_link_t *ln, ngx_uint_t was)
{
    ngx_queue_t          *q;
    ngx_wzp_link_conn_t  *lc, *best;

    best = NULL;

    for (q = ngx_queue_head(&ln->conns);
         q != ngx_queue_sentinel(&ln->conns);
         q = ngx_queue_next(q))
    {
        lc = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

        if (lc->ready && (best == NULL || ngx_wzp_link_better(lc, best))) {
            best = lc;
        }
    }

    if (best == NULL) {
        return;
    }

    ln->best = best;
    ln->ours = best->ours;

    /* one is enough, once it has told all, but for one with a younger process,
     * which will tell more; existing relays keep theirs */

    for (q = ngx_queue_head(&ln->conns);
         best->ours && best->synced && q != ngx_queue_sentinel(&ln->conns);
         q = ngx_queue_next(q))
    {
        lc = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

        if (lc != best && lc->ready && lc->epoch <= best->epoch
            && lc->doomed_ns == 0)
        {
            lc->doomed_ns = ngx_wzp_worker->now_ns + NGX_WZP_LINK_DOOM;
        }
    }

    best->doomed_ns = 0;

    if (best->ours && best->wc != NULL && !best->goaway
        && ln->conf->host.text.len != 0)
    {
        ngx_wzp_dial_stop(&ln->dial);   /* who dialed it dials again */
    }

    if (!was) {
        ngx_wzp_link_started(ln);
    }
}


/* ---- up and down ---- */

/* A peer that comes and goes all the time does not fill the log. */
static ngx_uint_t
ngx_wzp_link_level(ngx_wzp_link_t *ln, ngx_uint_t level)
{
    return wzp_bucket_take(&ln->news, ngx_wzp_worker->now_ns)
           ? level : NGX_LOG_DEBUG;
}


static void
ngx_wzp_link_started(ngx_wzp_link_t *ln)
{
    char        text[WZP_ADDR_TEXT_MAX];
    ngx_uint_t  level;

    ln->since_ns = ngx_wzp_worker->now_ns;
    ln->error[0] = '\0';
    ln->tried = 1;

    level = ngx_wzp_link_level(ln, NGX_LOG_NOTICE);

    ngx_log_error(level, ngx_cycle->log, 0,
                  "link \"%s\" up: %s %s, %s", ln->label,
                  ln->best->wc != NULL ? "from" : "to",
                  wzp_addr_text(wzp_qconn_peer(ln->best->qc), text),
                  ln->ours ? "relay of this kind"
                           : ln->best->proved ? "existing relay"
                             : "existing relay, NOT proved");
    ngx_wzp_watch_link(ln, NULL);

    ngx_wzp_call_link_up(ln);
}


static void
ngx_wzp_link_ended(ngx_wzp_link_t *ln, const char *why)
{
    uint64_t        now;
    ngx_uint_t      level;
    ngx_wzp_hub_t  *hub;

    hub = ln->hub;
    now = ngx_wzp_worker->now_ns;

    ngx_wzp_link_error(ln, why);

    /* an old hub's links go over to the new one's, which is no news */

    level = ngx_wzp_link_level(ln, hub->lost_ns != 0 || ngx_terminate
                                   ? NGX_LOG_INFO : NGX_LOG_ERR);

    ngx_log_error(level, ngx_cycle->log, 0, "link \"%s\" down: %s",
                  ln->label, why);
    ngx_wzp_watch_link(ln, why);

    ln->since_ns = now;
    ln->ours = 0;

    /* nor are the people behind it gone, as members would read in the zone as
     * long as an old hub rules */

    if (hub->lost_ns == 0) {
        wzp_fed_peer_down(hub->fed, (unsigned) ln->bit, now);
    }

    ngx_wzp_presence_down(hub, ln->bit);

    if (hub->ruling) {
        ngx_wzp_call_link_down(ln);
    }

    if (ln->conf->host.text.len != 0 && hub->quic != NULL && !hub->leaving
        && hub->lost_ns == 0)
    {
        ngx_wzp_dial_start(&ln->dial);
    }
}


/* An attempt failed.  The first of a row is told, the others are as one. */
static void
ngx_wzp_link_dial_down(void *ctx, const char *why)
{
    ngx_uint_t       first;
    ngx_wzp_link_t  *ln = ctx;

    if (ln->best != NULL) {

        /* it has another one; but an existing relay is dialed again, and
         * instead of one that will end */

        if (ln->ours && !ln->best->goaway) {
            ngx_wzp_dial_stop(&ln->dial);
        }

        return;
    }

    first = (!ln->tried || ngx_strcmp(ln->error, why) != 0);
    ln->tried = 1;
    ngx_wzp_link_error(ln, why);

    if (first && ln->hub->quic != NULL && ln->hub->ruling) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "link \"%s\" down: cannot connect to %V: %s",
                      ln->label, &ln->conf->host.text, why);
    }
}


void
ngx_wzp_link_error(ngx_wzp_link_t *ln, const char *why)
{
    (void) ngx_cpystrn((u_char *) ln->error, (u_char *) why,
                       sizeof(ln->error));
}


void
ngx_wzp_link_learned(ngx_wzp_link_conn_t *lc)
{
    lc->synced = 1;

    ngx_wzp_link_choose(lc->link, lc->link->best != NULL);

    if (!ngx_wzp_link_outdated(lc)) {
        wzp_fed_peer_synced(lc->hub->fed, (unsigned) lc->link->bit,
                            ngx_wzp_worker->now_ns);
    }
}


void
ngx_wzp_link_moves(ngx_wzp_link_conn_t *lc)
{
    lc->goaway = 1;

    if (lc->out != NULL && lc->out->dial != NULL && lc->hub->lost_ns == 0) {
        ngx_wzp_dial_renew(&lc->link->dial);
    }
}


/* ---- time ---- */

void
ngx_wzp_link_tick(ngx_wzp_hub_t *hub)
{
    ngx_uint_t       i;
    ngx_queue_t     *q, *next;
    ngx_wzp_link_t  *ln;

    for (i = 0; i < hub->nlinks; i++) {
        ln = &hub->links[i];

        for (q = ngx_queue_head(&ln->conns);
             q != ngx_queue_sentinel(&ln->conns);
             q = next)
        {
            next = ngx_queue_next(q);
            ngx_wzp_link_tick_conn(ngx_queue_data(q, ngx_wzp_link_conn_t,
                                                  queue));
        }
    }
}


static void
ngx_wzp_link_tick_conn(ngx_wzp_link_conn_t *lc)
{
    uint64_t         now, wait;
    ngx_wzp_link_t  *ln;

    ln = lc->link;
    now = ngx_wzp_worker->now_ns;

    wait = ln->conf->verify == NGX_WZP_VERIFY_HELLO ? NGX_WZP_LINK_EXISTING
                                                    : NGX_WZP_LINK_SILENT;

    if (!lc->ready && now - lc->since_ns >= wait) {
        ngx_wzp_link_ready(lc);         /* an existing relay says nothing */
        return;
    }

    ngx_wzp_link_say(lc);

    if (lc->failed) {
        ngx_wzp_link_close(lc, WZP_CLOSE_INTERNAL);
        return;
    }

    if (lc->doomed_ns != 0 && now >= lc->doomed_ns) {
        lc->doomed_ns = 0;
        ngx_wzp_link_close(lc, WZP_CLOSE_REPLACED);
        return;
    }

    if (lc == ln->best && lc->out != NULL && ln->dial.pause != 0
        && now - lc->since_ns >= NGX_WZP_LINK_PROOF)
    {
        ngx_wzp_dial_proved(&ln->dial);
    }

    /* an existing relay forgets our people when it hears nothing for 15 s */

    if (lc == ln->best && !lc->ours && now - lc->ping_ns >= NGX_WZP_LINK_PING)
    {
        lc->ping_ns = now;
        ngx_wzp_link_ping(lc);
    }
}


ngx_uint_t
ngx_wzp_link_synced(ngx_wzp_hub_t *hub, ngx_wzp_link_t *but)
{
    ngx_uint_t       i;
    ngx_wzp_link_t  *ln;

    for (i = 0; i < hub->nlinks; i++) {
        ln = &hub->links[i];

        if (ln == but || ln->conf->verify == NGX_WZP_VERIFY_HELLO
            || (ln->best == NULL && ln->tried))
        {
            continue;                   /* it waits, or is not there */
        }

        if (ln->best == NULL || (ln->ours && !ln->best->synced)) {
            return 0;
        }
    }

    return 1;
}


void
ngx_wzp_link_rule(ngx_wzp_hub_t *hub)
{
    ngx_uint_t            i;
    ngx_queue_t          *q;
    ngx_wzp_link_t       *ln;
    ngx_wzp_link_conn_t  *lc;

    for (i = 0; i < hub->nlinks; i++) {
        ln = &hub->links[i];

        for (q = ngx_queue_head(&ln->conns);
             q != ngx_queue_sentinel(&ln->conns);
             q = ngx_queue_next(q))
        {
            lc = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

            ngx_wzp_link_say(lc);
        }

        if (ln->conf->host.text.len != 0
            && ln->conf->verify == NGX_WZP_VERIFY_HELLO
            && !ln->dial.running)
        {
            ln->dial.pause = NGX_WZP_LINK_HANDOVER;
            ngx_wzp_dial_start(&ln->dial);
        }
    }
}


void
ngx_wzp_link_absent(ngx_wzp_hub_t *hub)
{
    ngx_uint_t  i;

    for (i = 0; i < hub->nlinks; i++) {
        if (hub->links[i].best == NULL) {
            wzp_fed_peer_down(hub->fed, (unsigned) i, ngx_wzp_worker->now_ns);
        }
    }
}


void
ngx_wzp_link_leave(ngx_wzp_hub_t *hub, ngx_uint_t force)
{
    ngx_uint_t            i;
    ngx_queue_t          *q, *next;
    ngx_wzp_link_t       *ln;
    ngx_wzp_link_conn_t  *lc;

    ngx_wzp_link_stop(hub);

    for (i = 0; i < hub->nlinks; i++) {
        ln = &hub->links[i];

        for (q = ngx_queue_head(&ln->conns);
             q != ngx_queue_sentinel(&ln->conns);
             q = next)
        {
            next = ngx_queue_next(q);
            lc = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

            /* an existing relay is closed first, and dialed after that */

            if (force || (!lc->ours && !hub->ruling)) {
                ngx_wzp_link_close(lc, WZP_CLOSE_GOING_AWAY);

            } else if (lc->wc != NULL) {
                ngx_wzp_hub_hello(lc->hub, lc->qc, 0, 1);
            }
        }
    }
}


ngx_uint_t
ngx_wzp_link_count(ngx_wzp_hub_t *hub)
{
    ngx_uint_t    i, n;
    ngx_queue_t  *q;

    n = 0;

    for (i = 0; i < hub->nlinks; i++) {
        for (q = ngx_queue_head(&hub->links[i].conns);
             q != ngx_queue_sentinel(&hub->links[i].conns);
             q = ngx_queue_next(q))
        {
            n++;
        }
    }

    return n;
}


/* ---- sending ---- */

ngx_int_t
ngx_wzp_link_signal(ngx_wzp_link_t *ln, const wzp_signal_t *sg)
{
    ngx_int_t             rc;
    ngx_uint_t            both;
    ngx_queue_t          *q;
    ngx_wzp_link_conn_t  *lc;

    rc = NGX_DECLINED;

    /*
     * Where two of its processes listen, both have to know who is where, but
     * one acts on what is asked and on calls; an existing relay hears all once.
     */
    both = sg->type == WZP_SIG_GLOBAL_ROOM_ACTIVE
           || sg->type == WZP_SIG_GLOBAL_ROOM_INACTIVE
           || sg->type == WZP_SIG_PRESENCE_UPDATE;

    for (q = ngx_queue_head(&ln->conns);
         q != ngx_queue_sentinel(&ln->conns);
         q = ngx_queue_next(q))
    {
        lc = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

        if (!lc->ready
            || (lc != ln->best && (!both || !lc->ours || !lc->told)))
        {
            continue;
        }

        if (ngx_wzp_conn_signal(lc->qc, sg, 0) == NGX_OK) {
            rc = NGX_OK;

        } else {
            lc->failed = 1;     /* the tick closes it, to begin anew */
        }
    }

    return rc;
}


ngx_int_t
ngx_wzp_link_media(ngx_wzp_link_t *ln, wzp_qbuf_t *qb)
{
    if (ln->best == NULL
        || wzp_qconn_send(ln->best->qc, qb, ngx_wzp_worker->now_ns) != WZP_OK)
    {
        ln->health.failures++;
        return NGX_DECLINED;
    }

    ngx_wzp_count(ln->hub->relay->stat, NGX_WZP_STAT_FED_OUT, 1);
    ln->packets_out++;

    return NGX_OK;
}
