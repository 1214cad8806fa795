/*
 * What the hub answers: people, routes, links, probes, and their metrics.
 */

#include "core/ngx_wzp_ask.h"

#include "core/ngx_wzp_ask_metrics.h"
#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_probe.h"


#define NGX_WZP_HERE    (-1)            /* in place of a peer's number       */


/* Somebody at some place. */
typedef struct {
    uint8_t  fp[WZP_FP_SIZE];
    int      peer;
} ngx_wzp_someone_t;


static void ngx_wzp_ask_presence(ngx_wzp_answer_t *an);
static ngx_wzp_someone_t *ngx_wzp_ask_people(ngx_wzp_hub_t *hub,
    ngx_uint_t *n);
static int ngx_libc_cdecl ngx_wzp_ask_compare(const void *one,
    const void *two);
static void ngx_wzp_ask_person(ngx_wzp_answer_t *an);
static void ngx_wzp_ask_place(ngx_wzp_json_t *js, ngx_wzp_hub_t *hub,
    int peer);
static void ngx_wzp_ask_fp(ngx_wzp_json_t *js, const char *key,
    const uint8_t *fp);
static void ngx_wzp_ask_peers(ngx_wzp_answer_t *an);
static ngx_uint_t ngx_wzp_ask_listed(ngx_wzp_hub_t *hub, unsigned peer,
    const wzp_gossip_peer_t *info);
static uint64_t ngx_wzp_ask_rtt(ngx_wzp_hub_t *hub, ngx_uint_t peer);
static void ngx_wzp_ask_route(ngx_wzp_answer_t *an);
static void ngx_wzp_ask_routed(void *ctx, const wzp_route_response_t *rr);
static void ngx_wzp_ask_links(ngx_wzp_answer_t *an);
static void ngx_wzp_ask_link(ngx_wzp_json_t *js, ngx_wzp_link_t *ln);
static void ngx_wzp_ask_mesh(ngx_wzp_answer_t *an);
static void ngx_wzp_ask_mesh_number(ngx_wzp_json_t *js, const char *key,
    unsigned pings, double n);
static void ngx_wzp_ask_mesh_cell(char cell[16], unsigned pings, double n,
    const char *unit);
static void ngx_wzp_ask_mesh_text(ngx_wzp_answer_t *an);


void
ngx_wzp_ask_render(ngx_wzp_answer_t *an)
{
    switch ((ngx_wzp_ask_e) an->kind) {

    case NGX_WZP_ASK_ROUTE:
        ngx_wzp_ask_route(an);      /* ready when others have answered */
        return;

    case NGX_WZP_ASK_PRESENCE:
        ngx_wzp_ask_presence(an);
        break;

    case NGX_WZP_ASK_PERSON:
        ngx_wzp_ask_person(an);
        break;

    case NGX_WZP_ASK_PEERS:
        ngx_wzp_ask_peers(an);
        break;

    case NGX_WZP_ASK_LINKS:
        ngx_wzp_ask_links(an);
        break;

    case NGX_WZP_ASK_MESH:
        ngx_wzp_ask_mesh(an);
        break;

    case NGX_WZP_ASK_MESH_TEXT:
        ngx_wzp_ask_mesh_text(an);
        break;

    case NGX_WZP_ASK_METRICS:
        ngx_wzp_ask_metrics(&an->text, an->relay->hub);
        break;
    }

    ngx_wzp_ask_ready(an, 200);
}


/* ---- people ---- */

/* Everybody once: here rather than elsewhere. */
static void
ngx_wzp_ask_presence(ngx_wzp_answer_t *an)
{
    ngx_uint_t          i, n;
    ngx_wzp_hub_t      *hub;
    ngx_wzp_json_t      js;
    ngx_wzp_someone_t  *list;

    hub = an->relay->hub;
    list = ngx_wzp_ask_people(hub, &n);

    if (list == NULL) {
        an->text.failed = 1;
        return;
    }

    ngx_wzp_json_init(&js, &an->text);
    ngx_wzp_json_open(&js, NULL, '[');

    for (i = 0; i < n; i++) {

        if (i > 0
            && ngx_memcmp(list[i].fp, list[i - 1].fp, WZP_FP_SIZE) == 0)
        {
            continue;
        }

        ngx_wzp_json_open(&js, NULL, '{');
        ngx_wzp_ask_fp(&js, "fingerprint", list[i].fp);
        ngx_wzp_ask_place(&js, hub, list[i].peer);
        ngx_wzp_json_close(&js, '}');
    }

    ngx_wzp_json_close(&js, ']');

    ngx_free(list);
}


/* Sorted by fingerprint, then by peer. */
static ngx_wzp_someone_t *
ngx_wzp_ask_people(ngx_wzp_hub_t *hub, ngx_uint_t *count)
{
    size_t              i, n, max;
    unsigned            peer;
    uint32_t            at;
    const uint8_t      *fp, (*fps)[WZP_FP_SIZE];
    ngx_wzp_someone_t  *list;

    fps = wzp_gossip_people(hub->gossip, &n);
    max = n + wzp_gossip_remote(hub->gossip);

    list = ngx_alloc((max + 1) * sizeof(ngx_wzp_someone_t), ngx_cycle->log);
    if (list == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        ngx_memcpy(list[i].fp, fps[i], WZP_FP_SIZE);
        list[i].peer = NGX_WZP_HERE;
    }

    for (peer = 0; peer < WZP_GOSSIP_PEERS; peer++) {
        at = 0;

        while (i < max
               && (fp = wzp_gossip_walk(hub->gossip, peer, &at)) != NULL)
        {
            ngx_memcpy(list[i].fp, fp, WZP_FP_SIZE);
            list[i++].peer = (int) peer;
        }
    }

    ngx_qsort(list, i, sizeof(ngx_wzp_someone_t), ngx_wzp_ask_compare);

    *count = i;

    return list;
}


static int ngx_libc_cdecl
ngx_wzp_ask_compare(const void *one, const void *two)
{
    int                       rc;
    const ngx_wzp_someone_t  *a = one;
    const ngx_wzp_someone_t  *b = two;

    rc = ngx_memcmp(a->fp, b->fp, WZP_FP_SIZE);

    return rc != 0 ? rc : a->peer - b->peer;
}


static void
ngx_wzp_ask_person(ngx_wzp_answer_t *an)
{
    char             text[WZP_FP_TEXT_LEN + 1];
    unsigned         peer;
    ngx_wzp_hub_t   *hub;
    ngx_wzp_json_t   js;

    hub = an->relay->hub;

    if (!wzp_gossip_is_local(hub->gossip, an->fp)
        && wzp_gossip_find(hub->gossip, an->fp, &peer, 1) == 0)
    {
        /* existing relays write this on one line */

        wzp_fp_text(text, an->fp);
        ngx_wzp_text_printf(&an->text,
                            "{\"fingerprint\":\"%s\",\"location\":null}\n",
                            text);
        return;
    }

    ngx_wzp_json_init(&js, &an->text);
    ngx_wzp_json_open(&js, NULL, '{');
    ngx_wzp_ask_fp(&js, "fingerprint", an->fp);
    ngx_wzp_ask_place(&js, hub, wzp_gossip_is_local(hub->gossip, an->fp)
                                ? NGX_WZP_HERE : (int) peer);
    ngx_wzp_json_close(&js, '}');
}


static void
ngx_wzp_ask_place(ngx_wzp_json_t *js, ngx_wzp_hub_t *hub, int peer)
{
    wzp_gossip_peer_t  info;

    if (peer == NGX_WZP_HERE) {
        ngx_wzp_json_cstr(js, "location", "Local");

    } else if (wzp_gossip_peer(hub->gossip, (unsigned) peer, &info)) {
        ngx_wzp_json_open(js, "location", '{');
        ngx_wzp_json_cstr(js, "Remote", info.addr);
        ngx_wzp_json_close(js, '}');

    } else {
        ngx_wzp_json_null(js, "location");
    }
}


static void
ngx_wzp_ask_fp(ngx_wzp_json_t *js, const char *key, const uint8_t *fp)
{
    char  text[WZP_FP_TEXT_LEN + 1];

    wzp_fp_text(text, fp);
    ngx_wzp_json_cstr(js, key, text);
}


static void
ngx_wzp_ask_peers(ngx_wzp_answer_t *an)
{
    unsigned            peer;
    uint32_t            at;
    uint64_t            rtt;
    ngx_wzp_hub_t      *hub;
    const uint8_t      *fp;
    ngx_wzp_json_t      js;
    wzp_gossip_peer_t   info;

    hub = an->relay->hub;

    ngx_wzp_json_init(&js, &an->text);
    ngx_wzp_json_open(&js, NULL, '[');

    for (peer = 0; peer < WZP_GOSSIP_PEERS; peer++) {

        if (!wzp_gossip_peer(hub->gossip, peer, &info)
            || ngx_wzp_ask_listed(hub, peer, &info))
        {
            continue;
        }

        ngx_wzp_json_open(&js, NULL, '{');
        ngx_wzp_json_cstr(&js, "addr", info.addr);

        ngx_wzp_json_open(&js, "fingerprints", '[');
        at = 0;

        while ((fp = wzp_gossip_walk(hub->gossip, peer, &at)) != NULL) {
            ngx_wzp_ask_fp(&js, NULL, fp);
        }

        ngx_wzp_json_close(&js, ']');

        rtt = ngx_wzp_ask_rtt(hub, peer);

        if (rtt != 0) {
            ngx_wzp_json_milli(&js, "rtt_ms", rtt);

        } else {
            ngx_wzp_json_null(&js, "rtt_ms");
        }

        ngx_wzp_json_close(&js, '}');
    }

    ngx_wzp_json_close(&js, ']');
}


/*
 * A relay that has a link and probes as well tells the same twice.  Several may
 * listen on all addresses and name one; their epochs differ.
 */
static ngx_uint_t
ngx_wzp_ask_listed(ngx_wzp_hub_t *hub, unsigned peer,
    const wzp_gossip_peer_t *info)
{
    wzp_gossip_peer_t  other;

    while (peer-- > 0) {
        if (wzp_gossip_peer(hub->gossip, peer, &other)
            && other.epoch == info->epoch
            && ngx_strcmp(other.addr, info->addr) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* us; 0: not known. */
static uint64_t
ngx_wzp_ask_rtt(ngx_wzp_hub_t *hub, ngx_uint_t peer)
{
    wzp_qconn_t   *qc;
    wzp_qstats_t   st;

    qc = NULL;

    if (peer >= NGX_WZP_PROBE_FIRST) {
        if (hub->probes[peer - NGX_WZP_PROBE_FIRST] != NULL) {
            qc = hub->probes[peer - NGX_WZP_PROBE_FIRST]->qc;
        }

    } else if (peer < hub->nlinks && hub->links[peer].best != NULL) {
        qc = hub->links[peer].best->qc;
    }

    if (qc == NULL) {
        return 0;
    }

    wzp_qconn_stats(qc, &st);

    return st.rtt_ns / 1000;
}


/* ---- routes ---- */

static void
ngx_wzp_ask_route(ngx_wzp_answer_t *an)
{
    if (ngx_wzp_presence_ask(an->relay->hub, an->fp, 0, ngx_wzp_ask_routed,
                             an)
        == NULL)
    {
        ngx_wzp_ask_ready(an, 503);
    }
}


static void
ngx_wzp_ask_routed(void *ctx, const wzp_route_response_t *rr)
{
    ngx_wzp_answer_t  *an = ctx;

    size_t           i;
    ngx_wzp_json_t   js;

    ngx_wzp_worker_turn();

    ngx_wzp_json_init(&js, &an->text);
    ngx_wzp_json_open(&js, NULL, '{');
    ngx_wzp_ask_fp(&js, "fingerprint", an->fp);

    ngx_wzp_json_open(&js, "relay_chain", '[');

    for (i = 0; rr->found && i < rr->nchain; i++) {
        ngx_wzp_json_cstr(&js, NULL, rr->chain[i]);
    }

    ngx_wzp_json_close(&js, ']');

    ngx_wzp_json_cstr(&js, "route", wzp_route_kind_name(wzp_route_kind(rr)));
    ngx_wzp_json_close(&js, '}');

    ngx_wzp_ask_ready(an, 200);
}


/* ---- links ---- */

static void
ngx_wzp_ask_links(ngx_wzp_answer_t *an)
{
    ngx_uint_t       i;
    ngx_wzp_hub_t   *hub;
    ngx_wzp_json_t   js;

    hub = an->relay->hub;

    ngx_wzp_json_init(&js, &an->text);
    ngx_wzp_json_open(&js, NULL, '[');

    for (i = 0; i < hub->nlinks; i++) {
        ngx_wzp_ask_link(&js, &hub->links[i]);
    }

    ngx_wzp_json_close(&js, ']');
}


/* long: one line for each member of the object */
static void
ngx_wzp_ask_link(ngx_wzp_json_t *js, ngx_wzp_link_t *ln)
{
    char          fp[WZP_CERT_FP_TEXT_LEN + 1], addr[WZP_ADDR_TEXT_MAX];
    ngx_uint_t    i;
    wzp_qstats_t  st;

    ngx_memzero(&st, sizeof(st));

    if (ln->best != NULL) {
        wzp_qconn_stats(ln->best->qc, &st);
    }

    ngx_wzp_json_open(js, NULL, '{');

    if (ln->best != NULL) {
        ngx_wzp_json_cstr(js, "address",
                          wzp_addr_text(wzp_qconn_peer(ln->best->qc), addr));

    } else if (ln->conf->host.text.len != 0) {
        ngx_wzp_json_str(js, "address", ln->conf->host.text.data,
                         ln->conf->host.text.len);

    } else {
        ngx_wzp_json_null(js, "address");
    }

    if (ln->best != NULL) {
        ngx_wzp_json_cstr(js, "direction", ln->best->out != NULL ? "out"
                                                                 : "in");

    } else {
        ngx_wzp_json_null(js, "direction");
    }

    ngx_wzp_json_open(js, "drops", '{');

    for (i = 0; i < WZP_DROP_N; i++) {
        if (ln->drops[i] != 0) {
            ngx_wzp_json_num(js, wzp_drop_label(i), ln->drops[i]);
        }
    }

    ngx_wzp_json_close(js, '}');

    wzp_cert_fp_text(fp, ln->conf->fp);
    ngx_wzp_json_cstr(js, "fingerprint", fp);
    ngx_wzp_json_cstr(js, "label", ln->label);

    if (ln->error[0] != '\0') {
        ngx_wzp_json_cstr(js, "last_error", ln->error);

    } else {
        ngx_wzp_json_null(js, "last_error");
    }

    if (ln->best != NULL) {
        ngx_wzp_json_milli(js, "loss_pct",
                           st.packets_out == 0
                           ? 0 : st.packets_lost * 100000 / st.packets_out);

    } else {
        ngx_wzp_json_null(js, "loss_pct");
    }

    ngx_wzp_json_bool(js, "ours", ln->best != NULL && ln->ours);
    ngx_wzp_json_num(js, "packets_dropped", ln->dropped);
    ngx_wzp_json_num(js, "packets_in", ln->packets_in);
    ngx_wzp_json_num(js, "packets_out", ln->packets_out);
    ngx_wzp_json_num(js, "packets_queued", st.queued);

    if (st.rtt_ns != 0) {
        ngx_wzp_json_milli(js, "rtt_ms", st.rtt_ns / 1000);

    } else {
        ngx_wzp_json_null(js, "rtt_ms");
    }

    ngx_wzp_json_num(js, "signals_dropped", ln->signals_dropped);
    ngx_wzp_json_num(js, "since", (uint64_t) ngx_time()
                     - (ngx_wzp_worker->now_ns - ln->since_ns) / WZP_SEC);
    ngx_wzp_json_cstr(js, "state", ln->best != NULL ? "up" : "down");
    ngx_wzp_json_close(js, '}');
}


/* ---- probes ---- */

static void
ngx_wzp_ask_mesh(ngx_wzp_answer_t *an)
{
    ngx_uint_t         i;
    ngx_wzp_json_t     js;
    ngx_wzp_probe_t   *pr;
    wzp_pings_stat_t   st;

    ngx_wzp_json_init(&js, &an->text);
    ngx_wzp_json_open(&js, NULL, '[');

    for (i = 0; i < WZP_ARRAY_LEN(an->relay->hub->probes); i++) {
        pr = an->relay->hub->probes[i];

        if (pr == NULL || pr->host == NULL) {
            continue;
        }

        wzp_pings_stat(&pr->pings, ngx_wzp_worker->now_ns, &st);

        ngx_wzp_json_open(&js, NULL, '{');
        ngx_wzp_ask_mesh_number(&js, "jitter_ms", st.answered, st.jitter_ms);
        ngx_wzp_ask_mesh_number(&js, "loss_pct", st.sent, st.loss * 100);
        ngx_wzp_ask_mesh_number(&js, "rtt_ms", st.answered, st.rtt_ms);
        ngx_wzp_json_str(&js, "target", pr->host->text.data,
                         pr->host->text.len);
        ngx_wzp_json_bool(&js, "up", st.up);
        ngx_wzp_json_close(&js, '}');
    }

    ngx_wzp_json_close(&js, ']');
}


/* Of so many pings; of none there is nothing to tell. */
static void
ngx_wzp_ask_mesh_number(ngx_wzp_json_t *js, const char *key, unsigned pings,
    double n)
{
    if (pings != 0) {
        ngx_wzp_json_milli(js, key, (uint64_t) (n * 1000));

    } else {
        ngx_wzp_json_null(js, key);
    }
}


/* The same, with a unit. */
static void
ngx_wzp_ask_mesh_cell(char cell[16], unsigned pings, double n,
    const char *unit)
{
    if (pings != 0) {
        (void) snprintf(cell, 16, "%.0f%s", n, unit);

    } else {
        (void) snprintf(cell, 16, "-");
    }
}


/* As existing relays show it. */
static void
ngx_wzp_ask_mesh_text(ngx_wzp_answer_t *an)
{
    int                n;
    char               line[128], rtt[16], loss[16], jitter[16];
    ngx_uint_t         i, some;
    ngx_wzp_probe_t   *pr;
    wzp_pings_stat_t   st;

    ngx_wzp_text_printf(&an->text, "Relay Mesh Health\n");

    for (i = 0; i < 41; i++) {
        ngx_wzp_text_printf(&an->text, "\xe2\x94\x80");
    }

    n = snprintf(line, sizeof(line), "\n%-20s%6s%6s%7s  %s\n", "Target",
                 "RTT", "Loss", "Jitter", "Status");
    ngx_wzp_text_add(&an->text, line, (size_t) n);

    some = 0;

    for (i = 0; i < WZP_ARRAY_LEN(an->relay->hub->probes); i++) {
        pr = an->relay->hub->probes[i];

        if (pr == NULL || pr->host == NULL) {
            continue;
        }

        some = 1;
        wzp_pings_stat(&pr->pings, ngx_wzp_worker->now_ns, &st);

        ngx_wzp_ask_mesh_cell(rtt, st.answered, st.rtt_ms, "ms");
        ngx_wzp_ask_mesh_cell(loss, st.sent, st.loss * 100, "%");
        ngx_wzp_ask_mesh_cell(jitter, st.answered, st.jitter_ms, "ms");

        n = snprintf(line, sizeof(line), "%-20.60s%6s%6s%7s  %s\n",
                     (char *) pr->host->text.data, rtt, loss, jitter,
                     st.up ? "UP" : "DOWN");
        ngx_wzp_text_add(&an->text, line, (size_t) n);
    }

    if (!some) {
        ngx_wzp_text_printf(&an->text, "  (no probe targets configured)\n");
    }
}
