/*
 * Metrics as text.
 */

#include "core/ngx_wzp_metric.h"

#include "wzp/wzp_utf8.h"


const ngx_wzp_metric_info_t  ngx_wzp_metric_info[] = {
#define NGX_WZP_METRIC_X(name, source, metric, type, text)                    \
    { NGX_WZP_SOURCE_##source, metric, type, text },
#include "core/ngx_wzp_metric_x.h"
#undef NGX_WZP_METRIC_X
};


void
ngx_wzp_metric_head(ngx_wzp_text_t *tx, const char *metric, const char *type,
    const char *text)
{
    ngx_wzp_text_printf(tx, "# HELP %s %s\n# TYPE %s %s\n",
                        metric, text, metric, type);
}


void
ngx_wzp_sample(ngx_wzp_sample_t *sm, ngx_wzp_text_t *tx, const char *metric,
    const char *suffix, const ngx_str_t *relay)
{
    sm->text = tx;
    sm->labels = 0;

    ngx_wzp_text_printf(tx, "%s%s", metric, suffix);

    if (relay != NULL) {
        ngx_wzp_sample_label(sm, "relay", relay->data, relay->len);
    }
}


void
ngx_wzp_sample_label(ngx_wzp_sample_t *sm, const char *name,
    const void *value, size_t len)
{
    size_t         n;
    uint32_t       cp;
    const u_char  *p, *end;

    ngx_wzp_text_printf(sm->text, "%c%s=\"", sm->labels++ ? ',' : '{', name);

    p = value;
    end = p + len;

    for ( /* void */ ; p < end; p += n) {
        n = wzp_utf8_decode(&cp, p, (size_t) (end - p));

        if (n == 0) {
            n = 1;
            ngx_wzp_text_add(sm->text, "?", 1);

        } else if (cp == '\n') {
            ngx_wzp_text_add(sm->text, "\\n", 2);

        } else {
            if (cp == '"' || cp == '\\') {
                ngx_wzp_text_add(sm->text, "\\", 1);
            }

            ngx_wzp_text_add(sm->text, p, n);
        }
    }

    ngx_wzp_text_add(sm->text, "\"", 1);
}


void
ngx_wzp_sample_labels(ngx_wzp_sample_t *sm, const char *labels)
{
    if (labels[0] != '\0') {
        ngx_wzp_text_printf(sm->text, "%c%s", sm->labels++ ? ',' : '{',
                            labels);
    }
}


void
ngx_wzp_sample_value(ngx_wzp_sample_t *sm, uint64_t n, ngx_uint_t digits)
{
    ngx_wzp_text_printf(sm->text, sm->labels ? "} " : " ");
    ngx_wzp_text_decimal(sm->text, n, digits);
    ngx_wzp_text_add(sm->text, "\n", 1);
}
