/*
 * The screen of a call.  See view_draw.h.
 *
 *    general - voice.example.org:4433                             00:12:34
 *    rtt 21.4 ms  loss 0.4 %  ...
 *       Swift Wolf (you)                  ######....        on air
 *   -- 3 people -- talking: Ann ---------------------------------------------
 *   >*  Ann                               #####.....  ####  +6 dB
 *       Bob (eu)                          ..........  ##..         muted
 *   -- messages -------------------------------------------------------------
 *    12:34 Ann joined
 *    m mute  space talk  ...  q leave
 *
 * A lower screen loses the rulers and then lines, a narrower one columns.
 */

#include <stdarg.h>
#include <stdio.h>

#include "view_draw.h"


#define CL_VIEW_FLOOR_DB    60.0f       /* the meter's left end, below 0     */
#define CL_VIEW_NAME_COLS   32
#define CL_VIEW_NOTE        14          /* columns of "silenced", at least   */
#define CL_VIEW_DETAIL      24          /* and of numbers behind it          */
#define CL_VIEW_WHEN        7           /* columns before a message          */
#define CL_VIEW_WRAPS       4           /* lines of one message              */


/* The columns of a person; 0: is not shown. */
typedef struct {
    unsigned  name;                     /* widths, each with what is behind  */
    unsigned  meter;
    unsigned  bars;
    unsigned  volume;
    unsigned  note;
} cl_view_columns_t;


/* Where the parts are, and how many rows they have; 0: none. */
typedef struct {
    unsigned  path;                     /* rows of the connection: 0 or 1    */
    unsigned  me;
    unsigned  ruler;                    /* of people                         */
    unsigned  people;
    unsigned  ruler2;                   /* of messages                       */
    unsigned  messages;
    unsigned  keys;
} cl_view_rows_t;


typedef struct {
    const char *name;                   /* "": the arrows                    */
    const char *word;
    enum {
        CL_VIEW_KEY_ALWAYS = 0,
        CL_VIEW_KEY_CALL,               /* in a call, or on the way to one   */
        CL_VIEW_KEY_PHONE               /* the same, if it can be hung up    */
    }           where;
    bool        spare;                  /* goes where there is no room       */
} cl_view_key_t;


typedef struct {
    cl_grid_t              *gr;
    const cl_view_state_t  *vs;
    cl_view_columns_t       cols;
    unsigned                row;        /* to be painted next                */
} cl_view_pen_t;


/* ---- small parts ---- */

/* Words one after the other, as far as there is room. */

static unsigned __attribute__((format(printf, 4, 5)))
cl_view_word(cl_view_pen_t *pn, unsigned col, cl_look_t look, const char *fmt,
    ...)
{
    char     text[128];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (col + cl_grid_width(pn->gr, text) + 1 > pn->gr->cols) {
        return col;
    }

    return col + cl_grid_text(pn->gr, pn->row, col, pn->gr->cols, look, text)
           + 2;
}


static unsigned
cl_view_ruler(cl_view_pen_t *pn, const char *text)
{
    cl_grid_t  *gr;

    gr = pn->gr;

    cl_grid_fill(gr, pn->row, 0, gr->cols, cl_grid_glyph(gr, 0x2500, '-'),
                 CL_LOOK_DIM);
    cl_grid_put(gr, pn->row, 2, ' ', CL_LOOK_DIM);

    return 3 + cl_grid_text(gr, pn->row, 3, gr->cols - WZP_MIN(gr->cols, 7),
                            CL_LOOK_DIM, text);
}


/* Half columns for each 60 dB / (2 * width). */

static void
cl_view_meter(cl_view_pen_t *pn, unsigned col, unsigned width, float level_db)
{
    float       part;
    unsigned    i, half;
    cl_look_t   look;
    cl_grid_t  *gr;

    gr = pn->gr;
    part = (level_db + CL_VIEW_FLOOR_DB) / CL_VIEW_FLOOR_DB;
    part = WZP_MIN(WZP_MAX(part, 0.0f), 1.0f);
    half = (unsigned) (part * (float) (2 * width) + 0.5f);

    for (i = 0; i < width; i++) {
        look = i * 10 >= width * 9 ? CL_LOOK_BAD
               : i * 10 >= width * 7 ? CL_LOOK_FAIR : CL_LOOK_GOOD;

        if (half >= 2 * i + 2) {
            cl_grid_put(gr, pn->row, col + i, cl_grid_glyph(gr, 0x2588, '#'),
                        look);

        } else if (half == 2 * i + 1) {
            cl_grid_put(gr, pn->row, col + i, cl_grid_glyph(gr, 0x258c, '='),
                        look);

        } else {
            cl_grid_put(gr, pn->row, col + i, cl_grid_glyph(gr, 0xb7, '.'),
                        CL_LOOK_DIM);
        }
    }
}


static void
cl_view_quality(cl_view_pen_t *pn, unsigned col, unsigned bars)
{
    unsigned    i;
    cl_look_t   look;
    cl_grid_t  *gr;

    static const uint32_t  steps[CL_VIEW_BARS] = {
        0x2582, 0x2584, 0x2586, 0x2588
    };

    gr = pn->gr;
    look = bars > 2 ? CL_LOOK_GOOD : bars == 2 ? CL_LOOK_FAIR : CL_LOOK_BAD;

    for (i = 0; i < CL_VIEW_BARS; i++) {

        if (i < bars) {
            cl_grid_put(gr, pn->row, col + i,
                        cl_grid_glyph(gr, steps[i], '#'), look);

        } else {
            cl_grid_put(gr, pn->row, col + i, cl_grid_glyph(gr, 0xb7, '.'),
                        CL_LOOK_DIM);
        }
    }
}


/* ---- lines ---- */

static void
cl_view_title(cl_view_pen_t *pn)
{
    char                    when[16];
    unsigned                left, right, s;
    cl_grid_t              *gr;
    const cl_view_state_t  *vs;

    gr = pn->gr;
    vs = pn->vs;
    s = (unsigned) WZP_MIN(vs->seconds, 359999);
    when[0] = '\0';

    if (vs->stage == CL_VIEW_IN) {
        (void) snprintf(when, sizeof(when), "%02u:%02u:%02u", s / 3600,
                        s / 60 % 60, s % 60);
    }

    cl_grid_fill(gr, pn->row, 0, gr->cols, ' ', CL_LOOK_TITLE);

    right = cl_grid_width(gr, when) + 1;
    right = gr->cols > right ? gr->cols - right : 0;

    left = 1 + cl_grid_text(gr, pn->row, 1, right > 2 ? right - 2 : 0,
                            CL_LOOK_TITLE, vs->title);

    if (vs->relay[0] != '\0' && left + 8 < right) {
        cl_grid_put(gr, pn->row, left + 1, cl_grid_glyph(gr, 0xb7, '-'),
                    CL_LOOK_TITLE);
        (void) cl_grid_text(gr, pn->row, left + 3, right - left - 4,
                            CL_LOOK_TITLE, vs->relay);
    }

    (void) cl_grid_text(gr, pn->row, right, gr->cols, CL_LOOK_TITLE, when);
    pn->row++;
}


/* The way to the relay. */

static void
cl_view_path(cl_view_pen_t *pn)
{
    unsigned                col;
    cl_look_t               look;
    const cl_view_state_t  *vs;

    vs = pn->vs;

    if (vs->stage == CL_VIEW_DIALS) {
        (void) cl_view_word(pn, 1, CL_LOOK_BAD, "connecting ...");
        pn->row++;
        return;
    }

    look = vs->loss_pct < 2 ? CL_LOOK_PLAIN
           : vs->loss_pct < 10 ? CL_LOOK_FAIR : CL_LOOK_BAD;

    col = cl_view_word(pn, 1, CL_LOOK_PLAIN, "rtt %.1f ms", vs->rtt_ms);
    col = cl_view_word(pn, col, look, "loss %.1f %%", vs->loss_pct);
    col = cl_view_word(pn, col, CL_LOOK_PLAIN, "jitter %.1f ms",
                       vs->jitter_ms);
    col = cl_view_word(pn, col, CL_LOOK_PLAIN, "in %u out %u kb/s",
                       vs->in_kbps, vs->out_kbps);

    (void) cl_view_word(pn, col, CL_LOOK_DIM, "%s", vs->me.sends);
    pn->row++;
}


static void
cl_view_me(cl_view_pen_t *pn)
{
    char                 name[WZP_ALIAS_MAX + 8];
    unsigned             col;
    cl_grid_t           *gr;
    const cl_view_me_t  *me;

    static const struct {
        const char  *text;
        cl_look_t    look;
    } notes[] = {
        [CL_VIEW_LISTENS] = { "listening", CL_LOOK_DIM },
        [CL_VIEW_QUIET] = { "on air", CL_LOOK_PLAIN },
        [CL_VIEW_SPEAKS] = { "on air", CL_LOOK_GOOD },
        [CL_VIEW_MUTED] = { "MUTED", CL_LOOK_ALERT },
        [CL_VIEW_WAITS] = { "space to talk", CL_LOOK_FAIR }
    };

    gr = pn->gr;
    me = &pn->vs->me;

    if (me->voice == CL_VIEW_SPEAKS) {
        cl_grid_put(gr, pn->row, 1, cl_grid_glyph(gr, 0x25cf, '*'),
                    CL_LOOK_GOOD);
    }

    (void) snprintf(name, sizeof(name), "%s (you)", me->name);
    col = 3;

    if (cl_grid_width(gr, name) > pn->cols.name - 1) {
        (void) snprintf(name, sizeof(name), "you");
    }

    /* Very narrow: how it is matters more than who it is. */

    if (pn->cols.note == 0) {
        (void) cl_grid_text(gr, pn->row++, col, gr->cols,
                            notes[me->voice].look, notes[me->voice].text);
        return;
    }

    (void) cl_grid_text(gr, pn->row, col, pn->cols.name - 1, CL_LOOK_BOLD,
                        name);
    col += pn->cols.name;

    if (pn->cols.meter != 0) {

        if (me->metered) {
            cl_view_meter(pn, col, pn->cols.meter - 2, me->level_db);
        }

        col += pn->cols.meter;
    }

    (void) cl_grid_text(gr, pn->row, col, gr->cols, notes[me->voice].look,
                        notes[me->voice].text);
    pn->row++;
}


static void
cl_view_person(cl_view_pen_t *pn, const cl_view_person_t *pe, bool selected)
{
    char        text[40];
    unsigned    col;
    cl_grid_t  *gr;

    gr = pn->gr;
    col = 3;

    if (selected) {
        cl_grid_put(gr, pn->row, 0, cl_grid_glyph(gr, 0x25b8, '>'),
                    CL_LOOK_BOLD);
    }

    if (pe->talking) {
        cl_grid_put(gr, pn->row, 1, cl_grid_glyph(gr, 0x25cf, '*'),
                    CL_LOOK_GOOD);
    }

    (void) cl_grid_text(gr, pn->row, col, pn->cols.name - 1,
                        selected ? CL_LOOK_BOLD : CL_LOOK_PLAIN, pe->name);
    col += pn->cols.name;

    if (pn->cols.meter != 0 && pe->heard) {
        cl_view_meter(pn, col, pn->cols.meter - 2, pe->level_db);
    }

    col += pn->cols.meter;

    if (pn->cols.bars != 0 && pe->heard) {
        cl_view_quality(pn, col, pe->bars);
    }

    col += pn->cols.bars;

    /* Not "-0 dB". */

    if (pn->cols.volume != 0
        && (pe->volume_db >= 0.5f || pe->volume_db <= -0.5f))
    {
        (void) snprintf(text, sizeof(text), "%+.0f dB",
                        (double) pe->volume_db);
        (void) cl_grid_text(gr, pn->row, col, pn->cols.volume, CL_LOOK_PLAIN,
                            text);
    }

    col += pn->cols.volume;

    (void) cl_grid_text(gr, pn->row, col, pn->cols.note,
                        pe->silenced ? CL_LOOK_FAIR : CL_LOOK_DIM,
                        pe->silenced ? "silenced" : pe->held ? "on hold"
                        : pe->muted ? "muted" : "");

    if (pe->heard && pn->cols.note >= CL_VIEW_NOTE + CL_VIEW_DETAIL) {
        (void) snprintf(text, sizeof(text), "loss %.1f %%  wait %u ms",
                        pe->loss_pct, pe->wait_ms);
        (void) cl_grid_text(gr, pn->row, col + CL_VIEW_NOTE, CL_VIEW_DETAIL,
                            CL_LOOK_DIM, text);
    }

    pn->row++;
}


/* "3 people -- talking: Ann, Bob -- 4-10", on a line of its own. */

static void
cl_view_people_ruler(cl_view_pen_t *pn, unsigned first, unsigned shown)
{
    char                    text[64];
    unsigned                i, col, end, w;
    cl_grid_t              *gr;
    const cl_view_state_t  *vs;

    gr = pn->gr;
    vs = pn->vs;

    (void) snprintf(text, sizeof(text), "nobody yet ");

    if (vs->total > 0) {
        (void) snprintf(text, sizeof(text), "%u %s ", vs->total,
                        vs->total == 1 ? "person" : "people");
    }

    col = cl_view_ruler(pn, text) + 1;
    end = gr->cols;

    if (shown < vs->n) {
        (void) snprintf(text, sizeof(text), " %u-%u of %u ", first + 1,
                        first + shown, vs->n);
        w = cl_grid_width(gr, text);

        if (col + w + 2 < gr->cols) {
            end = gr->cols - w - 1;
            (void) cl_grid_text(gr, pn->row, end, w, CL_LOOK_DIM, text);
        }
    }

    /* Who talks may be out of sight. */

    for (i = 0; i < vs->n && shown < vs->n; i++) {

        if (!vs->people[i].talking || col + 6 > end) {
            continue;
        }

        cl_grid_put(gr, pn->row, col, ' ', CL_LOOK_DIM);
        cl_grid_put(gr, pn->row, col + 1, cl_grid_glyph(gr, 0x25cf, '*'),
                    CL_LOOK_GOOD);
        cl_grid_put(gr, pn->row, col + 2, ' ', CL_LOOK_DIM);
        w = cl_grid_text(gr, pn->row, col + 3, end - col - 4, CL_LOOK_PLAIN,
                         vs->people[i].name);
        cl_grid_put(gr, pn->row, col + 3 + w, ' ', CL_LOOK_DIM);
        col += w + 4;
    }

    pn->row++;
}


static void
cl_view_people(cl_view_pen_t *pn, const cl_view_rows_t *ro)
{
    unsigned                i, first, shown;
    const cl_view_state_t  *vs;

    vs = pn->vs;
    shown = WZP_MIN(ro->people, vs->n);
    first = 0;

    if (vs->selected > shown / 2) {
        first = WZP_MIN(vs->selected - shown / 2, vs->n - shown);
    }

    if (ro->ruler != 0) {
        cl_view_people_ruler(pn, first, shown);
    }

    for (i = 0; i < shown; i++) {
        cl_view_person(pn, &vs->people[first + i],
                       first + i == vs->selected);
    }

    pn->row += ro->people - shown;
}


/* ---- messages, from the newest upward ---- */

static unsigned
cl_view_message_rows(const cl_grid_t *gr, const char *text, unsigned width)
{
    unsigned  n;

    n = 1;

    while (n < CL_VIEW_WRAPS) {
        text += cl_grid_break(gr, text, width);

        if (*text == '\0') {
            break;
        }

        n++;
    }

    return n;
}


static void
cl_view_message(cl_view_pen_t *pn, unsigned line, unsigned top,
    unsigned bottom)
{
    char                  part[CL_VIEW_LINE];
    size_t                len;
    unsigned              i, indent, width, n;
    cl_look_t             look;
    cl_grid_t            *gr;
    const char           *text;
    const cl_view_log_t  *lg;

    gr = pn->gr;
    lg = &pn->vs->log;
    text = lg->lines[line].text;
    indent = gr->cols >= 30 ? CL_VIEW_WHEN : 1;
    width = gr->cols - indent;
    look = lg->lines[line].warning ? CL_LOOK_BAD : CL_LOOK_PLAIN;
    n = cl_view_message_rows(gr, text, width);

    for (i = 0; i < n; i++) {
        len = cl_grid_break(gr, text, width);

        if (i == n - 1) {
            len = strlen(text);                 /* with an ellipsis, then */
        }

        (void) snprintf(part, sizeof(part), "%.*s", (int) len, text);
        text += len;

        if (bottom < top + n - i) {
            continue;                           /* above the area */
        }

        (void) cl_grid_text(gr, bottom - (n - i), indent, width, look, part);

        if (i == 0 && indent > 1) {
            (void) cl_grid_text(gr, bottom - n, 1, 5, CL_LOOK_DIM,
                                lg->lines[line].when);
        }
    }
}


static void
cl_view_messages(cl_view_pen_t *pn, unsigned rows)
{
    unsigned              i, line, top, bottom, used, indent;
    cl_grid_t            *gr;
    const cl_view_log_t  *lg;

    gr = pn->gr;
    lg = &pn->vs->log;
    indent = gr->cols >= 30 ? CL_VIEW_WHEN : 1;
    top = pn->row;

    /* How many fit, then from the top if there are few. */

    used = 0;

    for (i = 0; i < lg->n && used < rows; i++) {
        line = (lg->first + lg->n - 1 - i) % CL_VIEW_LINES;
        used += cl_view_message_rows(gr, lg->lines[line].text,
                                     gr->cols - indent);
    }

    bottom = top + WZP_MIN(used, rows);

    for (i = 0; i < lg->n && bottom > top; i++) {
        line = (lg->first + lg->n - 1 - i) % CL_VIEW_LINES;
        cl_view_message(pn, line, top, bottom);

        used = cl_view_message_rows(gr, lg->lines[line].text,
                                    gr->cols - indent);
        bottom -= WZP_MIN(used, bottom - top);
    }

    pn->row += rows;
}


/* ---- keys ---- */

static void
cl_view_help(cl_view_pen_t *pn, unsigned rows)
{
    unsigned  i;

    static const char *const  lines[][2] = {
        { "m", "mute, and unmute, yourself" },
        { "space", "talk while it is held down (push-to-talk)" },
        { "t", "talk until it is pressed again" },
        { "up, down", "choose somebody (also k, j)" },
        { "+ -", "make them louder, or softer" },
        { "x", "silence them, and hear them again" },
        { "p", "lower the best quality to send; after the lowest: the best" },
        { "h", "hang up (direct calls)" },
        { "y n", "answer a call, or turn it away" },
        { "q", "leave (also Ctrl-C)" },
        { "Ctrl-L", "paint the screen anew" }
    };

    for (i = 0; i < rows && i < WZP_ARRAY_LEN(lines); i++) {
        (void) cl_grid_text(pn->gr, pn->row + i, 1, 8, CL_LOOK_BOLD,
                            lines[i][0]);
        (void) cl_grid_text(pn->gr, pn->row + i, 11, pn->gr->cols,
                            CL_LOOK_PLAIN, lines[i][1]);
    }

    pn->row += rows;
}


/* Somebody calls: nothing else matters. */

static void
cl_view_asks(cl_view_pen_t *pn)
{
    char        keys[32];
    unsigned    w, col;
    cl_grid_t  *gr;

    gr = pn->gr;
    (void) snprintf(keys, sizeof(keys), "y answer  n turn away ");
    w = cl_grid_width(gr, keys);

    if (gr->cols < w + 12) {
        (void) snprintf(keys, sizeof(keys), "y n ");
        w = cl_grid_width(gr, keys);
    }

    cl_grid_fill(gr, pn->row, 0, gr->cols, ' ', CL_LOOK_ALERT);

    col = gr->cols > w + 1 ? gr->cols - w : 1;
    (void) cl_grid_text(gr, pn->row, col, w, CL_LOOK_ALERT, keys);

    /* A long name is cut, and not what it does. */

    if (col > 9) {
        w = cl_grid_text(gr, pn->row, 1, col - 9, CL_LOOK_ALERT,
                         pn->vs->caller);
        (void) cl_grid_text(gr, pn->row, w + 2, 6, CL_LOOK_ALERT, "calls");
    }

    pn->row++;
}


static bool
cl_view_has_key(const cl_view_state_t *vs, const cl_view_key_t *ke)
{
    switch (ke->where) {

    case CL_VIEW_KEY_CALL:
        return vs->stage != CL_VIEW_IDLE;

    case CL_VIEW_KEY_PHONE:
        return vs->stage != CL_VIEW_IDLE && vs->phone;

    case CL_VIEW_KEY_ALWAYS:
        break;
    }

    return true;
}


static const char *
cl_view_key_name(const cl_grid_t *gr, const cl_view_key_t *ke)
{
    if (ke->name[0] != '\0') {
        return ke->name;
    }

    return gr->utf8 ? "\xe2\x86\x91\xe2\x86\x93" : "jk";
}


static void
cl_view_keys(cl_view_pen_t *pn)
{
    unsigned                i, col, all;
    cl_grid_t              *gr;
    const cl_view_state_t  *vs;

    static const cl_view_key_t  keys[] = {
        { "m", "mute", CL_VIEW_KEY_CALL, false },
        { "space", "talk", CL_VIEW_KEY_CALL, true },
        { "", "choose", CL_VIEW_KEY_CALL, true },
        { "+-", "volume", CL_VIEW_KEY_CALL, true },
        { "x", "silence", CL_VIEW_KEY_CALL, true },
        { "p", "quality", CL_VIEW_KEY_CALL, true },
        { "?", "help", CL_VIEW_KEY_ALWAYS, false },
        { "h", "hang up", CL_VIEW_KEY_PHONE, false },
        { "q", "leave", CL_VIEW_KEY_ALWAYS, false }
    };

    gr = pn->gr;
    vs = pn->vs;

    for (i = 0, all = 1; i < WZP_ARRAY_LEN(keys); i++) {
        if (cl_view_has_key(vs, &keys[i])) {
            all += cl_grid_width(gr, cl_view_key_name(gr, &keys[i]))
                   + cl_grid_width(gr, keys[i].word) + 3;
        }
    }

    for (i = 0, col = 1; i < WZP_ARRAY_LEN(keys); i++) {

        if (!cl_view_has_key(vs, &keys[i])
            || (keys[i].spare && all > gr->cols + 2))
        {
            continue;
        }

        col += cl_grid_text(gr, pn->row, col, gr->cols, CL_LOOK_BOLD,
                            cl_view_key_name(gr, &keys[i])) + 1;
        col += cl_grid_text(gr, pn->row, col, gr->cols, CL_LOOK_DIM,
                            keys[i].word) + 2;
    }

    pn->row++;
}


/* ---- who gets how much ---- */

static void
cl_view_columns(cl_view_pen_t *pn)
{
    unsigned            rest;
    cl_view_columns_t  *co;

    co = &pn->cols;
    memset(co, 0, sizeof(cl_view_columns_t));

    rest = pn->gr->cols > 3 ? pn->gr->cols - 3 : 1;

    if (rest >= 61) {
        co->meter = 14;
        co->bars = 6;
        co->volume = 8;
        co->note = CL_VIEW_NOTE;

    } else if (rest >= 35) {
        co->meter = 8;
        co->bars = 5;
        co->note = 8;

    } else if (rest >= 18) {
        co->note = 8;
    }

    co->name = rest - co->meter - co->bars - co->volume - co->note;

    if (co->name > CL_VIEW_NAME_COLS) {
        co->note += co->name - CL_VIEW_NAME_COLS;
        co->name = CL_VIEW_NAME_COLS;
    }
}


static void
cl_view_rows(const cl_grid_t *gr, const cl_view_state_t *vs,
    cl_view_rows_t *ro)
{
    unsigned  rest, least;

    memset(ro, 0, sizeof(cl_view_rows_t));

    rest = gr->rows - 1;                        /* the title */
    ro->keys = rest >= 3 || (rest >= 1 && vs->caller != NULL);
    rest -= ro->keys;

    if (vs->stage == CL_VIEW_IDLE) {
        ro->messages = rest;
        return;
    }

    ro->me = rest >= 1;
    rest -= ro->me;
    ro->path = rest >= 3;
    rest -= ro->path;
    ro->ruler = rest >= 4;
    rest -= ro->ruler;

    ro->ruler2 = rest >= 9;
    least = rest >= 9 ? 5 : rest >= 5 ? 2 : 0;
    ro->people = WZP_MIN(vs->n, rest - least);
    ro->messages = rest - ro->people - ro->ruler2;
}


void
cl_view_draw(cl_grid_t *gr, const cl_view_state_t *vs)
{
    cl_view_pen_t   pn;
    cl_view_rows_t  ro;

    cl_grid_clear(gr);

    if (gr->rows == 0 || gr->cols == 0) {
        return;
    }

    pn.gr = gr;
    pn.vs = vs;
    pn.row = 0;

    cl_view_columns(&pn);
    cl_view_rows(gr, vs, &ro);
    cl_view_title(&pn);

    if (ro.path != 0) {
        cl_view_path(&pn);
    }

    if (ro.me != 0) {
        cl_view_me(&pn);
    }

    if (vs->help) {
        cl_view_help(&pn, ro.ruler + ro.people + ro.ruler2 + ro.messages);

    } else {
        cl_view_people(&pn, &ro);

        if (ro.ruler2 != 0) {
            (void) cl_view_ruler(&pn, "messages ");
            pn.row++;
        }

        cl_view_messages(&pn, ro.messages);
    }

    if (ro.keys != 0 && vs->caller != NULL) {
        cl_view_asks(&pn);

    } else if (ro.keys != 0) {
        cl_view_keys(&pn);
    }
}
