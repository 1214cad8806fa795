/*
 * "wzp-client feather": featherChat's call payload, from standard input to
 * standard output.  PROTOCOL 10.3.
 *
 *     decode   a payload, as an object, as the string that holds one, or as an
 *              object with that string as "payload", to an object with type,
 *              signal, relay_addr and room
 *     encode   such an object to one with type and payload
 */

#include <stdio.h>
#include <stdlib.h>

#include "modes.h"
#include "out.h"
#include "say.h"
#include "wzp/wzp_signal_feather.h"


#define CL_FEATHER_MAX  (2 * WZP_SIGNAL_MAX)    /* strings have escapes      */
#define CL_FEATHER_DUMP (JSON_COMPACT | JSON_ENCODE_ANY \
                         | JSON_REAL_PRECISION(9))


/* Standard input as JSON; NULL: said. */

static json_t *
cl_feather_read(void)
{
    char          *text;
    size_t         n;
    json_t        *root;
    json_error_t   err;

    text = malloc(CL_FEATHER_MAX + 1);
    if (text == NULL) {
        (void) cl_fail(CL_INTERNAL, "no memory");
        return NULL;
    }

    n = fread(text, 1, CL_FEATHER_MAX + 1, stdin);
    root = NULL;

    if (ferror(stdin)) {
        (void) cl_fail(CL_IO, "standard input cannot be read");

    } else if (n > CL_FEATHER_MAX) {
        (void) cl_fail(CL_IO, "over %d bytes are no payload", CL_FEATHER_MAX);

    } else {
        root = json_loadb(text, n, JSON_DECODE_ANY, &err);

        if (root == NULL) {
            (void) cl_fail(CL_IO, "line %d, column %d: %s", err.line,
                           err.column, err.text);
        }
    }

    free(text);

    return root;
}


static cl_exit_t
cl_feather_failed(wzp_rc_t rc)
{
    switch ((int) rc) {

    case WZP_EUNKNOWN:
        return cl_fail(CL_IO, "this signal is none of WZP's");

    case WZP_ETOOBIG:
        return cl_fail(CL_IO, "this is too long for a payload");

    case WZP_ENOMEM:
        return cl_fail(CL_INTERNAL, "no memory");

    default:
        return cl_fail(CL_IO, "this is no payload: {\"signal\": a whole "
                       "signal, \"relay_addr\": \"host:port\" or null, "
                       "\"room\": \"name\" or null}");
    }
}


/* A payload, out of the value that is one or the string that holds one. */

static cl_exit_t
cl_feather_parse(wzp_feather_t *ft, const json_t *v)
{
    char        *text;
    wzp_rc_t     rc;
    const char  *string;

    string = json_string_value(v);

    if (string != NULL) {
        rc = wzp_feather_parse(ft, (const uint8_t *) string,
                               json_string_length(v));

    } else {
        text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY
                             | JSON_REAL_PRECISION(17));
        rc = text != NULL ? wzp_feather_parse(ft, (const uint8_t *) text,
                                              strlen(text))
                          : WZP_ENOMEM;
        free(text);
    }

    return rc == WZP_OK ? CL_OK : cl_feather_failed(rc);
}


/* As it is written; NULL: said. */

static char *
cl_feather_text(const wzp_feather_t *ft)
{
    char      *text;
    size_t     len;
    wzp_rc_t   rc;

    len = 0;
    rc = wzp_feather_encode(ft, NULL, 0, &len);

    if (rc != WZP_ENOSPC) {
        (void) cl_feather_failed(rc);
        return NULL;
    }

    text = malloc(len + 1);

    if (text == NULL
        || wzp_feather_encode(ft, (uint8_t *) text, len, &len) != WZP_OK)
    {
        free(text);
        (void) cl_fail(CL_INTERNAL, "no memory");
        return NULL;
    }

    text[len] = '\0';

    return text;
}


static cl_exit_t
cl_feather_print(json_t *ob)
{
    char  *text;

    text = json_dumps(ob, CL_FEATHER_DUMP);
    json_decref(ob);

    if (text == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl_out_print(CL_OUT, "%s\n", text);
    free(text);

    return CL_OK;
}


/* The payload's members behind its type. */

static cl_exit_t
cl_feather_decode(const wzp_feather_t *ft, const char *type)
{
    char    *text;
    json_t  *ob, *whole;

    text = cl_feather_text(ft);
    if (text == NULL) {
        return CL_IO;
    }

    whole = json_loads(text, JSON_ALLOW_NUL, NULL);
    free(text);

    ob = json_pack("{s:s}", "type", type);

    if (ob != NULL && whole != NULL) {
        (void) json_object_update(ob, whole);
    }

    json_decref(whole);

    return cl_feather_print(ob);
}


static cl_exit_t
cl_feather_encode(const wzp_feather_t *ft, const char *type)
{
    char    *text;
    json_t  *ob;

    text = cl_feather_text(ft);
    if (text == NULL) {
        return CL_IO;
    }

    ob = json_pack("{s:s, s:s}", "type", type, "payload", text);
    free(text);

    return cl_feather_print(ob);
}


/* What the input calls itself must be what it is; the messenger has two types
 * that no signal becomes. */

static cl_exit_t
cl_feather_type(const json_t *root, const char *type)
{
    const char  *said;

    said = json_string_value(json_object_get(root, "type"));

    if (said == NULL || strcmp(said, type) == 0) {
        return CL_OK;
    }

    if (wzp_feather_type_by_name(said) == WZP_FEATHER_N) {
        return cl_fail(CL_IO, "there is no type \"%s\"", said);
    }

    if (wzp_feather_type_by_name(said) == WZP_FEATHER_REJECT
        || wzp_feather_type_by_name(said) == WZP_FEATHER_BUSY)
    {
        return CL_OK;
    }

    return cl_fail(CL_IO, "the type is \"%s\", but this signal's is \"%s\"",
                   said, type);
}


cl_exit_t
cl_mode_feather(const cl_options_t *op)
{
    bool            encode;
    json_t         *root, *inner;
    cl_exit_t       rc;
    const char     *type;
    wzp_feather_t   ft;

    encode = op->nwords == 1 && strcmp(op->words[0], "encode") == 0;

    if (!encode
        && (op->nwords != 1 || strcmp(op->words[0], "decode") != 0))
    {
        return cl_fail(CL_USAGE, "usage: wzp-client feather decode|encode, "
                       "from standard input to standard output");
    }

    root = cl_feather_read();
    if (root == NULL) {
        return CL_IO;
    }

    inner = json_object_get(root, "payload");
    rc = cl_feather_parse(&ft, inner != NULL ? inner : root);

    if (rc == CL_OK) {
        type = wzp_feather_type_name(wzp_feather_type(ft.signal.type));
        rc = cl_feather_type(root, type);

        if (rc == CL_OK) {
            rc = encode ? cl_feather_encode(&ft, type)
                        : cl_feather_decode(&ft, type);
        }

        wzp_feather_done(&ft);
    }

    json_decref(root);

    return rc;
}
