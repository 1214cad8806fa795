/*
 * Logging that a peer cannot turn into a flood.
 */

#ifndef _NGX_WZP_LOG_H_INCLUDED_
#define _NGX_WZP_LOG_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* One budget per kind of line. */
typedef enum {
    NGX_WZP_LIMIT_REFUSED = 0,
    NGX_WZP_LIMIT_FULL,
    NGX_WZP_LIMIT_MALFORMED,
    NGX_WZP_LIMIT_SIGNAL,
    NGX_WZP_LIMIT_RING,
    NGX_WZP_LIMIT_CONN,
    NGX_WZP_LIMIT_RECV,
    NGX_WZP_LIMIT_EVENTS,
    NGX_WZP_LIMIT_N
} ngx_wzp_log_limit_e;


typedef struct {
    time_t      sec;
    ngx_uint_t  count;                  /* lines in that second              */
    ngx_uint_t  hidden;                 /* not written since the last line   */
} ngx_wzp_log_limit_t;


/* At most five lines a second of each kind; the next line that is written
 * says how many were not. */
void ngx_wzp_log_limited(ngx_uint_t limit, ngx_uint_t level, ngx_log_t *log,
    ngx_err_t err, const char *fmt, ...);


#endif /* _NGX_WZP_LOG_H_INCLUDED_ */
