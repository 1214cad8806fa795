/*
 * A screen as cells: text goes in, whatever its bytes are, and only what can
 * be printed comes out.  Knows no terminal; view_term.c shows a grid.
 */

#ifndef _VIEW_GRID_H_INCLUDED_
#define _VIEW_GRID_H_INCLUDED_


#include "client.h"


#define CL_GRID_ROWS        256         /* a larger terminal stays empty     */
#define CL_GRID_COLS        512         /*   beyond                          */
#define CL_CELL_MARKS       2           /* accents on one letter             */


typedef enum {
    CL_LOOK_PLAIN = 0,
    CL_LOOK_BOLD,
    CL_LOOK_DIM,
    CL_LOOK_TITLE,                      /* a bar                             */
    CL_LOOK_GOOD,
    CL_LOOK_FAIR,
    CL_LOOK_BAD,
    CL_LOOK_ALERT,                      /* a bar that must be seen           */
    CL_LOOK_N
} cl_look_t;


typedef struct {
    uint32_t  ch;                       /* code point; 0: the right half of
                                           the wide one before it            */
    uint32_t  marks[CL_CELL_MARKS];     /* 0: none                           */
    uint32_t  look;                     /* cl_look_t                         */
} cl_cell_t;


typedef struct {
    unsigned    rows;
    unsigned    cols;
    bool        utf8;                   /* else ASCII only                   */
    cl_cell_t  *cells;                  /* owned; rows * cols                */
} cl_grid_t;


/* Blank; sizes are cut to the limits.  False: no memory, gr is empty. */
bool cl_grid_init(cl_grid_t *gr, unsigned rows, unsigned cols, bool utf8);
void cl_grid_done(cl_grid_t *gr);
void cl_grid_clear(cl_grid_t *gr);

/* The one or the other, depending on what the terminal can show. */
uint32_t cl_grid_glyph(const cl_grid_t *gr, uint32_t utf8, char ascii);

/* One character of one column; outside of the grid nothing happens. */
void cl_grid_put(cl_grid_t *gr, unsigned row, unsigned col, uint32_t ch,
    cl_look_t look);

/* The same n times. */
void cl_grid_fill(cl_grid_t *gr, unsigned row, unsigned col, unsigned n,
    uint32_t ch, cl_look_t look);

/*
 * Text of any bytes, no wider than so many columns: what is longer ends with
 * an ellipsis.  Returns the columns that it takes.
 */
unsigned cl_grid_text(cl_grid_t *gr, unsigned row, unsigned col,
    unsigned width, cl_look_t look, const char *text);

/* Columns that the text takes. */
unsigned cl_grid_width(const cl_grid_t *gr, const char *text);

/*
 * Bytes of the text that fill a line of so many columns, at a blank if there
 * is one.  At least one character, unless the text is empty.
 */
size_t cl_grid_break(const cl_grid_t *gr, const char *text, unsigned width);


#endif /* _VIEW_GRID_H_INCLUDED_ */
