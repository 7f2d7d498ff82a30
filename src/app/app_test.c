/* The whole program, from its command line: a folder is made, a daemon runs, verbs ask it.
 * Covers: alone.c, client.c, courier.c, daemon.c, folder.c, main.c, sender.c, serve.c, words.c, demo/customers.c, demo/demo.c, demo/orders.c,
 * demo/reach.c, demo/retail.c, demo/sim.c, demo/stores.c, demo/tell.c, demo/truth.c, import/elsewhere.c, import/import.c, import/imports.c, import/preview.c, import/rejects.c, import/watch.c,
 * verbs/admin.c, verbs/apply.c, verbs/backup.c, verbs/card.c, verbs/changes.c, verbs/errand.c, verbs/explain.c, verbs/export.c, verbs/export_acts.c, verbs/order_put.c, verbs/orders.c,
 * verbs/listings.c, verbs/people.c, verbs/predictions.c, verbs/putting.c, verbs/redo.c, verbs/relations.c, verbs/scope.c, verbs/segment.c, verbs/show.c, verbs/things.c, ../edge/api/backup.c */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_test.h"
#include "app/demo/retail.h"

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
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/truth.ndjson", t->folder)), "\"net\":"));
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/things.ndjson", t->folder)), "\"kind\":\"sku\""));
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/orders.ndjson", t->folder)), "\"lines\":["));
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
    CHECK_EQ(t, KITH(t, "audit", p.folder, "--memory", "1M").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "audit", p.folder, "--memory", "much").code, EXIT_USAGE);
    CHECK_EQ(t, access(arena_printf(t->arena, "%s/main/audit", p.folder), F_OK), -1);
}

/* Of long lists a card shows the first ones and says how to see the rest. */
static void a_card_shows_all_when_asked(struct t *t)
{
    struct place p;
    struct buf text = arena_buf(t->arena, 4096);
    place_open(&p, t);
    buf_push_text(&text, "{\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"a\"}],\"traits\":{");
    for (unsigned i = 10; i < 30; i++)
        buf_printf(&text, "%s\"quirk_%u\":\"%u\"", i == 10 ? "" : ",", i, i);
    buf_push_text(&text, "}}\n");
    file_make(t, "e.ndjson", arena_text(t->arena, buf_bytes(&text)));
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    struct said few = KITH(t, "get", "user_id:a"), all = KITH(t, "get", "user_id:a", "--all");
    CHECK(t, says(few.out, "quirk_10") && !says(few.out, "quirk_29") && says(few.out, "and 4 more: --all"));
    CHECK(t, says(all.out, "quirk_10") && says(all.out, "quirk_29") && !says(all.out, "more: --all"));
    place_close(&p, t);
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
    CHECK_EQ(t, KITH(t, "hook", "dead").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "hook", "again", "4711").code, EXIT_REFUSED); /* there is none */
    CHECK_EQ(t, KITH(t, "hook", "drop", "--all").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "hook", "again", "x").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "hook", "again").code, EXIT_USAGE);
    place_close(&p, t);
}

static void changes_go_on_behind_what_was_acknowledged(struct t *t)
{
    struct place p;
    place_open(&p, t);
    CHECK_EQ(t, KITH(t, "changes").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "kith consumer add"));
    CHECK_EQ(t, KITH(t, "consumer", "add").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "consumer", "add", "copy").code, EXIT_DONE);
    file_make(t, "e.ndjson", "{\"id\":\"1\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    CHECK(t, says(KITH(t, "consumer", "list").out, "copy"));
    struct said some = KITH(t, "changes", "--consumer", "copy");
    CHECK(t, some.code == EXIT_DONE && says(some.out, "event_arrived") && says(some.out, "event=page_viewed") && says(some.out, "cause=import"));
    CHECK_TEXT(t, KITH(t, "changes", "--consumer", "copy").out, "");
    struct said again = KITH(t, "changes", "--consumer", "copy", "--from", "start", "--json", "--facts", "event_arrived");
    CHECK(t, says(again.out, "\"cursor\":") && says(again.out, "+8613812345678") && !says(again.out, "identifiers_changed") && says(again.out, "\"more\":false}"));
    CHECK_EQ(t, KITH(t, "consumer", "remove", "copy").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "consumer", "remove", "copy").code, EXIT_REFUSED);
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
    CHECK(t, says(KITH(t, "stats", "--token", secret).out, "log position"));
    struct said cut = KITH(t, "token", "add", "desk-a", "--roles", "read", "--brands", "a");
    struct said figures = KITH(t, "stats", "--token", arena_printf(t->arena, "%.*s", (int)strcspn(cut.out, "\n"), cut.out));
    CHECK(t, says(figures.out, "Cut to what this token may see") && !says(figures.out, "log position"));
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
    CHECK(t, says(file_text(t, rejects), "file,line,column,reason,No,Sku,Qty,Price\n") && says(file_text(t, rejects), "/lines.csv,3,Qty,'x' is no number,1,B,x,1\n"));
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

#define POS_MAP                                                                                                       \
    "{\"zone\":\"+08:00\",\"group\":\"no\",\"thing\":{\"kind\":\"store\",\"id\":\"${store}\",\"time\":\"@{time}\"},"                \
    "\"order\":{\"shop\":\"pos\",\"number\":\"${no}\",\"store\":\"${store}\",\"modified\":\"@{time}\",\"states\":{\"paid\":\"@{time}\"},"     \
    "\"buyer\":[{\"type\":\"phone\",\"value\":\"${phone}\"},{\"type\":\"member_no\",\"value\":\"${member}\"}],"                  \
    "\"lines\":{\"$rows\":{\"line\":\"${line}\",\"name\":\"${name}\",\"quantity\":\"#{n}\",\"paid\":\"#{paid}\"}}}}"

static void orders_are_imported(struct t *t)
{
    struct place p;
    const char *file = arena_printf(t->arena, "%s/pos.csv", t->folder), *map = arena_printf(t->arena, "%s/map.json", t->folder),
               *rejects = arena_printf(t->arena, "%s/rejects", t->folder);
    place_open(&p, t);
    file_make(t, "map.json", POS_MAP);
    file_make(t, "pos.csv",
              "no,store,phone,member,time,line,name,n,paid\nR1,S01,13812345678,M1,2026年11月11日 8时5分,1,毛衣🌸,1,\"¥1,299.00\"\n"
              "R1,S01,13812345678,M1,2026年11月11日 8时5分,2,圍巾,2,99.00\nR2,S01,1.38E+10,,2026/11/11 9:00,1,鞋,1,5\n");
    struct said said = KITH(t, "import", file, "--map", map, "--preview", "5");
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "\"time\": \"2026-11-11T00:05:00.000Z\"") && says(said.out, "line 4, column \"phone\": '1.38E+10' has lost digits"));
    CHECK(t, says(said.out, "new store: S01") && says(said.out, "new shop: pos"));
    CHECK_EQ(t, KITH(t, "get", "order", "pos", "R1").code, EXIT_REFUSED); /* nothing was written */
    for (int i = 0; i < 2; i++) {
        said = KITH(t, "import", file, "--map", map, "--rejects", rejects);
        CHECK_EQ(t, said.code, EXIT_REFUSED);
        CHECK(t, says(said.out, "1 are faulty"));
        CHECK(t, says(file_text(t, rejects), "pos.csv,4,phone,'1.38E+10' has lost digits: export the column as text,R2,S01,1.38E+10,"));
        said = KITH(t, "get", "order", "pos", "R1");
        CHECK(t, says(said.out, "毛衣🌸") && says(said.out, "圍巾") && says(said.out, "1398.00"));
    }
    CHECK(t, says(KITH(t, "orders", "member_no:M1").out, "R1"));
    CHECK_EQ(t, KITH(t, "get", "thing", "store", "S01").code, EXIT_DONE);
    file_make(t, "more.csv", "no,store,phone,member,time,line,name,n,paid\nR3,S01,13987654321,,2026-11-12,1,鞋,1,5\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/more.csv", t->folder), "--map", map).code, EXIT_DONE);
    file_make(t, "both.csv", "no,store,phone,member,time,line,name,n,paid\nR4,S01,13987654321,M1,2026-11-12,1,鞋,1,5\n");
    said = KITH(t, "import", arena_printf(t->arena, "%s/both.csv", t->folder), "--map", map, "--preview", "1");
    CHECK(t, says(said.out, "line 2 names 2 people together") && !says(said.out, "new "));
    CHECK_EQ(t, KITH(t, "import", file, "--preview", "1").code, EXIT_USAGE);
    file_make(t, "web.json", "{\"order\":{\"shop\":\"web\",\"number\":\"${no}\",\"modified\":\"@{time}\",\"currency\":\"CNY\"}}");
    file_make(t, "web.csv", "no,time\nR1,2026-11-12T00:00:00Z\nR1,2026-11-13T00:00:00Z\nR9,2026-11-12T00:00:00Z\n");
    said = KITH(t, "import", arena_printf(t->arena, "%s/web.csv", t->folder), "--map", arena_printf(t->arena, "%s/web.json", t->folder));
    CHECK(t, said.code == EXIT_DONE && says(said.out, "1 orders went in that look wrong"));
    const char *errors = arena_printf(t->arena, "%s/errors", t->folder);
    CHECK(t, says(file_text(t, errors), "web.csv, line 2: order R1 of web stands under pos in the workspace: these are two orders"));
    place_close(&p, t);
}

static void a_folder_is_watched(struct t *t)
{
    struct place p;
    const char *drop = arena_printf(t->arena, "%s/drop", t->folder), *map = arena_printf(t->arena, "%s/map.json", t->folder);
    place_open(&p, t);
    CHECK_EQ(t, KITH(t, "watch", drop, "--once", "--settle", "0").code, EXIT_REFUSED); /* no such folder */
    REQUIRE(t, mkdir(drop, 0700) == 0);
    file_make(t, "map.json", "{\"event\":{\"event\":\"x\",\"order\":\"${no}\"}}");
    file_make(t, "drop/b.csv", "no\n1\n2\n");
    file_make(t, "drop/a.csv", "number\n1\n");
    file_make(t, "drop/c.csv.part", "no\n");
    struct said said = KITH(t, "watch", drop, "--map", map, "--once", "--settle", "0");
    CHECK_EQ(t, said.code, EXIT_REFUSED);
    CHECK(t, says(said.out, "1 files imported, 1 could not be read: 2 rows, 0 of them faulty."));
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/failed/a.csv.reason.txt", drop)), "there is no column \"no\""));
    CHECK_EQ(t, access(arena_printf(t->arena, "%s/done/b.csv", drop), R_OK), 0);
    CHECK_EQ(t, access(arena_printf(t->arena, "%s/c.csv.part", drop), R_OK), 0);
    file_make(t, "drop/b.csv", "no\n1\n2\n"); /* dropped again: nothing changes */
    CHECK_EQ(t, KITH(t, "watch", drop, "--map", map, "--once", "--settle", "0").code, EXIT_DONE);
    CHECK_EQ(t, access(arena_printf(t->arena, "%s/done/b.csv.2", drop), R_OK), 0);
    CHECK(t, says(KITH(t, "stats", "--json").out, "\"events\":2"));
    CHECK(t, says(KITH(t, "alarms").out, "No alarm rings."));
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
    CHECK(t, says(KITH(t, "imports").out, "e.ndjson") && says(KITH(t, "imports", file, "--json").out, "\"lines\":5,\"last_line\":5"));
    file_make(t, "other.ndjson", "{\"event\":\"y\"}\n");
    CHECK(t, says(KITH(t, "imports", arena_printf(t->arena, "%s/other.ndjson", t->folder)).out, "No line"));
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
    CHECK_EQ(t, times(reasons, "\n"), 302); /* and the names of the columns */
    CHECK_EQ(t, times(reasons, "column 10 (byte 9): the text ends too early"), 60);
    CHECK_EQ(t, times(reasons, "'soon' is not a time"), 60);
    CHECK_EQ(t, times(reasons, "a line is one event, an object"), 120);
    CHECK_EQ(t, times(reasons, "the nearest is 'event'"), 60);
    CHECK(t, says(reasons, ",901,,the line is longer than 65536 bytes,\n"));
    file_make(t, "e.ndjson", "{\"event\":1.5e\n{\"event\":{}}\n{\"event\":\"x\",\"ids\":3}\n");
    CHECK(t, says(KITH(t, "import", file, "--rejects", rejects).out, "3 rows: 0 taken in, 0 were there already, 3 are faulty."));
    CHECK_EQ(t, times(file_text(t, rejects), "\n"), 4);
    CHECK(t, says(file_text(t, rejects), "ids: want a list"));
    place_close(&p, t);
    buf_fini(&text);
}

static void the_demo_checks_itself(struct t *t)
{
    struct said said = KITH(t, "demo", "--people", "60", "--days", "30", "--keep", arena_printf(t->arena, "%s/demo", t->folder));
    CHECK_EQ(t, said.code, EXIT_DONE);
    CHECK(t, says(said.out, "precision") && says(said.out, "Identifiers") && says(said.out, "demo: all checks passed"));
    CHECK(t, says(said.out, "came out of the documents") && says(said.out, "What guide") && says(said.out, "Whom one may write to"));
    CHECK(t, says(said.out, "华东") && says(said.out, "Net by brand") && says(said.out, "busiest day") && says(said.out, "Lines"));
    CHECK_EQ(t, KITH(t, "demo", "--retail", t->folder).code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "demo", "--people", "0").code, EXIT_REFUSED);
}

static void things_are_put_and_told(struct t *t)
{
    struct place p;
    place_open(&p, t);
    CHECK_EQ(t, KITH(t, "put", "thing", "region", "华东", "name=华东大区").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "put", "thing", "store", "SH01", "name=外滩店🌸", "city=上海", "面积=120.5", "--parent", "region/华东", "--time", "2026-01-01").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "put", "thing", "store", "SH01", "city=null", "--time", "2026-02-01").code, EXIT_DONE);
    struct said told = KITH(t, "get", "thing", "store", "SH01");
    CHECK(t, says(told.out, "外滩店🌸") && says(told.out, "120.5") && says(told.out, "华东大区 › SH01") && !says(told.out, "上海"));
    told = KITH(t, "get", "thing", "store", "SH01", "--at", "2026-01-02", "--history");
    CHECK(t, says(told.out, "上海") && says(told.out, "as of 2026-01-02") && says(told.out, "newest first"));
    CHECK(t, says(KITH(t, "list", "store", "--under", "region/华东").out, "外滩店🌸"));
    CHECK(t, !says(KITH(t, "list", "store", "--where", "city=上海").out, "SH01"));
    CHECK(t, says(KITH(t, "list", "store", "--json").out, "\"next\":null"));
    CHECK(t, says(KITH(t, "kinds").out, "prescription"));
    CHECK_EQ(t, KITH(t, "put", "thing", "store", "SH01", "--deleted").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "get", "thing", "store", "SH01").out, "deleted"));
    file_make(t, "things.ndjson", "{\"kind\":\"sku\",\"id\":\"A\",\"time\":\"2026-01-01\"}\n{\"kind\":\"vase\",\"id\":\"1\"}\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/things.ndjson", t->folder), "--things", "--rejects", arena_printf(t->arena, "%s/bad", t->folder)).code,
             EXIT_REFUSED);
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/bad", t->folder)), "kind of thing"));
    CHECK(t, says(KITH(t, "list", "sku").out, "A"));
    CHECK_EQ(t, KITH(t, "put", "thing", "vase", "1").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "kith kinds"));
    CHECK_EQ(t, KITH(t, "get", "thing", "store", "none").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "put", "thing", "store").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "put", "thing", "store", "SH01", "city").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "list").code, EXIT_USAGE);
    place_close(&p, t);
}

#define ASKS_MAX 200

/* A guide's list follows right after the answer: asked until it says so. */
static bool customers_say(struct t *t, const char *whose, const char *words)
{
    bool found = false;
    for (int i = 0; i < ASKS_MAX && !found; i++)
        found = says(KITH(t, "customers", whose).out, words);
    return found;
}

static void relations_are_told_and_handed_over(struct t *t)
{
    struct place p;
    place_open(&p, t);
    file_make(t, "e.ndjson", "{\"id\":\"1\",\"event\":\"followed\",\"channel\":\"公众号\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}]}\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "relation", "begin", "phone:13812345678", "owned_by", "staff/G17", "--time", "2026-01-02", "store=外滩店").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "relation", "set", "phone:13812345678", "lead", "stage=new", "score=80").code, EXIT_DONE);
    const char *got = KITH(t, "get", "phone:13812345678").out;
    CHECK(t, says(got, "staff/G17") && says(got, "channel/公众号") && says(got, "store=外滩店") && says(got, "score=80") && says(got, "Fan"));
    CHECK(t, customers_say(t, "G17", "+8613812345678"));
    CHECK(t, says(KITH(t, "customers", "channel/公众号").out, "Followers"));
    CHECK(t, says(KITH(t, "handover", "G17", "to", "G18", "G19", "--reason", "left").out, "1 relations would go to 2"));
    CHECK_EQ(t, KITH(t, "handover", "G17", "to", "G18", "G19", "--reason", "left", "--yes").code, EXIT_DONE);
    CHECK(t, customers_say(t, "G18", "+8613812345678"));
    CHECK(t, customers_say(t, "G17", "Nobody"));
    CHECK(t, says(KITH(t, "handover", "list").out, "G18, G19"));
    CHECK_EQ(t, KITH(t, "relation", "end", "phone:13812345678", "follows", "channel/公众号", "--reason", "取关").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "get", "phone:13812345678").out, "取关"));
    CHECK_EQ(t, KITH(t, "relation", "begin", "phone:13812345678", "owned", "staff/G1").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "owned_by"));
    CHECK_EQ(t, KITH(t, "relation", "stop", "phone:13812345678", "lead").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "handover", "G17", "G18").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "customers").code, EXIT_USAGE);
    place_close(&p, t);
}

static void orders_are_told_and_mended(struct t *t)
{
    struct place p;
    place_open(&p, t);
    orders_send(t, &p,
                "{\"shop\":\"门店\",\"number\":\"S01-1\",\"version\":1,\"store\":\"S01\",\"states\":{\"created\":\"2026-01-02T03:00:00Z\",\"paid\":\"2026-01-02T03:00:00Z\"},"
                "\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"lines\":[{\"line\":\"1\",\"sku\":\"A\",\"name\":\"連衣裙\",\"quantity\":1,\"paid\":199}],"
                "\"refunds\":[{\"refund\":\"R1\",\"line\":\"1\",\"amount\":50,\"kind\":\"refund\",\"states\":{\"done\":\"2026-01-03T00:00:00Z\"}}]}");
    struct said told = KITH(t, "get", "order", "门店", "S01-1");
    CHECK(t, says(told.out, "連衣裙") && says(told.out, "149.00") && says(told.out, "R1"));
    CHECK(t, says(KITH(t, "get", "order", "门店", "S01-1", "--at", "2026-01-02T04:00:00Z", "--json").out, "\"net\":199.00"));
    CHECK_EQ(t, KITH(t, "order", "correct", "门店", "S01-1", "paid", "189", "--part", "line", "--id", "1").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "get", "order", "门店", "S01-1", "--json").out, "\"net\":139.00"));
    told = KITH(t, "order", "void", "门店", "S01-1", "--reason", "测试单");
    const char *position = strstr(told.out, "--position ");
    REQUIRE(t, position != NULL);
    CHECK(t, says(KITH(t, "get", "order", "门店", "S01-1").out, "(void)"));
    CHECK_EQ(t, KITH(t, "order", "undo", "门店", "S01-1", "--position", arena_printf(t->arena, "%llu", strtoull(position + strlen("--position "), NULL, 10))).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "order", "reassign", "门店", "S01-1", "phone:13800000001").code, EXIT_REFUSED);
    CHECK(t, says(KITH(t, "orders", "phone:13812345678").out, "S01-1"));
    CHECK(t, says(KITH(t, "reconcile", "门店", "2026-01-01", "2026-01-31").out, "2026-01-02"));
    CHECK(t, says(KITH(t, "reconcile", "门店", "2026-01-02", "--orders").out, "No order differs"));
    CHECK_EQ(t, KITH(t, "get", "order", "门店", "none").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "kith orders"));
    CHECK_EQ(t, KITH(t, "order", "burn", "门店", "S01-1").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "get", "order", "门店").code, EXIT_USAGE);
    place_close(&p, t);
}

static void reach_and_shares_are_told(struct t *t)
{
    struct place p;
    place_open(&p, t);
    file_make(t, "e.ndjson",
              "{\"id\":\"1\",\"event\":\"consent_given\",\"brand\":\"甲\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],"
              "\"consents\":[{\"purpose\":\"marketing\",\"given\":true,\"evidence\":\"門店表單 7 號\"}]}\n"
              "{\"id\":\"2\",\"event\":\"login\",\"brand\":\"甲\",\"ids\":[{\"type\":\"email\",\"value\":\"a@example.com\"}]}\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    struct said told = KITH(t, "reach", "--brand", "甲");
    CHECK(t, says(told.out, "SMS") && says(told.out, "no_address 1") && says(told.out, "no_consent 1"));
    CHECK(t, says(KITH(t, "reach", "--brand", "甲", "--channel", "sms", "--json").out, "\"reachable\":1"));
    CHECK(t, says(KITH(t, "reach", "phone:13812345678", "--brand", "甲").out, "門店表單 7 號"));
    CHECK_EQ(t, KITH(t, "suppress", "phone:13812345678", "--reason", "来信要求").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "reach", "phone:13812345678", "--brand", "甲", "--channel", "sms").out, "suppressed"));
    CHECK(t, says(KITH(t, "suppressed", "phone:+8613812345678", "--json").out, "true"));
    CHECK_EQ(t, KITH(t, "unsuppress", "phone:13812345678").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "suppressed", "phone:13812345678", "--json").out, "false"));
    CHECK(t, says(KITH(t, "reach", "--brand", "甲", "--channel", "sms", "--json").out, "\"reachable\":1"));
    CHECK_EQ(t, KITH(t, "share", "-", "-", "--purposes", "service,marketing", "--evidence", "合同 4711", "--until", "2999-01-01").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "shares", "--json").out, "\"purposes\":[\"service\",\"marketing\"]"));
    CHECK_EQ(t, KITH(t, "unshare", "-", "-", "--reason", "期滿").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "unshare", "-", "-").code, EXIT_REFUSED);
    CHECK(t, says(KITH(t, "shares", "--acts", "--json").out, "期滿"));
    CHECK_EQ(t, KITH(t, "share", "甲").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "reach", "--channel", "pigeon").code, EXIT_REFUSED);
    place_close(&p, t);
}

static void segments_are_saved_and_asked(struct t *t)
{
    struct place p;
    place_open(&p, t);
    file_make(t, "e.ndjson",
              "{\"id\":\"1\",\"event\":\"login\",\"channel\":\"tmall\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}]}\n");
    CHECK_EQ(t, KITH(t, "segment", "save", "here", "did(login)", "--label-zh", "来过", "--label-en", "Was here", "--owner", "会员部").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "save", "from", "last(login).channel").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "segment", "save", "both", "segment('here') and tag('from') = 'tmall'").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    struct said told = KITH(t, "segment", "list");
    CHECK(t, says(told.out, "Was here") && says(told.out, "in force") && says(told.out, "会员部"));
    CHECK(t, says(KITH(t, "tag", "list").out, "last(login).channel"));
    CHECK(t, says(KITH(t, "segment", "show", "here").out, "segment('both')"));
    CHECK(t, says(KITH(t, "segment", "people", "both").out, "id:"));
    CHECK(t, says(KITH(t, "tag", "people", "from", "--value", "tmall", "--json").out, "\"events\":1"));
    CHECK(t, says(KITH(t, "tag", "people", "from", "--value", "jd").out, "Nobody."));
    told = KITH(t, "segment", "of", "user_id:ann");
    CHECK(t, says(told.out, "Was here") && says(told.out, "both") && says(told.out, "tmall"));
    told = KITH(t, "segment", "explain", "both", "user_id:ann");
    CHECK(t, says(told.out, "In 'both'") && says(told.out, "login: 1") && says(told.out, "last login, its channel is 'tmall'"));
    CHECK(t, says(KITH(t, "segment", "at", "both", "--instant", "2001-01-01", "--person", "user_id:ann").out, "Not in 'both'"));
    CHECK(t, says(KITH(t, "segment", "at", "here", "--instant", "2100-01-01").out, "1 people"));
    CHECK_EQ(t, KITH(t, "segment", "at", "here").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "segment", "cancel", "here").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "segment", "save", "bad", "did(login) and segment('her')").code, EXIT_REFUSED);
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/errors", t->folder)), "\n                         ^"));
    CHECK_EQ(t, KITH(t, "segment", "end", "here").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "segment", "end", "both").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "people", "from").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "segment", "save", "x").code, EXIT_USAGE);
    place_close(&p, t);
}

static void people_decide_by_hand_and_by_file(struct t *t)
{
    struct place p;
    place_open(&p, t);
    file_make(t, "e.ndjson", "{\"id\":\"1\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"ann\"}]}\n");
    file_make(t, "skins.csv", "user,skin,seen\nann,oily,2026-01-01\nbea,wet,2026-01-01\n");
    file_make(t, "users.txt", "ann\n");
    CHECK_EQ(t, KITH(t, "segment", "save", "invited", "--list", "--label-en", "Invited", "--category", "spring").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "save", "skin", "--value", "text", "--values", "dry:干性:Dry,oily", "--lasts-days", "30").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "save", "sum", "--list", "--value", "number").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "save", "gold", "--list").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "save", "tier", "--tags", "gold,nobody").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "tag", "save", "tier", "--tags", "gold").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "save", "x", "--tags", "gold", "did(login)").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "set", "skin", "user_id:ann", "dry", "--reason", "asked", "--by", "G17").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "set", "sum", "user_id:ann", "12.5", "--until", "2999-01-01").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "tag", "set", "sum", "user_id:ann", "much").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "tag", "set", "gold", "user_id:ann").code, EXIT_DONE);
    struct said told = KITH(t, "tag", "acts", "user_id:ann");
    CHECK(t, says(told.out, "asked") && says(told.out, "staff G17") && says(told.out, "12.5"));
    told = KITH(t, "segment", "of", "user_id:ann");
    CHECK(t, says(told.out, "dry") && says(told.out, "12.5") && says(told.out, "tier"));
    told = KITH(t, "tag", "import", "skin", arena_printf(t->arena, "%s/skins.csv", t->folder), "--id", "user_id:user", "--value", "skin",
                "--rejects", arena_printf(t->arena, "%s/rejects.csv", t->folder));
    CHECK(t, told.code == EXIT_REFUSED && says(told.out, "1"));
    CHECK(t, says(KITH(t, "segment", "of", "user_id:ann").out, "oily"));
    CHECK_EQ(t, KITH(t, "segment", "import", "invited", arena_printf(t->arena, "%s/users.txt", t->folder), "--id", "user_id").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "segment", "list", "--category", "spring").out, "(set by hand)"));
    CHECK(t, !says(KITH(t, "segment", "list", "--category", "summer").out, "invited"));
    CHECK(t, says(KITH(t, "segment", "freeze", "invited", "then").out, "1 people"));
    CHECK_EQ(t, KITH(t, "segment", "remove", "invited", "user_id:ann").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "tag", "show", "skin").out, "dry Dry, oily") && says(KITH(t, "tag", "show", "gold").out, "tier"));
    CHECK_EQ(t, KITH(t, "segment", "add", "invited").code, EXIT_USAGE);
    place_close(&p, t);
}

static void predictions_are_kept_and_asked(struct t *t)
{
    struct place p;
    struct buf events = arena_buf(t->arena, 1u << 20);
    place_open(&p, t);
    for (unsigned i = 0; i < 200; i++)
        buf_printf(&events,
                   "{\"id\":\"a%u\",\"event\":\"login\",\"time\":\"2026-02-%02uT00:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}\n"
                   "{\"id\":\"b%u\",\"event\":\"%s\",\"time\":\"2026-02-12T00:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}\n"
                   "{\"id\":\"c%u\",\"event\":\"%s\",\"time\":\"2026-02-22T00:00:00Z\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u%u\"}]}\n",
                   i, 1 + i % 9, i, i, i % 9 > 5 || i % 10 == 0 ? "order_paid" : "login", i, i, i % 9 > 5 || i % 11 == 0 ? "order_paid" : "login", i);
    file_make(t, "e.ndjson", arena_text(t->arena, buf_bytes(&events)));
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "predict", "save", "buy", "target=did(order_paid)", "horizon=10d", "as_of=2026-03-02", "zone=UTC",
                     "features=[\"count(login)\",\"days_since(last(login).time)\"]", "--label", "会买", "--every", "day").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "predict", "list").out, "会买"));
    CHECK_EQ(t, KITH(t, "predict", "show", "buy").code, EXIT_REFUSED); /* no model yet */
    struct said told = KITH(t, "predict", "fit", "buy");
    CHECK(t, told.code == EXIT_DONE && says(told.out, "AUC") && says(told.out, "By tenths") && says(told.out, "What it goes by"));
    CHECK(t, says(KITH(t, "predict", "show", "buy", "--table", "features", "--csv").out, "days_since(last(login).time)"));
    CHECK_EQ(t, KITH(t, "predict", "show", "buy", "--table", "all").code, EXIT_REFUSED);
    CHECK(t, says(KITH(t, "predict", "score", "buy", "limit=2").out, "days_since(last(login).time) = "));
    CHECK(t, says(KITH(t, "predict", "write", "buy").out, "p_buy written of 200"));
    CHECK(t, says(KITH(t, "predict", "run").out, "p_buy written of 0"));
    CHECK(t, says(KITH(t, "predict", "segment", "buy", "likely", "--top", "20").out, "p_buy >= "));
    CHECK(t, says(KITH(t, "segment", "show", "likely").out, "p_buy"));
    CHECK_EQ(t, KITH(t, "predict", "save", "b", "--template", "x").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "predict", "save", "b", "--template", "leave").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "lookalike", "like_them", "likely", "features=[\"count(login)\"]").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "predict", "list", "--json").out, "\"like\":{\"segment\":\"likely\"}"));
    told = KITH(t, "predict", "run"); /* two of which can't be fitted */
    CHECK(t, told.code == EXIT_REFUSED && says(told.out, "buy: 200 people"));
    CHECK_EQ(t, KITH(t, "lookalike", "x").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "predict", "end", "b").code, EXIT_DONE);
    place_close(&p, t);
}

static bool has(struct t *t, const char *path)
{
    return access(arena_printf(t->arena, "%s/%s", t->folder, path), F_OK) == 0;
}

static void a_backup_is_taken_verified_and_restored(struct t *t)
{
    struct place p, back;
    const char *set = arena_printf(t->arena, "%s/set", t->folder), *to = arena_printf(t->arena, "%s/back", t->folder);
    struct err e = {0};
    place_open(&p, t);
    file_make(t, "e.ndjson", "{\"id\":\"1\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"traits\":{\"name\":\"歐陽小明🎁\"}}\n");
    file_make(t, "f.ndjson", "{\"id\":\"2\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"user_id\",\"value\":\"later\"}]}\n");
    CHECK_EQ(t, KITH(t, "hook", "add", "crm", "facts.ndjson").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/e.ndjson", t->folder)).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "backup", p.folder, "--to", set).code, EXIT_DONE);
    CHECK(t, !has(t, "data/main/backup")); /* closed */
    CHECK_EQ(t, KITH(t, "checkpoint").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "backup", p.folder, "--to", set).code, EXIT_DONE);
    CHECK(t, says(KITH(t, "backup", "verify", set).out, "the state is what it was"));
    CHECK(t, !has(t, "set/main/verify"));
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/f.ndjson", t->folder)).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "ports", "pause").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "ports").out, "are paused"));
    CHECK_EQ(t, KITH(t, "ports", "resume").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "ports", "stop").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "restore", set, "--to", p.folder).code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "not empty"));
    CHECK_EQ(t, KITH(t, "bind", "phone:13812345678", "user_id:later").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "erase", "user_id:later", "--yes").code, EXIT_DONE); /* the backup has one of the two */
    file_make(t, "erased", KITH(t, "erase", "list", "--json").out);
    CHECK_EQ(t, KITH(t, "restore", set, "--to", to).code, EXIT_DONE);
    struct said restored = KITH(t, "restore", set, "--to", arena_printf(t->arena, "%s/less", t->folder), "--erased",
                                arena_printf(t->arena, "%s/erased", t->folder));
    CHECK_EQ(t, restored.code, EXIT_DONE);
    CHECK(t, says(restored.out, "1 people who were erased"));
    place_close(&p, t);
    CHECK_EQ(t, KITH(t, "backup", p.folder, "--to", set).code, EXIT_DONE); /* without a daemon */
    CHECK(t, says(KITH(t, "backup", "verify", set).out, "the state is what it was"));
    CHECK_EQ(t, KITH(t, "backup", "prune", set, "--keep", "1").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "backup", "list", arena_printf(t->arena, "%s/none", t->folder)).code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "backup", p.folder).code, EXIT_USAGE);
    back = (struct place){.folder = to};
    struct daemon_options o = {.folder = to, .listen = "127.0.0.1:0", .journal = arena_printf(t->arena, "%s/journal", t->folder)};
    REQUIRE_DONE(t, daemon_start(&o, &back.daemon, &e), &e);
    (void)setenv("KITH_URL", back.daemon.url, 1);
    (void)setenv("KITH_FOLDER", to, 1);
    CHECK(t, says(KITH(t, "get", "phone:13812345678").out, "歐陽小明🎁"));
    CHECK_EQ(t, KITH(t, "get", "user_id:later").code, EXIT_REFUSED);
    CHECK(t, says(KITH(t, "ports").out, "are paused"));
    CHECK_EQ(t, KITH(t, "ports", "resume").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "ports").out, "are open"));
    place_close(&back, t);
}

static void all_is_exported_into_files(struct t *t)
{
    struct place p;
    const char *csv = arena_printf(t->arena, "%s/p.csv", t->folder), *xlsx = arena_printf(t->arena, "%s/人.xlsx", t->folder),
               *events = arena_printf(t->arena, "%s/e.ndjson", t->folder);
    place_open(&p, t);
    file_make(t, "in.ndjson", "{\"id\":\"1\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"traits\":{\"name\":\"=王\"}}\n");
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/in.ndjson", t->folder)).code, EXIT_DONE);
    CHECK(t, says(KITH(t, "export", "people", "--format", "csv").out, ",'=王,'+8613812345678,"));
    CHECK_EQ(t, KITH(t, "export", "people", "--out", csv, "--plain").code, EXIT_DONE);
    CHECK(t, says(file_text(t, csv), ",=王,+8613812345678,"));
    CHECK_EQ(t, KITH(t, "export", "people", "--out", csv).code, EXIT_REFUSED); /* it is there already */
    CHECK_EQ(t, KITH(t, "export", "people", "--out", xlsx).code, EXIT_DONE);
    CHECK_EQ(t, access(xlsx, R_OK), 0);
    CHECK_EQ(t, KITH(t, "export", "events", "--out", events).code, EXIT_DONE);
    CHECK(t, says(file_text(t, events), "\"value\":\"+8613812345678\""));
    CHECK(t, says(KITH(t, "import", events).out, "0 are faulty"));
    CHECK_EQ(t, KITH(t, "export", "lunch").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "export", "people", "--format", "xlsx").code, EXIT_USAGE); /* into which file? */
    CHECK_EQ(t, KITH(t, "export", "people", "--out", arena_printf(t->arena, "%s/x.csv", t->folder), "--since", "2026-01-01").code, EXIT_REFUSED);
    CHECK(t, access(arena_printf(t->arena, "%s/x.csv", t->folder), F_OK) != 0);
    place_close(&p, t);
}

static void acts_are_exported_and_done_again(struct t *t)
{
    struct place p;
    const char *acts = arena_printf(t->arena, "%s/acts.ndjson", t->folder), *bad = arena_printf(t->arena, "%s/bad.ndjson", t->folder);
    place_open(&p, t);
    CHECK_EQ(t, KITH(t, "bind", "phone:13812345678", "email:a@example.com", "--reason", "工单 42").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "bind", "phone:13912345678", "email:b@example.com").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "undo", "phone:13912345678").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "export", "acts", "--out", acts).code, EXIT_DONE);
    const char *text = file_text(t, acts);
    CHECK(t, says(text, "/api/v1/identity/type") && says(text, "/api/v1/identity/bind") && says(text, "工单 42"));
    CHECK(t, says(text, "b@example.com") && says(text, "/api/v1/identity/undo") && says(text, "\"decided\":\"20"));
    CHECK_EQ(t, KITH(t, "unbind", "email:a@example.com").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "redo", acts, "--types").code, EXIT_DONE);
    CHECK(t, !says(KITH(t, "get", "email:a@example.com").out, "13812345678"));
    CHECK_EQ(t, KITH(t, "redo", acts).code, EXIT_DONE);
    CHECK(t, says(KITH(t, "get", "email:a@example.com").out, "13812345678"));
    CHECK(t, !says(KITH(t, "get", "email:b@example.com").out, "13912345678")); /* undone again, where it stands now */
    file_make(t, "bad.ndjson", "{\"position\":7,\"path\":\"/api/v1/identity/undo\",\"body\":{\"position\":3}}\n");
    CHECK_EQ(t, KITH(t, "redo", bad).code, EXIT_REFUSED); /* what it takes back wasn't done again */
    CHECK(t, says(errors(t), "line 1 takes back an act"));
    file_make(t, "bad.ndjson", "{\"path\":\"/api/v1/tokens\",\"body\":{}}\n");
    CHECK_EQ(t, KITH(t, "redo", bad).code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "redo", "none.ndjson").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "redo").code, EXIT_USAGE);
    place_close(&p, t);
}

/* An act stands between the events that it stood between. */
static void acts_are_done_again_among_events(struct t *t)
{
    struct place p;
    const char *acts = arena_printf(t->arena, "%s/again.ndjson", t->folder), *events = arena_printf(t->arena, "%s/e.ndjson", t->folder);
    place_open(&p, t);
    file_make(t, "e.ndjson", "{\"position\":10,\"id\":\"1\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u1\"}]}\n"
                             "{\"position\":30,\"id\":\"2\",\"event\":\"login\",\"ids\":[{\"type\":\"user_id\",\"value\":\"u2\"}]}\n");
    file_make(t, "again.ndjson", "{\"position\":20,\"path\":\"/api/v1/identity/bind\",\"body\":{\"ids\":[\"user_id:u1\",\"email:a@example.com\"]}}\n"
                                 "{\"position\":25,\"path\":\"/api/v1/identity/merge\",\"body\":{\"ids\":[\"user_id:u1\",\"user_id:u2\"]}}\n");
    CHECK_EQ(t, KITH(t, "redo", acts, "--types", "--events", events).code, EXIT_USAGE);
    struct said said = KITH(t, "redo", acts, "--events", events);
    CHECK_EQ(t, said.code, EXIT_REFUSED);
    CHECK(t, says(said.out, "2 events, 1 done, 1 refused")); /* there was no u2 yet */
    CHECK(t, says(KITH(t, "get", "user_id:u1").out, "a@example.com"));
    file_make(t, "e.ndjson", "{\"id\":\"1\",\"event\":\"login\"}\n");
    CHECK_EQ(t, KITH(t, "redo", acts, "--events", events).code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "line 1 of the events has no position"));
    place_close(&p, t);
}

static void orders_are_put(struct t *t)
{
    struct place p;
    const char *file = arena_printf(t->arena, "%s/o.json", t->folder);
    place_open(&p, t);
    CHECK_EQ(t, KITH(t, "order", "put", "pos", "S-1", "paid=2026-11-11T10:00:00+08:00", "store=S01", "payment.freight=6", "--buyer", "phone:13812345678",
                     "--lines", "A-1:2:199,B-2:1:50.5", "--version", "1").code, EXIT_DONE);
    struct said said = KITH(t, "get", "order", "pos", "S-1");
    CHECK(t, says(said.out, "A-1") && says(said.out, "255.50") && says(said.out, "S01"));
    CHECK_EQ(t, KITH(t, "order", "put", "pos", "S-1", "sotre=S01").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "pos S-1: there is no member 'sotre'; the nearest is 'source'"));
    CHECK_EQ(t, KITH(t, "order", "put", "pos", "S-1", "store").code, EXIT_REFUSED);
    file_make(t, "o.json", "[\n {\"shop\":\"web\",\"number\":1,\"version\":1},\n {\"shop\":\"web\"}\n]\n");
    said = KITH(t, "order", "put", file);
    CHECK_EQ(t, said.code, EXIT_REFUSED);
    CHECK(t, says(said.out, "1 taken, 1 faulty") && says(errors(t), "item 2: "));
    file_make(t, "o.json", "{\"shop\":\"web\",\"number\":2,\"version\":1}\n\n{\"shop\":\"web\",\"number\":3}\n");
    said = KITH(t, "order", "put", file, "--import");
    CHECK(t, says(said.out, "1 taken, 1 faulty") && says(errors(t), "line 3: say which version it is"));
    file_make(t, "o.json", "{\"shop\":\"web\",\"number\":2,\"version\":1}\n{\"shop\"");
    CHECK_EQ(t, KITH(t, "order", "put", file).code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "line 2: "));
    CHECK_EQ(t, KITH(t, "order", "put", file, "--told").code, EXIT_USAGE); /* only with --import */
    CHECK_EQ(t, KITH(t, "order", "void", "web", "2", "--reason", "测试单").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "order", "acts", "--act", "void").out, "测试单"));
    CHECK(t, says(KITH(t, "order", "acts", "--act", "correct").out, "Nothing was decided"));
    place_close(&p, t);
}

static void definitions_are_applied(struct t *t)
{
    struct place p;
    const char *file = arena_printf(t->arena, "%s/defs.json", t->folder), *folder = arena_printf(t->arena, "%s/defs", t->folder);
    place_open(&p, t);
    CHECK_EQ(t, KITH(t, "apply").code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "apply", "-f", file, "--export", folder).code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "apply", "-f", file).code, EXIT_REFUSED); /* no such file */
    file_make(t, "defs.json", "{\"names\":[{\"kind\":\"brand\",\"name\":\"甲\",\n\"atributes\":{}}]}");
    CHECK_EQ(t, KITH(t, "apply", "-f", file, "--yes").code, EXIT_REFUSED);
    CHECK(t, says(errors(t), "defs.json:2: names 甲: there is no member 'atributes'; the nearest is 'attributes'"));
    file_make(t, "defs.json", "{\"names\":[{\"kind\":\"brand\",\"name\":\"甲\",\"attributes\":{\"label_zh\":\"甲品牌\"}}],\"hooks\":[]}");
    CHECK(t, says(KITH(t, "apply", "-f", file, "--dry-run").out, "attributes.label_zh: \"甲品牌\""));
    CHECK(t, !says(KITH(t, "names", "brand").out, "甲品牌"));
    CHECK(t, says(KITH(t, "apply", "-f", file, "--yes").out, "Done: 1 changes."));
    CHECK(t, says(KITH(t, "names", "brand").out, "甲品牌"));
    CHECK(t, says(KITH(t, "apply", file, "--yes").out, "There is nothing to do."));
    CHECK_EQ(t, KITH(t, "hook", "add", "old", "old.ndjson").code, EXIT_DONE);
    CHECK(t, says(KITH(t, "apply", "-f", file, "--dry-run").out, "? old: in no file; --prune takes them away"));
    CHECK(t, says(KITH(t, "apply", "-f", file, "--yes", "--prune").out, "- old"));
    CHECK(t, !says(KITH(t, "hook", "list").out, "old"));
    CHECK_EQ(t, KITH(t, "apply", "--export", folder).code, EXIT_DONE);
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/names.json", folder)), "\"label_zh\": \"甲品牌\""));
    place_close(&p, t);
}

static const struct test tests[] = {
    {"words are checked before anything is done", words_are_checked, 1},
    {"a workspace is made once", a_workspace_is_made_once, 1},
    {"a workspace without its file is damaged", a_workspace_without_its_file_is_damaged, 1},
    {"a backup is taken, verified and restored", a_backup_is_taken_verified_and_restored, 1},
    {"a world is written", a_world_is_written, 1},
    {"people are told and asked for", people_are_told_and_asked_for, 1},
    {"a card shows all when asked", a_card_shows_all_when_asked, 1},
    {"acts are done and undone", acts_are_done_and_undone, 1},
    {"a checkpoint is waited for", a_checkpoint_is_waited_for, 1},
    {"it speaks Chinese", it_speaks_chinese, 1},
    {"hooks come and go", hooks_come_and_go, 1},
    {"definitions are applied", definitions_are_applied, 1},
    {"changes go on behind what was acknowledged", changes_go_on_behind_what_was_acknowledged, 1},
    {"tokens and settings", tokens_and_settings, 1},
    {"a table is imported", a_table_is_imported, 1},
    {"orders are imported", orders_are_imported, 1},
    {"a folder is watched", a_folder_is_watched, 1},
    {"lines without an id are known by their place", lines_without_an_id_are_known_by_their_place, 1},
    {"each bad line has its reason", each_bad_line_has_its_reason, 1},
    {"all is exported into files", all_is_exported_into_files, 1},
    {"acts are exported and done again", acts_are_exported_and_done_again, 1},
    {"acts are done again among events", acts_are_done_again_among_events, 1},
    {"orders are put", orders_are_put, 1},
    {"the demo checks itself", the_demo_checks_itself, 1},
    {"things are put and told", things_are_put_and_told, 1},
    {"orders are told and mended", orders_are_told_and_mended, 1},
    {"reach and shares are told", reach_and_shares_are_told, 1},
    {"segments are saved and asked", segments_are_saved_and_asked, 1},
    {"people decide by hand and by file", people_decide_by_hand_and_by_file, 1},
    {"predictions are kept and asked", predictions_are_kept_and_asked, 1},
    {"relations are told and handed over", relations_are_told_and_handed_over, 1},
};
PROGRAM_TEST_MAIN(tests)
