/*
 * A hundred relays that gossip, and ask for routes: the simulated world of
 * sim_gossip.  Links, people, and messages on their way as JSON; time goes on
 * in steps.
 */

#ifndef _MESH_H_INCLUDED_
#define _MESH_H_INCLUDED_


#include "wzp/wzp_gossip.h"
#include "wzp/wzp_route.h"


#define MESH_RELAYS     100
#define MESH_DEGREE     24
#define MESH_LINKS      (MESH_RELAYS * MESH_DEGREE)
#define MESH_STEP       (10 * WZP_MS)
#define MESH_NOWHERE    UINT32_MAX
#define MESH_LEFT       4               /* departures remembered of a person */
#define MESH_KEEP       (5 * WZP_SEC)


typedef struct {
    uint32_t       relay;
    uint64_t       at_ns;
} mesh_left_t;


typedef struct {
    uint32_t       home;                /* relay, or MESH_NOWHERE            */
    uint32_t       place;               /* in its list                       */
    mesh_left_t    left[MESH_LEFT];
    unsigned       nleft;
} mesh_person_t;


/* A link is two ends: relay and its number of the other. */
typedef struct {
    unsigned       relay[2];
    unsigned       peer[2];
    bool           up;
    unsigned       life;                /* messages of an older one are lost */
    uint64_t       back_ns;             /* up again                          */
    uint64_t       bytes;
    uint64_t       messages;
} mesh_link_t;


typedef struct {
    wzp_gossip_t  *gp;
    wzp_route_t   *rt;
    unsigned       degree;
    unsigned       links[MESH_DEGREE];  /* by peer number                    */
    uint32_t      *folk;
    uint32_t       nfolk;
    bool           moved;               /* its list is to be told            */

    /* one arrival that is followed until all neighbours know */
    bool           traced;
    uint32_t       tracer;
    uint64_t       since_ns;
} mesh_relay_t;


typedef struct {
    unsigned               nrelays;
    unsigned               npeople;     /* of one relay, on average          */
    unsigned               nlinks;
    mesh_relay_t           relays[MESH_RELAYS];
    mesh_person_t         *persons;
    mesh_link_t            links[MESH_LINKS];
    uint64_t               now;

    unsigned               breaks;
    unsigned               restarts;
    unsigned               bad_signals; /* could not be written, or read     */

    unsigned               asked;       /* cookie of the last question       */
    unsigned               answered;    /* ... whose answer is there         */
    wzp_route_response_t   answer;
} mesh_t;


extern mesh_t  mesh;


/* A random tree with twice as many links more, all down; everybody is
 * somewhere. */
void mesh_create(unsigned relays, unsigned each);
void mesh_destroy(void);

uint32_t mesh_random(uint32_t below);

/* One step of time: messages arrive, deadlines pass. */
void mesh_step(void);

/* Links that are down come up: all, or those whose time it is. */
void mesh_mend(bool all);
void mesh_disconnect(mesh_link_t *ln, uint64_t back_ns);
bool mesh_are_linked(unsigned a, unsigned b);

/* A relay forgets everything, its people are gone, its links down. */
void mesh_restart(unsigned r);

void mesh_leave(uint32_t p);
void mesh_come(uint32_t p, unsigned r);

/* What all links together have carried. */
void mesh_traffic(uint64_t *bytes, uint64_t *messages);


#endif /* _MESH_H_INCLUDED_ */
