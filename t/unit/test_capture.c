/*
 * Captures there and back, cut anywhere, and what is said of files that are
 * none.
 */

#include <unistd.h>

#include "said.h"
#include "tap.h"
#include "../../client/capture.c"

#if !defined(__SANITIZE_ADDRESS__)
#include "oom.h"
#define WITH_OOM    1
#endif


#define FRAME       (20 * WZP_MS)
#define NAME        "<b>&\"Ann\" 'x'"


static cl_capture_in_t  in;
static uint8_t          sound[80];
static char             path[] = "/tmp/wzp-test-capture.XXXXXX";


static cl_exit_t
read_all(FILE *file)
{
    bool       more;
    cl_exit_t  rc;

    said[0] = '\0';
    rc = cl_capture_open(&in, file, "FILE");

    for (more = true; rc == CL_OK && more; ) {
        rc = cl_capture_next(&in, &more);
    }

    return rc;
}


static cl_exit_t
read_memory(const void *data, size_t len)
{
    FILE       *file;
    char       *copy;
    cl_exit_t   rc;

    copy = malloc(len + 1);
    memcpy(copy, data, len);
    file = len > 0 ? fmemopen(copy, len, "r") : fopen("/dev/null", "r");
    rc = file != NULL ? read_all(file) : CL_INTERNAL;

    if (file != NULL) {
        (void) fclose(file);
    }

    free(copy);

    return rc;
}


static size_t
write_capture(uint8_t *data, size_t size)
{
    FILE          *file;
    size_t         i, len;
    cl_capture_t  *cp;

    if (cl_capture_create(&cp, path, "relay\xff:4433", "ro\"om",
                          "2026-04-13T12:00:00Z") != CL_OK)
    {
        fail("%s", said);
        return 0;
    }

    for (i = 0; i < 10; i++) {
        sound[0] = (uint8_t) i;
        cl_capture_put(cp, i * FRAME, sound, 12 + i);
    }

    cl_capture_put(cp, 10 * FRAME, sound, CL_CAPTURE_PACKET + 1);
    cl_capture_name(cp, 7, "1234", NAME "\xff");
    is_u64(cl_capture_finish(cp), CL_OK, "a capture is written");

    file = fopen(path, "r");
    len = file != NULL ? fread(data, 1, size, file) : 0;

    if (file != NULL) {
        (void) fclose(file);
    }

    return len;
}


static void
test_capture(void)
{
    size_t          len, cut, first, wrong;
    cl_exit_t       rc;
    static uint8_t  data[65536];

    len = write_capture(data, sizeof(data));
    is_mem(data, "WZP\x01\x00\x80\x00\x00{", 9, "magic, length, an object");

    is_u64(read_memory(data, len), CL_OK, "and is read: %s", said);
    is_u64(in.packets, 10, "ten packets");
    is_u64(in.at_ns, 9 * FRAME, "when they came");
    is_u64(in.len, 21, "how long the last one is");
    is_u64(in.data[0], 9, "and what is in it");
    is_str(in.relay, "relay:4433", "relay");
    is_str(in.room, "ro\"om", "room");
    is_str(in.start, "2026-04-13T12:00:00Z", "start");
    is_u64(in.nnames, 1, "names");
    is_str(in.names[0].alias, NAME, "a name");
    is_str(in.names[0].fp, "1234", "a fingerprint");

    /* Cut anywhere. */

    first = CL_CAPTURE_HEAD + CL_CAPTURE_SPACE;
    wrong = 0;

    for (cut = 0; cut < len; cut += cut < 20 || cut > first - 2 ? 1 : 97) {
        rc = read_memory(data, cut);

        if (cut < first) {
            wrong += rc != CL_IO || strstr(said, "ends too early") == NULL;

        } else if (in.cut) {
            wrong += rc != CL_OK || strstr(said, "in the middle") == NULL;

        } else {
            wrong += rc != CL_OK || in.packets >= 10;
        }
    }

    is_u64(wrong, 0, "cut anywhere: what there is, or what is wrong");
}


static void
test_bad(void)
{
    size_t  i, n;
    char    text[256];

    static const struct {
        const char  *about;
        const char  *says;
    }  bad[] = {
        { "", "no JSON object" },
        { "[1]", "no JSON object" },
        { "{\"version\":1}x", "no JSON object" },
        { "{}", "version 0" },
        { "{\"version\":\"1\"}", "version 0" },
        { "{\"version\":2}", "version 2" },
    };

    static const char  *const  odd[] = {
        "{\"version\":1}",
        "{\"version\":1,\"room\":7,\"relay\":null,\"streams\":5}",
        "{\"version\":1,\"streams\":[1,{},{\"stream_id\":65536},"
        "{\"stream_id\":-1},{\"stream_id\":2,\"alias\":[]}]}",
    };

    for (i = 0; i < WZP_ARRAY_LEN(bad); i++) {
        n = strlen(bad[i].about);
        memcpy(text, "WZP\x01\x00\x00\x00\x00", 8);
        text[4] = (char) n;
        memcpy(text + 8, bad[i].about, n);

        ok(read_memory(text, n + 8) == CL_IO
           && strstr(said, bad[i].says) != NULL, "%s: %s", bad[i].about, said);
    }

    for (i = 0; i < WZP_ARRAY_LEN(odd); i++) {
        n = strlen(odd[i]);
        memcpy(text, "WZP\x01\x00\x00\x00\x00", 8);
        text[4] = (char) n;
        memcpy(text + 8, odd[i], n);

        is_u64(read_memory(text, n + 8), CL_OK, "%s is taken", odd[i]);
    }

    is_u64(in.nnames, 1, "with the names that are some");

    ok(read_memory("WZX\x01....", 8) == CL_IO
       && strstr(said, "does not begin with") != NULL, "no magic");
    ok(read_memory("WZP\x02....", 8) == CL_IO
       && strstr(said, "form 2") != NULL, "another form");
    ok(read_memory("WZP\x01\xff\xff\xff\xff", 8) == CL_IO
       && strstr(said, "4294967295 bytes of description") != NULL,
       "too much of a description");

    said[0] = '\0';
    ok(cl_capture_create(&(cl_capture_t *) { NULL }, "/nowhere/x", "r", "r",
                         "") == CL_IO && strstr(said, "/nowhere/x") != NULL,
       "no such directory: %s", said);
}


/* What cannot be gone back in has no names, but all packets. */

static void
test_pipe(void)
{
    int            fds[2];
    char           name[64];
    FILE          *file;
    size_t         len;
    uint8_t        data[4096];
    cl_capture_t  *cp;

    if (pipe(fds) != 0) {
        fail("a pipe");
        return;
    }

    (void) snprintf(name, sizeof(name), "/dev/fd/%d", fds[1]);
    is_u64(cl_capture_create(&cp, name, "r", "room", ""), CL_OK, "a pipe");
    cl_capture_put(cp, 0, sound, 20);
    cl_capture_name(cp, 7, "1234", "Ann");
    is_u64(cl_capture_finish(cp), CL_OK, "is written to");
    (void) close(fds[1]);

    file = fdopen(fds[0], "r");
    len = file != NULL ? fread(data, 1, sizeof(data), file) : 0;

    if (file != NULL) {
        (void) fclose(file);
    }

    is_u64(read_memory(data, len), CL_OK, "and can be read");
    is_u64(in.packets, 1, "with its packet");

    said[0] = '\0';

    if (cl_capture_create(&cp, "/dev/full", "r", "room", "") == CL_OK) {
        fail("a full disk");
        (void) cl_capture_finish(cp);
    }

    ok(strstr(said, "/dev/full: cannot be written") != NULL,
       "a full disk: %s", said);
}


/* ---- memory ---- */

static void
test_memory_open(void)
{
#ifdef WITH_OOM
    FILE  *file;

    file = fopen(path, "r");
    said[0] = '\0';

    testing = true;
    count = 0;
    fail_at = 1;
    ok(file != NULL && cl_capture_open(&in, file, "FILE") == CL_INTERNAL,
       "no memory for a description");
    testing = false;

    is_str(said, "no memory\n", "and that is said");

    if (file != NULL) {
        (void) fclose(file);
    }
#else
    skip("needs malloc of its own");
#endif
}


static void
test_memory_create(void)
{
#ifdef WITH_OOM
    long           wrong;
    cl_exit_t      rc;
    cl_capture_t  *cp;

    wrong = 0;
    fail_at = 0;

    do {
        fail_at++;
        count = 0;

        testing = true;
        rc = cl_capture_create(&cp, path, "r", "r", "");
        testing = false;

        if (rc == CL_OK) {
            (void) cl_capture_finish(cp);

        } else {
            wrong += cp != NULL;
        }

    } while (count >= fail_at && fail_at < 100);

    is_u64(rc, CL_OK, "a capture, with all of its memory");
    is_i64(wrong, 0, "and none without, %lu times", fail_at - 1);
#else
    skip("needs malloc of its own");
#endif
}


int
main(void)
{
    int  fd;

#ifdef WITH_OOM
    json_set_alloc_funcs(__libc_malloc, __libc_free);
#endif

    fd = mkstemp(path);
    (void) close(fd);

    test_capture();
    test_bad();
    test_pipe();
    test_memory_open();
    test_memory_create();

    (void) unlink(path);

    return done_testing();
}
