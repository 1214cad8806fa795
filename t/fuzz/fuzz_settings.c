/*
 * The file of settings: any text is taken or refused; a change of it can be
 * read back, and touches nothing else.
 */

#include "../../client/settings.c"
#include "../../client/settings_file.c"
#include "../../client/config.c"
#include "../../client/contacts.c"

#include "fuzz.h"


void
cl_say_init(bool json, bool verbose)
{
    (void) json;
    (void) verbose;
}


void
cl_say_about(const char *where)
{
    (void) where;
}


void
cl_warn(const char *fmt, ...)
{
    (void) fmt;
}


cl_exit_t
cl_fail(cl_exit_t status, const char *fmt, ...)
{
    (void) fmt;
    return status;
}


static cl_exit_t
parse(cl_settings_t *st, const char *text)
{
    st->file.text = strdup(text);
    fuzz_check(st->file.text != NULL);

    return cl_settings_parse(st, st->file.text, "FILE");
}


static bool
same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}


/* Everything but one key is as it was. */

static void
compare(const cl_settings_t *a, const cl_settings_t *b, const cl_key_t *but)
{
    size_t           i;
    const cl_key_t  *key;

    for (i = 0; (key = cl_key_row(i)) != NULL; i++) {
        fuzz_check(key == but || same(a->value[i], b->value[i]));
    }

    fuzz_check(a->nservers == b->nservers);

    for (i = 0; i < a->nservers; i++) {
        fuzz_check(same(a->servers[i].name, b->servers[i].name));
        fuzz_check(same(a->servers[i].target, b->servers[i].target));
        fuzz_check(same(a->servers[i].pin, b->servers[i].pin));
    }
}


static void
change(const cl_settings_t *st, const char *text, const cl_key_t *key,
    const char *line, const char *value)
{
    bool           found;
    size_t         i;
    static char    out[CL_SETTINGS_SIZE];
    cl_settings_t  now;

    i = cl_key_index(key);

    if (!cl_settings_edit(out, sizeof(out), text, key->name, line, &found)) {
        return;
    }

    fuzz_check(found == (st->value[i] != NULL));

    cl_settings_init(&now);
    fuzz_check(parse(&now, out) == CL_OK);
    fuzz_check(same(now.value[i], value));
    compare(st, &now, key);
    cl_settings_done(&now);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *text;
    size_t          i;
    cl_options_t    op;
    cl_settings_t   st;

    if (size >= CL_SETTINGS_SIZE) {
        return 0;
    }

    text = malloc(size + 1);
    fuzz_check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';

    cl_settings_init(&st);

    if (parse(&st, text) == CL_OK) {
        i = size % WZP_ARRAY_LEN(cl_key_table);
        change(&st, text, cl_key_row(i), "", NULL);

        change(&st, text, cl_key_find("room"), "room = new\n", "new");

        cl_options_init(&op);

        if (cl_settings_apply(&st, &op) == CL_OK) {
            fuzz_check(strlen(op.host) < sizeof(op.host));
            (void) cl_options_check(&op);
        }
    }

    cl_settings_done(&st);
    free(text);

    return 0;
}
