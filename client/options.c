/*
 * The command line.  See options.h; which options there are is in
 * options_table.c, what the values mean is checked in options_check.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#include "audio.h"
#include "options.h"
#include "options_check.h"
#include "options_table.h"
#include "say.h"


typedef struct {
    cl_options_t  *op;
    int            argc;
    int            next;
    char         **argv;
    const char    *value;               /* of --name=value, or NULL          */
} cl_args_t;


#define CL_RING_S       40
#define CL_LOSS_PCT     20


static cl_exit_t cl_options_one(cl_args_t *ar, const char *word);
static cl_exit_t cl_options_set(cl_args_t *ar, const cl_option_t *ot);
static cl_exit_t cl_options_words(cl_args_t *ar);


void
cl_options_init(cl_options_t *op)
{
    memset(op, 0, sizeof(cl_options_t));
    op->room = "default";
    op->duration_s = CL_FOREVER;
    op->reconnect_s = CL_FOREVER;
    op->tone_s = CL_FOREVER;
    op->capture = CL_AUDIO_DEFAULT;
    op->playback = CL_AUDIO_DEFAULT;
    op->profile = WZP_PROFILE_STUDIO_64K;
    op->ring_s = CL_RING_S;
    op->loss_pct = CL_LOSS_PCT;
}


cl_exit_t
cl_options_parse(cl_options_t *op, int argc, char **argv)
{
    int         i;
    cl_exit_t   rc;
    cl_args_t   ar;
    const char  *word;

    cl_options_init(op);

    /* Errors of the command line itself shall have the right form. */

    for (i = 1; i < argc; i++) {
        op->json |= strcmp(argv[i], "--json") == 0;
    }

    cl_say_init(op->json, false);

    memset(&ar, 0, sizeof(cl_args_t));
    ar.op = op;
    ar.argc = argc;
    ar.argv = argv;
    ar.next = 1;

    while (ar.next < argc) {
        word = argv[ar.next++];

        rc = cl_options_one(&ar, word);
        if (rc != CL_OK || op->mode == CL_MODE_DONE) {
            return rc;
        }
    }

    cl_say_init(op->json, op->verbose);

    return CL_OK;
}


cl_exit_t
cl_options_apply(cl_options_t *op, const char *name, const char *value)
{
    cl_args_t           ar;
    const cl_option_t  *ot;

    ot = cl_options_find(name, strlen(name));

    if (ot == NULL) {
        return cl_fail(CL_INTERNAL, "there is no option --%s", name);
    }

    memset(&ar, 0, sizeof(cl_args_t));
    ar.op = op;
    ar.value = value;

    return cl_options_set(&ar, ot);
}


const char *
cl_options_given(const cl_options_t *op, const char *name)
{
    const cl_option_t  *ot;

    ot = cl_options_find(name, strlen(name));

    return ot != NULL ? op->given[cl_options_index(ot)] : NULL;
}


/* The relay; or "config" or "feather", and what shall be done.  A relay of that
 * name is "config:4433". */

static cl_exit_t
cl_options_word(cl_options_t *op, const char *word)
{
    if (op->mode == CL_MODE_CONFIG || op->mode == CL_MODE_FEATHER) {

        if (op->nwords == CL_WORDS_MAX) {
            return cl_fail(CL_USAGE, "\"%s\" is one argument too many", word);
        }

        op->words[op->nwords++] = word;
        return CL_OK;
    }

    if (op->target != NULL) {
        return cl_fail(CL_USAGE, "\"%s\" is one argument too many: one "
                       "relay is all that can be named, see --help", word);
    }

    if (op->mode_name == NULL && strcmp(word, "config") == 0) {
        op->mode = CL_MODE_CONFIG;
        return CL_OK;
    }

    if (op->mode_name == NULL && strcmp(word, "feather") == 0) {
        op->mode = CL_MODE_FEATHER;
        return CL_OK;
    }

    op->target = word;

    return cl_options_target(op, word);
}


static cl_exit_t
cl_options_one(cl_args_t *ar, const char *word)
{
    int                 next;
    size_t              len;
    cl_exit_t           rc;
    const char         *name, *value;
    const cl_option_t  *ot;

    if (word[0] != '-' || word[1] == '\0') {
        return cl_options_word(ar->op, word);
    }

    if (strcmp(word, "-h") == 0) {
        word = "--help";
    }

    name = word + 1 + (word[1] == '-');
    len = strcspn(name, "=");

    ot = cl_options_find(name, len);

    if (ot == NULL || (word[1] == '-') != (ot->name[1] != '\0')) {
        return cl_fail(CL_USAGE, "unknown option \"%s\", see --help", word);
    }

    value = name[len] == '=' ? name + len + 1 : NULL;
    next = ar->next;
    ar->value = value;

    rc = cl_options_set(ar, ot);

    if (ot->kind == CL_ARG_SECRET || ot->kind == CL_ARG_WORDS) {
        value = "";

    } else if (value == NULL) {
        value = ar->next > next ? ar->argv[ar->next - 1] : "on";
    }

    ar->op->given[cl_options_index(ot)] = value;

    return rc;
}


/* The argument that an option must have, or NULL after saying so. */

static const char *
cl_options_value(cl_args_t *ar, const cl_option_t *ot)
{
    if (ar->value != NULL) {
        return ar->value;
    }

    if (ar->next == ar->argc) {
        (void) cl_fail(CL_USAGE, "option --%s needs %s", ot->name, ot->arg);
        return NULL;
    }

    return ar->argv[ar->next++];
}


static bool
cl_options_number(const char *text, double *v)
{
    char  *end;

    if (text == NULL || text[strspn(text, "0123456789.")] != '\0') {
        return false;
    }

    *v = strtod(text, &end);

    return end != text && *end == '\0' && *v <= 1e9;
}


/* The number that may follow an option; absent when the next word is none. */

static cl_exit_t
cl_options_perhaps(cl_args_t *ar, const cl_option_t *ot, double *v)
{
    if (ar->value != NULL) {
        return cl_options_number(ar->value, v)
               ? CL_OK
               : cl_fail(CL_USAGE, "--%s: \"%s\" is not a number", ot->name,
                         ar->value);
    }

    if (ar->next < ar->argc && cl_options_number(ar->argv[ar->next], v)) {
        ar->next++;
    }

    return CL_OK;
}


/* Only one thing can be done at a time. */

static cl_exit_t
cl_options_mode(cl_args_t *ar, const cl_option_t *ot, cl_mode_t mode)
{
    const char  *word;

    if (ar->op->mode == CL_MODE_CONFIG || ar->op->mode == CL_MODE_FEATHER) {
        word = ar->op->mode == CL_MODE_CONFIG ? "config" : "feather";

        return cl_fail(CL_USAGE, "--%s has nothing to do with \"%s\" (a "
                       "relay of that name is \"%s:" CL_PORT "\")",
                       ot->name, word, word);
    }

    if (ar->op->mode_name != NULL && ar->op->mode != mode) {
        return cl_fail(CL_USAGE, "--%s and --%s exclude each other",
                       ar->op->mode_name, ot->name);
    }

    ar->op->mode = mode;
    ar->op->mode_name = ot->name;

    return CL_OK;
}


static cl_exit_t
cl_options_who(cl_args_t *ar, const cl_option_t *ot)
{
    ar->op->who = cl_options_value(ar, ot);

    return ar->op->who != NULL
           ? cl_options_mode(ar, ot, (cl_mode_t) ot->offset) : CL_USAGE;
}


/* One more of those that may come several times. */

static cl_exit_t
cl_options_more(cl_args_t *ar, const cl_option_t *ot, const char **list,
    size_t *n)
{
    const char  *value;

    value = cl_options_value(ar, ot);
    if (value == NULL) {
        return CL_USAGE;
    }

    if (*n == CL_LIST_MAX) {
        return cl_fail(CL_USAGE, "--%s: over %d are too many%s", ot->name,
                       CL_LIST_MAX, ot->kind == CL_ARG_FROM
                                    ? ", see \"contacts\"" : "");
    }

    list[(*n)++] = value;

    return CL_OK;
}


static cl_exit_t
cl_options_accept(cl_args_t *ar)
{
    ar->op->has_accept = true;

    if (ar->value == NULL || strcmp(ar->value, "generic") == 0) {
        ar->op->accept = WZP_ACCEPT_GENERIC;
        return CL_OK;
    }

    if (strcmp(ar->value, "trusted") == 0) {
        ar->op->accept = WZP_ACCEPT_TRUSTED;
        return CL_OK;
    }

    return cl_fail(CL_USAGE, "--accept=%s: there are generic and trusted",
                   ar->value);
}


static cl_exit_t
cl_options_tell(cl_args_t *ar)
{
    size_t  i;

    static const char *const  names[] = {
        [CL_TELL_OURS] = "ours",
        [CL_TELL_ANY] = "on",
        [CL_TELL_NONE] = "off",
    };

    if (ar->value == NULL) {
        ar->op->report_quality = CL_TELL_ANY;
        return CL_OK;
    }

    for (i = 0; i < WZP_ARRAY_LEN(names); i++) {
        if (strcmp(ar->value, names[i]) == 0) {
            ar->op->report_quality = (cl_tell_t) i;
            return CL_OK;
        }
    }

    return cl_fail(CL_USAGE, "--report-quality=%s: there are on, off and ours",
                   ar->value);
}


static cl_exit_t
cl_options_ping(cl_args_t *ar, const cl_option_t *ot)
{
    double     v;
    cl_exit_t  rc;

    v = 4;
    rc = cl_options_perhaps(ar, ot, &v);

    if (rc == CL_OK && (v < 1 || v > 1e6)) {
        return cl_fail(CL_USAGE, "--ping: the count must be 1 to 1000000");
    }

    ar->op->ping_count = (unsigned) v;

    return rc == CL_OK ? cl_options_mode(ar, ot, CL_MODE_PING) : rc;
}


/* With "=off" a flag can take back what the settings say. */

static cl_exit_t
cl_options_flag(const cl_option_t *ot, const char *value, bool *field)
{
    *field = value == NULL || strcmp(value, "on") == 0;

    return *field || strcmp(value, "off") == 0
           ? CL_OK
           : cl_fail(CL_USAGE, "option --%s takes no value but on and off",
                     ot->name);
}


static cl_exit_t
cl_options_seconds(const cl_option_t *ot, const char *value, double *field)
{
    if (strcmp(value, "never") == 0) {
        *field = CL_FOREVER;
        return CL_OK;
    }

    return cl_options_number(value, field)
           ? CL_OK
           : cl_fail(CL_USAGE, "--%s: \"%s\" is not a number of seconds",
                     ot->name, value);
}


static cl_exit_t
cl_options_bench(cl_args_t *ar, const cl_option_t *ot)
{
    size_t  i;

    static const char *const  names[] = {
        "all", "codec", "fec", "crypto", "pipeline"
    };

    ar->op->bench = ar->value != NULL ? ar->value : "all";

    for (i = 0; i < WZP_ARRAY_LEN(names); i++) {
        if (strcmp(ar->op->bench, names[i]) == 0) {
            return cl_options_mode(ar, ot, (cl_mode_t) ot->offset);
        }
    }

    return cl_fail(CL_USAGE, "--bench=%s: there are codec, fec, crypto, "
                   "pipeline and all", ar->op->bench);
}


static cl_exit_t
cl_options_loss(cl_args_t *ar, const cl_option_t *ot)
{
    const char  *value;

    value = cl_options_value(ar, ot);
    if (value == NULL) {
        return CL_USAGE;
    }

    return cl_options_number(value, &ar->op->loss_pct)
           && ar->op->loss_pct <= 90
           ? CL_OK
           : cl_fail(CL_USAGE, "--loss: \"%s\" is not a number of percent "
                     "from 0 to 90", value);
}


static cl_exit_t
cl_options_test(cl_args_t *ar, const cl_option_t *ot)
{
    const char  *value;

    value = cl_options_value(ar, ot);
    if (value == NULL) {
        return CL_USAGE;
    }

    if (!cl_options_number(value, &ar->op->test_s) || ar->op->test_s < 1
        || ar->op->test_s > CL_TEST_MAX_S)
    {
        return cl_fail(CL_USAGE, "--%s: \"%s\" is not a number of seconds "
                       "from 1 to %d", ot->name, value, CL_TEST_MAX_S);
    }

    return cl_options_mode(ar, ot, (cl_mode_t) ot->offset);
}


/* long: one case per kind of argument */

static cl_exit_t
cl_options_set(cl_args_t *ar, const cl_option_t *ot)
{
    void        *field;
    const char  *value;

    field = (char *) ar->op + ot->offset;

    if (ar->value != NULL && ot->kind >= CL_ARG_MODE) {
        return cl_fail(CL_USAGE, "option --%s takes no value", ot->name);
    }

    switch (ot->kind) {

    case CL_ARG_FLAG:
        return cl_options_flag(ot, ar->value, field);

    case CL_ARG_TEXT:
    case CL_ARG_SECRET:
        value = cl_options_value(ar, ot);
        if (value == NULL) {
            return CL_USAGE;
        }

        *(const char **) field = value;
        return CL_OK;

    case CL_ARG_SECONDS:
        value = cl_options_value(ar, ot);
        if (value == NULL) {
            return CL_USAGE;
        }

        return cl_options_seconds(ot, value, field);

    case CL_ARG_TONE:
        ar->op->tone = true;
        return cl_options_perhaps(ar, ot, &ar->op->tone_s);

    case CL_ARG_TEST:
        return cl_options_test(ar, ot);

    case CL_ARG_BENCH:
        return cl_options_bench(ar, ot);

    case CL_ARG_LOSS:
        return cl_options_loss(ar, ot);

    case CL_ARG_PING:
        return cl_options_ping(ar, ot);

    case CL_ARG_WORDS:
        return cl_options_words(ar);

    case CL_ARG_WHO:
        return cl_options_who(ar, ot);

    case CL_ARG_FROM:
        return cl_options_more(ar, ot, ar->op->from, &ar->op->nfrom);

    case CL_ARG_VOLUME:
        return cl_options_more(ar, ot, ar->op->volume, &ar->op->nvolume);

    case CL_ARG_ACCEPT:
        return cl_options_accept(ar);

    case CL_ARG_TELL:
        return cl_options_tell(ar);

    case CL_ARG_MODE:
        return cl_options_mode(ar, ot, (cl_mode_t) ot->offset);

    case CL_ARG_HELP:
        cl_options_help();
        ar->op->mode = CL_MODE_DONE;
        return CL_OK;

    case CL_ARG_VERSION:
        (void) printf("wzp-client %s\n", CL_VERSION);
        ar->op->mode = CL_MODE_DONE;
        return CL_OK;
    }

    return CL_INTERNAL;
}


/* 24 words in one argument or in many; no more than 24 are taken, so that the
 * relay may follow them. */

static cl_exit_t
cl_options_words(cl_args_t *ar)
{
    size_t       len, n, words;
    const char  *word, *p;

    len = 0;
    words = 0;

    while (words < WZP_MNEMONIC_WORDS) {

        word = ar->value;
        ar->value = NULL;

        if (word == NULL) {
            if (ar->next == ar->argc || ar->argv[ar->next][0] == '-') {
                break;
            }

            word = ar->argv[ar->next++];
        }

        for (p = word; *p != '\0'; words += (n > 0), p += n) {
            p += strspn(p, " \t\n");
            n = strcspn(p, " \t\n");
        }

        n = strlen(word);

        if (len + n + 2 > sizeof(ar->op->mnemonic)) {
            return cl_fail(CL_USAGE, "--mnemonic: these are not 24 words");
        }

        memcpy(ar->op->mnemonic + len, word, n);
        len += n;
        ar->op->mnemonic[len++] = ' ';
    }

    if (words != WZP_MNEMONIC_WORDS) {
        return cl_fail(CL_USAGE, "--mnemonic: %zu words are given, 24 are "
                       "needed", words);
    }

    return CL_OK;
}
