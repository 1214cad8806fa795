/*
 * "wzp-client config key": the key of the identity, which is printed only for
 * who asks for it, and read only from standard input.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "event_log.h"
#include "ident_file.h"
#include "modes.h"
#include "say.h"


#define CL_KEY_TEXT     1024            /* bytes read at most                */
#define CL_SEED_HEX     (2 * WZP_SEED_SIZE)


static cl_exit_t
cl_key_show(const cl_options_t *op)
{
    cl_me_t    me;
    cl_exit_t  rc;

    rc = cl_me_load(&me, op);

    if (rc == CL_OK) {
        cl_event("key", json_pack("{s:s}", "fingerprint", me.fp));
        cl_say("%s", me.fp);
    }

    wzp_ident_wipe(&me.id);

    return rc;
}


static cl_exit_t
cl_key_backup(const cl_options_t *op)
{
    char        text[WZP_MNEMONIC_MAX];
    cl_me_t     me;
    cl_exit_t   rc;

    /* Whatever reads JSON may keep it: then there has to be no doubt. */

    if (op->json && !op->as_words && !op->as_hex) {
        return cl_fail(CL_USAGE, "config key backup: with --json, say --words "
                       "or --hex");
    }

    rc = cl_me_load(&me, op);
    if (rc != CL_OK) {
        return rc;
    }

    if (op->as_hex) {
        wzp_hex(text, me.id.seed, WZP_SEED_SIZE);

    } else {
        wzp_mnemonic_text(text, me.id.seed);
    }

    cl_warn("this is the secret key of %s: whoever has it can appear as you",
            me.fp);

    cl_event_log_close();               /* it shall not hold this            */
    cl_event("backup", json_pack("{s:s, s:s}", "fingerprint", me.fp,
                                 op->as_hex ? "hex" : "words", text));
    cl_say("%s", text);

    wzp_wipe(text, sizeof(text));
    wzp_ident_wipe(&me.id);

    return CL_OK;
}


/* ---- restore ---- */

/* The terminal before, and without echo; how often we have asked. */
static struct termios         cl_key_terminal, cl_key_quiet;
static volatile sig_atomic_t  cl_key_asked;


/* From here to the table: only what is allowed in a handler of signals. */

static void
cl_key_ask(void)
{
    pid_t    owner;
    ssize_t  n;

    static const char  text[] = "24 words or 64 hex digits (not shown): ";

    /* In the background: whoever reads is stopped, and asks when continued. */

    owner = tcgetpgrp(STDIN_FILENO);

    if (owner != -1 && owner != getpgrp()) {
        return;
    }

    (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &cl_key_quiet);
    n = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void) n;

    cl_key_asked++;
}


static void
cl_key_interrupted(int signo)
{
    (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &cl_key_terminal);
    (void) signal(signo, SIG_DFL);
    (void) raise(signo);
}


static void
cl_key_continued(int signo)
{
    int  err;

    err = errno;
    cl_key_ask();
    errno = err;

    (void) signo;
}


/* A process that nobody could continue does not stop, and has to ask by
 * itself. */

static void
cl_key_stopped(int signo)
{
    int           err;
    sigset_t      set, before;
    sig_atomic_t  asked;

    err = errno;
    asked = cl_key_asked;

    (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &cl_key_terminal);
    (void) signal(signo, SIG_DFL);
    (void) raise(signo);

    (void) sigemptyset(&set);
    (void) sigaddset(&set, signo);
    (void) sigprocmask(SIG_UNBLOCK, &set, &before);
    (void) sigprocmask(SIG_SETMASK, &before, NULL);

    (void) signal(signo, cl_key_stopped);

    if (asked == cl_key_asked) {
        cl_key_ask();
    }

    errno = err;
}


static const struct {
    int     signo;
    void  (*handler)(int signo);
}  cl_key_signals[] = {
    { SIGINT, cl_key_interrupted },
    { SIGTERM, cl_key_interrupted },
    { SIGHUP, cl_key_interrupted },
    { SIGQUIT, cl_key_interrupted },
    { SIGTSTP, cl_key_stopped },
    { SIGCONT, cl_key_continued }
};


/* Until the words are complete, or a line holds something else. */

static bool
cl_key_complete(const char *text)
{
    size_t  n, words;

    words = 0;

    for (n = 0; *text != '\0'; text += n) {
        text += strspn(text, " \t\r\n");
        n = strcspn(text, " \t\r\n");
        words += n > 0;
    }

    return words < 2 || words >= WZP_MNEMONIC_WORDS;
}


/* Who is asked again begins again. */

static cl_exit_t
cl_key_input(char text[CL_KEY_TEXT], bool terminal)
{
    size_t        len;
    ssize_t       n;
    sig_atomic_t  asked;

    len = 0;
    asked = cl_key_asked;

    do {
        n = read(STDIN_FILENO, text + len, CL_KEY_TEXT - 1 - len);

        if (n == -1) {
            return cl_fail(CL_IO, "standard input cannot be read: %s",
                           strerror(errno));
        }

        if (asked != cl_key_asked) {
            asked = cl_key_asked;
            memmove(text, text + len, (size_t) n);
            len = 0;
        }

        len += (size_t) n;
        text[len] = '\0';

        if (len == CL_KEY_TEXT - 1) {
            return cl_fail(CL_USAGE, "this is longer than any key");
        }

    } while (n > 0 && !(terminal && cl_key_complete(text)));

    return CL_OK;
}


/* Nobody who looks over the shoulder shall see it. */

static cl_exit_t
cl_key_read(char text[CL_KEY_TEXT])
{
    void       (*before[WZP_ARRAY_LEN(cl_key_signals)])(int signo);
    size_t       i;
    sigset_t     set;
    cl_exit_t    rc;

    if (tcgetattr(STDIN_FILENO, &cl_key_terminal) == -1) {
        return cl_key_input(text, false);
    }

    cl_key_quiet = cl_key_terminal;
    cl_key_quiet.c_lflag &= ~(tcflag_t) ECHO;

    (void) sigemptyset(&set);

    for (i = 0; i < WZP_ARRAY_LEN(cl_key_signals); i++) {
        (void) sigaddset(&set, cl_key_signals[i].signo);
        before[i] = signal(cl_key_signals[i].signo, cl_key_signals[i].handler);

        if (before[i] == SIG_IGN) {
            (void) signal(cl_key_signals[i].signo, SIG_IGN);
        }
    }

    cl_key_ask();

    rc = cl_key_input(text, true);

    (void) fputc('\n', stderr);

    /* Nobody comes between the echo and the end of the handlers. */

    (void) sigprocmask(SIG_BLOCK, &set, NULL);
    (void) tcsetattr(STDIN_FILENO, TCSAFLUSH, &cl_key_terminal);

    for (i = 0; i < WZP_ARRAY_LEN(cl_key_signals); i++) {
        (void) signal(cl_key_signals[i].signo, before[i]);
    }

    (void) sigprocmask(SIG_UNBLOCK, &set, NULL);

    return rc;
}


static cl_exit_t
cl_key_parse(uint8_t seed[WZP_SEED_SIZE], const char *text)
{
    if (wzp_seed_parse(seed, text, strlen(text)) == WZP_OK
        || wzp_mnemonic_parse(seed, text, strlen(text)) == WZP_OK)
    {
        return CL_OK;
    }

    return cl_fail(CL_USAGE, "config key restore: these are neither 64 hex "
                   "digits nor 24 words that belong together");
}


static cl_exit_t
cl_key_restore(const cl_options_t *op)
{
    char         text[CL_KEY_TEXT], fp[WZP_FP_TEXT_LEN + 1];
    uint8_t      seed[WZP_SEED_SIZE];
    cl_exit_t    rc;
    wzp_ident_t  id;

    if (op->seed != NULL || op->mnemonic[0] != '\0') {
        return cl_fail(CL_USAGE, "config key restore reads standard input, "
                       "not --seed or --mnemonic");
    }

    rc = cl_key_read(text);

    if (rc == CL_OK) {
        rc = cl_key_parse(seed, text);
    }

    wzp_wipe(text, sizeof(text));

    if (rc == CL_OK) {
        rc = cl_me_restore(op, seed);
    }

    if (rc == CL_OK) {
        wzp_ident_init(&id, seed);
        wzp_fp_text(fp, id.fp);
        wzp_ident_wipe(&id);

        cl_event("key", json_pack("{s:s}", "fingerprint", fp));
        cl_say("%s", fp);
    }

    wzp_wipe(seed, sizeof(seed));

    return rc;
}


cl_exit_t
cl_mode_key(const cl_options_t *op, const char *what)
{
    if (strcmp(what, "show") == 0) {
        return cl_key_show(op);
    }

    if (strcmp(what, "backup") == 0) {
        return cl_key_backup(op);
    }

    if (strcmp(what, "restore") == 0) {
        return cl_key_restore(op);
    }

    return cl_fail(CL_USAGE, "config key %s: there are show, backup and "
                   "restore", what);
}
