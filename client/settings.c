/*
 * Settings: what they mean.  See settings.h.
 */

#include <stdio.h>
#include <strings.h>

#include "contacts.h"
#include "options_check.h"
#include "say.h"
#include "settings.h"
#include "wzp/wzp_utf8.h"


#define CL_LINE_MAX         1024        /* bytes                             */
#define CL_VALUE_MAX        800
#define CL_SERVER_WORD      "server "


static const char *const  cl_key_families[] = { "4", "6", NULL };

/* Who says what to send does not want the microphone. */
static const char *const  cl_key_sounds[] = {
    "send-tone", "send-file", "echo-test", "drift-test", NULL
};


static const cl_key_t  cl_key_table[] = {
    { "relay", CL_KEY_RELAY, NULL, "", NULL },
    { "room", CL_KEY_OPTION, "room", "default", NULL },
    { "hash-room", CL_KEY_OPTION, "hash-room", "off", NULL },
    { "alias", CL_KEY_OPTION, "alias", "", NULL },
    { "profile", CL_KEY_OPTION, "profile", "", NULL },
    { "budget", CL_KEY_OPTION, "budget", "", NULL },
    { "redundancy", CL_KEY_OPTION, "redundancy", "auto", NULL },
    { "adapt", CL_KEY_NOT, "no-adapt", "on", NULL },
    { "live", CL_KEY_OPTION, "live", "off", cl_key_sounds },
    { "capture", CL_KEY_OPTION, "capture", "", NULL },
    { "playback", CL_KEY_OPTION, "playback", "", NULL },
    { "ptt", CL_KEY_OPTION, "ptt", "off", cl_key_sounds },
    { "aec", CL_KEY_NOT, "no-aec", "on", NULL },
    { "agc", CL_KEY_NOT, "no-agc", "on", NULL },
    { "ns", CL_KEY_NOT, "no-ns", "on", NULL },
    { "dtx", CL_KEY_NOT, "no-dtx", "on", NULL },
    { "family", CL_KEY_FAMILY, NULL, "any", cl_key_families },
    { "playout-delay", CL_KEY_OPTION, "playout-delay", "20:400", NULL },
    { "reconnect", CL_KEY_OPTION, "reconnect", "never", NULL },
    { "report-quality", CL_KEY_OPTION, "report-quality", "ours", NULL },
    { "ring-timeout", CL_KEY_OPTION, "ring-timeout", "40", NULL },
    { "plain", CL_KEY_OPTION, "plain", "off", NULL },
};

_Static_assert(WZP_ARRAY_LEN(cl_key_table) <= CL_KEYS_MAX,
               "cl_settings_t.value is too small");


const cl_key_t *
cl_key_row(size_t i)
{
    return i < WZP_ARRAY_LEN(cl_key_table) ? &cl_key_table[i] : NULL;
}


const cl_key_t *
cl_key_find(const char *name)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(cl_key_table); i++) {
        if (strcasecmp(cl_key_table[i].name, name) == 0) {
            return &cl_key_table[i];
        }
    }

    return NULL;
}


size_t
cl_key_index(const cl_key_t *key)
{
    return (size_t) (key - cl_key_table);
}


/* ---- servers ---- */

bool
cl_server_name_ok(const char *name)
{
    return cl_contact_name_ok(name, strlen(name)) && name[0] != '['
           && strcasecmp(name, "config") != 0;
}


const cl_server_t *
cl_server_find(const cl_settings_t *st, const char *name)
{
    size_t  i;

    for (i = 0; i < st->nservers; i++) {
        if (strcasecmp(st->servers[i].name, name) == 0) {
            return &st->servers[i];
        }
    }

    return NULL;
}


static cl_exit_t
cl_settings_server(cl_settings_t *st, const char *name, char *value,
    unsigned line)
{
    size_t        len;
    uint8_t       fp[WZP_CERT_FP_SIZE];
    cl_server_t  *sv;
    cl_options_t  op;

    if (!cl_server_name_ok(name)) {
        return cl_fail(CL_USAGE, "\"%s\" cannot be the name of a server", name);
    }

    if (cl_server_find(st, name) != NULL) {
        return cl_fail(CL_USAGE, "there is another server %s above", name);
    }

    if (st->nservers == CL_SERVERS_MAX) {
        return cl_fail(CL_USAGE, "over %d servers", CL_SERVERS_MAX);
    }

    sv = &st->servers[st->nservers];
    sv->name = name;
    sv->target = value;
    sv->pin = NULL;
    sv->line = line;

    len = strcspn(value, " ");

    if (value[len] == ' ') {
        value[len] = '\0';
        sv->pin = value + len + 1;
        sv->pin += strspn(sv->pin, " ");

        if (wzp_cert_fp_parse(fp, sv->pin, strlen(sv->pin)) != WZP_OK) {
            return cl_fail(CL_USAGE, "\"%s\" is no certificate's fingerprint: "
                           "64 hex digits are needed, with or without colons",
                           sv->pin);
        }
    }

    st->nservers++;

    return cl_options_target(&op, sv->target);
}


/* ---- the text ---- */

bool
cl_settings_value_ok(const char *value)
{
    char    clean[CL_VALUE_MAX + 1];
    size_t  len;

    len = strlen(value);

    return len > 0 && len <= CL_VALUE_MAX && value[0] != ' '
           && value[len - 1] != ' '
           && wzp_utf8_clean(clean, CL_VALUE_MAX, value, len) == len;
}


/* Cut blanks off both ends. */

static char *
cl_settings_trim(char *text)
{
    size_t  len;

    text += strspn(text, CL_SETTINGS_BLANKS);
    len = strlen(text);

    while (len > 0 && strchr(CL_SETTINGS_BLANKS, text[len - 1]) != NULL) {
        len--;
    }

    text[len] = '\0';

    return text;
}


static cl_exit_t
cl_settings_line(cl_settings_t *st, char *text, unsigned line)
{
    char            *value, clean[CL_LINE_MAX + 1];
    size_t           i, len;
    const cl_key_t  *key;

    for (value = text; *value != '\0'; value++) {
        *value = *value == '\t' ? ' ' : *value;
    }

    text = cl_settings_trim(text);
    len = strlen(text);

    if (len == 0 || text[0] == '#') {
        return CL_OK;
    }

    if (len > CL_LINE_MAX
        || wzp_utf8_clean(clean, CL_LINE_MAX, text, len) != len)
    {
        return cl_fail(CL_USAGE, "this line is too long, or holds what "
                       "cannot be shown");
    }

    value = strchr(text, '=');

    if (value == NULL) {
        return cl_fail(CL_USAGE, "this is not \"KEY = VALUE\"");
    }

    *value++ = '\0';
    text = cl_settings_trim(text);
    value = cl_settings_trim(value);

    if (strncasecmp(text, CL_SERVER_WORD, strlen(CL_SERVER_WORD)) == 0) {
        text = cl_settings_trim(text + strlen(CL_SERVER_WORD));
        return cl_settings_server(st, text, value, line);
    }

    key = cl_key_find(text);

    if (key == NULL) {
        return cl_fail(CL_USAGE, "there is no setting \"%s\" (\"config unset "
                       "%s\" removes it)", text, text);
    }

    i = cl_key_index(key);

    if (st->value[i] != NULL) {
        return cl_fail(CL_USAGE, "%s is set in line %u already", key->name,
                       st->line[i]);
    }

    st->value[i] = value;
    st->line[i] = line;

    return CL_OK;
}


/* The place of a line, for errors. */

static void
cl_settings_about(char where[CL_PATH_MAX], const char *file, unsigned line)
{
    (void) snprintf(where, CL_PATH_MAX, "%.4000s:%u", file, line);
    cl_say_about(where);
}


cl_exit_t
cl_settings_parse(cl_settings_t *st, char *text, const char *file)
{
    char       *next, where[CL_PATH_MAX];
    unsigned    line;
    cl_exit_t   rc;

    memset(st->value, 0, sizeof(st->value));
    st->nservers = 0;
    rc = CL_OK;

    for (line = 1; text != NULL && rc == CL_OK; line++) {

        next = strchr(text, '\n');

        if (next != NULL) {
            *next++ = '\0';
        }

        cl_settings_about(where, file, line);
        rc = cl_settings_line(st, text, line);
        cl_say_about(NULL);

        text = next;
    }

    return rc;
}


void
cl_settings_init(cl_settings_t *st)
{
    memset(st, 0, sizeof(cl_settings_t));
    st->file.lock = -1;
}


cl_exit_t
cl_settings_load(cl_settings_t *st)
{
    cl_exit_t  rc;

    if (!cl_config_find(st->file.path, "settings")) {
        return CL_OK;                   /* no home, no settings              */
    }

    rc = cl_file_read(&st->file, CL_SETTINGS_SIZE);

    return rc == CL_OK
           ? cl_settings_parse(st, st->file.text, st->file.path) : rc;
}


void
cl_settings_done(cl_settings_t *st)
{
    cl_file_close(&st->file);
}


/* ---- the options ---- */

static cl_exit_t
cl_settings_family(cl_options_t *op, const char *value)
{
    op->four = strcmp(value, "4") == 0;
    op->six = strcmp(value, "6") == 0;

    return op->four || op->six || strcmp(value, "any") == 0
           ? CL_OK : cl_fail(CL_USAGE, "family: there are 4, 6 and any");
}


static cl_exit_t
cl_settings_put(cl_options_t *op, const cl_key_t *key, const char *value)
{
    switch (key->kind) {

    case CL_KEY_OPTION:
        return cl_options_apply(op, key->option, value);

    case CL_KEY_NOT:
        if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0) {
            return cl_fail(CL_USAGE, "%s: there are on and off", key->name);
        }

        return cl_options_apply(op, key->option,
                                value[1] == 'n' ? "off" : "on");

    case CL_KEY_FAMILY:
        return cl_settings_family(op, value);

    case CL_KEY_RELAY:
        op->target = value;
        return cl_options_target(op, value);
    }

    return CL_INTERNAL;
}


cl_exit_t
cl_settings_check(const cl_key_t *key, const char *value)
{
    cl_exit_t     rc;
    cl_options_t  op;

    cl_options_init(&op);
    rc = cl_options_target(&op, "relay");

    if (rc == CL_OK) {
        rc = cl_settings_put(&op, key, value);
    }

    return rc == CL_OK ? cl_options_check(&op) : rc;
}


bool
cl_settings_overridden(const cl_key_t *key, const cl_options_t *op)
{
    size_t  i;

    if (key->kind == CL_KEY_RELAY) {
        return op->target != NULL;
    }

    for (i = 0; key->rivals != NULL && key->rivals[i] != NULL; i++) {
        if (cl_options_given(op, key->rivals[i]) != NULL) {
            return true;
        }
    }

    return key->option != NULL && cl_options_given(op, key->option) != NULL;
}


/* A relay that the settings have a name for. */

static cl_exit_t
cl_settings_dial(const cl_settings_t *st, cl_options_t *op)
{
    cl_exit_t           rc;
    const cl_server_t  *sv;

    sv = op->target != NULL ? cl_server_find(st, op->target) : NULL;

    if (sv == NULL) {
        return CL_OK;
    }

    op->server = sv->name;
    rc = cl_options_target(op, sv->target);

    if (rc == CL_OK && sv->pin != NULL && op->fingerprint_text == NULL) {
        op->fingerprint_text = sv->pin;
        op->pinned = true;
    }

    return rc;
}


cl_exit_t
cl_settings_apply(const cl_settings_t *st, cl_options_t *op)
{
    char             where[CL_PATH_MAX];
    size_t           i;
    cl_exit_t        rc;
    const cl_key_t  *key;

    rc = CL_OK;

    for (i = 0; rc == CL_OK && (key = cl_key_row(i)) != NULL; i++) {

        if (st->value[i] == NULL || cl_settings_overridden(key, op)) {
            continue;
        }

        cl_settings_about(where, st->file.path, st->line[i]);
        rc = cl_settings_check(key, st->value[i]);

        if (rc == CL_OK) {
            rc = cl_settings_put(op, key, st->value[i]);
        }

        cl_say_about(NULL);
    }

    return rc == CL_OK ? cl_settings_dial(st, op) : rc;
}
