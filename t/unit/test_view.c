/*
 * The view of the client as text: what is where on which screen, and that no
 * bytes of others get onto it that are not printable.
 */

#include <locale.h>

#include "tap.h"
#include "../../client/view_state.c"
#include "../../client/view_grid.c"
#include "../../client/view_draw.c"
#include "../../client/view_key.c"


/* Rulers. */
#define R4              "────"
#define R16             R4 R4 R4 R4
#define R64             R16 R16 R16 R16


static cl_view_state_t  vs;
static char             screen[CL_GRID_ROWS * CL_GRID_COLS * 4];


static size_t
utf8(char *p, uint32_t ch)
{
    if (ch < 0x80) {
        p[0] = (char) ch;
        return 1;
    }

    if (ch < 0x800) {
        p[0] = (char) (0xc0 | ch >> 6);
        p[1] = (char) (0x80 | (ch & 0x3f));
        return 2;
    }

    if (ch < 0x10000) {
        p[0] = (char) (0xe0 | ch >> 12);
        p[1] = (char) (0x80 | (ch >> 6 & 0x3f));
        p[2] = (char) (0x80 | (ch & 0x3f));
        return 3;
    }

    p[0] = (char) (0xf0 | ch >> 18);
    p[1] = (char) (0x80 | (ch >> 12 & 0x3f));
    p[2] = (char) (0x80 | (ch >> 6 & 0x3f));
    p[3] = (char) (0x80 | (ch & 0x3f));

    return 4;
}


/* The rows, without blanks at their ends. */

static const char *
text_of(const cl_grid_t *gr)
{
    char             *p;
    size_t            i;
    unsigned          row, col;
    const cl_cell_t  *ce;

    p = screen;

    for (row = 0; row < gr->rows; row++) {

        for (col = 0; col < gr->cols; col++) {
            ce = &gr->cells[row * gr->cols + col];

            if (ce->ch != 0) {
                p += utf8(p, ce->ch);
            }

            for (i = 0; i < CL_CELL_MARKS && ce->marks[i] != 0; i++) {
                p += utf8(p, ce->marks[i]);
            }
        }

        while (p > screen && p[-1] == ' ') {
            p--;
        }

        *p++ = '\n';
    }

    *p = '\0';

    return screen;
}


static const char *
shown(unsigned rows, unsigned cols, bool wide)
{
    cl_grid_t    gr;
    const char  *text;

    if (!cl_grid_init(&gr, rows, cols, wide)) {
        return NULL;
    }

    cl_view_draw(&gr, &vs);
    text = text_of(&gr);
    cl_grid_done(&gr);

    return text;
}


static cl_view_person_t *
person(const char *name)
{
    cl_view_person_t  *pe;

    pe = &vs.people[vs.n++];
    memset(pe, 0, sizeof(cl_view_person_t));
    (void) snprintf(pe->name, sizeof(pe->name), "%s", name);
    vs.total = vs.n + 1;

    return pe;
}


static void
call(void)
{
    cl_view_person_t  *pe;

    memset(&vs, 0, sizeof(vs));

    vs.stage = CL_VIEW_IN;
    vs.title = "general";
    vs.relay = "voice.example.org:4433";
    vs.seconds = 754;
    vs.rtt_ms = 21.4;
    vs.loss_pct = 0.4;
    vs.jitter_ms = 1.25;
    vs.in_kbps = 31;
    vs.out_kbps = 26;

    (void) snprintf(vs.me.name, sizeof(vs.me.name), "Swift Wolf");
    (void) snprintf(vs.me.sends, sizeof(vs.me.sends), "Opus24k, DRED");
    vs.me.voice = CL_VIEW_SPEAKS;
    vs.me.metered = true;
    vs.me.level_db = -21;

    pe = person("Ann");
    pe->talking = true;
    pe->heard = true;
    pe->bars = 4;
    pe->level_db = -17.5f;
    pe->volume_db = 6;
    pe->loss_pct = 0.25;
    pe->wait_ms = 40;

    pe = person("Bob (eu)");
    pe->heard = true;
    pe->bars = 2;
    pe->level_db = -96;
    pe->muted = true;

    pe = person("Zo\xc3\xab");
    pe->held = true;
    pe->silenced = true;

    cl_view_log_add(&vs.log, "12:34", "joined \"general\" at "
                    "voice.example.org:4433 as Swift Wolf\nrelay 6871:1211",
                    false);
    cl_view_log_add(&vs.log, "12:35", "Ann joined", false);
    cl_view_log_add(&vs.log, "12:36", "cannot move to another port now",
                    true);
}



/* ---- whole screens ---- */

static void
test_usual(void)
{
    call();

    is_str(shown(24, 80, true),
        " general · voice.example.org:4433                                "
        "      00:12:34\n"
        " rtt 21.4 ms  loss 0.4 %  jitter 1.2 ms  in 31 out 26 kb/s  "
        "Opus24k, DRED\n"
        " ● Swift Wolf (you)                ████████····  on air\n"
        "── 4 people " R64 R4 "\n"
        "▸● Ann                             "
        "████████▌···  ▂▄▆█  +6 dB\n"
        "   Bob (eu)                        "
        "············  ▂▄··          muted\n"
        "   Zoë                                                         "
        "silenced\n"
        "── messages " R64 R4 "\n"
        " 12:34 joined \"general\" at voice.example.org:4433 as Swift Wolf\n"
        " 12:34 relay 6871:1211\n"
        " 12:35 Ann joined\n"
        " 12:36 cannot move to another port now\n"
        "\n\n\n\n\n\n\n\n\n\n\n"
        " m mute  space talk  ↑↓ choose  +- volume  x silence  p quality  "
        "? help  q leave\n",
        "80x24");
}


/* Numbers of everybody. */

static void
test_wide(void)
{
    const char  *text;

    call();
    vs.people[0].silenced = true;
    text = shown(24, 104, true);

    ok(strstr(text,
        "▸● Ann                             "
        "████████▌···  ▂▄▆█  +6 dB   silenced      "
        "loss 0.2 %  wait 40 ms\n")
       != NULL, "104 columns");
    ok(strstr(text, "loss 0.0 %  wait 0 ms\n") != NULL, "for all");
    ok(strstr(shown(24, 99, true), "wait") == NULL, "99 columns");
}


static void
test_ascii(void)
{
    call();

    is_str(shown(14, 80, false),
        " general - voice.example.org:4433                                "
        "      00:12:34\n"
        " rtt 21.4 ms  loss 0.4 %  jitter 1.2 ms  in 31 out 26 kb/s  "
        "Opus24k, DRED\n"
        " * Swift Wolf (you)                ########....  on air\n"
        "-- 4 people -----------------------------------------------------"
        "---------------\n"
        ">* Ann                             ########=...  ####  +6 dB\n"
        "   Bob (eu)                        ............  ##..          "
        "muted\n"
        "   Zo?                                                         "
        "silenced\n"
        "-- messages -----------------------------------------------------"
        "---------------\n"
        " 12:34 joined \"general\" at voice.example.org:4433 as Swift Wolf\n"
        " 12:34 relay 6871:1211\n"
        " 12:35 Ann joined\n"
        " 12:36 cannot move to another port now\n"
        "\n"
        " m mute  space talk  jk choose  +- volume  x silence  p quality  "
        "? help  q leave\n",
        "80x14, no UTF-8");
}


static void
test_small(void)
{
    call();
    vs.me.voice = CL_VIEW_MUTED;

    is_str(shown(10, 40, true),
        " general · voice.example.org:… 00:12:34\n"
        " rtt 21.4 ms  loss 0.4 %  jitter 1.2 ms\n"
        "   you             ████··  MUTED\n"
        "── 4 people " R16 R4 R4 R4 "\n"
        "▸● Ann             ████▌·  ▂▄▆█\n"
        "   Bob (eu)        ······  ▂▄·· muted\n"
        "   Zoë                          silenced\n"
        " 12:35 Ann joined\n"
        " 12:36 cannot move to another port now\n"
        " m mute  ? help  q leave\n",
        "40x10");

    is_str(shown(4, 20, true),
        " general   00:12:34\n"
        "   MUTED\n"
        "▸● Ann\n"
        " m mute  ? help  q …\n",
        "20x4");

    is_str(shown(1, 12, true), " … 00:12:34\n", "12x1");
}


static void
test_calls(void)
{
    call();
    vs.phone = true;
    vs.caller = "\"Eve\" (6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa)";

    ok(strstr(shown(24, 80, true),
        " \"Eve\" (6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa) calls    "
        "y answer  n turn away\n") != NULL,
       "somebody calls");
    ok(strstr(shown(3, 24, true), " \"Eve\" (687… calls  y n\n") != NULL,
       "on a small screen");

    memset(&vs, 0, sizeof(vs));
    vs.title = "waiting for calls";
    vs.relay = "voice.example.org:4433";
    vs.phone = true;
    cl_view_log_add(&vs.log, "09:01", "missed: a call from ann", false);

    is_str(shown(5, 50, true),
        " waiting for calls · voice.example.org:4433\n"
        " 09:01 missed: a call from ann\n"
        "\n\n"
        " ? help  q leave\n",
        "nobody calls");
}


static void
test_dials(void)
{
    call();
    vs.n = 0;
    vs.total = 0;
    vs.stage = CL_VIEW_DIALS;
    vs.me.voice = CL_VIEW_LISTENS;
    vs.me.metered = false;
    vs.log.n = 1;

    is_str(shown(9, 60, true),
        " general · voice.example.org:4433\n"
        " connecting ...\n"
        "   Swift Wolf (you)                        listening\n"
        "── nobody yet " R16 R16 R4 R4 R4 "──\n"
        " 12:34 joined \"general\" at voice.example.org:4433 as Swift\n"
        "       Wolf\n"
        "\n\n"
        " m mute  ? help  q leave\n",
        "on the way to the room");
}


/* ---- many people, and where the list stands ---- */

static void
test_fifty(void)
{
    char        name[32];
    unsigned    i;
    const char *text;

    call();
    vs.n = 0;

    for (i = 0; i < 50; i++) {
        (void) snprintf(name, sizeof(name), "Person %u", i + 1);
        (void) person(name);
    }

    vs.people[48].talking = true;

    text = shown(24, 80, true);
    ok(strstr(text, "── 51 people ─ ● Person 49 ─") != NULL,
       "who talks out of sight is named");
    ok(strstr(text, "─ 1-14 of 50 ─\n") != NULL, "where the list stands");
    ok(strstr(text, "▸  Person 1 ") == NULL
       && strstr(text, "▸  Person 1\n") != NULL, "the first one is chosen");
    ok(strstr(text, " Person 14\n── messages ") != NULL, "so many fit");

    vs.selected = 30;
    text = shown(24, 80, true);
    ok(strstr(text, "─ 24-37 of 50 ─\n") != NULL, "the list follows");
    ok(strstr(text, "▸  Person 31\n") != NULL, "the chosen one is in it");

    vs.selected = 49;
    text = shown(24, 80, true);
    ok(strstr(text, " 37-50 of 50 ─\n") != NULL, "its end");
    ok(strstr(text, "▸  Person 50\n── messages ") != NULL, "the last one");
    ok(strstr(text, " ● Person 49\n") != NULL, "and who talks");

    for (i = 0; i < 50; i++) {
        vs.people[i].talking = true;
    }

    text = shown(24, 40, true);
    ok(strstr(text, "── 51 people ─ ● Person 1  37-50 of 50 ─\n") != NULL,
       "all talk, in 40 columns");
}


/* ---- names ---- */

static void
test_names(void)
{
    unsigned    i;
    cl_grid_t   gr;
    const char *text;

    call();
    vs.n = 0;

    (void) person("Bartholomew Maximilian Featherstonehaugh of Cholmondeley");
    (void) person("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
                  "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97");
    (void) person("a\x1b[2J\r\n\x07" "b\x9b" "c\xff\xc3");
    (void) person("e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85");
    (void) person("o\xe2\x80\x8dn\xef\xb8\x8f");
    (void) person("");

    text = shown(24, 40, true);

    ok(strstr(text, "▸  Bartholomew Ma…\n") != NULL, "a long one");
    ok(strstr(text, "   漢字漢字漢字漢…\n") != NULL,
       "wide characters are not cut through");
    ok(strstr(text, "   a?[2J???b?c??\n") != NULL, "no controls");
    ok(strstr(text, "   e\xcc\x81\xcc\x82\n") != NULL, "two accents");
    ok(strstr(text, "   o?n?\n") != NULL, "no joiners");

    /* All there is: nothing that is not printable, on any size. */

    for (i = 0; i < 60 * 30; i++) {

        if (!cl_grid_init(&gr, i % 30 + 1, i / 30 + 1, true)) {
            break;
        }

        vs.help = i % 7 == 0;
        vs.caller = i % 5 == 0 ? vs.people[2].name : NULL;
        vs.selected = i % 6;
        cl_view_draw(&gr, &vs);
        text = text_of(&gr);
        cl_grid_done(&gr);

        if (strpbrk(text, "\x1b\r\x07\x9b") != NULL) {
            break;
        }
    }

    is_u64(i, 60 * 30, "sizes from 1x1 to 60x30");
}


/* ---- messages ---- */

static void
test_log(void)
{
    char        text[32], big[2 * CL_VIEW_LINE];
    unsigned    i;
    const char *seen;

    call();

    for (i = 0; i < 3 * CL_VIEW_LINES + 7; i++) {
        (void) snprintf(text, sizeof(text), "line %u", i);
        cl_view_log_add(&vs.log, "10:00", text, false);
    }

    is_u64(vs.log.n, CL_VIEW_LINES, "so many are kept");
    seen = shown(24, 80, true);
    ok(strstr(seen, " 10:00 line 606\n m mute") != NULL,
       "the newest one is the last");
    ok(strstr(seen, "messages ─") != NULL
       && strstr(seen, "\n 10:00 line 592\n 10:00 line 593\n") != NULL,
       "as many as fit");

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    cl_view_log_add(&vs.log, "10:01", big, true);
    seen = shown(24, 80, true);
    ok(strstr(seen, "\n 10:01 xxx") != NULL, "a long one");
    ok(strstr(seen, "xxx…\n m mute") != NULL, "is cut in the end");

    cl_view_log_add(&vs.log, "10:02", "", false);
    cl_view_log_add(&vs.log, "10:02", "a\n\nb\n", false);
    seen = shown(24, 80, true);
    ok(strstr(seen, "\n 10:02\n 10:02 a\n 10:02\n 10:02 b\n m mute") != NULL,
       "line feeds");
}


static void
test_bars(void)
{
    is_u64(cl_view_bars(0, 0, 0), 4, "nothing is lost: four bars");
    is_u64(cl_view_bars(4, 0, 0), 3, "a loss of 4");
    is_u64(cl_view_bars(0, 70, 0), 2, "70 ms of jitter");
    is_u64(cl_view_bars(0, 0, 14), 1, "a share of 14 was guessed");
    is_u64(cl_view_bars(100, 1000, 100), 0, "all of it");
}


/* ---- keys ---- */

static void
is_keys(const char *bytes, const char *want)
{
    int     keys[CL_KEYS_MAX];
    char    got[256];
    size_t  i, n;

    n = cl_keys(keys, (const uint8_t *) bytes, strlen(bytes));
    got[0] = '\0';

    for (i = 0; i < n; i++) {
        (void) snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s",
                        keys[i] == CL_KEY_UP ? "<up>"
                        : keys[i] == CL_KEY_DOWN ? "<down>"
                        : keys[i] == CL_KEY_REDRAW ? "<redraw>" : "");

        if (keys[i] >= ' ' && keys[i] < 127) {
            (void) snprintf(got + strlen(got), sizeof(got) - strlen(got),
                            "%c", keys[i]);
        }
    }

    is_str(got, want, "keys: %s", want);
}


static void
test_keys(void)
{
    int     keys[CL_KEYS_MAX];
    char    many[200];

    is_keys("mQ +-", "mq +-");
    is_keys("\x1b[A\x1b[Bx", "<up><down>x");
    is_keys("\x1bOA\x1bOBx", "<up><down>x");
    is_keys("\x1b[1;5Aq", "q");
    is_keys("\x1b[15~\x1b[200~y\x1b[M", "y");
    is_keys("\x1bqm", "m");
    is_keys("\x1b", "");
    is_keys("\x1b[12;3", "");
    is_keys("\xc3\xa9p\x0c", "p<redraw>");

    memset(many, 'm', sizeof(many));
    is_u64(cl_keys(keys, (const uint8_t *) many, sizeof(many)), CL_KEYS_MAX,
           "not too many at a time");
}


int
main(void)
{
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        skip("needs the locale C.UTF-8");
        return done_testing();
    }

    test_usual();
    test_wide();
    test_ascii();
    test_small();
    test_calls();
    test_dials();
    test_fifty();
    test_names();
    test_log();
    test_bars();
    test_keys();

    return done_testing();
}
