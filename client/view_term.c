/*
 * ncurses.  See view_term.h.
 */

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "view_term.h"


#define CL_TERM_UNDO        256         /* bytes that give the screen back   */


static struct {
    SCREEN           *screen;           /* NULL: not taken                   */
    bool              away;             /* given back for a while            */
    bool              utf8;
    bool              colors;
    struct termios    modes;            /* before                            */
    char              undo[CL_TERM_UNDO];
    size_t            undo_len;
} cl_term;


/* Signals that end us without a word.  What was there before is done after
 * the screen is given back. */

static const int  cl_term_crashes[] = {
    SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT
};

static struct sigaction  cl_term_before[WZP_ARRAY_LEN(cl_term_crashes)];


bool
cl_term_able(void)
{
    int          rc;
    bool         able;
    const char  *term;

    term = getenv("TERM");

    /* In the background: whoever takes the screen is stopped. */

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)
        || !cl_term_is_ours() || term == NULL
        || term[0] == '\0' || strcmp(term, "dumb") == 0
        || setupterm(NULL, STDOUT_FILENO, &rc) != OK)
    {
        return false;
    }

    /* Known, and the cursor can be moved. */

    able = cursor_address != NULL && clear_screen != NULL;
    (void) del_curterm(cur_term);

    return able;
}


/* ---- a crash ---- */

static void
cl_term_unguard(void)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(cl_term_crashes); i++) {
        (void) sigaction(cl_term_crashes[i], &cl_term_before[i], NULL);
    }
}


/* Only what is allowed in a handler of signals. */

static void
cl_term_crashed(int signo, siginfo_t *si, void *ctx)
{
    ssize_t  n;

    n = write(STDOUT_FILENO, cl_term.undo, cl_term.undo_len);
    (void) tcsetattr(STDIN_FILENO, TCSANOW, &cl_term.modes);

    cl_term_unguard();

    /* A fault comes again by itself, and tells where it was. */

    if (si->si_code <= 0 || signo == SIGABRT) {
        (void) raise(signo);
    }

    (void) n;
    (void) ctx;
}


static void
cl_term_guard(void)
{
    size_t            i;
    struct sigaction  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = cl_term_crashed;
    sa.sa_flags = SA_SIGINFO;
    (void) sigemptyset(&sa.sa_mask);

    /* Who is started in the background may not be ended by SIGQUIT. */

    for (i = 0; i < WZP_ARRAY_LEN(cl_term_crashes); i++) {
        (void) sigaction(cl_term_crashes[i], NULL, &cl_term_before[i]);

        if (cl_term_before[i].sa_handler != SIG_IGN) {
            (void) sigaction(cl_term_crashes[i], &sa, NULL);
        }
    }
}


/* A string of the terminal's description, without its delays "$<5>". */

static void
cl_term_undo(const char *name)
{
    const char  *p;

    /* ncurses takes a name that it does not change for one that it may. */

    p = tigetstr((char *) (uintptr_t) name);

    if (p == NULL || p == (const char *) -1) {
        return;
    }

    while (*p != '\0' && cl_term.undo_len < CL_TERM_UNDO) {

        if (p[0] == '$' && p[1] == '<') {
            p += strcspn(p, ">");
            p += *p == '>';
            continue;
        }

        cl_term.undo[cl_term.undo_len++] = *p++;
    }
}


/* ---- taking and giving back ---- */

static void
cl_term_colors(void)
{
    const char  *no;

    no = getenv("NO_COLOR");

    cl_term.colors = (no == NULL || no[0] == '\0') && has_colors()
                     && start_color() == OK;

    if (cl_term.colors) {
        (void) use_default_colors();
        (void) init_pair(CL_LOOK_GOOD, COLOR_GREEN, -1);
        (void) init_pair(CL_LOOK_FAIR, COLOR_YELLOW, -1);
        (void) init_pair(CL_LOOK_BAD, COLOR_RED, -1);
        (void) init_pair(CL_LOOK_ALERT, COLOR_WHITE, COLOR_RED);
    }
}


/* Ctrl-S would stop the call with the output. */

static void
cl_term_modes(void)
{
    struct termios  tio;

    (void) cbreak();
    (void) noecho();
    (void) nonl();

    if (tcgetattr(STDIN_FILENO, &tio) == 0) {
        tio.c_iflag &= ~(tcflag_t) (IXON | ICRNL);
        (void) tcsetattr(STDIN_FILENO, TCSADRAIN, &tio);
    }

    (void) def_prog_mode();
}


bool
cl_term_open(void)
{
    if (tcgetattr(STDIN_FILENO, &cl_term.modes) != 0) {
        return false;
    }

    /* Only what characters are: numbers keep their point. */

    (void) setlocale(LC_CTYPE, "");
    cl_term.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

    cl_term.screen = newterm(NULL, stdout, stdin);

    if (cl_term.screen == NULL) {
        return false;
    }

    cl_term.undo_len = 0;
    cl_term_undo("sgr0");
    cl_term_undo("cnorm");
    cl_term_undo("rmcup");
    cl_term_guard();

    cl_term.away = false;
    cl_term_modes();
    cl_term_colors();
    (void) curs_set(0);
    (void) leaveok(stdscr, TRUE);

    return true;
}


void
cl_term_close(void)
{
    if (cl_term.screen == NULL) {
        return;
    }

    /* In the background it is the shell's, and we would be stopped. */

    if (cl_term_is_ours()) {

        /* What one that takes nothing has not taken would be waited for. */

        if (!cl_term_ready()) {
            (void) tcflow(STDOUT_FILENO, TCOON);
            (void) tcflush(STDOUT_FILENO, TCOFLUSH);
        }

        cl_term_leave();
        (void) tcsetattr(STDIN_FILENO, TCSANOW, &cl_term.modes);
    }

    cl_term_unguard();

    delscreen(cl_term.screen);
    cl_term.screen = NULL;
}


void
cl_term_leave(void)
{
    if (!cl_term.away) {
        cl_term.away = true;
        (void) curs_set(1);
        (void) endwin();
    }
}


void
cl_term_return(void)
{
    /* Who was stopped without a word has not left yet, and only who has left
     * sets everything anew. */

    cl_term_leave();

    cl_term.away = false;
    (void) reset_prog_mode();
    (void) curs_set(0);
    (void) clearok(curscr, TRUE);
    (void) refresh();
}


bool
cl_term_is_ours(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}


void
cl_term_size(unsigned *rows, unsigned *cols)
{
    struct winsize  ws;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row > 0
        && ws.ws_col > 0)
    {
        ws.ws_row = WZP_MIN(ws.ws_row, CL_GRID_ROWS);
        ws.ws_col = WZP_MIN(ws.ws_col, CL_GRID_COLS);

        if (ws.ws_row != LINES || ws.ws_col != COLS) {
            (void) resizeterm(ws.ws_row, ws.ws_col);
        }
    }

    *rows = (unsigned) WZP_MAX(LINES, 1);
    *cols = (unsigned) WZP_MAX(COLS, 1);
}


bool
cl_term_utf8(void)
{
    return cl_term.utf8;
}


bool
cl_term_ready(void)
{
    struct pollfd  pfd;

    pfd.fd = STDOUT_FILENO;
    pfd.events = POLLOUT;

    return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT) != 0;
}


/* ---- painting ---- */

static attr_t
cl_term_attr(uint32_t look, short *pair)
{
    static const attr_t  plain[CL_LOOK_N] = {
        [CL_LOOK_BOLD] = A_BOLD,
        [CL_LOOK_DIM] = A_DIM,
        [CL_LOOK_TITLE] = A_REVERSE,
        [CL_LOOK_BAD] = A_BOLD,
        [CL_LOOK_ALERT] = A_REVERSE | A_BOLD
    };

    *pair = 0;

    if (cl_term.colors && look >= CL_LOOK_GOOD) {
        *pair = (short) look;
        return look == CL_LOOK_ALERT ? A_BOLD : A_NORMAL;
    }

    return plain[look];
}


static void
cl_term_cell(const cl_grid_t *gr, unsigned row, unsigned col)
{
    short             pair;
    size_t            i;
    attr_t            attr;
    wchar_t           text[CL_CELL_MARKS + 2];
    cchar_t           cc;
    const cl_cell_t  *ce;

    ce = &gr->cells[(size_t) row * gr->cols + col];

    if (ce->ch == 0) {
        return;                                 /* came with the one before */
    }

    memset(text, 0, sizeof(text));
    text[0] = (wchar_t) ce->ch;

    for (i = 0; i < CL_CELL_MARKS; i++) {
        text[i + 1] = (wchar_t) ce->marks[i];
    }

    attr = cl_term_attr(ce->look, &pair);

    if (setcchar(&cc, text, attr, pair, NULL) == OK) {
        (void) mvadd_wch((int) row, (int) col, &cc);
    }
}


void
cl_term_show(const cl_grid_t *gr, const cl_grid_t *before)
{
    size_t    at;
    unsigned  row, col;

    if (before == NULL) {
        (void) clearok(curscr, TRUE);
        (void) erase();
    }

    for (row = 0; row < gr->rows; row++) {
        at = (size_t) row * gr->cols;

        if (before != NULL
            && memcmp(&gr->cells[at], &before->cells[at],
                      gr->cols * sizeof(cl_cell_t)) == 0)
        {
            continue;
        }

        for (col = 0; col < gr->cols; col++) {
            cl_term_cell(gr, row, col);
        }
    }

    (void) refresh();
}


void
cl_term_bell(void)
{
    (void) beep();
}
