/*
 * Sound that is kept.  See spool.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "say.h"
#include "spool.h"


#define CL_BLOCK_BYTES      (CL_SPOOL_BLOCK * sizeof(int16_t))
#define CL_WAV_HEADER       44          /* bytes                             */


cl_exit_t
cl_spool_open(cl_spool_t *sp, const char *beside)
{
    char  temp[CL_PATH_MAX + 8];

    memset(sp, 0, sizeof(cl_spool_t));
    (void) snprintf(temp, sizeof(temp), "%.4000s.XXXXXX", beside);

    sp->fd = mkostemp(temp, O_CLOEXEC);

    if (sp->fd == -1) {
        return cl_fail(CL_IO, "\"%s\" cannot be written: %s", beside,
                       strerror(errno));
    }

    (void) unlink(temp);

    return CL_OK;
}


void
cl_spool_close(cl_spool_t *sp)
{
    if (sp->fd != -1) {
        (void) close(sp->fd);
        sp->fd = -1;
    }
}


/* dBFS: a full sine is -3. */

static float
cl_spool_level(const int16_t *pcm, size_t n)
{
    double  sum;
    size_t  i;

    sum = 0;

    for (i = 0; i < n; i++) {
        sum += (double) pcm[i] * pcm[i];
    }

    sum = 10 * log10(sum / (double) n / (32768.0 * 32768.0) + 1e-12);

    return (float) WZP_MAX(sum, -CL_SPOOL_FLOOR);
}


/* Write samples of the block that is being filled. */

static void
cl_spool_flush(cl_spool_t *sp)
{
    off_t    at;
    size_t   len;
    ssize_t  n;

    len = sp->have * sizeof(int16_t);
    at = (off_t) (sp->blocks % CL_SPOOL_BLOCKS * CL_BLOCK_BYTES);

    n = pwrite(sp->fd, sp->block, len, at);

    if (n != (ssize_t) len) {
        sp->error = n == -1 ? errno : ENOSPC;
        sp->have = 0;
    }
}


void
cl_spool_write(cl_spool_t *sp, const int16_t *pcm, size_t n, uint64_t now_ns)
{
    float   level;
    size_t  part;

    if (sp->start_ns == 0) {
        sp->start_ns = now_ns;
    }

    while (n > 0 && sp->error == 0) {
        part = WZP_MIN(n, CL_SPOOL_BLOCK - sp->have);

        memcpy(sp->block + sp->have, pcm, part * sizeof(int16_t));
        sp->have += part;
        pcm += part;
        n -= part;

        if (sp->have < CL_SPOOL_BLOCK) {
            break;
        }

        cl_spool_flush(sp);

        if (sp->error == 0) {
            level = cl_spool_level(sp->block, CL_SPOOL_BLOCK);
            sp->level[sp->blocks % CL_SPOOL_BLOCKS] = level;
            sp->histogram[(size_t) -level]++;
            sp->blocks++;
            sp->have = 0;
        }
    }
}


void
cl_spool_finish(cl_spool_t *sp)
{
    if (sp->have > 0) {
        cl_spool_flush(sp);
    }
}


uint64_t
cl_spool_first(const cl_spool_t *sp)
{
    uint64_t  end;

    /* A last part of a block has taken the place of the oldest. */

    end = sp->blocks + (sp->have > 0);

    return end > CL_SPOOL_BLOCKS ? end - CL_SPOOL_BLOCKS : 0;
}


static uint64_t
cl_spool_bytes(const cl_spool_t *sp)
{
    return (sp->blocks - cl_spool_first(sp)) * CL_BLOCK_BYTES
           + sp->have * sizeof(int16_t);
}


uint64_t
cl_spool_size(const cl_spool_t *sp)
{
    return CL_WAV_HEADER + cl_spool_bytes(sp);
}


static uint8_t *
cl_spool_number(uint8_t *p, uint32_t v, size_t size)
{
    while (size-- > 0) {
        *p++ = (uint8_t) v;
        v >>= 8;
    }

    return p;
}


/* RIFF, little endian: mono, 16 bit. */

static void
cl_spool_header(uint8_t header[CL_WAV_HEADER], uint32_t bytes)
{
    uint8_t  *p;

    memcpy(header, "RIFF....WAVEfmt ", 16);
    (void) cl_spool_number(header + 4, bytes + CL_WAV_HEADER - 8, 4);

    p = cl_spool_number(header + 16, 16, 4);
    p = cl_spool_number(p, 1, 2);               /* PCM */
    p = cl_spool_number(p, 1, 2);
    p = cl_spool_number(p, CL_RATE_HZ, 4);
    p = cl_spool_number(p, CL_RATE_HZ * sizeof(int16_t), 4);
    p = cl_spool_number(p, sizeof(int16_t), 2);
    p = cl_spool_number(p, 16, 2);

    memcpy(p, "data", 4);
    (void) cl_spool_number(p + 4, bytes, 4);
}


size_t
cl_spool_read(const cl_spool_t *sp, uint64_t at, uint8_t *buf, size_t len)
{
    ssize_t   n;
    uint8_t   header[CL_WAV_HEADER];
    uint64_t  bytes, left, block;

    bytes = cl_spool_bytes(sp);

    if (at < CL_WAV_HEADER) {
        cl_spool_header(header, (uint32_t) bytes);
        len = WZP_MIN(len, CL_WAV_HEADER - at);
        memcpy(buf, header + at, len);
        return len;
    }

    at -= CL_WAV_HEADER;

    if (at >= bytes) {
        return 0;
    }

    block = cl_spool_first(sp) + at / CL_BLOCK_BYTES;
    left = CL_BLOCK_BYTES - at % CL_BLOCK_BYTES;
    left = WZP_MIN(left, bytes - at);
    len = WZP_MIN(len, left);

    n = pread(sp->fd, buf, len,
              (off_t) (block % CL_SPOOL_BLOCKS * CL_BLOCK_BYTES
                       + at % CL_BLOCK_BYTES));

    return n > 0 ? (size_t) n : 0;
}
