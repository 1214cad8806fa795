/*
 * "wzp-client config": show the settings, and change them.
 */

#include <stdio.h>
#include <strings.h>

#include "modes.h"
#include "options_check.h"
#include "say.h"
#include "settings.h"


#define CL_CONFIG_KEY   256             /* bytes of "server NAME"            */


typedef struct {
    const char  *name;
    size_t       min;                   /* arguments                         */
    size_t       max;
    const char  *args;
    cl_exit_t  (*run)(const cl_options_t *op, const char *const *arg);
} cl_config_t;


/* ---- show ---- */

/* The value in use, and where it is from. */

static const char *
cl_config_value(const cl_settings_t *st, const cl_key_t *key,
    const cl_options_t *op, const char **source)
{
    size_t       i;
    const char  *value;

    i = cl_key_index(key);

    if (cl_settings_overridden(key, op)) {
        *source = "command line";

        switch (key->kind) {

        case CL_KEY_FAMILY:
            return cl_options_given(op, "4") != NULL ? "4" : "6";

        case CL_KEY_RELAY:
            return op->target;

        case CL_KEY_NOT:
            return strcmp(cl_options_given(op, key->option), "on") == 0
                   ? "off" : "on";

        case CL_KEY_OPTION:
            value = cl_options_given(op, key->option);
            return value != NULL ? value : "off";
        }
    }

    *source = st->value[i] != NULL ? "settings" : "default";

    return st->value[i] != NULL ? st->value[i] : key->fallback;
}


static void
cl_config_say(const cl_settings_t *st, const cl_key_t *key,
    const cl_options_t *op)
{
    char         where[32];
    json_t      *ob;
    unsigned     line;
    const char  *value, *source;

    value = cl_config_value(st, key, op, &source);
    line = st->line[cl_key_index(key)];
    where[0] = '\0';

    if (strcmp(source, "settings") == 0) {
        (void) snprintf(where, sizeof(where), ", line %u", line);
    }

    ob = json_pack("{s:s, s:s, s:s}", "key", key->name, "value", value,
                   "source", source);

    if (ob != NULL && where[0] != '\0') {
        (void) json_object_set_new(ob, "line", json_integer(line));
    }

    cl_event("setting", ob);
    cl_say("%-16s %-32s %s%s", key->name, value[0] != '\0' ? value : "-",
           source, where);
}


static void
cl_config_server(const char *word, const cl_server_t *sv)
{
    cl_event("server", json_pack("{s:s, s:s, s:s?}", "name", sv->name,
                                 "relay", sv->target,
                                 "tls_fingerprint", sv->pin));
    cl_say("%s%s %s%s%s", word, sv->name, sv->target,
           sv->pin != NULL ? " " : "", sv->pin != NULL ? sv->pin : "");
}


static cl_exit_t
cl_config_show(const cl_options_t *op)
{
    size_t           i;
    cl_exit_t        rc;
    cl_settings_t    st;
    const cl_key_t  *key;

    cl_settings_init(&st);
    rc = cl_settings_load(&st);

    for (i = 0; rc == CL_OK && (key = cl_key_row(i)) != NULL; i++) {
        cl_config_say(&st, key, op);
    }

    for (i = 0; rc == CL_OK && i < st.nservers; i++) {
        cl_config_server("server ", &st.servers[i]);
    }

    cl_settings_done(&st);

    return rc;
}


static cl_exit_t
cl_config_servers(const cl_options_t *op, const char *const *arg)
{
    size_t         i;
    cl_exit_t      rc;
    cl_settings_t  st;

    cl_settings_init(&st);
    rc = cl_settings_load(&st);

    for (i = 0; rc == CL_OK && i < st.nservers; i++) {
        cl_config_server("", &st.servers[i]);
    }

    cl_settings_done(&st);
    (void) op;
    (void) arg;

    return rc;
}


/* ---- keys ---- */

static cl_exit_t
cl_config_unknown(const char *name)
{
    return cl_fail(CL_USAGE, "there is no setting \"%s\": \"config\" alone "
                   "prints all", name);
}


static cl_exit_t
cl_config_get(const cl_options_t *op, const char *const *arg)
{
    cl_exit_t        rc;
    const char      *value, *source;
    cl_settings_t    st;
    const cl_key_t  *key;

    key = cl_key_find(arg[0]);
    if (key == NULL) {
        return cl_config_unknown(arg[0]);
    }

    cl_settings_init(&st);
    rc = cl_settings_load(&st);

    if (rc == CL_OK) {
        value = cl_config_value(&st, key, op, &source);
        cl_event("setting", json_pack("{s:s, s:s, s:s}", "key", key->name,
                                      "value", value, "source", source));
        cl_say("%s", value);
    }

    cl_settings_done(&st);

    return rc;
}


static cl_exit_t
cl_config_set(const cl_options_t *op, const char *const *arg)
{
    bool             found;
    cl_exit_t        rc;
    const cl_key_t  *key;

    key = cl_key_find(arg[0]);
    if (key == NULL) {
        return cl_config_unknown(arg[0]);
    }

    rc = cl_settings_check(key, arg[1]);
    (void) op;

    if (rc == CL_OK && !cl_settings_value_ok(arg[1])) {
        rc = cl_fail(CL_USAGE, "%s: this value cannot stand in a line",
                     key->name);
    }

    return rc == CL_OK ? cl_settings_write(key->name, arg[1], &found) : rc;
}


static cl_exit_t
cl_config_unset(const cl_options_t *op, const char *const *arg)
{
    bool       found;
    cl_exit_t  rc;

    rc = cl_settings_write(arg[0], NULL, &found);
    (void) op;

    return rc != CL_OK || found || cl_key_find(arg[0]) != NULL
           ? rc : cl_config_unknown(arg[0]);
}


/* ---- servers ---- */

static cl_exit_t
cl_config_add(const cl_options_t *op, const char *const *arg)
{
    bool          found;
    char          key[CL_CONFIG_KEY], pin[WZP_CERT_FP_TEXT_LEN + 1];
    char          value[CL_HOST_MAX + WZP_CERT_FP_TEXT_LEN + 16];
    uint8_t       fp[WZP_CERT_FP_SIZE];
    cl_exit_t     rc;
    cl_options_t  target;

    (void) op;

    if (!cl_server_name_ok(arg[0])) {
        return cl_fail(CL_USAGE, "\"%s\" cannot be the name of a server: up "
                       "to 32 bytes, no blanks, \"=\" or \":\" and no \"#\", "
                       "\"-\" or \"[\" in front", arg[0]);
    }

    rc = cl_options_target(&target, arg[1]);
    if (rc != CL_OK) {
        return rc;
    }

    pin[0] = '\0';

    if (arg[2] != NULL) {
        if (wzp_cert_fp_parse(fp, arg[2], strlen(arg[2])) != WZP_OK) {
            return cl_fail(CL_USAGE, "\"%s\" is no certificate's fingerprint: "
                           "64 hex digits are needed, with or without colons",
                           arg[2]);
        }

        wzp_cert_fp_text(pin, fp);
    }

    (void) snprintf(key, sizeof(key), "server %s", arg[0]);
    (void) snprintf(value, sizeof(value), "%s%s%s", arg[1],
                    pin[0] != '\0' ? " " : "", pin);

    if (!cl_settings_value_ok(value)) {
        return cl_fail(CL_USAGE, "\"%s\" is no relay", arg[1]);
    }

    return cl_settings_write(key, value, &found);
}


static cl_exit_t
cl_config_remove(const cl_options_t *op, const char *const *arg)
{
    bool       found;
    char       key[CL_CONFIG_KEY];
    cl_exit_t  rc;

    (void) op;
    (void) snprintf(key, sizeof(key), "server %.200s", arg[0]);

    rc = cl_settings_write(key, NULL, &found);

    return rc != CL_OK || found
           ? rc : cl_fail(CL_USAGE, "there is no server \"%s\"", arg[0]);
}


static cl_exit_t
cl_config_key(const cl_options_t *op, const char *const *arg)
{
    return cl_mode_key(op, arg[0]);
}


static const cl_config_t  cl_config_table[] = {
    { "get", 1, 1, "KEY", cl_config_get },
    { "set", 2, 2, "KEY VALUE", cl_config_set },
    { "unset", 1, 1, "KEY", cl_config_unset },
    { "servers", 0, 0, "", cl_config_servers },
    { "add-server", 2, 3, "NAME HOST[:PORT] [FINGERPRINT]", cl_config_add },
    { "remove-server", 1, 1, "NAME", cl_config_remove },
    { "key", 1, 1, "show|backup|restore", cl_config_key },
};


cl_exit_t
cl_mode_config(const cl_options_t *op)
{
    size_t              i, n;
    const char         *arg[CL_WORDS_MAX];
    const cl_config_t  *cf;

    if (op->nwords == 0) {
        return cl_config_show(op);
    }

    memset(arg, 0, sizeof(arg));
    memcpy(arg, op->words + 1, (op->nwords - 1) * sizeof(arg[0]));
    n = op->nwords - 1;

    for (i = 0; i < WZP_ARRAY_LEN(cl_config_table); i++) {
        cf = &cl_config_table[i];

        if (strcmp(cf->name, op->words[0]) != 0) {
            continue;
        }

        return n >= cf->min && n <= cf->max
               ? cf->run(op, arg)
               : cl_fail(CL_USAGE, "usage: wzp-client config %s %s%s",
                         cf->name, cf->args,
                         n > cf->max ? " (in quotes, what has blanks)" : "");
    }

    return cl_fail(CL_USAGE, "\"config %s\": there are get, set, unset, "
                   "servers, add-server, remove-server and key, see --help",
                   op->words[0]);
}
