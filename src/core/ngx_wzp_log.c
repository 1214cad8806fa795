/*
 * Limited logging.
 */

#include "core/ngx_wzp_log.h"
#include "core/ngx_wzp_worker.h"


#define NGX_WZP_LOG_LINES   5


void
ngx_wzp_log_limited(ngx_uint_t limit, ngx_uint_t level, ngx_log_t *log,
    ngx_err_t err, const char *fmt, ...)
{
    u_char                *p, buf[NGX_MAX_ERROR_STR];
    va_list                args;
    ngx_wzp_log_limit_t   *l;

    if (log->log_level < level) {
        return;
    }

    l = &ngx_wzp_worker->limits[limit];

    if (l->sec != ngx_time()) {
        l->sec = ngx_time();
        l->count = 0;
    }

    if (l->count == NGX_WZP_LOG_LINES) {
        l->hidden++;
        return;
    }

    l->count++;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + sizeof(buf), fmt, args);
    va_end(args);

    if (l->hidden != 0) {
        ngx_log_error(level, log, err, "%*s (and %ui like it)",
                      (size_t) (p - buf), buf, l->hidden);
        l->hidden = 0;

    } else {
        ngx_log_error(level, log, err, "%*s", (size_t) (p - buf), buf);
    }
}
