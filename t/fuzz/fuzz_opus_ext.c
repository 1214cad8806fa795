/*
 * Blocks in Opus padding: whatever the packet is, what is added to it comes out
 * again, and without padding it stays the same packet.
 */

#include "wzp/wzp_opus_ext.h"
#include "fuzz.h"


/* All blocks of a list, each written again into no more than it took. */

static void
walk(wzp_bytes_t list)
{
    size_t           len, had;
    uint8_t         *buf;
    wzp_block_t  bl;

    buf = malloc(list.len + 1);
    fuzz_check(buf != NULL);

    for ( ;; ) {
        had = list.len;

        if (wzp_block_next(&list, &bl) != WZP_OK) {
            break;
        }

        fuzz_check(list.len < had);
        fuzz_check(wzp_block_write(&bl, buf, had - list.len, &len)
                   == WZP_OK);
        fuzz_check(len <= had - list.len);
    }

    free(buf);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t        len, half;
    uint8_t      *buf, *bare, *back;
    wzp_rc_t      rc;
    wzp_bytes_t   list, found;

    list.data = data;
    list.len = size;
    walk(list);

    rc = wzp_opus_ext_parse(data, size, &found);

    if (rc == WZP_OK) {
        fuzz_check(found.data > data);
        fuzz_check(found.data + found.len <= data + size);
        walk(found);
    }

    bare = malloc(size + 1);
    back = malloc(size + 1);
    buf = malloc(3 * size + 16);
    fuzz_check(bare != NULL && back != NULL && buf != NULL);

    if (wzp_opus_ext_strip(data, size, bare, size + 1, &half) != WZP_OK) {
        fuzz_check(rc == WZP_EBAD);
        goto done;
    }

    fuzz_check(rc != WZP_EBAD);
    fuzz_check(wzp_opus_ext_parse(bare, half, &found) == WZP_EAGAIN);

    /* The packet itself serves as a list. */

    fuzz_check(wzp_opus_ext_wrap(data, size, &list, buf, 3 * size + 16, &len)
               == WZP_OK);
    fuzz_check(wzp_opus_ext_wrap(data, size, &list, buf, len - 1, &len)
               == WZP_ENOSPC);
    fuzz_check(wzp_opus_ext_wrap(data, size, &list, buf, len, &len) == WZP_OK);
    fuzz_check(wzp_opus_ext_parse(buf, len, &found) == WZP_OK);
    fuzz_check(found.len == size && memcmp(found.data, data, size) == 0);

    fuzz_check(wzp_opus_ext_strip(buf, len, back, size + 1, &len) == WZP_OK);
    fuzz_check(len == half && memcmp(back, bare, half) == 0);

done:

    free(bare);
    free(back);
    free(buf);

    return 0;
}
