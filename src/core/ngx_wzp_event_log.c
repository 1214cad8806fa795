/*
 * The event log.
 */

#include "core/ngx_wzp_event_log.h"

#include "core/ngx_wzp_worker.h"
#include "wzp/wzp_utf8.h"


#define NGX_WZP_EVENT_BUFFER    (256 * 1024)
#define NGX_WZP_EVENT_MUCH      (16 * 1024)     /* written when a turn ends  */
#define NGX_WZP_EVENT_DELAY     200             /* ms, else                  */
#define NGX_WZP_EVENT_TEXT      256             /* of a label or a reason    */
#define NGX_WZP_EVENT_LINE      (6 * 3 * NGX_WZP_EVENT_TEXT + 1024)
#define NGX_WZP_EVENT_TS        sizeof("2026-04-13T12:00:00")


/* What a worker has for a file. */
typedef struct {
    ngx_open_file_t  *file;
    ngx_event_t       timer;
    ngx_wzp_stat_t   *stat;             /* of the relay that wrote last      */
    size_t            len;
    uint64_t          dropped;          /* lines, not told yet               */
    unsigned          ready:1;          /* the timer is made                 */
    unsigned          cut:1;            /* the file ends in half a line      */
    u_char            buf[NGX_WZP_EVENT_BUFFER];
} ngx_wzp_event_log_t;


static u_char *ngx_wzp_event_log_ts(u_char *p, u_char *last);
static u_char *ngx_wzp_event_log_packet(u_char *p, u_char *last,
    const ngx_wzp_event_t *ev);
static u_char *ngx_wzp_event_log_text(u_char *p, u_char *last,
    const char *name, const char *text);
static void ngx_wzp_event_log_put(ngx_wzp_relay_t *relay, const u_char *line,
    size_t len);
static void ngx_wzp_event_log_drop(ngx_wzp_event_log_t *el, uint64_t n);
static void ngx_wzp_event_log_flush(ngx_open_file_t *file, ngx_log_t *log);
static ngx_int_t ngx_wzp_event_log_tell(ngx_wzp_event_log_t *el);
static void ngx_wzp_event_log_cut(ngx_wzp_event_log_t *el, size_t n);
static void ngx_wzp_event_log_timer_handler(ngx_event_t *ev);


ngx_open_file_t *
ngx_wzp_event_log_open(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_open_file_t      *file;
    ngx_wzp_event_log_t  *el;

    file = ngx_conf_open_file(cf->cycle, name);
    if (file == NULL) {
        return NULL;
    }

    if (file->data != NULL) {
        return file->flush == ngx_wzp_event_log_flush ? file : NULL;
    }

    /* no page of it is touched but in workers */

    el = ngx_palloc(cf->pool, sizeof(ngx_wzp_event_log_t));
    if (el == NULL) {
        return NULL;
    }

    ngx_memzero(el, offsetof(ngx_wzp_event_log_t, buf));
    el->file = file;

    file->data = el;
    file->flush = ngx_wzp_event_log_flush;

    return file;
}


void
ngx_wzp_event_log(ngx_wzp_relay_t *relay, const ngx_wzp_event_t *ev)
{
    char     fp[WZP_FP_TEXT_LEN + 1];
    u_char  *p, *last, line[NGX_WZP_EVENT_LINE];

    p = line;
    last = line + sizeof(line) - sizeof("}\n");

    p = ngx_wzp_event_log_ts(p, last);
    p = ngx_slprintf(p, last, ",\"event\":\"%s\"", ev->event);
    p = ngx_wzp_event_log_text(p, last, "room", ev->room);

    if (ev->fp != NULL) {
        wzp_fp_text(fp, ev->fp);
        p = ngx_slprintf(p, last, ",\"src\":\"%s\"", fp);
    }

    if (ev->pk != NULL) {
        p = ngx_wzp_event_log_packet(p, last, ev);
    }

    if (ev->has & NGX_WZP_EVENT_LEN) {
        p = ngx_slprintf(p, last, ",\"len\":%uz", ev->len);
    }

    if (ev->has & NGX_WZP_EVENT_TO) {
        p = ngx_slprintf(p, last, ",\"to_count\":%ui", ev->to_count);
    }

    p = ngx_wzp_event_log_text(p, last, "peer", ev->peer);
    p = ngx_wzp_event_log_text(p, last, "reason", ev->reason);
    p = ngx_wzp_event_log_text(p, last, "action", ev->action);

    if (ev->has & NGX_WZP_EVENT_PEOPLE) {
        p = ngx_slprintf(p, last, ",\"participants\":%ui", ev->participants);
    }

    *p++ = '}';
    *p++ = '\n';

    ngx_wzp_event_log_put(relay, line, (size_t) (p - line));
}


/* The line's beginning. */
static u_char *
ngx_wzp_event_log_ts(u_char *p, u_char *last)
{
    static time_t   sec;
    static u_char   text[NGX_WZP_EVENT_TS];

    ngx_tm_t        tm;
    struct timeval  tv;

    ngx_gettimeofday(&tv);

    if (tv.tv_sec != sec) {
        sec = tv.tv_sec;
        ngx_gmtime(sec, &tm);
        (void) ngx_snprintf(text, sizeof(text),
                            "%4d-%02d-%02dT%02d:%02d:%02d%Z", tm.ngx_tm_year,
                            tm.ngx_tm_mon, tm.ngx_tm_mday, tm.ngx_tm_hour,
                            tm.ngx_tm_min, tm.ngx_tm_sec);
    }

    return ngx_slprintf(p, last, "{\"ts\":\"%s.%06uiZ\"", text,
                        (ngx_uint_t) tv.tv_usec);
}


static u_char *
ngx_wzp_event_log_packet(u_char *p, u_char *last, const ngx_wzp_event_t *ev)
{
    const wzp_packet_t  *pk;

    pk = ev->pk;

    if (pk->stream_id != 0) {
        p = ngx_slprintf(p, last, ",\"src\":\"%04xi\"",
                         (ngx_int_t) pk->stream_id);
    }

    if (ev->has & (NGX_WZP_EVENT_SEQ|NGX_WZP_EVENT_HEADER)) {
        p = ngx_slprintf(p, last, ",\"seq\":%ui", (ngx_uint_t) pk->seq);
    }

    if (ev->has & NGX_WZP_EVENT_HEADER) {
        p = ngx_slprintf(p, last,
                         ",\"codec\":\"%s\",\"fec_block\":%ui,"
                         "\"fec_sym\":%ui,\"repair\":%s,\"len\":%uz",
                         wzp_codec_info(pk->codec)->name,
                         (ngx_uint_t) pk->fec_block,
                         (ngx_uint_t) pk->fec_symbol,
                         pk->repair ? "true" : "false", pk->payload.len);
    }

    return p;
}


/* A member of the object with a text that need not be clean. */
static u_char *
ngx_wzp_event_log_text(u_char *p, u_char *last, const char *name,
    const char *text)
{
    char    clean[NGX_WZP_EVENT_TEXT + 1];
    size_t  len;

    if (text == NULL) {
        return p;
    }

    len = wzp_utf8_clean(clean, NGX_WZP_EVENT_TEXT, text, ngx_strlen(text));

    p = ngx_slprintf(p, last, ",\"%s\":\"", name);
    p = (u_char *) ngx_escape_json(p, (u_char *) clean, len);

    return ngx_slprintf(p, last, "\"");
}


static void
ngx_wzp_event_log_put(ngx_wzp_relay_t *relay, const u_char *line, size_t len)
{
    ngx_wzp_event_log_t  *el;

    el = relay->conf->event_log->data;
    el->stat = relay->stat;

    if (el->len + len > NGX_WZP_EVENT_BUFFER) {
        ngx_wzp_event_log_drop(el, 1);
        return;
    }

    ngx_memcpy(el->buf + el->len, line, len);
    el->len += len;

    if (!el->ready) {
        el->ready = 1;
        ngx_wzp_event_init(&el->timer, ngx_wzp_event_log_timer_handler);
        el->timer.cancelable = 1;
    }

    if (!el->timer.timer_set) {
        ngx_add_timer(&el->timer, NGX_WZP_EVENT_DELAY);
    }
}


static void
ngx_wzp_event_log_drop(ngx_wzp_event_log_t *el, uint64_t n)
{
    el->dropped += n;
    ngx_wzp_count(el->stat, NGX_WZP_STAT_EVENTS_DROPPED, n);
}


static void
ngx_wzp_event_log_timer_handler(ngx_event_t *ev)
{
    ngx_wzp_event_log_t  *el;

    el = ngx_wzp_event_owner(ev, ngx_wzp_event_log_t, timer);

    ngx_wzp_event_log_flush(el->file, ngx_cycle->log);
}


void
ngx_wzp_event_log_turn(ngx_open_file_t *file)
{
    ngx_wzp_event_log_t  *el;

    el = file->data;

    if (el->len >= NGX_WZP_EVENT_MUCH) {
        ngx_wzp_event_log_flush(file, ngx_cycle->log);
    }
}


void
ngx_wzp_event_log_exit(ngx_open_file_t *file)
{
    ngx_wzp_event_log_t  *el;

    el = file->data;

    ngx_wzp_event_log_flush(file, ngx_cycle->log);

    if (el->timer.timer_set) {
        ngx_del_timer(&el->timer);
    }
}


/*
 * One write of whole lines, so that those of other workers are not mixed with
 * ours; the kernel appends.  What a full disk does not take is dropped.
 */
static void
ngx_wzp_event_log_flush(ngx_open_file_t *file, ngx_log_t *log)
{
    ssize_t               n;
    ngx_wzp_event_log_t  *el;

    el = file->data;

    if (el->len == 0) {
        return;
    }

    n = -1;

    if (ngx_wzp_event_log_tell(el) == NGX_OK) {
        n = ngx_write_fd(file->fd, el->buf, el->len);
    }

    if (n != (ssize_t) el->len) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_EVENTS, NGX_LOG_ALERT, log,
                            n == -1 ? ngx_errno : 0,
                            "event log \"%V\": %z of %uz bytes written",
                            &file->name, n, el->len);

        ngx_wzp_event_log_cut(el, n > 0 ? (size_t) n : 0);
    }

    el->len = 0;
}


/* First of all: how many are missing; and the end of one that was cut. */
static ngx_int_t
ngx_wzp_event_log_tell(ngx_wzp_event_log_t *el)
{
    u_char   *p, *last, line[128];
    ssize_t   n;

    if (el->dropped == 0) {
        return NGX_OK;
    }

    last = line + sizeof(line);

    p = ngx_slprintf(line, last, "%s", el->cut ? "\n" : "");
    p = ngx_wzp_event_log_ts(p, last);
    p = ngx_slprintf(p, last, ",\"event\":\"dropped\",\"count\":%uL}\n",
                     el->dropped);

    n = ngx_write_fd(el->file->fd, line, (size_t) (p - line));

    if (n != p - line) {
        el->cut |= (n > 0);
        return NGX_ERROR;
    }

    el->dropped = 0;
    el->cut = 0;

    return NGX_OK;
}


/* Only n bytes came through: drop the rest, with the line that was cut. */
static void
ngx_wzp_event_log_cut(ngx_wzp_event_log_t *el, size_t n)
{
    size_t    i;
    uint64_t  lines;

    lines = 0;

    for (i = n; i < el->len; i++) {
        lines += (el->buf[i] == '\n');
    }

    ngx_wzp_event_log_drop(el, lines);

    if (n != 0) {
        el->cut = (el->buf[n - 1] != '\n');
    }
}
