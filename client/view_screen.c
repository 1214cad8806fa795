/*
 * A screen in the client's loop.  See view_screen.h.
 */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "view_screen.h"
#include "view_term.h"


bool
cl_screen_open(cl_screen_t *sc, cl_loop_t *lp)
{
    memset(sc, 0, sizeof(cl_screen_t));

    if (!cl_term_open()) {
        return false;
    }

    sc->lp = lp;
    sc->fresh = true;
    lp->input = STDIN_FILENO;

    return true;
}


void
cl_screen_close(cl_screen_t *sc)
{
    sc->lp->input = -1;
    cl_term_close();

    cl_grid_done(&sc->now);
    cl_grid_done(&sc->before);
}


/* ---- stopped, in the background, and back ---- */

bool
cl_screen_away(cl_screen_t *sc)
{
    if (sc->away && cl_term_is_ours()) {
        cl_term_return();
        sc->away = false;
        sc->fresh = true;
        sc->lp->input = STDIN_FILENO;
    }

    return sc->away;
}


/* As if nobody had caught it: a process that nobody could continue does not
 * stop. */

static void
cl_screen_stop(cl_screen_t *sc)
{
    sigset_t  set;

    sc->away = true;
    sc->lp->input = -1;
    cl_term_leave();

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTSTP);
    (void) raise(SIGTSTP);
    (void) sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void) sigprocmask(SIG_BLOCK, &set, NULL);

    (void) cl_screen_away(sc);
}


/* SIGSTOP comes without a word: anybody may have had the terminal since. */

static void
cl_screen_continued(cl_screen_t *sc)
{
    sc->away = true;
    sc->lp->input = -1;

    (void) cl_screen_away(sc);
}


bool
cl_screen_signal(cl_screen_t *sc, int signo)
{
    switch (signo) {

    case SIGWINCH:
        return true;

    case SIGTSTP:
        cl_screen_stop(sc);
        return true;

    case SIGCONT:
        cl_screen_continued(sc);
        return true;

    default:
        return false;
    }
}


/* ---- painting ---- */

static bool
cl_screen_fit(cl_screen_t *sc)
{
    unsigned  rows, cols;

    cl_term_size(&rows, &cols);

    if (sc->now.cells != NULL && sc->now.rows == rows
        && sc->now.cols == cols)
    {
        return true;
    }

    cl_grid_done(&sc->now);
    cl_grid_done(&sc->before);
    sc->fresh = true;

    return cl_grid_init(&sc->now, rows, cols, cl_term_utf8())
           && cl_grid_init(&sc->before, rows, cols, cl_term_utf8());
}


cl_grid_t *
cl_screen_draw(cl_screen_t *sc)
{
    return cl_screen_fit(sc) && cl_term_ready() ? &sc->now : NULL;
}


void
cl_screen_show(cl_screen_t *sc)
{
    cl_grid_t  shown;

    cl_term_show(&sc->now, sc->fresh ? NULL : &sc->before);

    shown = sc->now;
    sc->now = sc->before;
    sc->before = shown;
    sc->fresh = false;
}


void
cl_screen_redraw(cl_screen_t *sc)
{
    sc->fresh = true;
}


/* ---- keys ---- */

int
cl_screen_keys(cl_screen_t *sc, int keys[CL_KEYS_MAX])
{
    ssize_t  len;
    uint8_t  buf[256];

    if (sc->away) {
        return 0;                       /* these are another job's           */
    }

    len = read(STDIN_FILENO, buf, sizeof(buf));

    if (len > 0) {
        return (int) cl_keys(keys, buf, (size_t) len);
    }

    if (len == -1 && (errno == EINTR || errno == EAGAIN)) {
        return 0;
    }

    sc->lp->input = -1;

    return -1;
}
