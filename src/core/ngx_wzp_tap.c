/*
 * The debug tap.
 */

#include "core/ngx_wzp_tap.h"

#include "core/ngx_wzp_room.h"


#define NGX_WZP_TAP_TEXT    1536        /* of participants in a line         */


static ngx_uint_t ngx_wzp_tap_may(ngx_wzp_relay_t *relay,
    ngx_wzp_tap_kind_e kind);
static void ngx_wzp_tap_hidden(ngx_wzp_relay_t *relay,
    ngx_wzp_tap_limit_t *tl);
static u_char *ngx_wzp_tap_header(u_char *p, u_char *last,
    const wzp_packet_t *pk, ngx_uint_t fan_out);
static const char *ngx_wzp_tap_addr(ngx_wzp_conn_t *wc, char *buf);
static u_char *ngx_wzp_tap_text(u_char *p, u_char *last, const char *text);
static u_char *ngx_wzp_tap_people(u_char *p, u_char *last,
    const wzp_participant_t *pa, size_t n);


ngx_uint_t
ngx_wzp_tap_wants(const ngx_wzp_relay_conf_t *conf, const uint8_t *key)
{
    ngx_uint_t           i;
    ngx_wzp_tap_conf_t  *tf;

    tf = conf->taps != NULL ? conf->taps->elts : NULL;

    for (i = 0; tf != NULL && i < conf->taps->nelts; i++) {
        if (tf[i].name.data[0] == '*'
            || ngx_memcmp(tf[i].key, key, WZP_ROOM_KEY_SIZE) == 0
            || ngx_memcmp(tf[i].cased, key, WZP_ROOM_KEY_SIZE) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Within wzp_debug_tap_rate?  What is not, is counted. */
static ngx_uint_t
ngx_wzp_tap_may(ngx_wzp_relay_t *relay, ngx_wzp_tap_kind_e kind)
{
    ngx_wzp_tap_limit_t  *tl;

    tl = &relay->tap[kind];

    if (tl->sec != ngx_time()) {
        ngx_wzp_tap_hidden(relay, tl);
        tl->sec = ngx_time();
        tl->count = 0;
    }

    if (relay->conf->tap_rate != 0 && tl->count == relay->conf->tap_rate) {
        tl->hidden++;
        return 0;
    }

    tl->count++;

    return 1;
}


static void
ngx_wzp_tap_hidden(ngx_wzp_relay_t *relay, ngx_wzp_tap_limit_t *tl)
{
    if (tl->hidden != 0) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "TAP SKIPPED count=%ui kind=\"%s\"", tl->hidden,
                      tl == &relay->tap[NGX_WZP_TAP_PACKET] ? "packets"
                                                            : "other");
        tl->hidden = 0;
    }
}


void
ngx_wzp_tap_tick(ngx_wzp_relay_t *relay)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_WZP_TAP_KINDS; i++) {
        if (relay->tap[i].sec != ngx_time()) {
            ngx_wzp_tap_hidden(relay, &relay->tap[i]);
        }
    }
}


/* ---- packets ---- */

void
ngx_wzp_tap_in(ngx_wzp_member_t *mb, const wzp_packet_t *pk,
    ngx_uint_t fan_out)
{
    char                  addr[WZP_ADDR_TEXT_MAX];
    u_char               *p, buf[NGX_MAX_ERROR_STR];
    ngx_wzp_room_t       *rm;
    ngx_wzp_tap_stats_t  *ts;

    rm = mb->room;
    ts = &rm->tap;

    ts->in++;
    ts->out += fan_out;
    ts->codecs |= (ngx_uint_t) 1 << pk->codec;

    if (mb->heard && pk->seq != (uint16_t) (mb->seq + 1)) {
        ts->seq_gaps++;
    }

    mb->heard = 1;
    mb->seq = pk->seq;

    if (!ngx_wzp_tap_may(rm->relay, NGX_WZP_TAP_PACKET)) {
        return;
    }

    p = ngx_wzp_tap_header(buf, buf + sizeof(buf), pk, fan_out);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "TAP room=%s dir=\"in\" addr=%s %*s", rm->zone->name,
                  ngx_wzp_tap_addr(mb->conn, addr), (size_t) (p - buf), buf);
}


void
ngx_wzp_tap_out(ngx_wzp_room_t *rm, const wzp_packet_t *pk,
    ngx_uint_t fan_out)
{
    u_char  *p, buf[NGX_MAX_ERROR_STR];

    if (!ngx_wzp_tap_may(rm->relay, NGX_WZP_TAP_PACKET)) {
        return;
    }

    p = ngx_wzp_tap_header(buf, buf + sizeof(buf), pk, fan_out);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "TAP room=%s dir=\"out\" %*s", rm->zone->name,
                  (size_t) (p - buf), buf);
}


void
ngx_wzp_tap_link(ngx_wzp_relay_t *relay, const char *room, const char *dir,
    const char *label, const wzp_packet_t *pk, ngx_uint_t fan_out)
{
    u_char  *p, *last, buf[NGX_MAX_ERROR_STR];

    if (!ngx_wzp_tap_may(relay, NGX_WZP_TAP_PACKET)) {
        return;
    }

    last = buf + sizeof(buf);

    p = ngx_wzp_tap_text(buf, last, label);
    p = ngx_slprintf(p, last, " ");
    p = ngx_wzp_tap_header(p, last, pk, fan_out);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "TAP room=%s dir=\"%s\" peer=%*s", room, dir,
                  (size_t) (p - buf), buf);
}


static u_char *
ngx_wzp_tap_header(u_char *p, u_char *last, const wzp_packet_t *pk,
    ngx_uint_t fan_out)
{
    return ngx_slprintf(p, last,
                        "seq=%ui codec=%s ts=%uD fec_block=%ui fec_sym=%ui "
                        "repair=%s len=%uz fan_out=%ui", (ngx_uint_t) pk->seq,
                        wzp_codec_info(pk->codec)->name, pk->timestamp,
                        (ngx_uint_t) pk->fec_block,
                        (ngx_uint_t) pk->fec_symbol,
                        pk->repair ? "true" : "false", pk->payload.len,
                        fan_out);
}


/* Where he is; once QUIC has let go of him, where he came from. */
static const char *
ngx_wzp_tap_addr(ngx_wzp_conn_t *wc, char *buf)
{
    wzp_addr_t  addr;

    if (wc->qc != NULL) {
        return wzp_addr_text(wzp_qconn_peer(wc->qc), buf);
    }

    if (wc->connection == NULL
        || wzp_addr_set(&addr, wc->connection->sockaddr,
                        wc->connection->socklen) != WZP_OK)
    {
        return "-";
    }

    return wzp_addr_text(&addr, buf);
}


/*
 * Text of a peer, between quotes.  It has no control characters any more
 * (wzp_utf8_clean); should it have, they are no line's end.
 */
static u_char *
ngx_wzp_tap_text(u_char *p, u_char *last, const char *text)
{
    p = ngx_slprintf(p, last, "\"");

    for ( /* void */ ; *text != '\0'; text++) {

        if (*text == '"' || *text == '\\') {
            p = ngx_slprintf(p, last, "\\%c", *text);

        } else if ((u_char) *text < 0x20 || *text == 0x7f) {
            p = ngx_slprintf(p, last, "\\x%02xd", (int) *text);

        } else {
            p = ngx_slprintf(p, last, "%c", *text);
        }
    }

    return ngx_slprintf(p, last, "\"");
}


/* ---- signals ---- */

void
ngx_wzp_tap_signal(ngx_wzp_room_t *rm, const wzp_signal_t *sg)
{
    u_char                         *p, *last, buf[NGX_MAX_ERROR_STR];
    const wzp_room_update_t        *ru;
    const wzp_quality_directive_t  *qd;

    if (!ngx_wzp_tap_may(rm->relay, NGX_WZP_TAP_OTHER)) {
        return;
    }

    p = buf;
    last = buf + sizeof(buf);

    if (sg->type == WZP_SIG_ROOM_UPDATE) {
        ru = &sg->u.room_update;

        p = ngx_slprintf(p, last, " count=%uD", ru->count);
        p = ngx_wzp_tap_people(p, buf + NGX_WZP_TAP_TEXT, ru->participants,
                               ru->nparticipants);

    } else if (sg->type == WZP_SIG_QUALITY_DIRECTIVE) {
        qd = &sg->u.quality_directive;

        p = ngx_slprintf(p, last, " codec=%s reason=",
                         wzp_codec_info(qd->profile.codec)->name);
        p = ngx_wzp_tap_text(p, last, qd->reason);
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "TAP SIGNAL room=%s signal=\"%s\"%*s", rm->zone->name,
                  wzp_signal_name(sg->type), (size_t) (p - buf), buf);
}


/* Their aliases; as many as there is room for. */
static u_char *
ngx_wzp_tap_people(u_char *p, u_char *last, const wzp_participant_t *pa,
    size_t n)
{
    size_t       i;
    const char  *alias;

    p = ngx_slprintf(p, last, " participants=[");

    for (i = 0; i < n; i++) {

        if (last - p < 2 * WZP_ALIAS_MAX + (ngx_int_t) sizeof("\"\", ...]")) {
            p = ngx_slprintf(p, last, ", ...");
            break;
        }

        alias = pa[i].alias;

        p = ngx_slprintf(p, last, "%s", i != 0 ? ", " : "");
        p = ngx_wzp_tap_text(p, last, alias[0] != '\0' ? alias : "?");
    }

    return ngx_slprintf(p, last, "]");
}


void
ngx_wzp_tap_link_signal(ngx_wzp_relay_t *relay, const char *room,
    const char *dir, const char *label, const wzp_signal_t *sg)
{
    u_char                   *p, *last, buf[NGX_MAX_ERROR_STR];
    const wzp_global_room_t  *gr;

    if (!ngx_wzp_tap_may(relay, NGX_WZP_TAP_OTHER)) {
        return;
    }

    gr = &sg->u.global_room;
    last = buf + NGX_WZP_TAP_TEXT;

    p = ngx_wzp_tap_text(buf, last, label);

    if (sg->type == WZP_SIG_GLOBAL_ROOM_ACTIVE) {
        p = ngx_wzp_tap_people(p, last, gr->participants, gr->nparticipants);
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "TAP SIGNAL room=%s signal=\"%s\" dir=\"%s\" peer=%*s", room,
                  wzp_signal_name(sg->type), dir, (size_t) (p - buf), buf);
}


void
ngx_wzp_tap_said(ngx_wzp_member_t *mb, const wzp_signal_t *sg)
{
    char  addr[WZP_ADDR_TEXT_MAX];

    if (ngx_wzp_tap_may(mb->room->relay, NGX_WZP_TAP_OTHER)) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "TAP SIGNAL room=%s signal=\"%s\" addr=%s",
                      mb->room->zone->name, wzp_signal_name(sg->type),
                      ngx_wzp_tap_addr(mb->conn, addr));
    }
}


/* ---- joins and leaves ---- */

void
ngx_wzp_tap_join(ngx_wzp_member_t *mb)
{
    char             addr[WZP_ADDR_TEXT_MAX];
    u_char          *p, *last, buf[NGX_MAX_ERROR_STR];
    ngx_wzp_conn_t  *wc;

    wc = mb->conn;

    if (!ngx_wzp_tap_may(wc->relay, NGX_WZP_TAP_OTHER)) {
        return;
    }

    last = buf + sizeof(buf);

    /* the alias without its quotes: those of the detail are around it */

    p = ngx_wzp_tap_text(buf, last, wc->alias[0] != '\0' ? wc->alias : "?");

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "TAP EVENT room=%s event=\"join\" "
                  "detail=\"participant=%uL addr=%s alias=%*s",
                  mb->room->zone->name, mb->uid,
                  ngx_wzp_tap_addr(wc, addr), (size_t) (p - buf - 1),
                  buf + 1);
}


void
ngx_wzp_tap_leave(ngx_wzp_member_t *mb, ngx_uint_t last)
{
    char             addr[WZP_ADDR_TEXT_MAX];
    u_char           buf[NGX_INT64_LEN + sizeof("forwarded=")];
    ngx_wzp_conn_t  *wc;

    wc = mb->conn;

    if (!ngx_wzp_tap_may(wc->relay, NGX_WZP_TAP_OTHER)) {
        return;
    }

    (void) ngx_sprintf(buf, "forwarded=%uL%Z", wc->packets_in);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "TAP EVENT room=%s event=\"leave\" "
                  "detail=\"participant=%uL addr=%s %s\"",
                  mb->room->zone->name, mb->uid, ngx_wzp_tap_addr(wc, addr),
                  last ? (u_char *) "(room closed)" : buf);
}


/* ---- statistics ---- */

void
ngx_wzp_tap_stats(ngx_wzp_room_t *rm)
{
    u_char               *p, *last, buf[NGX_MAX_ERROR_STR];
    uint64_t              tenths;
    ngx_uint_t            i;
    ngx_wzp_tap_stats_t  *ts;

    ts = &rm->tap;
    p = buf;
    last = buf + sizeof(buf);

    for (i = 0; i < WZP_CODEC_N; i++) {
        if (ts->codecs & ((ngx_uint_t) 1 << i)) {
            p = ngx_slprintf(p, last, "%s\"%s\"", p != buf ? ", " : "",
                             wzp_codec_info((unsigned) i)->name);
        }
    }

    tenths = ts->in != 0 ? (ts->out * 10 + ts->in / 2) / ts->in : 0;

    if (ngx_wzp_tap_may(rm->relay, NGX_WZP_TAP_OTHER)) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "TAP STATS room=%s period=\"5s\" in_pkts=%uL "
                      "out_pkts=%uL fan_out_avg=\"%uL.%uL\" seq_gaps=%uL "
                      "codecs_seen=[%*s]", rm->zone->name, ts->in, ts->out,
                      tenths / 10, tenths % 10, ts->seq_gaps,
                      (size_t) (p - buf), buf);
    }

    ngx_memzero(ts, sizeof(ngx_wzp_tap_stats_t));
}
