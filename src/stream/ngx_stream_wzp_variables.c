/*
 * Variables of a voice session, for log_format and friends.
 */

#include "stream/ngx_stream_wzp.h"

#include "core/ngx_wzp_conn.h"


typedef enum {
    NGX_STREAM_WZP_ROLE = 0,
    NGX_STREAM_WZP_ROOM,
    NGX_STREAM_WZP_FINGERPRINT,
    NGX_STREAM_WZP_ALIAS,
    NGX_STREAM_WZP_VERIFIED,
    NGX_STREAM_WZP_STREAM_ID,
    NGX_STREAM_WZP_STATUS,
    NGX_STREAM_WZP_PACKETS_IN,
    NGX_STREAM_WZP_PACKETS_OUT,
    NGX_STREAM_WZP_DROPS,
    NGX_STREAM_WZP_RTT,
    NGX_STREAM_WZP_LOSS
} ngx_stream_wzp_variable_e;


static ngx_int_t ngx_stream_wzp_text_variable(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_stream_wzp_number_variable(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data);


/* Nothing of this may be cached: it all changes during the session. */
#define NGX_STREAM_WZP_VAR(name, get, id)                                     \
    { ngx_string(name), NULL, get, id, NGX_STREAM_VAR_NOCACHEABLE, 0 }


static ngx_stream_variable_t  ngx_stream_wzp_vars[] = {

    NGX_STREAM_WZP_VAR("wzp_role", ngx_stream_wzp_text_variable,
                       NGX_STREAM_WZP_ROLE),
    NGX_STREAM_WZP_VAR("wzp_room", ngx_stream_wzp_text_variable,
                       NGX_STREAM_WZP_ROOM),
    NGX_STREAM_WZP_VAR("wzp_fingerprint", ngx_stream_wzp_text_variable,
                       NGX_STREAM_WZP_FINGERPRINT),
    NGX_STREAM_WZP_VAR("wzp_alias", ngx_stream_wzp_text_variable,
                       NGX_STREAM_WZP_ALIAS),
    NGX_STREAM_WZP_VAR("wzp_verified", ngx_stream_wzp_text_variable,
                       NGX_STREAM_WZP_VERIFIED),
    NGX_STREAM_WZP_VAR("wzp_status", ngx_stream_wzp_text_variable,
                       NGX_STREAM_WZP_STATUS),
    NGX_STREAM_WZP_VAR("wzp_stream_id", ngx_stream_wzp_number_variable,
                       NGX_STREAM_WZP_STREAM_ID),
    NGX_STREAM_WZP_VAR("wzp_packets_in", ngx_stream_wzp_number_variable,
                       NGX_STREAM_WZP_PACKETS_IN),
    NGX_STREAM_WZP_VAR("wzp_packets_out", ngx_stream_wzp_number_variable,
                       NGX_STREAM_WZP_PACKETS_OUT),
    NGX_STREAM_WZP_VAR("wzp_drops", ngx_stream_wzp_number_variable,
                       NGX_STREAM_WZP_DROPS),
    NGX_STREAM_WZP_VAR("wzp_rtt", ngx_stream_wzp_number_variable,
                       NGX_STREAM_WZP_RTT),
    NGX_STREAM_WZP_VAR("wzp_loss", ngx_stream_wzp_number_variable,
                       NGX_STREAM_WZP_LOSS),

      ngx_stream_null_variable
};


ngx_int_t
ngx_stream_wzp_add_variables(ngx_conf_t *cf)
{
    ngx_stream_variable_t  *var, *v;

    for (v = ngx_stream_wzp_vars; v->name.len; v++) {
        var = ngx_stream_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static void
ngx_stream_wzp_value(ngx_stream_variable_value_t *v, u_char *data, size_t len)
{
    v->len = (unsigned) len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = (data == NULL);
    v->data = data;
}


static ngx_int_t
ngx_stream_wzp_text_variable(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    char             fp[WZP_FP_TEXT_LEN + 1];
    u_char          *copy;
    size_t           len;
    const char      *text;
    ngx_wzp_conn_t  *wc;

    wc = ngx_wzp_conn_get(s->connection);
    text = NULL;

    if (wc != NULL && wc->sni != NULL) {

        switch (data) {

        case NGX_STREAM_WZP_ROLE:
            text = ngx_wzp_conn_role(wc);
            break;

        case NGX_STREAM_WZP_ROOM:
            text = wc->sni->role == WZP_SNI_ROOM ? wc->sni->name : NULL;
            break;

        case NGX_STREAM_WZP_FINGERPRINT:
            if (wc->has_fp) {
                wzp_fp_text(fp, wc->fp);
                text = fp;
            }

            break;

        case NGX_STREAM_WZP_ALIAS:
            text = wc->alias[0] != '\0' ? wc->alias : NULL;
            break;

        case NGX_STREAM_WZP_VERIFIED:
            text = wc->has_fp ? (wc->verified ? "1" : "0") : NULL;
            break;

        default: /* NGX_STREAM_WZP_STATUS */
            text = ngx_wzp_conn_status(wc);
        }
    }

    if (text == NULL) {
        ngx_stream_wzp_value(v, NULL, 0);
        return NGX_OK;
    }

    len = ngx_strlen(text);

    copy = ngx_pnalloc(s->connection->pool, len);
    if (copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(copy, text, len);
    ngx_stream_wzp_value(v, copy, len);

    return NGX_OK;
}


static ngx_int_t
ngx_stream_wzp_number_variable(ngx_stream_session_t *s,
    ngx_stream_variable_value_t *v, uintptr_t data)
{
    u_char          *p, *end;
    uint64_t         n, frac;
    ngx_uint_t       i;
    wzp_qstats_t     st;
    ngx_wzp_conn_t  *wc;

    wc = ngx_wzp_conn_get(s->connection);

    if (wc == NULL || wc->sni == NULL) {
        ngx_stream_wzp_value(v, NULL, 0);
        return NGX_OK;
    }

    ngx_wzp_conn_stats(wc, &st);

    p = ngx_pnalloc(s->connection->pool, NGX_INT64_LEN + sizeof(".000"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    switch (data) {

    case NGX_STREAM_WZP_STREAM_ID:
        n = wc->stream_id;
        break;

    case NGX_STREAM_WZP_PACKETS_IN:
        n = wc->packets_in;
        break;

    case NGX_STREAM_WZP_PACKETS_OUT:
        n = st.frames_out;
        break;

    case NGX_STREAM_WZP_DROPS:
        n = st.drop_too_big + st.drop_queue + st.drop_stale;

        for (i = 0; i < WZP_DROP_N; i++) {
            n += wc->drops[i];
        }

        break;

    default:

        /* milliseconds of RTT, percent of loss: with three decimals */

        if (data == NGX_STREAM_WZP_RTT) {
            n = st.rtt_ns / 1000;

        } else {
            n = st.packets_out == 0 ? 0
                                    : st.packets_lost * 100000
                                      / st.packets_out;
        }

        frac = n % 1000;
        end = ngx_sprintf(p, "%uL.%03uL", n / 1000, frac);
        ngx_stream_wzp_value(v, p, end - p);

        return NGX_OK;
    }

    end = ngx_sprintf(p, "%uL", n);
    ngx_stream_wzp_value(v, p, end - p);

    return NGX_OK;
}
