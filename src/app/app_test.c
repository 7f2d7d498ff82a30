/* The whole program, from its command line: a folder is made, a daemon runs, verbs ask it.
 * Covers: card.c, client.c, daemon.c, demo.c, demo_tell.c, errand.c, folder.c, import.c, main.c, retail.c, sender.c, serve.c,
 * show.c, sim.c, truth.c, verbs_admin.c, verbs_people.c, words.c */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/daemon.h"
#include "app/retail.h"
#include "testing/test.h"

#define OUTPUT_BYTES_MAX (1u << 20)
#define WORDS_MAX 16

int kith_main(int count, char **words); /* main.c, under another name */

struct said {
    int code;
    const char *out; /* standard output; standard error goes to t->folder/errors */
};

static const char *file_text(struct t *t, const char *path)
{
    char *text = arena_take(t->arena, OUTPUT_BYTES_MAX, 1);
    FILE *file = fopen(path, "re");
    size_t size = file == NULL ? 0 : fread(text, 1, OUTPUT_BYTES_MAX - 1, file);
    if (file != NULL)
        (void)fclose(file);
    text[size] = 0;
    return text;
}

static void file_make(struct t *t, const char *name, const char *text)
{
    FILE *file = fopen(arena_printf(t->arena, "%s/%s", t->folder, name), "we");
    REQUIRE(t, file != NULL);
    CHECK(t, fputs(text, file) >= 0);
    CHECK_EQ(t, fclose(file), 0);
}

/* Sends what comes to `number` into a file; returns what was there before. */
static int output_turn(int number, const char *path)
{
    int before = dup(number), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert(before >= 0 && file >= 0);
    (void)dup2(file, number);
    (void)close(file);
    return before;
}

static void output_restore(int number, int before)
{
    (void)dup2(before, number);
    (void)close(before);
}

static struct said run(struct t *t, const char *const *words)
{
    char *copies[WORDS_MAX] = {NULL};
    int count = 0;
    for (; words[count] != NULL; count++)
        copies[count] = arena_printf(t->arena, "%s", words[count]);
    const char *path = arena_printf(t->arena, "%s/output", t->folder);
    (void)fflush(stdout);
    int out = output_turn(STDOUT_FILENO, path), err = output_turn(STDERR_FILENO, arena_printf(t->arena, "%s/errors", t->folder));
    struct said said = {.code = kith_main(count, copies)};
    (void)fflush(stdout);
    output_restore(STDOUT_FILENO, out);
    output_restore(STDERR_FILENO, err);
    said.out = file_text(t, path);
    return said;
}

#define KITH(t, ...) run((t), (const char *const[]){"kith", __VA_ARGS__, NULL})

static bool says(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static const char *errors(struct t *t)
{
    return file_text(t, arena_printf(t->arena, "%s/errors", t->folder));
}

/* --- a daemon --- */

struct place {
    const char *folder;
    struct daemon daemon;
};

static void place_open(struct place *p, struct t *t)
{
    struct err e = {0};
    *p = (struct place){.folder = arena_printf(t->arena, "%s/data", t->folder)};
    CHECK_EQ(t, KITH(t, "init", p->folder).code, EXIT_DONE);
    struct daemon_options o = {.folder = p->folder, .listen = "127.0.0.1:0", .journal = arena_printf(t->arena, "%s/journal", t->folder)};
    CHECK_DONE(t, daemon_start(&o, &p->daemon, &e), &e);
    (void)setenv("KITH_URL", p->daemon.url, 1);
    (void)setenv("KITH_FOLDER", p->folder, 1);
}

static void place_close(struct place *p, struct t *t)
{
    struct err e = {0};
    CHECK_DONE(t, daemon_stop(&p->daemon, &e), &e);
    (void)unsetenv("KITH_URL");
    (void)unsetenv("KITH_FOLDER");
}

/* --- without a daemon --- */

static void words_are_checked(struct t *t)
{
    CHECK_EQ(t, KITH(t, "--version").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "help").out, "serve"));
    CHECK(t, says(KITH(t, "serve", "--help").out, "--listen"));
    CHECK_EQ(t, KITH(t, "stat").code, EXIT_USAGE);
    CHECK(t, says(errors(t), "stats"));
    CHECK_EQ(t, KITH(t, "help", "stat").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "get").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "init").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "token", "frob").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "undo", "12x").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "settings", "a.b", "x").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "serve", t->folder, "--listen", "7070").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "serve", t->folder, "--memory", "much").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "sim", t->folder, "--people", "x").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "repair", t->folder).code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "serve", t->folder).code, EXIT_REFUSED); /* no workspace in it */
    CHECK_EQ(t, KITH(t, "stats", "--url", "http://127.0.0.1:1").code, EXIT_UNREACHABLE);
}

static void a_workspace_is_made_once(struct t *t)
{
    const char *folder = arena_printf(t->arena, "%s/data", t->folder);
    struct stat about;
    struct said made = KITH(t, "init", folder, "--workspace", "shop");
    CHECK_EQ(t, made.code, EXIT_DONE);
    const char *token = file_text(t, arena_printf(t->arena, "%s/shop/admin.token", folder));
    CHECK(t, strncmp(token, "kith_", 5) == 0 && says(made.out, token));
    CHECK_EQ(t, stat(arena_printf(t->arena, "%s/shop/admin.token", folder), &about), 0);
    CHECK_EQ(t, about.st_mode & 0777, 0600);
    CHECK_EQ(t, KITH(t, "init", folder, "--workspace", "shop").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "init", folder, "--workspace", "../x").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "audit", folder, "--workspace", "shop").code, EXIT_REFUSED); /* no checkpoint yet */
    CHECK_EQ(t, KITH(t, "repair", folder, "--workspace", "shop", "--yes").code, EXIT_DONE);
}

/* A new secret would know nobody: what is there must not be taken for a workspace of it. */
static void a_workspace_without_its_file_is_damaged(struct t *t)
{
    const char *folder = arena_printf(t->arena, "%s/data", t->folder), *file = arena_printf(t->arena, "%s/main/workspace.json", folder);
    CHECK_EQ(t, KITH(t, "init", folder).code, EXIT_DONE);
    const char *text = file_text(t, file);
    CHECK_EQ(t, unlink(file), 0);
    CHECK_EQ(t, KITH(t, "init", folder).code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "holds the data of a workspace already"));
    CHECK_EQ(t, access(file, F_OK), -1);
    CHECK_EQ(t, KITH(t, "serve", folder, "--listen", "127.0.0.1:0").code, EXIT_DAMAGED);
    CHECK_EQ(t, KITH(t, "audit", folder).code, EXIT_DAMAGED);
    CHECK(t, says(errors(t), "bring this file back"));
    file_make(t, "data/main/workspace.json", "{\"secret\":\"00000000000000a8\"}"); /* another one's */
    CHECK_EQ(t, KITH(t, "serve", folder, "--listen", "127.0.0.1:0").code, EXIT_DAMAGED);
    file_make(t, "data/main/workspace.json", text);
    CHECK_EQ(t, KITH(t, "audit", folder).code, EXIT_REFUSED); /* no checkpoint yet */
}

static void a_world_is_written(struct t *t)
{
    CHECK_EQ(t, KITH(t, "sim", t->folder, "--people", "20", "--days", "10").code, EXIT_DONE);
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/truth.ndjson", t->folder)), "\"person\""));
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/world.json", t->folder)), "\"brands\""));
}

/* --- with one --- */

static void people_are_told_and_asked_for(struct t *t)
{
    struct place p;
    const char *file = arena_printf(t->arena, "%s/e.ndjson", t->folder);
    place_open(&p, t);
    file_make(t, "e.ndjson",
              "{\"id\":\"1\",\"event\":\"order_paid\",\"order\":\"A1\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"},"
              "{\"type\":\"user_id\",\"value\":\"u1\"}],\"traits\":{\"name\":\"王小明\"}}\n"
              "{\"id\":\"2\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u2\"}]}\n");
    CHECK_EQ(t, KITH(t, "import", file).code, EXIT_DONE);
    CHECK(t, says(KITH(t, "import", file).out, "2 were there already"));
    struct said got = KITH(t, "get", "phone:138 1234 5678");
    CHECK_EQ(t, got.code, EXIT_DONE);
    CHECK(t, says(got.out, "王小明") && says(got.out, "u1") && says(got.out, "0 + 1"));
    CHECK(t, says(KITH(t, "get", "user_id:u1", "--json").out, "\"identifiers\""));
    CHECK(t, says(KITH(t, "find", "5678").out, "王小明"));
    CHECK(t, says(KITH(t, "find", "nobody at all").out, "Nobody"));
    CHECK(t, says(KITH(t, "stats").out, "people"));
    CHECK_EQ(t, KITH(t, "get", "user_id:u9").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "get", "pone:1").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "did you mean 'phone'"));
    CHECK_EQ(t, KITH(t, "stats", "--token", "kith_wrong").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "events", "tail", "--token", "kith_wrong").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "names", "event").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "reads").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "serve", p.folder, "--listen", "127.0.0.1:0").code, EXIT_BUSY);
    place_close(&p, t);
    CHECK_EQ(t, KITH(t, "audit", p.folder).code, EXIT_DONE); /* the end made a checkpoint */
}

/* The number behind "position": in the newest act. */
static const char *act_position(struct t *t)
{
    const char *at = strstr(KITH(t, "acts", "--json").out, "\"position\":");
    return at == NULL ? "0" : arena_printf(t->arena, "%llu", strtoull(at + strlen("\"position\":"), NULL, 10));
}

static void acts_are_done_and_undone(struct t *t)
{
    struct place p;
    place_open(&p, t);
    file_make(t, "e.ndjson", "{\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"a\"}]}\n{\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"b\"}]}\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    struct said preview = KITH(t, "merge", "user_id:a", "user_id:b", "--preview");
    CHECK(t, says(preview.out, "Before") && says(preview.out, "user_id:b") && says(preview.out, "Nothing was changed"));
    CHECK(t, !says(KITH(t, "get", "user_id:a").out, "  b  "));
    CHECK_EQ(t, KITH(t, "merge", "user_id:a", "user_id:b", "--reason", "one and the same").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "get", "user_id:a").out, "  b  "));
    CHECK(t, says(KITH(t, "acts").out, "one and the same"));
    CHECK_EQ(t, KITH(t, "undo", act_position(t)).code, EXIT_DONE);
    CHECK(t, !says(KITH(t, "get", "user_id:a").out, "  b  "));
    CHECK(t, says(KITH(t, "merge", "user_id:a", "user_id:b").out, "kith undo"));
    CHECK_EQ(t, KITH(t, "undo", "user_id:b", "--preview").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "undo", "user_id:b").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "undo", "user_id:b").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "kith acts"));
    const char *next = strstr(KITH(t, "acts", "--limit", "1").out, "next");
    REQUIRE(t, next != NULL);
    CHECK(t, says(KITH(t, "acts", "--limit", "1", "--before", arena_printf(t->arena, "%llu", strtoull(next + strlen("next"), NULL, 10))).out, "identity"));
    CHECK_EQ(t, KITH(t, "never-merge", "user_id:a", "user_id:b").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "merge", "user_id:a").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "reviews").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "types").out, "phone"));
    place_close(&p, t);
}

static void a_checkpoint_is_waited_for(struct t *t)
{
    struct place p;
    place_open(&p, t);
    CHECK(t, says(KITH(t, "stats").out, "none yet"));
    CHECK(t, says(KITH(t, "checkpoint").out, "Checkpoint at log position"));
    CHECK(t, !says(KITH(t, "stats").out, "none yet"));
    CHECK(t, says(KITH(t, "checkpoint", "--json").out, "\"behind_bytes\":0"));
    CHECK_EQ(t, KITH(t, "checkpoint", "--token", "kith_wrong").code, EXIT_REFUSED);
    place_close(&p, t);
}

static void it_speaks_chinese(struct t *t)
{
    struct place p;
    place_open(&p, t);
    (void)setenv("KITH_LANG", "zh", 1);
    CHECK(t, says(KITH(t, "help").out, "检查点"));
    CHECK(t, says(KITH(t, "types").out, "优先级"));
    CHECK(t, says(KITH(t, "stats").out, "尚无"));
    CHECK_EQ(t, KITH(t, "get", "user_id:nobody").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "没有这个人") && says(errors(t), "kith find"));
    CHECK_EQ(t, KITH(t, "get", "pone:1").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "是不是 'phone'"));
    (void)setenv("KITH_LANG", "en", 1);
    CHECK(t, says(KITH(t, "types").out, "priority"));
    (void)unsetenv("KITH_LANG");
    place_close(&p, t);
}

static void hooks_come_and_go(struct t *t)
{
    struct place p;
    place_open(&p, t);
    CHECK_EQ(t, KITH(t, "hook", "add", "crm").code, EXIT_USAGE); /* where to? */
    CHECK_EQ(t, KITH(t, "hook", "add", "crm", "https://crm.example/in", "--facts", "person_merged", "--causes", "live,import").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "hook", "add", "log", "facts.ndjson").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "hook", "add", "bad", "../facts").code, EXIT_REFUSED);
    struct said list = KITH(t, "hook", "list");
    CHECK(t, says(list.out, "crm.example/in") && says(list.out, "person_merged") && says(list.out, "facts.ndjson"));
    CHECK_EQ(t, KITH(t, "hook", "remove", "crm").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "hook", "remove", "crm").code, EXIT_REFUSED);
    CHECK(t, !says(KITH(t, "hook", "list").out, "crm.example"));
    place_close(&p, t);
}

static void tokens_and_settings(struct t *t)
{
    struct place p;
    place_open(&p, t);
    struct said made = KITH(t, "token", "add", "desk", "--roles", "read", "--masked");
    CHECK(t, made.code == EXIT_DONE && strncmp(made.out, "kith_", 5) == 0);
    const char *secret = arena_printf(t->arena, "%.*s", (int)strcspn(made.out, "\n"), made.out);
    CHECK_EQ(t, KITH(t, "stats", "--token", secret).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "settings", "--token", secret).code, EXIT_REFUSED);
    CHECK(t, says(KITH(t, "token", "list").out, "desk"));
    CHECK_EQ(t, KITH(t, "token", "revoke", "desk").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "stats", "--token", secret).code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "settings", "collect.dedup_days", "5").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "settings").out, "collect.dedup_days"));
    CHECK_EQ(t, KITH(t, "settings", "collect.dedup_days", "5000").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "settings", "no.such", "5").code, EXIT_REFUSED);
    place_close(&p, t);
}

static void a_table_is_imported(struct t *t)
{
    struct place p;
    struct retail r;
    struct err e = {0};
    const char *file = arena_printf(t->arena, "%s/lines.csv", t->folder), *map = arena_printf(t->arena, "%s/map.json", t->folder),
               *rejects = arena_printf(t->arena, "%s/rejects", t->folder);
    place_open(&p, t);
    file_make(t, "lines.csv", "No,Sku,Qty,Price\n1,A,2,2.55\n1,B,x,1\n2,\"C,\"\"c\",-1,0.001\n3,D,10,3\n");
    file_make(t, "heads.csv", "\xEF\xBB\xBFNo,Customer\r\n1,c1\r\n2,\r\n3,c1\r\n");
    file_make(t, "map.json",
              "{\"join\":{\"file\":\"heads.csv\",\"key\":\"No\"},\"event\":{\"event\":\"order_line\",\"order\":\"${No}\","
              "\"ids\":[{\"type\":\"user_id\",\"value\":\"${Customer}\"}],"
              "\"items\":[{\"sku\":\"${Sku}\",\"quantity\":\"#{Qty}\",\"price\":\"#{Price}\"}]}}");
    struct said said = KITH(t, "import", file, "--map", map, "--rejects", rejects);
    CHECK_EQ(t, said.code, EXIT_REFUSED);
    CHECK(t, says(said.out, "4 rows: 3 taken in, 0 were there already, 1 are faulty."));
    CHECK(t, says(file_text(t, rejects), "\"line\":3") && says(file_text(t, rejects), "'x' is no number"));
    CHECK(t, says(file_text(t, rejects), "\"event\":\"1,B,x,1\""));
    CHECK(t, says(KITH(t, "import", file, "--map", map, "--rejects", rejects).out, "0 taken in, 3 were there already"));
    REQUIRE_DONE(t, retail_read(p.folder, "main", &r, &e), &e);
    CHECK_EQ(t, r.lines, 6); /* the log keeps what was refused, too */
    CHECK_EQ(t, r.invoices, 3);
    CHECK_EQ(t, r.customers, 1);
    CHECK_EQ(t, r.revenue_micro, 2 * (5100000 - 1000 + 30000000));
    CHECK_EQ(t, KITH(t, "import", file, "--map", arena_printf(t->arena, "%s/none", t->folder)).code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "import", file, "--map", map, "--join", file).code, EXIT_REFUSED); /* no column Customer */
    place_close(&p, t);
}

/* The daemon alone would take equal lines for one event; what has an id of its own is known by that. */
static void lines_without_an_id_are_known_by_their_place(struct t *t)
{
    struct place p;
    const char *file = arena_printf(t->arena, "%s/e.ndjson", t->folder);
    place_open(&p, t);
    file_make(t, "e.ndjson",
              "{\"event\":\"x\"}\n{\"event\":\"x\"}\n{\"event\":\"x\",\"id\":null}\n{\"event\":\"x\",\"id\":\"\"}\n"
              "{\"id\":\"7\",\"event\":\"x\"}\n{\"id\":7,\"event\":\"x\"}\n");
    CHECK(t, says(KITH(t, "import", file).out, "6 rows: 5 taken in, 1 were there already"));
    CHECK(t, says(KITH(t, "import", file).out, "6 rows: 0 taken in, 6 were there already"));
    place_close(&p, t);
}

/* How often the words stand in the text. */
static int times(const char *text, const char *words)
{
    int count = 0;
    for (; (text = strstr(text, words)) != NULL; text++)
        count++;
    return count;
}

/* Lines that are good and lines that aren't, by turns: more faults than one answer of the daemon names, of several kinds. */
static void each_bad_line_has_its_reason(struct t *t)
{
    struct place p;
    struct buf text;
    const char *file = arena_printf(t->arena, "%s/e.ndjson", t->folder), *rejects = arena_printf(t->arena, "%s/rejects", t->folder);
    static const char *const bad[] = {"{\"event\":", "{\"event\":\"x\",\"time\":\"soon\"}", "[{\"event\":\"x\"}", "\x1f\x8b", "{\"evnt\":1}"};
    place_open(&p, t);
    buf_init(&text, OUTPUT_BYTES_MAX);
    for (unsigned i = 0; i < 300; i++)
        buf_printf(&text, "{\"id\":\"%u\",\"event\":\"x\"}\n  \n%s\n", i, bad[i % COUNT_OF(bad)]);
    buf_printf(&text, "{\"event\":\"%s", "x");
    for (unsigned i = 0; i < SENDER_LINE_BYTES_MAX; i++)
        buf_push_text(&text, "\""); /* too long, and without a line end */
    buf_push_byte(&text, 0);
    file_make(t, "e.ndjson", (const char *)text.data);
    CHECK(t, says(KITH(t, "import", file, "--rejects", rejects).out, "601 rows: 300 taken in, 0 were there already, 301 are faulty."));
    const char *reasons = file_text(t, rejects);
    CHECK_EQ(t, times(reasons, "\n"), 301);
    CHECK_EQ(t, times(reasons, "column 10 (byte 9): the text ends too early"), 60);
    CHECK_EQ(t, times(reasons, "'soon' is not a time"), 60);
    CHECK_EQ(t, times(reasons, "a line is one event, an object"), 120);
    CHECK_EQ(t, times(reasons, "the nearest is 'event'"), 60);
    CHECK(t, says(reasons, "{\"line\":901,\"detail\":\"the line is too long\""));
    file_make(t, "e.ndjson", "{\"event\":1.5e\n{\"event\":{}}\n{\"event\":\"x\",\"ids\":3}\n");
    CHECK(t, says(KITH(t, "import", file, "--rejects", rejects).out, "3 rows: 0 taken in, 0 were there already, 3 are faulty."));
    CHECK_EQ(t, times(file_text(t, rejects), "\"event\":"), 3);
    CHECK(t, says(file_text(t, rejects), "ids: want a list"));
    place_close(&p, t);
    buf_fini(&text);
}

static void the_demo_checks_itself(struct t *t)
{
    struct said said = KITH(t, "demo", "--people", "60", "--days", "30", "--keep", arena_printf(t->arena, "%s/demo", t->folder));
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "precision") && says(said.out, "Identifiers") && says(said.out, "demo: all checks passed"));
    CHECK_EQ(t, KITH(t, "demo", "--retail", t->folder).code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "demo", "--people", "0").code, EXIT_REFUSED);
}

static const struct test tests[] = {
    {"words are checked before anything is done", words_are_checked, 1},
    {"a workspace is made once", a_workspace_is_made_once, 1},
    {"a workspace without its file is damaged", a_workspace_without_its_file_is_damaged, 1},
    {"a world is written", a_world_is_written, 1},
    {"people are told and asked for", people_are_told_and_asked_for, 1},
    {"acts are done and undone", acts_are_done_and_undone, 1},
    {"a checkpoint is waited for", a_checkpoint_is_waited_for, 1},
    {"it speaks Chinese", it_speaks_chinese, 1},
    {"hooks come and go", hooks_come_and_go, 1},
    {"tokens and settings", tokens_and_settings, 1},
    {"a table is imported", a_table_is_imported, 1},
    {"lines without an id are known by their place", lines_without_an_id_are_known_by_their_place, 1},
    {"each bad line has its reason", each_bad_line_has_its_reason, 1},
    {"the demo checks itself", the_demo_checks_itself, 1},
};

/* The daemon of a test is this same program, as the demo's is `kith`. */
int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "serve") == 0)
        return kith_main(count, words);
    (void)setenv("KITH_LANG", "en", 1);
    return test_main(tests, COUNT_OF(tests));
}
