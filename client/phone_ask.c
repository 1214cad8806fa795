/*
 * Who may call: the person decides, or the options.  See phone.h.
 */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "phone.h"
#include "say.h"


cl_exit_t
cl_phone_ask_init(cl_phone_t *ph)
{
    size_t               i;
    cl_exit_t            rc;
    const cl_options_t  *op;

    op = ph->op;

    for (i = 0; i < op->nfrom; i++) {

        if (strcmp(op->from[i], "contacts") == 0) {
            ph->from_contacts = true;
            continue;
        }

        rc = cl_contacts_who(&ph->contacts, op->from[i], ph->from[ph->nfrom]);
        if (rc != CL_OK) {
            return rc;
        }

        ph->nfrom++;
    }

    /* In the background a terminal cannot be read: that is no reason to be
     * stopped. */

    if (op->mode == CL_MODE_REGISTER && isatty(STDIN_FILENO)) {
        (void) signal(SIGTTIN, SIG_IGN);
        ph->loop.input = STDIN_FILENO;
    }

    return CL_OK;
}


static bool
cl_phone_is_friend(const cl_phone_t *ph)
{
    size_t  i;

    if (ph->from_contacts
        && cl_contacts_of(&ph->contacts, ph->dl.peer) != NULL)
    {
        return true;
    }

    for (i = 0; i < ph->nfrom; i++) {
        if (memcmp(ph->from[i], ph->dl.peer, WZP_FP_SIZE) == 0) {
            return true;
        }
    }

    return false;
}


void
cl_phone_incoming(cl_phone_t *ph, uint64_t now_ns)
{
    json_t              *ob;
    wzp_accept_t         mode;
    const cl_options_t  *op;

    op = ph->op;
    mode = op->has_accept ? op->accept : WZP_ACCEPT_GENERIC;

    cl_phone_meet(ph);

    ob = json_pack("{s:s, s:s, s:s?, s:s}", "call_id", ph->with.id,
                   "fingerprint", ph->with.fp, "contact", ph->with.contact,
                   "alias", ph->dl.alias);
    cl_event("incoming", ob);
    cl_say("%s calls%s", ph->with.name,
           ph->with.contact == NULL ? " (none of your contacts)" : "");

    if (ph->leaving || op->reject) {
        cl_dial_answer(&ph->dl, WZP_ACCEPT_REJECT, now_ns);

    } else if (op->nfrom > 0) {

        if (!cl_phone_is_friend(ph)) {
            cl_say("not one of --accept-from");
            ph->with.unwanted = true;
            mode = WZP_ACCEPT_REJECT;
        }

        cl_dial_answer(&ph->dl, mode, now_ns);

    } else if (op->has_accept) {
        cl_dial_answer(&ph->dl, mode, now_ns);

    } else if (ph->vw != NULL) {
        ph->asking = true;

    } else if (ph->loop.input != -1) {
        ph->asking = true;
        cl_say("answer?  y or n, then Enter");

    } else {
        cl_say("there is no terminal to ask at: see --accept, --accept-from "
               "and --reject");
        cl_dial_answer(&ph->dl, WZP_ACCEPT_REJECT, now_ns);
    }
}


static void
cl_phone_yes(cl_phone_t *ph, uint64_t now_ns)
{
    if (ph->re->state != CL_REACH_IN) {
        cl_say("the relay is away at the moment");
        return;
    }

    cl_dial_answer(&ph->dl, WZP_ACCEPT_GENERIC, now_ns);
    ph->asking = false;
}


static void
cl_phone_line(cl_phone_t *ph, char c, uint64_t now_ns)
{
    if (ph->asking && ph->dl.state == CL_DIAL_ASKED) {

        if (ph->re->state != CL_REACH_IN || c == 'y' || c == 'Y') {
            cl_phone_yes(ph, now_ns);

        } else if (c == 'n' || c == 'N') {
            cl_dial_answer(&ph->dl, WZP_ACCEPT_REJECT, now_ns);

        } else {
            cl_say("y to answer, n to turn away");
        }

    } else if (ph->cl != NULL && (c == 'h' || c == 'H')) {
        cl_call_leave(ph->cl, now_ns);

    } else if (ph->cl != NULL) {
        cl_say("h to hang up");
    }
}


/* ---- the view ---- */

void
cl_phone_subject(const cl_phone_t *ph, cl_view_subject_t *su)
{
    memset(su, 0, sizeof(cl_view_subject_t));

    su->cl = ph->cl;
    su->title = ph->with.open ? ph->with.name
                : ph->op->mode == CL_MODE_DIAL ? ph->op->who
                : ph->registered ? "waiting for calls" : "registering ...";
    su->relay = cl_link_where(ph->re->ln);
    su->name = ph->me.alias;
    su->caller = ph->asking && ph->dl.state == CL_DIAL_ASKED ? ph->with.name
                                                             : NULL;
    su->phone = true;
}


static void
cl_phone_wish(void *ctx, cl_view_wish_t what, uint64_t now_ns)
{
    cl_phone_t  *ph;

    ph = ctx;

    switch (what) {

    case CL_VIEW_QUIT:
        ph->loop.signal(ph, SIGINT, now_ns);
        break;

    case CL_VIEW_HANG_UP:
        if (ph->cl != NULL) {
            cl_call_leave(ph->cl, now_ns);

        } else {
            cl_dial_hangup(&ph->dl, WZP_HANGUP_NORMAL);
        }

        break;

    case CL_VIEW_ANSWER:
        cl_phone_yes(ph, now_ns);
        break;

    case CL_VIEW_TURN_AWAY:
        cl_dial_answer(&ph->dl, WZP_ACCEPT_REJECT, now_ns);
        break;
    }
}


/* ---- the terminal ---- */

/* The first character of a line counts. */

void
cl_phone_typed(void *ctx, uint64_t now_ns)
{
    char                buf[256];
    ssize_t             i, n;
    cl_phone_t         *ph;
    cl_view_subject_t   su;

    ph = ctx;

    if (ph->vw != NULL) {
        cl_phone_subject(ph, &su);
        cl_view_read(ph->vw, &su, now_ns, cl_phone_wish, ph);
        return;
    }

    n = read(ph->loop.input, buf, sizeof(buf));

    if (n == -1 && errno == EINTR) {
        return;
    }

    if (n <= 0) {
        ph->loop.input = -1;

        if (ph->asking && ph->dl.state == CL_DIAL_ASKED) {
            cl_dial_answer(&ph->dl, WZP_ACCEPT_REJECT, now_ns);
        }

        return;
    }

    for (i = 0; i < n; i++) {

        if (buf[i] == '\n') {
            cl_phone_line(ph, ph->first, now_ns);
            ph->first = '\0';

        } else if (ph->first == '\0' && buf[i] != ' ') {
            ph->first = buf[i];
        }
    }
}
