/*
 * What is said while a reader takes it, takes it later, or is gone.
 */

#include <fcntl.h>

#include "tap.h"
#include "../../client/out.c"
#include "../../client/say.c"


#define LINE    "{\"event\":\"warning\""


static int       saved, pipes[2];
static uint64_t  now;
static char      text[2 * CL_OUT_MAX];
static size_t    len;


uint64_t
cl_now(void)
{
    return now += 50 * WZP_MS;
}


bool
cl_asked(void)
{
    return false;
}


/* What standard output is from now on: a pipe of four pages. */

static void
into_pipe(void)
{
    (void) fflush(stdout);

    if (pipe(pipes) == -1 || fcntl(pipes[1], F_SETPIPE_SZ, 16384) == -1) {
        perror("pipe");
        exit(1);
    }

    (void) dup2(pipes[1], STDOUT_FILENO);
    (void) close(pipes[1]);
    (void) fcntl(pipes[0], F_SETFL, O_NONBLOCK);

    memset(&cl_kept, 0, sizeof(cl_kept));
    cl_out_keep();
    cl_out_live(true);
    len = 0;
}


static void
out_of_pipe(void)
{
    (void) close(pipes[0]);
    (void) dup2(saved, STDOUT_FILENO);
}


static void
take(void)
{
    ssize_t  n;

    for ( ;; ) {
        n = read(pipes[0], text + len, sizeof(text) - 1 - len);

        if (n > 0) {
            len += (size_t) n;

        } else if (!cl_out_busy(CL_OUT)) {
            break;
        }

        cl_say_turn();
    }

    text[len] = '\0';
}


/* Lines that count from 0; how many of them there are, in order. */

static unsigned
counted(const char *p)
{
    char      line[32];
    unsigned  i;

    for (i = 0; ; i++) {
        (void) snprintf(line, sizeof(line), "line %u\n", i);

        if (strncmp(p, line, strlen(line)) != 0) {
            return i;
        }

        p += strlen(line);
    }
}


static void
test_taken(void)
{
    into_pipe();
    cl_say("line %d", 0);
    cl_say("line %d", 1);
    len = (size_t) read(pipes[0], text, sizeof(text));
    out_of_pipe();

    is_mem(text, "line 0\nline 1\n", 14, "what can be written is");
    is_u64(len, 14, "at once");
}


static void
test_late(void)
{
    unsigned  i;

    into_pipe();

    for (i = 0; i < 10000; i++) {
        cl_say("line %u", i);
    }

    take();
    out_of_pipe();

    is_u64(counted(text), 10000, "what is taken late is all there");
}


static void
test_full(void)
{
    char      *gap;
    unsigned  i, n;

    into_pipe();
    cl_say_init(true, false);

    for (i = 0; i < 100000; i++) {
        cl_out_print(CL_OUT, "line %u\n", i);
    }

    take();
    cl_out_print(CL_OUT, "line 0\n");
    take();
    out_of_pipe();
    cl_say_init(false, false);

    n = counted(text);
    gap = strstr(text, LINE);

    ok(n > 80000 && n < 100000, "a full buffer: the last lines are left out");
    ok(gap != NULL && gap > text && gap[-1] == '\n', "the gap is told");

    if (gap != NULL) {
        is_u64(strtoul(strstr(gap, "\"message\":\"") + 11, NULL, 10),
               100000 - n, "and how many were in it");
        is_u64(counted(strchr(gap, '\n') + 1), 1, "and it goes on");
    }
}


static void
test_end(void)
{
    bool      bounded;
    unsigned  i, n;
    uint64_t  lines, since;

    into_pipe();

    for (i = 0; i < 5000; i++) {
        cl_say("line %u", i);
    }

    cl_out_live(false);
    since = now;
    (void) cl_out_end(&lines);
    bounded = now - since < 2 * WZP_SEC;
    len = (size_t) read(pipes[0], text, sizeof(text) - 1);
    text[len] = '\0';
    out_of_pipe();

    n = counted(text);

    ok(bounded, "the end waits for a second");
    ok(n > 0 && n < 5000, "some of it was taken");
    is_u64(lines, 5000 - n, "and tells what was not taken");
}


static void
test_gone(void)
{
    int       err;
    unsigned  i;
    uint64_t  lines;

    into_pipe();

    for (i = 0; i < 5000; i++) {
        cl_say("line %u", i);
    }

    (void) close(pipes[0]);
    cl_say_turn();
    cl_say("line");
    err = cl_out_end(&lines);
    (void) dup2(saved, STDOUT_FILENO);

    is_i64(err, 0, "a reader that has gone is no failure");
    is_u64(lines, 0, "a reader that has gone wants nothing");
    ok(!cl_out_busy(CL_OUT), "and nothing is kept for him");
}


int
main(void)
{
    (void) signal(SIGPIPE, SIG_IGN);
    saved = dup(STDOUT_FILENO);

    test_taken();
    test_late();
    test_full();
    test_end();
    test_gone();

    return done_testing();
}
