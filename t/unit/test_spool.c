/*
 * Sound that is kept: the last of it, as WAV, and its levels; and the last
 * lines of a log.
 */

#include <math.h>
#include <stdarg.h>

#include "tap.h"
#include "../../client/spool.c"
#include "../../client/lines.c"


static char  dir[] = "/tmp/wzp-test-spool.XXXXXX";
static char  beside[64];


cl_exit_t
cl_fail(cl_exit_t status, const char *fmt, ...)
{
    (void) fmt;
    return status;
}


/* The sample at this place of the WAV file. */

static int
sample(const cl_spool_t *sp, uint64_t i)
{
    uint8_t  b[2];

    if (cl_spool_read(sp, CL_WAV_HEADER + 2 * i, b, 2) != 2) {
        return -1;
    }

    return (int16_t) (b[0] | b[1] << 8);
}


static void
test_short(void)
{
    size_t      i;
    int16_t     pcm[7000];
    uint8_t     buf[64];
    cl_spool_t  sp;

    for (i = 0; i < WZP_ARRAY_LEN(pcm); i++) {
        pcm[i] = (int16_t) i;
    }

    is_u64(cl_spool_open(&sp, beside), CL_OK, "open");
    is_u64(cl_spool_size(&sp), 44, "an empty file");
    is_u64(cl_spool_read(&sp, 0, buf, sizeof(buf)), 44, "is a header");
    is_mem(buf, "RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0\x77"
                "\1\0\2\0\x10\0data\0\0\0\0", 44, "this one");
    is_u64(cl_spool_read(&sp, 44, buf, sizeof(buf)), 0, "and nothing else");

    cl_spool_write(&sp, pcm, 100, 5);
    cl_spool_write(&sp, pcm + 100, 6900, 6);
    cl_spool_finish(&sp);

    is_u64(sp.start_ns, 5, "when it began");
    is_u64(cl_spool_size(&sp), 44 + 14000, "all of it");
    is_u64((uint64_t) sample(&sp, 0), 0, "the first sample");
    is_u64((uint64_t) sample(&sp, 4799), 4799, "the last of a block");
    is_u64((uint64_t) sample(&sp, 4800), 4800, "the first of the next");
    is_u64((uint64_t) sample(&sp, 6999), 6999, "the last");
    ok(sample(&sp, 7000) == -1, "no more");
    is_u64(cl_spool_read(&sp, 40, buf, sizeof(buf)), 4, "the header's end");
    is_u64(cl_spool_read(&sp, 44 + 9590, buf, sizeof(buf)), 10,
           "up to a block's end");

    cl_spool_close(&sp);
    is_u64(cl_spool_open(&sp, "/none/x"), CL_IO, "no directory");
    cl_spool_close(&sp);
}


static void
test_long(void)
{
    size_t      i, j;
    int16_t     pcm[CL_SPOOL_BLOCK];
    cl_spool_t  sp;

    is_u64(cl_spool_open(&sp, beside), CL_OK, "open");

    for (i = 0; i < CL_SPOOL_BLOCKS + 3; i++) {
        for (j = 0; j < CL_SPOOL_BLOCK; j++) {
            pcm[j] = (int16_t) (i % 10000);
        }

        cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK, 1);
    }

    is_u64(cl_spool_first(&sp), 3, "the oldest are gone");
    is_u64(cl_spool_size(&sp), 44 + 57600000, "ten minutes are kept");
    is_u64((uint64_t) sample(&sp, 0), 3, "from there on");
    is_u64((uint64_t) sample(&sp, 28799999), CL_SPOOL_BLOCKS + 2, "to the end");

    pcm[0] = 7;
    cl_spool_write(&sp, pcm, 1, 1);
    cl_spool_finish(&sp);

    is_u64(cl_spool_first(&sp), 4, "a part of a block needs a place, too");
    is_u64(cl_spool_size(&sp), 44 + 57600000 - 9600 + 2, "its size");
    is_u64((uint64_t) sample(&sp, 0), 4, "the first");
    is_u64((uint64_t) sample(&sp, 28799999 - 4799), 7, "the last");

    cl_spool_close(&sp);
}


static void
test_levels(void)
{
    size_t      i;
    int16_t     pcm[CL_SPOOL_BLOCK];
    cl_spool_t  sp;

    is_u64(cl_spool_open(&sp, beside), CL_OK, "open");

    memset(pcm, 0, sizeof(pcm));
    cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK, 1);
    ok(sp.level[0] <= -96 && sp.level[0] >= -96, "silence");
    is_u64(sp.histogram[96], 1, "is counted");

    for (i = 0; i < CL_SPOOL_BLOCK; i++) {
        pcm[i] = (int16_t) lrint(32767 * sin(0.1 * 3.14159265 * (double) i));
    }

    cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK, 1);
    ok(fabsf(sp.level[1] + 3.01f) < 0.01f, "a full sine: -3");
    is_u64(sp.histogram[3], 1, "is counted");

    for (i = 0; i < CL_SPOOL_BLOCK; i++) {
        pcm[i] = INT16_MIN;
    }

    cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK, 1);
    is_u64(sp.histogram[0], 1, "the loudest");

    cl_spool_close(&sp);
}


static void
test_full(void)
{
    int16_t     pcm[CL_SPOOL_BLOCK];
    cl_spool_t  sp;

    memset(pcm, 0, sizeof(pcm));
    is_u64(cl_spool_open(&sp, beside), CL_OK, "open");

    cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK, 1);
    (void) close(sp.fd);
    sp.fd = open("/dev/full", O_RDWR);
    cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK - 1, 1);
    is_u64((uint64_t) sp.error, 0, "nothing was written");
    cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK, 1);
    is_u64((uint64_t) sp.error, ENOSPC, "the disk is full");
    is_u64(cl_spool_size(&sp), 44 + 9600, "what was kept counts");
    cl_spool_write(&sp, pcm, CL_SPOOL_BLOCK, 1);
    cl_spool_finish(&sp);
    is_u64(cl_spool_size(&sp), 44 + 9600, "nothing more");

    cl_spool_close(&sp);
}


static void
test_lines(void)
{
    char        line[32];
    int         i;
    cl_lines_t  ls;

    ok(cl_lines_init(&ls, 100), "lines");
    cl_lines_add(&ls, "one");
    cl_lines_add(&ls, "");
    cl_lines_add(&ls, "two");
    ok(ls.len == 9 && memcmp(ls.text, "one\n\ntwo\n", 9) == 0, "are kept");
    ok(!ls.cut, "all");

    for (i = 0; i < 1000; i++) {
        (void) snprintf(line, sizeof(line), "line %d", i);
        cl_lines_add(&ls, line);

        if (ls.len > ls.size || ls.text[ls.len - 1] != '\n'
            || (i > 20 && memcmp(ls.text, "line ", 5) != 0))
        {
            ok(false, "whole lines, %d", i);
        }
    }

    ok(ls.cut, "later the oldest are not");
    ok(memcmp(ls.text + ls.len - 9, "line 999\n", 9) == 0, "the newest are");

    memset(line, 'x', sizeof(line) - 1);
    line[31] = '\0';
    cl_lines_done(&ls);

    ok(cl_lines_init(&ls, 62), "few");
    cl_lines_add(&ls, line);
    is_u64(ls.len, 0, "a line that is too long is left out");
    cl_lines_add(&ls, line + 1);
    is_u64(ls.len, 31, "one that just fits is not");
    cl_lines_add(&ls, line + 1);
    is_u64(ls.len, 62, "nor another");
    cl_lines_add(&ls, line + 1);
    is_u64(ls.len, 31, "but then there is only the last");
    cl_lines_done(&ls);
}


int
main(void)
{
    if (mkdtemp(dir) == NULL) {
        return 1;
    }

    (void) snprintf(beside, sizeof(beside), "%s/x", dir);

    test_short();
    test_long();
    test_levels();
    test_full();
    test_lines();

    ok(rmdir(dir) == 0, "nothing is left behind");

    return done_testing();
}
