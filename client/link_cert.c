/*
 * Is this the relay that we want?  See link.h.
 */

#include "known.h"
#include "link_int.h"
#include "say.h"


/* The relay that we wanted?  The pin, or what we remember. */

bool
cl_link_identify(cl_link_t *ln)
{
    char         now[WZP_CERT_FP_TEXT_LEN + 1], was[WZP_CERT_FP_TEXT_LEN + 1];
    unsigned     line;
    cl_ending_t  en;

    ln->is_new = false;

    if (wzp_qconn_peer_cert(ln->qc, ln->cert_fp) != WZP_OK) {
        cl_ending_set(&en, CL_AUTH, CL_FINAL, "no_certificate",
                      "%s: the relay showed no certificate", ln->where);
        cl_link_abort(ln, &en);
        return false;
    }

    wzp_cert_fp_text(now, ln->cert_fp);

    if (ln->op->has_fingerprint) {

        if (memcmp(ln->op->fingerprint, ln->cert_fp, WZP_CERT_FP_SIZE) == 0) {
            return true;
        }

        wzp_cert_fp_text(was, ln->op->fingerprint);
        cl_ending_set(&en, CL_IDENTITY, CL_FINAL, "identity",
                      "%s: this is not the relay that %s%s names:\n"
                      "  its certificate is %s\n  wanted is          %s",
                      ln->where,
                      ln->op->pinned ? "your server " : "--fingerprint",
                      ln->op->pinned ? ln->op->server : "", now, was);
        cl_link_abort(ln, &en);
        return false;
    }

    switch (cl_known_check(ln->op, ln->cert_fp, &line, was)) {

    case CL_KNOWN_NEW:
        ln->is_new = true;
        return true;

    case CL_KNOWN_SAME:
        return true;

    case CL_KNOWN_ERROR:
        cl_ending_set(&en, CL_IO, CL_FINAL, "known_hosts",
                      "%s: cannot be checked against known_hosts", ln->where);
        cl_link_abort(ln, &en);
        return false;

    case CL_KNOWN_CHANGED:
        break;
    }

    cl_ending_set(&en, CL_IDENTITY, CL_FINAL, "identity",
                  "%s: THE RELAY IS NOT THE ONE IT WAS BEFORE.\n"
                  "  Its certificate is %s\n  and used to be     %s\n"
                  "  Somebody may be listening in, or the relay got a new "
                  "identity.  If its\n  operator confirms that, remove line "
                  "%u of known_hosts in ~/.config/wzp\n  (or "
                  "$XDG_CONFIG_HOME/wzp) and connect again.", ln->where, now,
                  was, line);
    cl_link_abort(ln, &en);

    return false;
}


cl_exit_t
cl_link_trust(cl_link_t *ln)
{
    if (!ln->is_new) {
        return CL_OK;
    }

    ln->is_new = false;

    return cl_known_add(ln->op, ln->cert_fp);
}


void
cl_link_introduce(const cl_link_t *ln)
{
    char  fp[WZP_CERT_FP_TEXT_LEN + 1];
    char  peer[WZP_ADDR_TEXT_MAX], local[WZP_ADDR_TEXT_MAX];

    wzp_cert_fp_text(fp, ln->cert_fp);

    cl_event("connected",
             json_pack("{s:s, s:s, s:s, s:b}",
                       "address", wzp_addr_text(wzp_qconn_peer(ln->qc), peer),
                       "local", wzp_addr_text(wzp_qconn_local(ln->qc), local),
                       "tls_fingerprint", fp,
                       "first_use", ln->is_new));

    if (ln->is_new) {
        cl_say("first contact with this relay, its certificate is\n  %s", fp);
    }
}
