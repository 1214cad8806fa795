/*
 * Test Anything Protocol, header only, for the unit and simulation tests.
 * One process is one plan: main() ends with `return done_testing();`.
 */

#ifndef _TAP_H_INCLUDED_
#define _TAP_H_INCLUDED_


#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define TAP_UNUSED      __attribute__((unused))
#define TAP_PRINTF(f)   __attribute__((format(printf, f, (f) + 1)))
#define TAP_VPRINTF(f)  __attribute__((format(printf, f, 0)))


static unsigned  tap_run;
static unsigned  tap_failed;


/* Print "# ..." lines; a line feed inside the text starts a new one. */
TAP_UNUSED TAP_PRINTF(1) static void
diag(const char *fmt, ...)
{
    char        *p, buf[4096];
    va_list      args;

    va_start(args, fmt);
    (void) vsnprintf(buf, sizeof(buf), fmt, args);
    va_end(args);

    printf("# ");

    for (p = buf; *p != '\0'; p++) {
        putchar(*p);

        if (*p == '\n') {
            printf("# ");
        }
    }

    putchar('\n');
    (void) fflush(stdout);
}


TAP_UNUSED TAP_VPRINTF(4) static bool
tap_result(bool pass, const char *file, int line, const char *fmt,
    va_list args)
{
    tap_run++;

    printf("%sok %u - ", pass ? "" : "not ", tap_run);
    vprintf(fmt, args);
    putchar('\n');

    if (!pass) {
        tap_failed++;
        diag("failed at %s:%d", file, line);
    }

    (void) fflush(stdout);

    return pass;
}


TAP_UNUSED TAP_PRINTF(4) static bool
tap_ok(bool pass, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) tap_result(pass, file, line, fmt, args);
    va_end(args);

    return pass;
}


TAP_UNUSED TAP_PRINTF(5) static bool
tap_is_u64(uint64_t got, uint64_t want, const char *file, int line,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) tap_result(got == want, file, line, fmt, args);
    va_end(args);

    if (got != want) {
        diag("     got: %" PRIu64 " (0x%" PRIx64 ")", got, got);
        diag("    want: %" PRIu64 " (0x%" PRIx64 ")", want, want);
    }

    return got == want;
}


TAP_UNUSED TAP_PRINTF(5) static bool
tap_is_i64(int64_t got, int64_t want, const char *file, int line,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) tap_result(got == want, file, line, fmt, args);
    va_end(args);

    if (got != want) {
        diag("     got: %" PRId64, got);
        diag("    want: %" PRId64, want);
    }

    return got == want;
}


/* NULL equals only NULL. */
TAP_UNUSED TAP_PRINTF(5) static bool
tap_is_str(const char *got, const char *want, const char *file, int line,
    const char *fmt, ...)
{
    bool     pass;
    va_list  args;

    pass = (got == NULL || want == NULL) ? got == want
                                         : strcmp(got, want) == 0;

    va_start(args, fmt);
    (void) tap_result(pass, file, line, fmt, args);
    va_end(args);

    if (!pass) {
        diag("     got: %s", got == NULL ? "(null)" : got);
        diag("    want: %s", want == NULL ? "(null)" : want);
    }

    return pass;
}


TAP_UNUSED static void
tap_dump(const char *title, const uint8_t *p, size_t len, size_t at)
{
    size_t  i, from;

    from = at < 8 ? 0 : at - 8;
    printf("# %s [%zu..]:", title, from);

    for (i = from; i < len && i < from + 24; i++) {
        printf(i == at ? " >%02x" : " %02x", p[i]);
    }

    putchar('\n');
}


TAP_UNUSED TAP_PRINTF(6) static bool
tap_is_mem(const void *got, const void *want, size_t len, const char *file,
    int line, const char *fmt, ...)
{
    size_t          i;
    va_list         args;
    const uint8_t  *g, *w;

    g = got;
    w = want;

    for (i = 0; i < len && g[i] == w[i]; i++) { /* void */ }

    va_start(args, fmt);
    (void) tap_result(i == len, file, line, fmt, args);
    va_end(args);

    if (i != len) {
        diag("differs at byte %zu of %zu", i, len);
        tap_dump(" got", g, len, i);
        tap_dump("want", w, len, i);
    }

    return i == len;
}


/* A test that cannot run here, and why. */
TAP_UNUSED TAP_PRINTF(1) static void
skip(const char *fmt, ...)
{
    va_list  args;

    tap_run++;

    printf("ok %u # SKIP ", tap_run);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    putchar('\n');
}


/* Print the plan; the exit code of the program. */
TAP_UNUSED static int
done_testing(void)
{
    printf("1..%u\n", tap_run);

    if (tap_failed != 0) {
        diag("%u of %u failed", tap_failed, tap_run);
    }

    (void) fflush(stdout);

    return (tap_failed != 0 || tap_run == 0) ? 1 : 0;
}


/* All but skip, diag and done_testing return whether the test passed. */

#define ok(cond, ...)                                                         \
    tap_ok((cond) ? true : false, __FILE__, __LINE__, __VA_ARGS__)

#define is_u64(got, want, ...)                                                \
    tap_is_u64((uint64_t) (got), (uint64_t) (want), __FILE__, __LINE__,       \
               __VA_ARGS__)

#define is_i64(got, want, ...)                                                \
    tap_is_i64((int64_t) (got), (int64_t) (want), __FILE__, __LINE__,         \
               __VA_ARGS__)

#define is_str(got, want, ...)                                                \
    tap_is_str(got, want, __FILE__, __LINE__, __VA_ARGS__)

#define is_mem(got, want, len, ...)                                           \
    tap_is_mem(got, want, len, __FILE__, __LINE__, __VA_ARGS__)

#define pass(...)       tap_ok(true, __FILE__, __LINE__, __VA_ARGS__)
#define fail(...)       tap_ok(false, __FILE__, __LINE__, __VA_ARGS__)


#endif /* _TAP_H_INCLUDED_ */
