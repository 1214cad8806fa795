/*
 * Memory runs out: malloc and its kin for programs in which the nth allocation
 * fails.  Not with the sanitizers, which have their own.
 *
 *     testing     true while allocations count (another name: OOM_TESTING)
 *     count       allocations that counted
 *     fail_at     the one that fails; 0: none
 *     live        objects that exist
 */

#ifndef OOM_H
#define OOM_H


#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef OOM_TESTING
static bool           testing;
#define OOM_TESTING   testing
#endif


void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static unsigned long  count;
static unsigned long  fail_at;
static long           live;


static bool
refuse(void)
{
    if (!OOM_TESTING || ++count != fail_at) {
        return false;
    }

    errno = ENOMEM;

    return true;
}


static void *
made(void *p)
{
    live += (p != NULL);

    return p;
}


void *
malloc(size_t size)
{
    return refuse() ? NULL : made(__libc_malloc(size));
}


void *
calloc(size_t n, size_t size)
{
    return refuse() ? NULL : made(__libc_calloc(n, size));
}


void *
realloc(void *p, size_t size)
{
    if (p == NULL) {
        return malloc(size);
    }

    return refuse() ? NULL : __libc_realloc(p, size);
}


void
free(void *p)
{
    live -= (p != NULL);
    __libc_free(p);
}


#endif /* OOM_H */
