/*
 * The file of contacts: names, lines good and bad, changes that leave the rest
 * alone.
 */

#include <sys/stat.h>

#include "said.h"
#include "tap.h"
#include "../../client/contacts.c"


#define ANN     "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"
#define BOB     "0258ab5d7c279b6175b7a43e7ce71bf9"


static char  dir[] = "/tmp/wzp-test-contacts.XXXXXX";


/* ---- config.c, in a directory of ours ---- */

#include "../../client/config.c"


static void
path_of(char path[CL_PATH_MAX])
{
    (void) snprintf(path, CL_PATH_MAX, "%s/wzp/contacts", dir);
}


static const char *
content(void)
{
    static char  text[4096];
    char         path[CL_PATH_MAX];

    path_of(path);

    return cl_config_read(path, text, sizeof(text)) == 0 ? text : "(none)";
}


static void
test_names(void)
{
    size_t  i;

    static const char *const  good[] = {
        "ann", "Ann.Smith", "a", "J\xc3\xbcrgen", "x-1", "a#b",
        "abcdefghijklmnopqrstuvwxyz012345"
    };
    static const char *const  bad[] = {
        "", "-ann", "#ann", "a b", "a\tb", "a=b", "a:b", "a\nb", "a\033b",
        "\xff", "a\xe2\x80\xae" "b", "abcdefghijklmnopqrstuvwxyz0123456",
        "0258ab5d7c279b6175b7a43e7ce71bf9", "Contacts"
    };

    for (i = 0; i < WZP_ARRAY_LEN(good); i++) {
        ok(cl_contact_name_ok(good[i], strlen(good[i])), "good name %zu", i);
    }

    for (i = 0; i < WZP_ARRAY_LEN(bad); i++) {
        ok(!cl_contact_name_ok(bad[i], strlen(bad[i])), "bad name %zu", i);
    }
}


static void
test_words(void)
{
    char          fp[WZP_FP_TEXT_LEN + 1];
    cl_contact_t  ct;

    ok(cl_contact_parse(&ct, "ann=" ANN), "NAME=FINGERPRINT");
    wzp_fp_text(fp, ct.fp);
    is_str(ct.name, "ann", "the name");
    is_str(fp, ANN, "the fingerprint");

    ok(cl_contact_parse(&ct, "bob=" BOB), "without colons");
    ok(!cl_contact_parse(&ct, "ann"), "no fingerprint");
    ok(!cl_contact_parse(&ct, "ann="), "an empty one");
    ok(!cl_contact_parse(&ct, "ann=" BOB "00"), "too long");
    ok(!cl_contact_parse(&ct, "=" ANN), "no name");
    ok(!cl_contact_parse(&ct, "ann=" ANN " "), "a blank behind");
}


static void
test_lines(void)
{
    uint8_t        fp[WZP_FP_SIZE];
    cl_contacts_t  cts;

    said[0] = '\0';
    is_u64(cl_contacts_parse(&cts, "# people\n\n  ann\t" ANN "  from work\r\n"
                             "bob\nbob " BOB "\nANN " BOB "\n-x " BOB "\n"
                             "last " BOB, "FILE"), CL_OK, "a file");
    is_u64(cts.n, 3, "three of them");
    is_str(said, "FILE:4: this is not \"NAME FINGERPRINT\"\n"
                 "FILE:6: there is another ANN above\n"
                 "FILE:7: this is not \"NAME FINGERPRINT\"\n",
           "bad lines are told with their place");

    ok(cl_contacts_find(&cts, "Ann") == &cts.list[0], "by name, in any case");
    ok(cl_contacts_find(&cts, "an") == NULL, "a whole one");
    ok(cl_contacts_find(&cts, "last") == &cts.list[2],
       "the last line needs no end");
    ok(cl_contacts_of(&cts, cts.list[2].fp) == &cts.list[1],
       "by fingerprint, the first");

    said[0] = '\0';
    is_u64(cl_contacts_who(&cts, "BOB", fp), CL_OK, "who: a name");
    is_mem(fp, cts.list[1].fp, WZP_FP_SIZE, "his fingerprint");
    is_u64(cl_contacts_who(&cts, ANN, fp), CL_OK, "who: a fingerprint");
    is_str(said, "", "silently");
    is_u64(cl_contacts_who(&cts, "eve", fp), CL_USAGE, "who: a stranger");
    ok(strstr(said, "\"eve\" is none of your contacts") != NULL, "is told");

    cl_contacts_done(&cts);
    is_u64(cl_contacts_parse(&cts, "", "FILE"), CL_OK, "an empty file");
    is_u64(cts.n, 0, "nobody");
    cl_contacts_done(&cts);
}


static void
test_many(void)
{
    char           *text;
    size_t          i, len;
    cl_contacts_t   cts;

    text = calloc(1, CL_CONTACTS_SIZE);
    len = 0;

    for (i = 0; i < CL_CONTACTS_MAX + 5; i++) {
        len += (size_t) snprintf(text + len, CL_CONTACTS_SIZE - len,
                                 "p%zu " BOB "\n", i);
    }

    said[0] = '\0';
    is_u64(cl_contacts_parse(&cts, text, "FILE"), CL_OK, "a long file");
    is_u64(cts.n, CL_CONTACTS_MAX, "is read up to a bound");
    is_str(said, "FILE:1001: over 1000 contacts, the rest is not read\n",
           "which is told");
    cl_contacts_done(&cts);
    free(text);
}


static void
test_file(void)
{
    char           path[CL_PATH_MAX];
    FILE          *file;
    struct stat    st;
    cl_contact_t   ct;
    cl_contacts_t  cts;

    said[0] = '\0';
    is_u64(cl_contacts_load(&cts), CL_OK, "no file");
    is_u64(cts.n, 0, "nobody");
    cl_contacts_done(&cts);

    path_of(path);
    file = fopen(path, "w");
    (void) fprintf(file, "# mine\nwhat is this\nann " ANN " from work");
    (void) fclose(file);

    ok(cl_contact_parse(&ct, "bob=" BOB), "Bob");
    is_u64(cl_contacts_add(&ct), CL_OK, "is added");
    is_str(content(), "# mine\nwhat is this\nann " ANN " from work\n"
           "bob 0258:ab5d:7c27:9b61:75b7:a43e:7ce7:1bf9\n",
           "at the end, the rest stays");
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "mode 0600");

    is_u64(cl_contacts_add(&ct), CL_OK, "again");
    ok(cl_contact_parse(&ct, "ANN=" BOB), "another Ann");
    said[0] = '\0';
    is_u64(cl_contacts_add(&ct), CL_USAGE, "is refused");
    ok(strstr(said, "ann is " ANN " already") != NULL, "and why");

    is_u64(cl_contacts_remove("Ann"), CL_OK, "the first is removed");
    is_str(content(), "# mine\nwhat is this\n"
           "bob 0258:ab5d:7c27:9b61:75b7:a43e:7ce7:1bf9\n",
           "with all of the line, and no other");
    is_u64(cl_contacts_remove("Ann"), CL_USAGE, "not twice");
    is_u64(cl_contacts_remove("what"), CL_USAGE, "what is none neither");

    (void) unlink(path);
    (void) mkdir(path, 0700);
    said[0] = '\0';
    is_u64(cl_contacts_load(&cts), CL_IO, "something that is no file");
    ok(strstr(said, "cannot be read") != NULL, "is told");
    cl_contacts_done(&cts);
    (void) rmdir(path);
}


int
main(void)
{
    char  path[CL_PATH_MAX + 8];

    if (mkdtemp(dir) == NULL || setenv("XDG_CONFIG_HOME", dir, 1) != 0) {
        return 1;
    }

    test_names();
    test_words();
    test_lines();
    test_many();
    test_file();

    (void) snprintf(path, sizeof(path), "%s/wzp/contacts.lock", dir);
    (void) unlink(path);
    path_of(path);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/wzp", dir);
    (void) rmdir(path);
    (void) rmdir(dir);

    return done_testing();
}
