/*
 * Settings: lines good and bad, what the command line leaves to them, servers,
 * and changes of the file that leave the rest alone.
 */

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tap.h"
#include "../../client/settings.c"
#include "../../client/settings_file.c"
#include "../../client/config.c"
#include "../../client/contacts.c"


#define PIN     "0123456789abcdef0123456789abcdef"                            \
                "0123456789abcdef0123456789abcdef"


static char         said[2048];
static const char  *about;
static char         dir[] = "/tmp/wzp-test-settings.XXXXXX";


/* ---- what is said ---- */

static void
note(const char *fmt, va_list args)
{
    size_t  n;

    n = strlen(said);
    (void) snprintf(said + n, sizeof(said) - n, "%s%s",
                    about != NULL ? about : "", about != NULL ? ": " : "");
    n = strlen(said);
    (void) vsnprintf(said + n, sizeof(said) - n, fmt, args);
    n = strlen(said);
    (void) snprintf(said + n, sizeof(said) - n, "\n");
}


void
cl_say_init(bool json, bool verbose)
{
    (void) json;
    (void) verbose;
}


void
cl_say_about(const char *where)
{
    about = where;
}


void
cl_warn(const char *fmt, ...)
{
    va_list  args;

    if (about == NULL) {
        va_start(args, fmt);
        note(fmt, args);
        va_end(args);
    }
}


cl_exit_t
cl_fail(cl_exit_t status, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    note(fmt, args);
    va_end(args);

    return status;
}


/* ---- lines ---- */

static cl_settings_t  st;


static cl_exit_t
parse(const char *text)
{
    static char  copy[CL_SETTINGS_SIZE];

    (void) snprintf(copy, sizeof(copy), "%s", text);
    cl_settings_init(&st);
    (void) snprintf(st.file.path, sizeof(st.file.path), "FILE");
    said[0] = '\0';

    return cl_settings_parse(&st, copy, "FILE");
}


static const char *
value(const char *name)
{
    const char  *v;

    v = st.value[cl_key_index(cl_key_find(name))];

    return v != NULL ? v : "(none)";
}


static void
test_lines(void)
{
    is_u64(parse(""), CL_OK, "nothing");
    is_str(value("room"), "(none)", "is not set");

    is_u64(parse("# mine\n\n  \t\nroom=general\n\tAlias =  Ann  Lee \r\n"
                 "family\t=\t6\nhash-room = on"), CL_OK, "a file");
    is_str(value("room"), "general", "without blanks");
    is_str(value("alias"), "Ann  Lee", "with some, in any case");
    is_str(value("family"), "6", "with tabs");
    is_str(value("hash-room"), "on", "the last line needs no end");
    is_u64(st.line[cl_key_index(cl_key_find("alias"))], 5, "lines count");

    is_u64(parse("alias = a=b #1"), CL_OK, "signs in a value");
    is_str(value("alias"), "a=b #1", "belong to it");

    is_u64(parse("room = a\nprifile = 6k\n"), CL_USAGE, "an unknown key");
    is_str(said, "FILE:2: there is no setting \"prifile\" (\"config unset "
                 "prifile\" removes it)\n", "is told, with its place");
    is_u64(parse("\nroom"), CL_USAGE, "no value");
    is_str(said, "FILE:2: this is not \"KEY = VALUE\"\n", "is told");
    is_u64(parse("room = a\n# x\nROOM = b"), CL_USAGE, "twice");
    is_str(said, "FILE:3: room is set in line 1 already\n", "is told");
    is_u64(parse("alias = a\033[2J"), CL_USAGE, "control characters");
    is_u64(parse("alias = \xff"), CL_USAGE, "no UTF-8");
    ok(about == NULL, "no place is left behind");
}


static void
test_servers(void)
{
    const cl_server_t  *sv;

    is_u64(parse("server eu = voice.example.org\n"
                 "Server  us = [2001:db8::1]:99   " PIN "\n"), CL_OK,
           "servers");
    is_u64(st.nservers, 2, "two");

    sv = cl_server_find(&st, "EU");
    ok(sv != NULL, "by name, in any case");
    is_str(sv->target, "voice.example.org", "its host");
    ok(sv->pin == NULL, "without a pin");

    sv = cl_server_find(&st, "us");
    is_str(sv->target, "[2001:db8::1]:99", "host and port");
    is_str(sv->pin, PIN, "a pin");
    ok(cl_server_find(&st, "u") == NULL, "a whole name");

    is_u64(parse("server eu = a\nserver EU = b"), CL_USAGE, "twice");
    is_str(said, "FILE:2: there is another server EU above\n", "is told");
    is_u64(parse("server = a"), CL_USAGE, "no name");
    is_u64(parse("server config = a"), CL_USAGE, "the word config");
    is_u64(parse("server a:b = a"), CL_USAGE, "a port in the name");
    is_u64(parse("server [a = a"), CL_USAGE, "a bracket in the name");
    is_u64(parse("server a = b:0"), CL_USAGE, "a bad port");
    is_u64(parse("server a ="), CL_USAGE, "no host");
    is_u64(parse("server a = b " PIN "0"), CL_USAGE, "a bad pin");
    is_u64(parse("server a = b " PIN " c"), CL_USAGE, "more behind it");
}


static void
test_many(void)
{
    char    text[8192];
    size_t  i, len;

    for (i = 0, len = 0; i <= CL_SERVERS_MAX; i++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len,
                                 "server s%zu = host\n", i);
    }

    is_u64(parse(text), CL_USAGE, "too many servers");
    is_str(said, "FILE:101: over 100 servers\n", "is told");

    memset(text, 'x', 2000);
    memcpy(text, "alias = ", 8);
    text[2000] = '\0';
    is_u64(parse(text), CL_USAGE, "a long line");
}


/* ---- options ---- */

static cl_options_t  op;


static cl_exit_t
with(const char *text, const char *a, const char *b)
{
    int        argc;
    char      *argv[4];
    cl_exit_t  rc;

    static char  words[3][200];         /* what op points into               */

    (void) snprintf(words[0], sizeof(words[0]), "wzp-client");
    (void) snprintf(words[1], sizeof(words[1]), "%s", a != NULL ? a : "");
    (void) snprintf(words[2], sizeof(words[2]), "%s", b != NULL ? b : "");

    for (argc = 0; argc < 3; argc++) {
        argv[argc] = words[argc];
    }

    argv[3] = NULL;
    argc = 1 + (a != NULL) + (b != NULL);

    rc = parse(text);
    rc = rc == CL_OK ? cl_options_parse(&op, argc, argv) : rc;
    rc = rc == CL_OK ? cl_settings_apply(&st, &op) : rc;

    return rc == CL_OK ? cl_options_check(&op) : rc;
}


static void
test_options(void)
{
    is_u64(with("", "host", NULL), CL_OK, "no settings");
    is_str(op.room, "default", "what is so without");
    is_u64(with("", NULL, NULL), CL_USAGE, "no relay");

    is_u64(with("room = general\nreconnect = 5\nfamily = 6\nprofile = 24k\n"
                "report-quality = on", "host", NULL), CL_OK, "settings");
    is_str(op.room, "general", "a text");
    ok(op.reconnect_s >= 5 && op.reconnect_s <= 5, "a number");
    is_u64(op.family, AF_INET6, "a family");
    is_u64(op.profile, WZP_PROFILE_GOOD, "a profile");
    ok(op.report_quality == CL_TELL_ANY, "whom to tell");

    is_u64(with("room = a", "--room=b", "host"), CL_OK, "the command line");
    is_str(op.room, "b", "overrides");
    is_u64(with("family = 6", "-4", "host"), CL_OK, "also");
    is_u64(op.family, AF_INET, "the family");
    is_u64(with("report-quality = on", "--report-quality=off", "host"), CL_OK,
           "and takes back");
    ok(op.report_quality == CL_TELL_NONE, "whom to tell");
    is_u64(with("report-quality = off", "host", NULL), CL_OK, "off");
    ok(op.report_quality == CL_TELL_NONE, "is none, there too");
    is_u64(with("report-quality = off", "--report-quality=ours", "host"), CL_OK,
           "and ours");
    ok(op.report_quality == CL_TELL_OURS, "is the default");
    is_u64(with("report-quality = some", "host", NULL), CL_USAGE, "nor others");
    is_u64(with("hash-room = on", "--hash-room=off", "host"), CL_OK,
           "a switch");
    ok(!op.hash_room, "is taken back");
    is_u64(with("reconnect = 5", "--reconnect=never", "host"), CL_OK, "or");
    ok(op.reconnect_s < 0, "a number");

    is_u64(with("live = on\naec = off\nns = on\nptt = on", "host", NULL),
           CL_OK, "live");
    ok(op.live && op.ptt && op.no_aec && !op.no_ns, "with these");
    is_u64(with("live = on\nptt = on", "--send-tone", "host"), CL_OK,
           "but not with a tone");
    ok(!op.live && !op.ptt, "indeed");
    is_u64(with("aec = off", "--no-aec=off", "host"), CL_OK, "taken back");
    ok(!op.no_aec, "is");
    is_u64(with("budget = 48\nredundancy = off\nadapt = off", "host", NULL),
           CL_OK, "redundancy");
    is_u64(op.budget_bps, 48000, "within a budget");
    ok(op.no_adapt, "that stays");
    is_u64(with("budget = 1", "host", NULL), CL_USAGE, "not too low");
    is_u64(with("aec = 1", "host", NULL), CL_USAGE, "a bad switch");

    is_u64(with("\nprofile = 23k", "host", NULL), CL_USAGE, "a bad value");
    ok(strncmp(said, "FILE:2: --profile 23k: unknown", 30) == 0,
       "is told as the option's, with its place");
    is_u64(with("profile = 23k", "--profile=24k", "host"), CL_OK,
           "unless it is not used");
    is_u64(with("family = 5", "host", NULL), CL_USAGE, "a bad family");
    is_u64(with("hash-room = maybe", "host", NULL), CL_USAGE, "a bad switch");
    is_u64(with("alias = ", "host", NULL), CL_USAGE, "an empty alias");
    is_u64(with("reconnect = soon", "host", NULL), CL_USAGE, "a bad number");
    is_u64(with("playout-delay = x", "host", NULL), CL_USAGE, "no range");
    is_u64(with("ring-timeout = 0", "host", NULL), CL_USAGE, "out of range");

    is_u64(with("room = call-1", "host", NULL), CL_OK, "a room to warn of");
    ok(strstr(said, "reserved") != NULL && strstr(said, "FILE") == NULL,
       "is warned of once");
}


static void
test_relays(void)
{
    static const char  text[] = "server eu = voice.example.org:99 " PIN "\n"
                                "server us = us.example.org\nrelay = eu\n";

    is_u64(with(text, NULL, NULL), CL_OK, "the default relay");
    is_str(op.host, "voice.example.org", "a server's host");
    is_str(op.port, "99", "its port");
    is_str(op.server, "eu", "its name");
    ok(op.has_fingerprint && op.pinned && op.fingerprint[1] == 0x23,
       "its pin");

    is_u64(with(text, "--fingerprint", "ff"), CL_USAGE, "a bad pin");
    is_u64(with(text, "--fingerprint=" PIN, "EU"), CL_OK, "a pin");
    ok(op.has_fingerprint && !op.pinned, "of the command line overrides");

    is_u64(with(text, "us", NULL), CL_OK, "another");
    is_str(op.host, "us.example.org", "its host");
    is_str(op.port, CL_PORT, "the usual port");
    ok(!op.has_fingerprint, "no pin");

    is_u64(with(text, "us:1", NULL), CL_OK, "with a port");
    is_str(op.host, "us", "it is no server's name");
    ok(op.server == NULL, "indeed");
    is_u64(with(text, "config:1", NULL), CL_OK, "a relay named config");
    is_str(op.host, "config", "is dialled");

    is_u64(with("relay = a b", NULL, NULL), CL_OK, "whatever resolves");
    is_u64(with("relay = a:b", NULL, NULL), CL_USAGE, "not a bad port");
    ok(strncmp(said, "FILE:1: \"a:b\" is no relay", 24) == 0, "is told");
}


static void
test_words(void)
{
    is_u64(with("", "config", "get"), CL_OK, "config");
    is_u64(op.mode, CL_MODE_CONFIG, "is a mode");
    is_u64(op.nwords, 1, "with words");
    is_str(op.words[0], "get", "this one");
    is_u64(with("", "config", "--whoami"), CL_USAGE, "and no other mode");
    is_u64(with("", "--whoami", "config"), CL_OK, "behind another mode");
    is_str(op.host, "config", "it is a relay");
    is_u64(with("", "--force", "host"), CL_USAGE, "--force without it");

    is_u64(with("", "--seed=00", "host"), CL_OK, "a seed");
    is_str(cl_options_given(&op, "seed"), "", "is not kept as given");
    is_u64(with("", "--room=x", "host"), CL_OK, "a room");
    is_str(cl_options_given(&op, "room"), "x", "is");
    ok(cl_options_given(&op, "alias") == NULL, "what is not given is not");
    is_u64(with("", "--json=off", "host"), CL_OK, "a flag");
    is_str(cl_options_given(&op, "json"), "off", "as it is said");
}


/* ---- the file ---- */

static const char *
edit(const char *text, const char *key, const char *line)
{
    bool         found;
    static char  out[1024];

    return cl_settings_edit(out, sizeof(out), text, key, line, &found)
           ? out : "(full)";
}


static void
test_edit(void)
{
    char  text[1100];

    is_str(edit("", "room", "room = a\n"), "room = a\n", "the first");
    is_str(edit("# x", "room", "room = a\n"), "# x\nroom = a\n", "at the end");
    is_str(edit("a = 1\n Room\t=b\n# c\n", "room", "room = a\n"),
           "a = 1\nroom = a\n# c\n", "in its place");
    is_str(edit("room=1\nrooms=2\nroom=3\n", "room", "room = a\n"),
           "room = a\nrooms=2\n", "once");
    is_str(edit("#room = 1\nroom=1", "room", ""), "#room = 1\n", "removed");
    is_str(edit(" \rroom \r= x", "room", ""), "", "with odd blanks");
    is_str(edit("bad\nroom=1\n", "alias", ""), "bad\nroom=1\n",
           "what is not there");
    is_str(edit("server eu = a\nserver  US= b\n", "server us", ""),
           "server eu = a\n", "a server");

    memset(text, 'x', sizeof(text));
    text[1020] = '\0';
    is_str(edit(text, "room", "room = a\n"), "(full)", "no more room");
    text[1010] = '\0';
    ok(strlen(edit(text, "room", "room = a\n")) == 1020, "just fits");
}


static void
test_file(void)
{
    bool         found;
    char         path[CL_PATH_MAX], text[256];
    struct stat  sb;

    cl_settings_init(&st);
    is_u64(cl_settings_load(&st), CL_OK, "no file");
    is_str(value("room"), "(none)", "nothing set");
    cl_settings_done(&st);
    ok(cl_config_find(path, "") && stat(path, &sb) == -1,
       "to look makes no directory");

    is_u64(cl_settings_write("room", NULL, &found), CL_OK, "remove nothing");
    ok(!found && cl_config_find(path, "settings") && stat(path, &sb) == -1,
       "makes no file");

    is_u64(cl_settings_write("room", "general", &found), CL_OK, "write");
    ok(stat(path, &sb) == 0 && (sb.st_mode & 0777) == 0600, "mode 0600");
    is_u64(cl_settings_write("server eu", "a:1", &found), CL_OK, "a server");
    is_u64(cl_settings_write("room", "other", &found), CL_OK, "again");
    ok(found, "it was there");
    ok(cl_config_read(path, text, sizeof(text)) == 0, "read");
    is_str(text, "room = other\nserver eu = a:1\n", "as written");

    cl_settings_init(&st);
    is_u64(cl_settings_load(&st), CL_OK, "load");
    is_str(value("room"), "other", "the room");
    is_u64(st.nservers, 1, "the server");
    cl_settings_done(&st);

    (void) unlink(path);
    (void) mkdir(path, 0700);
    cl_settings_init(&st);
    said[0] = '\0';
    is_u64(cl_settings_load(&st), CL_IO, "something that is no file");
    ok(strstr(said, "cannot be read") != NULL, "is told");
    cl_settings_done(&st);
    (void) rmdir(path);

    (void) snprintf(path, sizeof(path), "%s/wzp/settings.lock", dir);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/wzp", dir);
    (void) rmdir(path);
    (void) rmdir(dir);
}


int
main(void)
{
    if (mkdtemp(dir) == NULL || setenv("XDG_CONFIG_HOME", dir, 1) != 0) {
        return 1;
    }

    test_lines();
    test_servers();
    test_many();
    test_options();
    test_relays();
    test_words();
    test_edit();
    test_file();

    return done_testing();
}
