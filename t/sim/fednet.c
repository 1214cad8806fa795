/*
 * Links between relays in virtual time.
 */

#include <limits.h>
#include <stdlib.h>

#include "fednet.h"


typedef enum {
    FEDNET_MSG = 0,
    FEDNET_DOWN
} fednet_kind_t;


typedef struct {
    uint64_t        at_ns;
    uint64_t        order;
    fednet_kind_t   kind;
    unsigned        link;
    unsigned        end;                /* of the link: 0 or 1               */
    unsigned        life;
    void           *msg;
} fednet_event_t;


typedef struct {
    unsigned        node[2];
    unsigned        port[2];
    uint64_t        last_ns[2];         /* latest arrival at that end        */
    unsigned        life;               /* odd: up                           */
    bool            told[2];            /* that it is up                     */
} fednet_link_t;


struct fednet_s {
    fednet_conf_t    conf;
    unsigned         nodes;
    unsigned         nports[FEDNET_NODES];
    unsigned         ports[FEDNET_NODES][FEDNET_PORTS];     /* links         */
    fednet_link_t   *links;
    unsigned         nlinks;

    fednet_event_t  *heap;
    size_t           nheap;
    size_t           heap_size;

    uint64_t         now_ns;
    uint64_t         order;
    uint64_t         chance;
    uint64_t         messages;
    uint64_t         bytes;
};


static void *
grow(void *p, size_t size)
{
    p = realloc(p, size);

    if (p == NULL) {
        abort();
    }

    return p;
}


fednet_t *
fednet_create(const fednet_conf_t *conf, unsigned nodes, uint64_t seed)
{
    fednet_t  *net;

    net = grow(NULL, sizeof(fednet_t));
    memset(net, 0, sizeof(fednet_t));

    net->conf = *conf;
    net->nodes = nodes;
    net->chance = seed * 2 + 1;
    net->now_ns = WZP_SEC;

    return net;
}


void
fednet_destroy(fednet_t *net)
{
    size_t  i;

    for (i = 0; i < net->nheap; i++) {
        if (net->heap[i].kind == FEDNET_MSG) {
            net->conf.lost(net->conf.ctx, net->heap[i].msg);
        }
    }

    free(net->heap);
    free(net->links);
    free(net);
}


uint32_t
fednet_random(fednet_t *net, uint32_t n)
{
    net->chance = net->chance * 6364136223846793005ULL + 1442695040888963407ULL;

    return (uint32_t) (((net->chance >> 32) * n) >> 32);
}


uint64_t
fednet_now(const fednet_t *net)
{
    return net->now_ns;
}


uint64_t
fednet_messages(const fednet_t *net)
{
    return net->messages;
}


uint64_t
fednet_bytes(const fednet_t *net)
{
    return net->bytes;
}


/* ---- what will happen ---- */

static bool
sooner(const fednet_event_t *a, const fednet_event_t *b)
{
    return a->at_ns < b->at_ns
           || (a->at_ns == b->at_ns && a->order < b->order);
}


static void
heap_put(fednet_t *net, fednet_event_t ev)
{
    size_t  i;

    if (net->nheap == net->heap_size) {
        net->heap_size = net->heap_size == 0 ? 1024 : 2 * net->heap_size;
        net->heap = grow(net->heap, net->heap_size * sizeof(net->heap[0]));
    }

    ev.order = net->order++;

    for (i = net->nheap++; i > 0 && sooner(&ev, &net->heap[(i - 1) / 2]);
         i = (i - 1) / 2)
    {
        net->heap[i] = net->heap[(i - 1) / 2];
    }

    net->heap[i] = ev;
}


static fednet_event_t
heap_take(fednet_t *net)
{
    size_t          i, k;
    fednet_event_t  ev, last;

    ev = net->heap[0];
    last = net->heap[--net->nheap];

    for (i = 0; (k = 2 * i + 1) < net->nheap; i = k) {
        if (k + 1 < net->nheap && sooner(&net->heap[k + 1], &net->heap[k])) {
            k++;
        }

        if (!sooner(&net->heap[k], &last)) {
            break;
        }

        net->heap[i] = net->heap[k];
    }

    net->heap[i] = last;

    return ev;
}


/* ---- links ---- */

int
fednet_link(fednet_t *net, unsigned a, unsigned b)
{
    unsigned        i;
    fednet_link_t  *ln;

    if (a == b || net->nports[a] == FEDNET_PORTS
        || net->nports[b] == FEDNET_PORTS)
    {
        return -1;
    }

    for (i = 0; i < net->nports[a]; i++) {
        if (fednet_neighbour(net, a, i) == b) {
            return -1;
        }
    }

    net->links = grow(net->links, (net->nlinks + 1) * sizeof(net->links[0]));
    ln = &net->links[net->nlinks];
    memset(ln, 0, sizeof(*ln));

    ln->node[0] = a;
    ln->node[1] = b;
    ln->port[0] = net->nports[a];
    ln->port[1] = net->nports[b];
    net->ports[a][net->nports[a]++] = net->nlinks;
    net->ports[b][net->nports[b]++] = net->nlinks;

    return (int) net->nlinks++;
}


unsigned
fednet_links(const fednet_t *net)
{
    return net->nlinks;
}


bool
fednet_link_is_up(const fednet_t *net, unsigned link)
{
    return net->links[link].life % 2 == 1;
}


static void
say_down(fednet_t *net, unsigned link, unsigned end)
{
    fednet_link_t  *ln;

    ln = &net->links[link];

    if (ln->told[end]) {
        ln->told[end] = false;
        net->conf.down(net->conf.ctx, ln->node[end], ln->port[end]);
    }
}


void
fednet_link_up(fednet_t *net, unsigned link)
{
    fednet_link_t  *ln;

    if (fednet_link_is_up(net, link)) {
        return;
    }

    say_down(net, link, 0);
    say_down(net, link, 1);

    ln = &net->links[link];
    ln->life++;
    ln->told[0] = true;
    ln->told[1] = true;

    net->conf.up(net->conf.ctx, ln->node[0], ln->port[0]);
    net->conf.up(net->conf.ctx, ln->node[1], ln->port[1]);
}


void
fednet_link_down(fednet_t *net, unsigned link)
{
    unsigned        end;
    fednet_event_t  ev;

    if (!fednet_link_is_up(net, link)) {
        return;
    }

    memset(&ev, 0, sizeof(ev));
    ev.kind = FEDNET_DOWN;
    ev.link = link;
    ev.life = ++net->links[link].life;

    for (end = 0; end < 2; end++) {
        ev.end = end;
        ev.at_ns = net->now_ns + fednet_random(net, FEDNET_DELAY_NS);
        heap_put(net, ev);
    }
}


unsigned
fednet_ports(const fednet_t *net, unsigned node)
{
    return net->nports[node];
}


unsigned
fednet_port_link(const fednet_t *net, unsigned node, unsigned port)
{
    return net->ports[node][port];
}


unsigned
fednet_neighbour(const fednet_t *net, unsigned node, unsigned port)
{
    const fednet_link_t  *ln;

    ln = &net->links[net->ports[node][port]];

    return ln->node[0] == node ? ln->node[1] : ln->node[0];
}


/* Hops from a node to the one farthest away. */
static unsigned
farthest(const fednet_t *net, unsigned from)
{
    unsigned  head, tail, node, other, i;
    unsigned  hops[FEDNET_NODES], queue[FEDNET_NODES];

    memset(hops, 0xff, sizeof(hops));
    head = 0;
    tail = 0;
    hops[from] = 0;
    queue[tail++] = from;
    node = from;

    while (head != tail) {
        node = queue[head++];

        for (i = 0; i < net->nports[node]; i++) {
            other = fednet_neighbour(net, node, i);

            if (fednet_link_is_up(net, net->ports[node][i])
                && hops[other] == UINT_MAX)
            {
                hops[other] = hops[node] + 1;
                queue[tail++] = other;
            }
        }
    }

    return tail == net->nodes ? hops[node] : UINT_MAX;
}


unsigned
fednet_diameter(const fednet_t *net)
{
    unsigned  i, most, n;

    most = 0;

    for (i = 0; i < net->nodes; i++) {
        n = farthest(net, i);
        most = WZP_MAX(most, n);
    }

    return most;
}


/* ---- messages ---- */

void
fednet_send(fednet_t *net, unsigned node, unsigned port, void *msg,
    size_t bytes)
{
    fednet_link_t   *ln;
    fednet_event_t   ev;

    memset(&ev, 0, sizeof(ev));
    ev.link = net->ports[node][port];
    ln = &net->links[ev.link];

    net->messages++;
    net->bytes += bytes;

    if (ln->life % 2 == 0) {
        net->conf.lost(net->conf.ctx, msg);
        return;
    }

    ev.kind = FEDNET_MSG;
    ev.end = ln->node[0] == node ? 1 : 0;
    ev.life = ln->life;
    ev.msg = msg;
    ev.at_ns = net->now_ns + WZP_MS
               + fednet_random(net, FEDNET_DELAY_NS - WZP_MS);
    ev.at_ns = WZP_MAX(ev.at_ns, ln->last_ns[ev.end]);
    ln->last_ns[ev.end] = ev.at_ns;

    heap_put(net, ev);
}


void
fednet_run(fednet_t *net, uint64_t until_ns)
{
    fednet_link_t   *ln;
    fednet_event_t   ev;

    while (net->nheap != 0 && net->heap[0].at_ns <= until_ns) {
        ev = heap_take(net);
        ln = &net->links[ev.link];
        net->now_ns = ev.at_ns;

        if (ev.kind == FEDNET_DOWN) {
            if (ev.life == ln->life) {
                say_down(net, ev.link, ev.end);
            }

        } else if (ev.life == ln->life && ln->told[ev.end]) {
            net->conf.deliver(net->conf.ctx, ln->node[ev.end],
                              ln->port[ev.end], ev.msg);

        } else {
            net->conf.lost(net->conf.ctx, ev.msg);
        }
    }

    if (until_ns != UINT64_MAX) {
        net->now_ns = until_ns;
    }
}
