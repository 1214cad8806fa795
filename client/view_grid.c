/*
 * Cells.  See view_grid.h.
 */

#include <stdlib.h>
#include <wchar.h>

#include "view_grid.h"
#include "wzp/wzp_utf8.h"


bool
cl_grid_init(cl_grid_t *gr, unsigned rows, unsigned cols, bool utf8)
{
    gr->rows = WZP_MIN(rows, CL_GRID_ROWS);
    gr->cols = WZP_MIN(cols, CL_GRID_COLS);
    gr->utf8 = utf8;
    gr->cells = calloc((size_t) gr->rows * gr->cols + 1, sizeof(cl_cell_t));

    if (gr->cells == NULL) {
        gr->rows = 0;
        gr->cols = 0;
        return false;
    }

    cl_grid_clear(gr);

    return true;
}


void
cl_grid_done(cl_grid_t *gr)
{
    free(gr->cells);
    memset(gr, 0, sizeof(cl_grid_t));
}


void
cl_grid_clear(cl_grid_t *gr)
{
    unsigned  row;

    for (row = 0; row < gr->rows; row++) {
        cl_grid_fill(gr, row, 0, gr->cols, ' ', CL_LOOK_PLAIN);
    }
}


uint32_t
cl_grid_glyph(const cl_grid_t *gr, uint32_t utf8, char ascii)
{
    return gr->utf8 ? utf8 : (uint32_t) ascii;
}


static cl_cell_t *
cl_grid_cell(cl_grid_t *gr, unsigned row, unsigned col)
{
    if (row >= gr->rows || col >= gr->cols) {
        return NULL;
    }

    return &gr->cells[(size_t) row * gr->cols + col];
}


void
cl_grid_put(cl_grid_t *gr, unsigned row, unsigned col, uint32_t ch,
    cl_look_t look)
{
    cl_cell_t  *ce;

    ce = cl_grid_cell(gr, row, col);

    if (ce != NULL) {
        memset(ce, 0, sizeof(cl_cell_t));
        ce->ch = ch;
        ce->look = (uint32_t) look;
    }
}


void
cl_grid_fill(cl_grid_t *gr, unsigned row, unsigned col, unsigned n,
    uint32_t ch, cl_look_t look)
{
    while (n-- > 0) {
        cl_grid_put(gr, row, col++, ch, look);
    }
}


/* Characters without a width that are no accents: joiners, selectors of
 * variants, tags.  What terminals make of them differs. */

static bool
cl_grid_is_odd(uint32_t ch)
{
    return (ch >= 0x200b && ch <= 0x200f) || (ch >= 0x2060 && ch <= 0x206f)
           || (ch >= 0xfe00 && ch <= 0xfe0f) || ch >= 0xe0000;
}


/*
 * The next character of a text, and its columns: 0 for an accent.  What cannot
 * be shown becomes a question mark.  Returns its bytes, 0 at the end.
 */

static size_t
cl_grid_next(const cl_grid_t *gr, const char *text, uint32_t *ch,
    unsigned *width)
{
    int     w;
    size_t  n;

    if (text[0] == '\0') {
        return 0;
    }

    n = wzp_utf8_decode(ch, (const uint8_t *) text, strnlen(text, 4));
    w = -1;

    if (n == 0) {
        n = 1;

    } else if (*ch < 0x80 || gr->utf8) {
        w = cl_grid_is_odd(*ch) ? -1 : wcwidth((wchar_t) *ch);
    }

    if (w < 0 || w > 2) {
        *ch = '?';
        w = 1;
    }

    *width = (unsigned) w;

    return n;
}


static void
cl_grid_mark(cl_grid_t *gr, unsigned row, unsigned col, uint32_t ch)
{
    size_t      i;
    cl_cell_t  *ce;

    ce = cl_grid_cell(gr, row, col);

    if (ce != NULL && ce->ch == 0 && col > 0) {
        ce--;                                   /* the letter is a wide one */
    }

    for (i = 0; ce != NULL && i < CL_CELL_MARKS; i++) {
        if (ce->marks[i] == 0) {
            ce->marks[i] = ch;
            return;
        }
    }
}


unsigned
cl_grid_width(const cl_grid_t *gr, const char *text)
{
    size_t    n;
    unsigned  w, all;
    uint32_t  ch;

    all = 0;

    for ( ;; ) {
        n = cl_grid_next(gr, text, &ch, &w);

        if (n == 0) {
            return all;
        }

        all += w;
        text += n;
    }
}


unsigned
cl_grid_text(cl_grid_t *gr, unsigned row, unsigned col, unsigned width,
    cl_look_t look, const char *text)
{
    bool      cut;
    size_t    n;
    unsigned  w, at, end;
    uint32_t  ch;

    if (col >= gr->cols || width == 0) {
        return 0;
    }

    width = WZP_MIN(width, gr->cols - col);
    cut = cl_grid_width(gr, text) > width;
    end = col + width - cut;

    for (at = col; ; text += n) {
        n = cl_grid_next(gr, text, &ch, &w);

        if (n == 0 || at + w > end) {
            break;
        }

        if (w == 0) {

            if (at > col) {
                cl_grid_mark(gr, row, at - 1, ch);
            }

            continue;
        }

        cl_grid_put(gr, row, at, ch, look);

        if (w == 2) {
            cl_grid_put(gr, row, at + 1, 0, look);
        }

        at += w;
    }

    if (cut) {
        cl_grid_put(gr, row, at++, cl_grid_glyph(gr, 0x2026, '~'), look);
    }

    return at - col;
}


size_t
cl_grid_break(const cl_grid_t *gr, const char *text, unsigned width)
{
    size_t    n, at, blank;
    unsigned  w, all;
    uint32_t  ch;

    all = 0;
    blank = 0;

    for (at = 0; ; at += n) {
        n = cl_grid_next(gr, text + at, &ch, &w);

        if (n == 0) {
            return at;
        }

        if (at > 0 && all + w > width) {
            break;
        }

        all += w;

        if (ch == ' ') {
            blank = at + n;
        }
    }

    /* The blank itself may stand beyond the edge. */

    if (text[at] == ' ') {
        return at + 1;
    }

    return blank != 0 ? blank : at;
}
