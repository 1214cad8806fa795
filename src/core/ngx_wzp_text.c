/*
 * Text that grows, and JSON.
 */

#include "core/ngx_wzp_text.h"

#include "wzp/wzp_utf8.h"


#define NGX_WZP_TEXT_FIRST  4096
#define NGX_WZP_TEXT_LINE   1024


static void ngx_wzp_json_value(ngx_wzp_json_t *js, const char *key);
static void ngx_wzp_json_line(ngx_wzp_json_t *js);


void
ngx_wzp_text_done(ngx_wzp_text_t *tx)
{
    free(tx->data);
    ngx_memzero(tx, sizeof(ngx_wzp_text_t));
}


void
ngx_wzp_text_add(ngx_wzp_text_t *tx, const void *data, size_t len)
{
    size_t   size;
    u_char  *p;

    if (tx->failed || len == 0) {
        return;
    }

    if (tx->size - tx->len < len) {
        size = ngx_max(tx->size * 2, NGX_WZP_TEXT_FIRST);

        while (size - tx->len < len) {
            size *= 2;
        }

        p = size <= NGX_WZP_TEXT_MAX ? realloc(tx->data, size) : NULL;

        if (p == NULL) {
            tx->failed = 1;
            return;
        }

        tx->data = p;
        tx->size = size;
    }

    ngx_memcpy(tx->data + tx->len, data, len);
    tx->len += len;
}


void
ngx_wzp_text_printf(ngx_wzp_text_t *tx, const char *fmt, ...)
{
    u_char   *p, buf[NGX_WZP_TEXT_LINE];
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + sizeof(buf), fmt, args);
    va_end(args);

    ngx_wzp_text_add(tx, buf, p - buf);
}


void
ngx_wzp_text_decimal(ngx_wzp_text_t *tx, uint64_t n, ngx_uint_t digits)
{
    u_char      frac[NGX_INT64_LEN];
    uint64_t    whole;
    ngx_uint_t  i, len;

    whole = n;
    len = 0;

    for (i = digits; i > 0; i--) {
        frac[i - 1] = (u_char) ('0' + whole % 10);
        whole /= 10;

        if (len == 0 && frac[i - 1] != '0') {
            len = i;
        }
    }

    ngx_wzp_text_printf(tx, "%uL%s", whole, len != 0 ? "." : "");
    ngx_wzp_text_add(tx, frac, len);
}


void
ngx_wzp_json_init(ngx_wzp_json_t *js, ngx_wzp_text_t *tx)
{
    js->text = tx;
    js->depth = 0;
    js->some = 0;
}


void
ngx_wzp_json_open(ngx_wzp_json_t *js, const char *key, int what)
{
    ngx_wzp_json_value(js, key);
    ngx_wzp_text_printf(js->text, "%c", what);

    js->depth++;
    js->some = 0;
}


void
ngx_wzp_json_close(ngx_wzp_json_t *js, int what)
{
    js->depth--;

    if (js->some) {
        ngx_wzp_json_line(js);
    }

    ngx_wzp_text_printf(js->text, "%c", what);

    js->some = 1;

    if (js->depth == 0) {
        ngx_wzp_text_add(js->text, "\n", 1);
    }
}


void
ngx_wzp_json_str(ngx_wzp_json_t *js, const char *key, const void *data,
    size_t len)
{
    size_t         n, plain;
    uint32_t       cp;
    const u_char  *p, *end;

    ngx_wzp_json_value(js, key);
    ngx_wzp_text_add(js->text, "\"", 1);

    p = data;
    end = p + len;

    while (p < end) {

        /* as many as need nothing */

        for (plain = 0; p + plain < end; plain += n) {
            n = wzp_utf8_decode(&cp, p + plain, (size_t) (end - p - plain));

            if (n == 0 || cp < 0x20 || cp == '"' || cp == '\\'
                || (cp >= 0x7f && cp < 0xa0))
            {
                break;
            }
        }

        ngx_wzp_text_add(js->text, p, plain);
        p += plain;

        if (p == end) {
            break;
        }

        n = wzp_utf8_decode(&cp, p, (size_t) (end - p));

        if (n == 0) {
            n = 1;
            cp = 0xfffd;
        }

        p += n;

        if (cp == '"' || cp == '\\') {
            ngx_wzp_text_printf(js->text, "\\%c", (int) cp);

        } else {
            ngx_wzp_text_printf(js->text, "\\u%04xD", cp);
        }
    }

    ngx_wzp_text_add(js->text, "\"", 1);
}


void
ngx_wzp_json_cstr(ngx_wzp_json_t *js, const char *key, const char *s)
{
    ngx_wzp_json_str(js, key, s, ngx_strlen(s));
}


void
ngx_wzp_json_num(ngx_wzp_json_t *js, const char *key, uint64_t n)
{
    ngx_wzp_json_value(js, key);
    ngx_wzp_text_printf(js->text, "%uL", n);
}


void
ngx_wzp_json_milli(ngx_wzp_json_t *js, const char *key, uint64_t n)
{
    ngx_wzp_json_value(js, key);
    ngx_wzp_text_decimal(js->text, n, 3);
}


void
ngx_wzp_json_bool(ngx_wzp_json_t *js, const char *key, ngx_uint_t b)
{
    ngx_wzp_json_value(js, key);
    ngx_wzp_text_printf(js->text, b ? "true" : "false");
}


void
ngx_wzp_json_null(ngx_wzp_json_t *js, const char *key)
{
    ngx_wzp_json_value(js, key);
    ngx_wzp_text_add(js->text, "null", 4);
}


/* What comes before every value. */
static void
ngx_wzp_json_value(ngx_wzp_json_t *js, const char *key)
{
    if (js->some) {
        ngx_wzp_text_add(js->text, ",", 1);
    }

    if (js->depth != 0) {
        ngx_wzp_json_line(js);
    }

    if (key != NULL) {
        ngx_wzp_text_printf(js->text, "\"%s\": ", key);
    }

    js->some = 1;
}


static void
ngx_wzp_json_line(ngx_wzp_json_t *js)
{
    static const char  blanks[] = "\n                ";

    ngx_wzp_text_add(js->text, blanks, 1 + 2 * ngx_min(js->depth, 8));
}
