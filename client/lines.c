/*
 * The last lines.  See lines.h.
 */

#include <stdlib.h>

#include "lines.h"


bool
cl_lines_init(cl_lines_t *ls, size_t size)
{
    memset(ls, 0, sizeof(cl_lines_t));

    ls->text = malloc(size);
    ls->size = size;

    return ls->text != NULL;
}


void
cl_lines_done(cl_lines_t *ls)
{
    free(ls->text);
    memset(ls, 0, sizeof(cl_lines_t));
}


/* Forget the older half. */

static void
cl_lines_halve(cl_lines_t *ls)
{
    char    *from;
    size_t   half;

    half = ls->len / 2;
    from = memchr(ls->text + half, '\n', ls->len - half);

    ls->len = from != NULL ? ls->len - (size_t) (from + 1 - ls->text) : 0;
    ls->cut = true;

    if (from != NULL) {
        memmove(ls->text, from + 1, ls->len);
    }
}


void
cl_lines_add(cl_lines_t *ls, const char *line)
{
    size_t  n;

    n = strlen(line) + 1;

    if (n > ls->size / 2) {
        return;
    }

    while (n > ls->size - ls->len) {
        cl_lines_halve(ls);
    }

    memcpy(ls->text + ls->len, line, n - 1);
    ls->text[ls->len + n - 1] = '\n';
    ls->len += n;
}
