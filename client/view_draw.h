/*
 * What the view shows, and where: from a state to a grid.  Pure: no call, no
 * terminal, no clock.
 */

#ifndef _VIEW_DRAW_H_INCLUDED_
#define _VIEW_DRAW_H_INCLUDED_


#include "view_grid.h"
#include "view_state.h"


/* Paint all of it. */
void cl_view_draw(cl_grid_t *gr, const cl_view_state_t *vs);


#endif /* _VIEW_DRAW_H_INCLUDED_ */
