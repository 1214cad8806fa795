/*
 * Text that grows, and JSON into it: pretty printed, as people read it.
 */

#ifndef _NGX_WZP_TEXT_H_INCLUDED_
#define _NGX_WZP_TEXT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_WZP_TEXT_MAX    (64 * 1024 * 1024)


/* Zeroed, it is empty. */
typedef struct {
    u_char      *data;
    size_t       len;
    size_t       size;
    ngx_uint_t   failed;            /* unsigned: no memory, or past the max  */
} ngx_wzp_text_t;


typedef struct {
    ngx_wzp_text_t  *text;
    ngx_uint_t       depth;
    ngx_uint_t       some;          /* unsigned: a comma comes first         */
} ngx_wzp_json_t;


void ngx_wzp_text_done(ngx_wzp_text_t *tx);

void ngx_wzp_text_add(ngx_wzp_text_t *tx, const void *data, size_t len);

/* Up to 1023 bytes, formatted as nginx does. */
void ngx_wzp_text_printf(ngx_wzp_text_t *tx, const char *fmt, ...);

/* n divided by ten to the power of digits (up to 9), without zeros at the
 * end. */
void ngx_wzp_text_decimal(ngx_wzp_text_t *tx, uint64_t n, ngx_uint_t digits);


void ngx_wzp_json_init(ngx_wzp_json_t *js, ngx_wzp_text_t *tx);

/* what: '{' or '['; in all of these key is NULL in an array. */
void ngx_wzp_json_open(ngx_wzp_json_t *js, const char *key, int what);
void ngx_wzp_json_close(ngx_wzp_json_t *js, int what);

/* Control characters and what is not UTF-8 are escaped. */
void ngx_wzp_json_str(ngx_wzp_json_t *js, const char *key, const void *data,
    size_t len);
void ngx_wzp_json_cstr(ngx_wzp_json_t *js, const char *key, const char *s);

void ngx_wzp_json_num(ngx_wzp_json_t *js, const char *key, uint64_t n);
void ngx_wzp_json_milli(ngx_wzp_json_t *js, const char *key, uint64_t n);
void ngx_wzp_json_bool(ngx_wzp_json_t *js, const char *key, ngx_uint_t b);
void ngx_wzp_json_null(ngx_wzp_json_t *js, const char *key);


#endif /* _NGX_WZP_TEXT_H_INCLUDED_ */
