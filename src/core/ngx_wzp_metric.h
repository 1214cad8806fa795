/*
 * Metrics as text (Prometheus, 0.0.4).
 */

#ifndef _NGX_WZP_METRIC_H_INCLUDED_
#define _NGX_WZP_METRIC_H_INCLUDED_


#include "core/ngx_wzp_text.h"


typedef enum {
#define NGX_WZP_METRIC_X(name, source, metric, type, text)                    \
    NGX_WZP_METRIC_##name,
#include "core/ngx_wzp_metric_x.h"
#undef NGX_WZP_METRIC_X
    NGX_WZP_METRIC_N
} ngx_wzp_metric_e;


typedef enum {
    NGX_WZP_SOURCE_ZONE = 0,
    NGX_WZP_SOURCE_HUB
} ngx_wzp_source_e;


typedef struct {
    ngx_wzp_source_e   source;
    const char        *metric;
    const char        *type;
    const char        *text;
} ngx_wzp_metric_info_t;


extern const ngx_wzp_metric_info_t  ngx_wzp_metric_info[NGX_WZP_METRIC_N];


/* One line: begin with name and suffix ("" or such), add labels, end with the
 * value. */
typedef struct {
    ngx_wzp_text_t    *text;
    ngx_uint_t         labels;
} ngx_wzp_sample_t;


/* relay: value of the label of that name; NULL: it has none. */
void ngx_wzp_sample(ngx_wzp_sample_t *sm, ngx_wzp_text_t *tx,
    const char *metric, const char *suffix, const ngx_str_t *relay);
void ngx_wzp_sample_label(ngx_wzp_sample_t *sm, const char *name,
    const void *value, size_t len);

/* As it stands: name="value". */
void ngx_wzp_sample_labels(ngx_wzp_sample_t *sm, const char *labels);

/* n divided by ten to the power of digits. */
void ngx_wzp_sample_value(ngx_wzp_sample_t *sm, uint64_t n,
    ngx_uint_t digits);

/* HELP and TYPE of a metric, before its first sample. */
void ngx_wzp_metric_head(ngx_wzp_text_t *tx, const char *metric,
    const char *type, const char *text);


#endif /* _NGX_WZP_METRIC_H_INCLUDED_ */
