/*
 * The command line.  See options.h; what the values mean is checked in
 * options_check.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#include "options.h"
#include "options_check.h"
#include "say.h"


typedef enum {
    CL_ARG_FLAG = 0,                    /* bool                              */
    CL_ARG_TEXT,                        /* const char *                      */
    CL_ARG_SECONDS,                     /* double                            */
    CL_ARG_TONE,                        /* perhaps a number                  */
    CL_ARG_PING,                        /* perhaps a number                  */
    CL_ARG_WORDS,                       /* 24 words                          */
    CL_ARG_WHO,                         /* a mode and its argument           */
    CL_ARG_FROM,                        /* may come several times            */
    CL_ARG_ACCEPT,                      /* perhaps =HOW                      */
    CL_ARG_MODE,
    CL_ARG_HELP,
    CL_ARG_VERSION
} cl_arg_t;


typedef struct {
    const char  *name;                  /* without dashes; one letter: "-v"  */
    cl_arg_t     kind;
    size_t       offset;                /* of the field; or the mode         */
    const char  *arg;
    const char  *help;                  /* "\n" begins the next line         */
} cl_option_t;


typedef struct {
    cl_options_t  *op;
    int            argc;
    int            next;
    char         **argv;
    const char    *value;               /* of --name=value, or NULL          */
} cl_args_t;


#define CL_RING_S       40


static cl_exit_t cl_options_one(cl_args_t *ar, const char *word);
static cl_exit_t cl_options_set(cl_args_t *ar, const cl_option_t *ot);
static cl_exit_t cl_options_words(cl_args_t *ar);


#define CL_OFF(field)   offsetof(cl_options_t, field)

static const cl_option_t  cl_option_table[] = {

    { "room", CL_ARG_TEXT, CL_OFF(room), "NAME",
      "the room to join (default)" },

    { "hash-room", CL_ARG_FLAG, CL_OFF(hash_room), NULL,
      "send the room's hash instead of its name, so that\n"
      "nobody on the way can read it" },

    { "alias", CL_ARG_TEXT, CL_OFF(alias), "NAME",
      "the name that others see (default: the identity's,\n"
      "such as \"Swift Wolf\")" },

    { "identity", CL_ARG_TEXT, CL_OFF(identity), "FILE",
      "identity file, made on first use\n"
      "(~/.config/wzp/identity)" },

    { "seed", CL_ARG_TEXT, CL_OFF(seed), "HEX",
      "identity from 64 hex digits instead of a file" },

    { "mnemonic", CL_ARG_WORDS, 0, "WORDS",
      "identity from 24 words, as one argument or as 24" },

    { "whoami", CL_ARG_MODE, CL_MODE_WHOAMI, NULL,
      "print the identity's fingerprint and alias, and exit" },

    { "profile", CL_ARG_TEXT, CL_OFF(profile_name), "NAME",
      "the best quality to send: 64k 48k 32k 24k 16k 6k,\n"
      "or Opus64k ... Opus6k (default: what the relay offers)" },

    { "send-tone", CL_ARG_TONE, 0, "[SECONDS]",
      "send 440 Hz, for ever or for so long" },

    { "send-file", CL_ARG_TEXT, CL_OFF(send_file), "FILE",
      "send a WAV file of any rate, or with .raw or .pcm\n"
      "48 kHz mono signed 16 bit little endian" },

    { "record", CL_ARG_TEXT, CL_OFF(record), "FILE",
      "write what is heard, in real time, as WAV\n"
      "(with .raw or .pcm: as above)" },

    { "duration", CL_ARG_SECONDS, CL_OFF(duration_s), "SECONDS",
      "leave by itself so long after joining" },

    { "reconnect", CL_ARG_SECONDS, CL_OFF(reconnect_s), "SECONDS",
      "give up so long after the relay went away\n"
      "(default: never; 0: at once)" },

    { "report-quality", CL_ARG_FLAG, CL_OFF(report_quality), NULL,
      "tell the relay about loss and delay once a second,\n"
      "so that it can choose everybody's quality" },

    { "register", CL_ARG_MODE, CL_MODE_REGISTER, NULL,
      "wait for calls instead of joining a room; on a\n"
      "terminal each one is asked about" },

    { "accept", CL_ARG_ACCEPT, 0, "[=HOW]",
      "take every call: generic (default), or trusted, so\n"
      "that the caller's client may look for a direct way" },

    { "reject", CL_ARG_FLAG, CL_OFF(reject), NULL,
      "turn every call away" },

    { "accept-from", CL_ARG_FROM, 0, "WHO",
      "take calls of this contact or fingerprint only (may\n"
      "be repeated), or of all \"contacts\"" },

    { "once", CL_ARG_FLAG, CL_OFF(once), NULL,
      "exit after the first call" },

    { "call", CL_ARG_WHO, CL_MODE_DIAL, "WHO",
      "call a contact or a fingerprint" },

    { "ring-timeout", CL_ARG_SECONDS, CL_OFF(ring_s), "SECONDS",
      "let it ring so long (40)" },

    { "route", CL_ARG_WHO, CL_MODE_ROUTE, "WHO",
      "print over which relays somebody is reached" },

    { "contacts", CL_ARG_MODE, CL_MODE_CONTACTS, NULL,
      "print your contacts" },

    { "add-contact", CL_ARG_WHO, CL_MODE_ADD, "NAME=HEX",
      "give a fingerprint a name" },

    { "remove-contact", CL_ARG_WHO, CL_MODE_REMOVE, "NAME",
      "and forget it" },

    { "version-check", CL_ARG_MODE, CL_MODE_VERSION, NULL,
      "print the relay's version and exit" },

    { "ping", CL_ARG_PING, 0, "[COUNT]",
      "measure the way to the relay (4 times) and exit" },

    { "fingerprint", CL_ARG_TEXT, CL_OFF(fingerprint_text), "HEX",
      "the relay's certificate must have this SHA-256;\n"
      "without it the first one seen is remembered in\n"
      "~/.config/wzp/known_hosts and must stay the same" },

    { "4", CL_ARG_FLAG, CL_OFF(four), NULL, "use IPv4 only" },
    { "6", CL_ARG_FLAG, CL_OFF(six), NULL, "use IPv6 only" },

    { "json", CL_ARG_FLAG, CL_OFF(json), NULL,
      "print one JSON object per event and a closing report" },

    { "keylog", CL_ARG_TEXT, CL_OFF(keylog), "FILE",
      "append TLS secrets to FILE, for debugging" },

    { "v", CL_ARG_FLAG, CL_OFF(verbose), NULL, "say more" },
    { "help", CL_ARG_HELP, 0, NULL, "print this and exit" },
    { "version", CL_ARG_VERSION, 0, NULL, "print the version and exit" },
};


static const char  cl_help_head[] =
    "usage: wzp-client [options] HOST[:PORT]\n"
    "\n"
    "Joins a room at a WZP relay, shows who is there and listens until\n"
    "Ctrl-C; or calls somebody, or waits for calls.  The port is " CL_PORT "\n"
    "unless given; IPv6 addresses stand in brackets: [2001:db8::1]:4433.\n"
    "\n";

static const char  cl_help_tail[] =
    "\n"
    "SIGINT and SIGTERM leave the room cleanly; SIGUSR1 moves the call to\n"
    "another local port.\n"
    "\n"
    "exit status:\n"
    "  0  the call ended as it should\n"
    "  1  internal or unexpected error\n"
    "  2  wrong usage\n"
    "  3  refused by the relay (full, not allowed, reserved name, replaced)\n"
    "  4  a signature or binding does not verify\n"
    "  5  relay unreachable, or not a WZP relay\n"
    "  6  the relay is not the one it was before\n"
    "  7  a file cannot be read or written\n"
    "  8  whom you call or look for is not there\n"
    "  9  the call was declined, or the other one is busy\n"
    " 10  the call was not answered\n";


static void
cl_options_help(void)
{
    char               head[40];
    size_t             i;
    const char        *p;
    const cl_option_t  *ot;

    (void) fputs(cl_help_head, stdout);

    for (i = 0; i < WZP_ARRAY_LEN(cl_option_table); i++) {
        ot = &cl_option_table[i];

        (void) snprintf(head, sizeof(head), "%s%s%s%s",
                        ot->name[1] == '\0' ? "-" : "--", ot->name,
                        ot->arg && ot->arg[1] != '=' ? " " : "",
                        ot->arg ? ot->arg : "");
        (void) printf("  %-22s ", head);

        for (p = ot->help; *p != '\0'; p++) {
            (void) putchar(*p);

            if (*p == '\n') {
                (void) printf("%25s", "");
            }
        }

        (void) putchar('\n');
    }

    (void) fputs(cl_help_tail, stdout);
}


static const cl_option_t *
cl_options_find(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(cl_option_table); i++) {
        if (strlen(cl_option_table[i].name) == len
            && memcmp(cl_option_table[i].name, name, len) == 0)
        {
            return &cl_option_table[i];
        }
    }

    return NULL;
}


cl_exit_t
cl_options_parse(cl_options_t *op, int argc, char **argv)
{
    int         i;
    cl_exit_t   rc;
    cl_args_t   ar;
    const char  *word;

    memset(op, 0, sizeof(cl_options_t));
    op->room = "default";
    op->duration_s = CL_FOREVER;
    op->reconnect_s = CL_FOREVER;
    op->tone_s = CL_FOREVER;
    op->profile = WZP_PROFILE_STUDIO_64K;
    op->ring_s = CL_RING_S;

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

    return cl_options_check(op);
}


static cl_exit_t
cl_options_one(cl_args_t *ar, const char *word)
{
    size_t              len;
    const char         *name;
    const cl_option_t  *ot;

    if (word[0] != '-' || word[1] == '\0') {

        if (ar->op->host[0] != '\0') {
            return cl_fail(CL_USAGE, "\"%s\" is one argument too many: one "
                           "relay is all that can be named, see --help", word);
        }

        return cl_options_target(ar->op, word);
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

    ar->value = name[len] == '=' ? name + len + 1 : NULL;

    return cl_options_set(ar, ot);
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


static cl_exit_t
cl_options_from(cl_args_t *ar, const cl_option_t *ot)
{
    const char  *value;

    value = cl_options_value(ar, ot);
    if (value == NULL) {
        return CL_USAGE;
    }

    if (ar->op->nfrom == CL_FROM_MAX) {
        return cl_fail(CL_USAGE, "--accept-from: over %d are too many, see "
                       "\"contacts\"", CL_FROM_MAX);
    }

    ar->op->from[ar->op->nfrom++] = value;

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


/* long: one case per kind of argument */

static cl_exit_t
cl_options_set(cl_args_t *ar, const cl_option_t *ot)
{
    void        *field;
    const char  *value;

    field = (char *) ar->op + ot->offset;

    if (ar->value != NULL
        && (ot->kind == CL_ARG_FLAG || ot->kind >= CL_ARG_MODE))
    {
        return cl_fail(CL_USAGE, "option --%s takes no value", ot->name);
    }

    switch (ot->kind) {

    case CL_ARG_FLAG:
        *(bool *) field = true;
        return CL_OK;

    case CL_ARG_TEXT:
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

        return cl_options_number(value, field)
               ? CL_OK
               : cl_fail(CL_USAGE, "--%s: \"%s\" is not a number of seconds",
                         ot->name, value);

    case CL_ARG_TONE:
        ar->op->tone = true;
        return cl_options_perhaps(ar, ot, &ar->op->tone_s);

    case CL_ARG_PING:
        return cl_options_ping(ar, ot);

    case CL_ARG_WORDS:
        return cl_options_words(ar);

    case CL_ARG_WHO:
        return cl_options_who(ar, ot);

    case CL_ARG_FROM:
        return cl_options_from(ar, ot);

    case CL_ARG_ACCEPT:
        return cl_options_accept(ar);

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
