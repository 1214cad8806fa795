/*
 * The load generator: thousands of QUIC members in one process, which join
 * rooms, talk and listen, and account for every frame.
 *
 * All members share one UDP socket bound to the wildcard address and a port;
 * each has an IPv4 address of its own in 127.64.0.0/10, so that to the relay
 * they are as many destinations as in real life (nothing to merge by GSO).
 *
 * One thread, one loop: read a few packets, acknowledge, let talkers talk.
 */

#ifndef _LOAD_H_INCLUDED_
#define _LOAD_H_INCLUDED_


#include "net/wzp_udp.h"
#include "quic/wzp_quic.h"
#include "wzp/wzp_base.h"


#define BL_PIDS             8           /* workers whose CPU is counted      */
#define BL_TALKERS          64          /* per room                          */
#define BL_TRACE            65536       /* packets                           */
#define BL_MEMBERS          65536
#define BL_STEERS           8

#define BL_HIST_SUB         64          /* bins per power of two             */
#define BL_HIST_BINS        (BL_HIST_SUB * 40)


/* A distribution of times; relative error below 1/64. */
typedef struct {
    uint64_t            count;
    uint64_t            max;
    uint64_t            bins[BL_HIST_BINS];
} bl_hist_t;


/* One packet of the trace that the floor repeats. */
typedef struct {
    uint32_t            member;
    uint32_t            len;
    uint64_t            at_ns;          /* since the first one               */
} bl_trace_t;


typedef void (*bl_net_recv_pt)(void *ctx, const wzp_udp_dgram_t *dg,
    uint64_t arrived_ns);

typedef struct bl_net_s  bl_net_t;


typedef struct {
    wzp_addr_t          relay;
    uint16_t            port;           /* ours                              */
    unsigned            rooms;
    unsigned            members;        /* per room, talkers among them      */
    unsigned            talkers;        /* per room                          */
    unsigned            size;           /* bytes of a media packet           */
    unsigned            rate;           /* packets per second and talker     */
    unsigned            join_rate;      /* per second; 0: as fast as can be  */
    uint64_t            hold_ns;        /* idle, after everybody has joined  */
    uint64_t            warm_ns;        /* talk before the window            */
    uint64_t            run_ns;         /* the window                        */
    bool                binding;
    const char         *trace;          /* file, or NULL                     */
    int                 pids[BL_PIDS];
    unsigned            npids;
} bl_options_t;


typedef enum {
    BL_IDLE = 0,
    BL_CONNECT,
    BL_OFFER,
    BL_JOINED,
    BL_GONE
} bl_state_t;


typedef struct bl_load_s  bl_load_t;


typedef struct {
    bl_load_t          *bl;
    wzp_qconn_t        *qc;
    wzp_addr_t          local;
    bl_state_t          state;
    uint32_t            index;
    uint32_t            room;
    uint32_t            talker;         /* number in the room; UINT32_MAX    */
    uint8_t             steer;          /* the relay's socket, from its IDs  */

    uint32_t            next;           /* talker: number of the next frame  */
    uint32_t            from;           /* ... in the window: first, end     */
    uint32_t            until;
    uint64_t            phase_ns;       /* ... when in each interval         */

    uint64_t           *seen;           /* bits per talker and frame         */
} bl_member_t;


/* Sums over the window, as seen from here: "in" is what the relay sent. */
typedef struct {
    uint64_t            packets_in;
    uint64_t            bare_in;        /* no DATAGRAM, no message           */
    uint64_t            bytes_in;
    uint64_t            packets_out;
    uint64_t            bare_out;
    uint64_t            frames_in;
    uint64_t            frames_out;
    uint64_t            socket_drops;   /* our socket was full               */
    uint64_t            relay_drops;    /* the relay's was                   */
    uint64_t            self_ns;        /* CPU of this process               */
    uint64_t            at_ns;
    uint64_t            cpu_ns[BL_PIDS];
    uint64_t            rss_kb;         /* of all pids                       */
} bl_sums_t;


struct bl_load_s {
    bl_options_t        op;
    bl_net_t           *net;
    wzp_quic_t         *ep;
    bl_member_t        *members;
    unsigned            nmembers;

    bl_member_t       **talkers;        /* by phase                          */
    unsigned            ntalkers;
    unsigned            turn;           /* whose turn it is                  */
    uint64_t            base_ns;        /* start of the present interval     */

    unsigned            asked;          /* connects so far                   */
    unsigned            pending;        /* neither joined nor gone           */
    unsigned            joined;
    unsigned            gone;

    bool                talking;
    bool                window;
    unsigned            words;          /* of `seen` per talker              */
    uint64_t            payload;        /* DATAGRAMs and messages so far     */
    uint64_t            strange;        /* frames that nobody sent           */
    uint64_t            doubles;
    uint64_t            arrived_ns;     /* of the packet in hand             */
    uint8_t            *buf;            /* packet that is being written      */

    uint64_t            turn_ns;        /* the last turn began               */
    uint64_t            slept_ns;       /* ... and meant to sleep so long    */
    uint64_t            stall_ns;       /* longest time without the CPU      */

    bl_sums_t           run;            /* counters, see bl_sums_take        */
    bl_hist_t           delay;

    bl_trace_t         *trace;
    unsigned            ntrace;
};


/* ---- load_net.c ---- */

uint64_t bl_now(void);

/* The address of member n, with that port. */
void bl_net_addr(wzp_addr_t *addr, unsigned n, uint16_t port);

/* Whose address that is. */
uint32_t bl_net_member(const wzp_addr_t *addr);

/* NULL: said why on stderr. */
bl_net_t *bl_net_open(uint16_t port);
void bl_net_close(bl_net_t *nt);
int bl_net_fd(const bl_net_t *nt);
wzp_udp_socket_t *bl_net_socket(bl_net_t *nt);
wzp_udp_tx_t *bl_net_tx(bl_net_t *nt);

/* One recvmmsg of at most 32 datagrams; arrived_ns is the kernel's time stamp
 * on the monotonic clock.  Returns how many. */
int bl_net_recv(bl_net_t *nt, bl_net_recv_pt fn, void *ctx);

/* Datagrams that found our socket full. */
uint64_t bl_net_drops(const bl_net_t *nt);


/* ---- load_member.c ---- */

/* false: said why. */
bool bl_members_init(bl_load_t *bl);
void bl_members_done(bl_load_t *bl);

void bl_member_connect(bl_member_t *bm, uint64_t now_ns);

/* One frame, stamped with the time. */
void bl_member_talk(bl_member_t *bm, uint64_t now_ns);

/* Datagrams from the socket (a bl_net_recv_pt; ctx: bl_load_t). */
void bl_member_input(void *ctx, const wzp_udp_dgram_t *dg,
    uint64_t arrived_ns);


/* ---- load_stat.c ---- */

void bl_hist_add(bl_hist_t *hs, uint64_t value);

/* The value that `part` (0 to 1) of all are not above. */
uint64_t bl_hist_at(const bl_hist_t *hs, double part);

/* CPU of a process so far, ns.  0: no such process. */
uint64_t bl_cpu_ns(int pid);

/* Counters of now. */
void bl_sums_take(bl_load_t *bl, bl_sums_t *sm, uint64_t now_ns);

/* after - before, but the resident size */
void bl_sums_diff(bl_sums_t *out, const bl_sums_t *after,
    const bl_sums_t *before);

/* Frames of the window: how many should have come, and how many came. */
void bl_account(const bl_load_t *bl, uint64_t *expected, uint64_t *delivered);

/* name=value lines on stdout. */
void bl_report_join(const bl_load_t *bl, const bl_sums_t *before,
    const bl_sums_t *after);
void bl_report_run(const bl_load_t *bl, const bl_sums_t *sums);


#endif /* _LOAD_H_INCLUDED_ */
