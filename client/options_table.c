/*
 * The options of the command line, a row each, and --help, which is made from
 * them.
 */

#include <stdio.h>

#include "options.h"
#include "options_table.h"


#define CL_OFF(field)   offsetof(cl_options_t, field)

static const cl_option_t  cl_option_table[] = {

    { "room", CL_ARG_TEXT, CL_OFF(room), "NAME",
      "the room to join (default)" },

    { "hash-room", CL_ARG_FLAG, CL_OFF(hash_room), NULL,
      "send the room's hash instead of its name, so that\n"
      "nobody on the way can read it" },

    { "alias", CL_ARG_TEXT, CL_OFF(alias), "NAME",
      "the name that others see (default: the identity's,\n"
      "such as \"Swift Wolf\")" },

    { "identity", CL_ARG_TEXT, CL_OFF(identity), "FILE",
      "identity file, made on first use\n"
      "(~/.config/wzp/identity)" },

    { "seed", CL_ARG_SECRET, CL_OFF(seed), "HEX",
      "identity from 64 hex digits instead of a file" },

    { "mnemonic", CL_ARG_WORDS, 0, "WORDS",
      "identity from 24 words, as one argument or as 24" },

    { "whoami", CL_ARG_MODE, CL_MODE_WHOAMI, NULL,
      "print the identity's fingerprint and alias, and exit" },

    { "profile", CL_ARG_TEXT, CL_OFF(profile_name), "NAME",
      "the best quality to send: 64k 48k 32k 24k 16k 6k,\n"
      "or Opus64k ... Opus6k, or Codec2_3200 or Codec2_1200\n"
      "(default: what the relay offers)" },

    { "budget", CL_ARG_TEXT, CL_OFF(budget_text), "KBPS",
      "send no more than so many kbit/s of voice, with all\n"
      "redundancy (default: twice the profile's rate)" },

    { "redundancy", CL_ARG_TEXT, CL_OFF(redundancy_text), "HOW",
      "against loss: auto (default, as is measured), off,\n"
      "inband, dred or copies only" },

    { "no-adapt", CL_ARG_FLAG, CL_OFF(no_adapt), NULL,
      "do not lower the quality where the network is too\n"
      "narrow; what the relay directs counts all the same" },

    { "send-tone", CL_ARG_TONE, 0, "[SECONDS]",
      "send 440 Hz, for ever or for so long" },

    { "send-file", CL_ARG_TEXT, CL_OFF(send_file), "FILE",
      "send a WAV file of any rate, or with .raw or .pcm\n"
      "48 kHz mono signed 16 bit little endian" },

    { "record", CL_ARG_TEXT, CL_OFF(record), "FILE",
      "write what is heard, in real time, as WAV\n"
      "(with .raw or .pcm: as above)" },

    { "live", CL_ARG_FLAG, CL_OFF(live), NULL,
      "talk and listen with microphone and loudspeaker" },

    { "list-devices", CL_ARG_MODE, CL_MODE_DEVICES, NULL,
      "print what there is of both, and exit" },

    { "capture", CL_ARG_TEXT, CL_OFF(capture), "NAME",
      "the microphone of --live (default: ALSA's default);\n"
      "\"null\" is silence, \"file:NAME.wav\" a file" },

    { "playback", CL_ARG_TEXT, CL_OFF(playback), "NAME",
      "the loudspeaker of --live, in the same way" },

    { "ptt", CL_ARG_FLAG, CL_OFF(ptt), NULL,
      "push-to-talk: no sound is sent until SIGUSR2, or the\n"
      "space bar, says so" },

    { "no-aec", CL_ARG_FLAG, CL_OFF(no_aec), NULL,
      "leave echoes in what the microphone hears," },

    { "no-agc", CL_ARG_FLAG, CL_OFF(no_agc), NULL,
      "its loudness as it is," },

    { "no-ns", CL_ARG_FLAG, CL_OFF(no_ns), NULL,
      "and noise" },

    { "process", CL_ARG_FLAG, CL_OFF(process), NULL,
      "do all that to files, too" },

    { "playout-delay", CL_ARG_TEXT, CL_OFF(delay_text), "MIN:MAX",
      "keep what comes back for so many milliseconds, so\n"
      "that late packets are in time (20:400, as needed)" },

    { "volume", CL_ARG_VOLUME, 0, "NAME=dB",
      "hear this alias, or beginning of a fingerprint, so\n"
      "much louder or softer (-40 .. 40; may be repeated)" },

    { "no-dtx", CL_ARG_FLAG, CL_OFF(no_dtx), NULL,
      "send silence as well, in as many packets as speech" },

    { "duration", CL_ARG_SECONDS, CL_OFF(duration_s), "SECONDS",
      "leave by itself so long after joining" },

    { "reconnect", CL_ARG_SECONDS, CL_OFF(reconnect_s), "SECONDS",
      "give up so long after the relay went away\n"
      "(default: never; 0: at once)" },

    { "report-quality", CL_ARG_TELL, 0, "[=WHOM]",
      "tell relays once a second what is lost here: on, any;\n"
      "off, none; ours (default), those with our extensions" },

    { "register", CL_ARG_MODE, CL_MODE_REGISTER, NULL,
      "wait for calls instead of joining a room; on a\n"
      "terminal each one is asked about" },

    { "accept", CL_ARG_ACCEPT, 0, "[=HOW]",
      "take every call: generic (default), or trusted, so\n"
      "that the caller's client may look for a direct way" },

    { "reject", CL_ARG_FLAG, CL_OFF(reject), NULL,
      "turn every call away" },

    { "accept-from", CL_ARG_FROM, 0, "WHO",
      "take calls of this contact or fingerprint only (may\n"
      "be repeated), or of all \"contacts\"" },

    { "once", CL_ARG_FLAG, CL_OFF(once), NULL,
      "exit after the first call" },

    { "call", CL_ARG_WHO, CL_MODE_DIAL, "WHO",
      "call a contact or a fingerprint" },

    { "ring-timeout", CL_ARG_SECONDS, CL_OFF(ring_s), "SECONDS",
      "let it ring so long (40)" },

    { "route", CL_ARG_WHO, CL_MODE_ROUTE, "WHO",
      "print over which relays somebody is reached" },

    { "contacts", CL_ARG_MODE, CL_MODE_CONTACTS, NULL,
      "print your contacts" },

    { "add-contact", CL_ARG_WHO, CL_MODE_ADD, "NAME=HEX",
      "give a fingerprint a name" },

    { "remove-contact", CL_ARG_WHO, CL_MODE_REMOVE, "NAME",
      "and forget it" },

    { "version-check", CL_ARG_MODE, CL_MODE_VERSION, NULL,
      "print the relay's version and exit" },

    { "ping", CL_ARG_PING, 0, "[COUNT]",
      "measure the way to the relay (4 times) and exit" },

    { "echo-test", CL_ARG_TEST, CL_MODE_ECHO, "SECONDS",
      "send a tone to a relay that echoes, judge what comes\n"
      "back: loss, delay, noise" },

    { "drift-test", CL_ARG_TEST, CL_MODE_DRIFT, "SECONDS",
      "the same, but judge how evenly time passes" },

    { "sweep", CL_ARG_MODE, CL_MODE_SWEEP, NULL,
      "try playout delays on lines of many kinds, without a\n"
      "network; no relay" },

    { "bench", CL_ARG_BENCH, CL_MODE_BENCH, "[=WHAT]",
      "measure how fast this machine is at codec, fec,\n"
      "crypto, pipeline, or all (default); no relay" },

    { "loss", CL_ARG_LOSS, 0, "PERCENT",
      "of the packets, for --bench (20)" },

    { "analyze", CL_ARG_WHO, CL_MODE_ANALYZE, "ROOM",
      "be in a room, send nothing, and tell how everybody's\n"
      "packets arrive; a verdict at the end" },

    { "html", CL_ARG_TEXT, CL_OFF(html), "FILE",
      "write what --analyze or --replay finds out as a page,\n"
      "too" },

    { "dump", CL_ARG_TEXT, CL_OFF(dump), "FILE",
      "with --analyze: keep whole packets, and with them all\n"
      "that is said" },

    { "replay", CL_ARG_WHO, CL_MODE_REPLAY, "FILE",
      "tell the same about what --dump has kept" },

    { "fingerprint", CL_ARG_TEXT, CL_OFF(fingerprint_text), "HEX",
      "the relay's certificate must have this SHA-256;\n"
      "without it the first one seen is remembered in\n"
      "~/.config/wzp/known_hosts and must stay the same" },

    { "words", CL_ARG_FLAG, CL_OFF(as_words), NULL,
      "config key backup: as 24 words (default)" },

    { "hex", CL_ARG_FLAG, CL_OFF(as_hex), NULL,
      "config key backup: as 64 hex digits" },

    { "force", CL_ARG_FLAG, CL_OFF(force), NULL,
      "config key restore: in place of an identity that there\n"
      "is, which is kept beside it" },

    { "4", CL_ARG_FLAG, CL_OFF(four), NULL, "use IPv4 only" },
    { "6", CL_ARG_FLAG, CL_OFF(six), NULL, "use IPv6 only" },

    { "plain", CL_ARG_FLAG, CL_OFF(plain), NULL,
      "on a terminal: lines instead of the view with keys" },

    { "json", CL_ARG_FLAG, CL_OFF(json), NULL,
      "print one JSON object per event and a closing report" },

    { "metrics-file", CL_ARG_TEXT, CL_OFF(metrics_file), "FILE",
      "append a line of JSON about the call every second" },

    { "event-log", CL_ARG_TEXT, CL_OFF(event_log), "FILE",
      "append a line of JSON for whatever happens: who\n"
      "comes, goes and speaks, what is lost, what changes" },

    { "report", CL_ARG_TEXT, CL_OFF(report), "FILE",
      "after the call, write a ZIP file for whoever shall\n"
      "find out what was wrong: sound, levels, numbers, log" },

    { "keylog", CL_ARG_TEXT, CL_OFF(keylog), "FILE",
      "append TLS secrets to FILE, for debugging" },

    { "v", CL_ARG_FLAG, CL_OFF(verbose), NULL, "say more" },
    { "help", CL_ARG_HELP, 0, NULL, "print this and exit" },
    { "version", CL_ARG_VERSION, 0, NULL, "print the version and exit" },
};


static const char  cl_help_head[] =
    "usage: wzp-client [options] HOST[:PORT]\n"
    "       wzp-client config [WHAT ...]\n"
    "       wzp-client feather decode|encode\n"
    "\n"
    "Joins a room at a WZP relay, shows who is there and listens until\n"
    "Ctrl-C; or calls somebody, or waits for calls.  The port is " CL_PORT "\n"
    "unless given; IPv6 addresses stand in brackets: [2001:db8::1]:4433.\n"
    "HOST may be the name of a server in your settings, and need not be given\n"
    "when they say which relay is meant.\n"
    "\n";

static const char  cl_help_tail[] =
    "\n"
    "settings (~/.config/wzp/settings), which options override:\n"
    "  config                             print all\n"
    "  config get KEY | set KEY VALUE | unset KEY\n"
    "  config servers                     print the servers\n"
    "  config add-server NAME HOST[:PORT] [FINGERPRINT]\n"
    "  config remove-server NAME\n"
    "  config key show | backup | restore your identity's key\n"
    "\n"
    "On a terminal a call is a view with keys; ? shows them.\n"
    "SIGINT and SIGTERM leave the room cleanly; SIGUSR1 moves the call to\n"
    "another local port; SIGUSR2 mutes and unmutes, or with --ptt presses\n"
    "and releases.\n"
    "\n"
    "exit status:\n"
    "  0  the call ended as it should\n"
    "  1  internal or unexpected error\n"
    "  2  wrong usage\n"
    "  3  refused by the relay (full, not allowed, reserved name, replaced)\n"
    "  4  a signature or binding does not verify\n"
    "  5  relay unreachable, or not a WZP relay\n"
    "  6  the relay is not the one it was before\n"
    "  7  a file cannot be read or written\n"
    "  8  whom you call or look for is not there\n"
    "  9  the call was declined, or the other one is busy\n"
    " 10  the call was not answered\n"
    " 11  a test went badly\n";


void
cl_options_help(void)
{
    char               head[40];
    size_t             i;
    const char        *p;
    const cl_option_t  *ot;

    (void) fputs(cl_help_head, stdout);

    for (i = 0; i < WZP_ARRAY_LEN(cl_option_table); i++) {
        ot = &cl_option_table[i];

        (void) snprintf(head, sizeof(head), "%s%s%s%s",
                        ot->name[1] == '\0' ? "-" : "--", ot->name,
                        ot->arg && ot->arg[1] != '=' ? " " : "",
                        ot->arg ? ot->arg : "");
        (void) printf("  %-22s ", head);

        for (p = ot->help; *p != '\0'; p++) {
            (void) putchar(*p);

            if (*p == '\n') {
                (void) printf("%25s", "");
            }
        }

        (void) putchar('\n');
    }

    (void) fputs(cl_help_tail, stdout);
}


_Static_assert(WZP_ARRAY_LEN(cl_option_table) <= CL_OPTIONS_MAX,
               "cl_options_t.given is too small");


const cl_option_t *
cl_options_row(size_t i)
{
    return i < WZP_ARRAY_LEN(cl_option_table) ? &cl_option_table[i] : NULL;
}


size_t
cl_options_index(const cl_option_t *ot)
{
    return (size_t) (ot - cl_option_table);
}


const cl_option_t *
cl_options_find(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(cl_option_table); i++) {
        if (strlen(cl_option_table[i].name) == len
            && memcmp(cl_option_table[i].name, name, len) == 0)
        {
            return &cl_option_table[i];
        }
    }

    return NULL;
}
