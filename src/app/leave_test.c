/* A person leaves: a copy for them, what is kept by law, and nothing of theirs in any file.
 * Covers: verbs/copy.c, verbs/copy_page.c, verbs/erase.c, verbs/erased.c, ../edge/api/copy.c, ../edge/api/custody.c, ../edge/api/erase.c */
#include <fts.h>
#include <sys/stat.h>

#include "app/app_test.h"
#include "lib/pack.h"

#define ERASED_PHONE UINT64_C(13987651234)

/* Values of the erased, as text and as they are packed. */
static bool has_traces(struct bytes file)
{
    static const char *const texts[] = {"13987651234", "secret.person", "慕容秘密", "祕密路", "oSECRETUNION", "ZQX123", "秘密页面"};
    uint64_t numbers[] = {ERASED_PHONE, 8600000000000 + ERASED_PHONE};
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        found |= memmem(file.data, file.size, texts[i], strlen(texts[i])) != NULL;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct buf packed;
        buf_init(&packed, 64);
        pack_varint(&packed, numbers[i]);
        found |= memmem(file.data, file.size, packed.data, packed.size) != NULL;
        buf_clear(&packed);
        pack_u64(&packed, numbers[i]);
        found |= memmem(file.data, file.size, packed.data, 6) != NULL; /* six bytes tell */
        buf_fini(&packed);
    }
    return found;
}

/* How many files of a folder, and of those in it, have any. Runs and tables are compressed in part: what is small is not. */
static unsigned files_with_traces(struct t *t, const char *folder)
{
    char *const roots[] = {arena_printf(t->arena, "%s", folder), NULL};
    unsigned count = 0;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    assert(walk != NULL);
    for (const FTSENT *at; (at = fts_read(walk)) != NULL;) {
        FILE *file = at->fts_info == FTS_F ? fopen(at->fts_path, "re") : NULL;
        if (file == NULL)
            continue;
        size_t size = (size_t)at->fts_statp->st_size;
        uint8_t *bytes = malloc(size + 1);
        assert(bytes != NULL);
        size = fread(bytes, 1, size, file);
        count += has_traces(bytes_of(bytes, size));
        free(bytes);
        (void)fclose(file);
    }
    (void)fts_close(walk);
    return count;
}

#define ERASED_EVENTS                                                                                                              \
    "{\"id\":\"e1\",\"event\":\"order_paid\",\"order\":\"ZQX123\",\"ids\":[{\"type\":\"phone\",\"value\":\"13987651234\"},"                    \
    "{\"type\":\"email\",\"value\":\"secret.person@example.com\"}],\"traits\":{\"name\":\"慕容秘密🎀\",\"address\":\"祕密路九十九號\"}}\n"       \
    "{\"id\":\"e2\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"phone\",\"value\":\"13987651234\"},{\"type\":\"unionid\","                 \
    "\"value\":\"oSECRETUNION77\",\"ns\":\"wx1\"}],\"properties\":{\"page\":\"秘密页面\"}}\n"

static void who_is_erased_now_is_in_no_file(struct t *t)
{
    struct place p;
    place_open(&p, t);
    const char *folder = arena_printf(t->arena, "%s/main", p.folder), *file = arena_printf(t->arena, "%s/e.ndjson", t->folder);
    file_make(t, "e.ndjson", ERASED_EVENTS);
    file_make(t, "f.ndjson", "{\"id\":\"1\",\"event\":\"page_viewed\",\"ids\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],\"traits\":{\"name\":\"王小明\"}}\n");
    CHECK_EQ(t, KITH(t, "import", file).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/f.ndjson", t->folder)).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "checkpoint").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "bind", "phone:13987651234", "email:secret.person.too@example.com", "--reason", "慕容秘密").code, EXIT_DONE);
    CHECK(t, files_with_traces(t, folder) >= 2); /* the log, and a snapshot: so that it can be seen to go */
    CHECK_EQ(t, KITH(t, "erase", "phone:13987650000", "--yes").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "erase", "phone:13987651234").code, EXIT_REFUSED); /* nobody has said yes */
    CHECK_EQ(t, KITH(t, "get", "phone:13987651234").code, EXIT_DONE);
    struct said erased = KITH(t, "erase", "phone:13987651234", "--reason", "工单 42", "--now", "--yes", "--json");
    CHECK_EQ(t, erased.code, EXIT_DONE);
    CHECK(t, says(erased.out, "\"events_purged\":true") && says(erased.out, "\"log_purged\":true"));
    CHECK_EQ(t, files_with_traces(t, folder), 0);
    CHECK_EQ(t, KITH(t, "get", "phone:13987651234").code, EXIT_REFUSED);
    CHECK(t, says(KITH(t, "find", "慕容秘密").out, "Nobody"));
    CHECK(t, says(KITH(t, "get", "phone:13812345678").out, "王小明"));
    CHECK(t, says(KITH(t, "erase", "list").out, "工单 42"));
    file_make(t, "again.ndjson", ERASED_EVENTS "\n"); /* another file of the same */
    CHECK_EQ(t, KITH(t, "import", arena_printf(t->arena, "%s/again.ndjson", t->folder), "--rejects", arena_printf(t->arena, "%s/again.csv", t->folder)).code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "get", "phone:13987651234").code, EXIT_REFUSED); /* history does not bring them back */
    CHECK_EQ(t, KITH(t, "erase", "purge").code, EXIT_DONE); /* nor what was refused of it */
    CHECK_EQ(t, files_with_traces(t, folder), 0);
    place_close(&p, t);
    CHECK_EQ(t, files_with_traces(t, folder), 0);
    CHECK_EQ(t, KITH(t, "audit", p.folder).code, EXIT_DONE);
}

/* The token that a command has printed. */
static const char *token_in(struct t *t, const char *words)
{
    const char *at = strstr(words, "kith_");
    return at == NULL ? "" : arena_text(t->arena, bytes_of(at, strcspn(at, " \n")));
}

static void a_person_gets_a_copy_and_leaves_orders_in_custody(struct t *t)
{
    struct place p;
    place_open(&p, t);
    const char *out = arena_printf(t->arena, "%s/copy", t->folder), *zip = arena_printf(t->arena, "%s/copy.zip", t->folder),
               *names = arena_printf(t->arena, "%s/erased.list", t->folder), *key = arena_printf(t->arena, "%s/erased.key", t->folder);
    orders_send(t, &p,
                "{\"shop\":\"门店\",\"number\":\"S9\",\"version\":1,\"states\":{\"created\":\"2026-01-02T04:00:00Z\"},\"buyer\":[{\"type\":\"phone\",\"value\":\"13812345678\"}],"
                "\"receiver\":{\"name\":\"慕容<b>\"},\"lines\":[{\"line\":\"1\",\"paid\":199}]}");
    const char *legal = token_in(t, KITH(t, "token", "add", "dpo", "--roles", "legal").out);
    CHECK_EQ(t, KITH(t, "segment", "save", "invited", "--list", "--label-zh", "受邀名单").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "segment", "add", "invited", "phone:13812345678", "--reason", "老客 <推荐>").code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "export", "person", "phone:13812345678").code, EXIT_USAGE); /* into what? */
    CHECK_EQ(t, KITH(t, "export", "person", "phone:13812345678", "--out", out).code, EXIT_REFUSED);
    CHECK(t, access(out, F_OK) != 0);
    CHECK_EQ(t, KITH(t, "export", "person", "phone:13812345678", "--out", out, "--token", legal).code, EXIT_DONE);
    CHECK_EQ(t, KITH(t, "export", "person", "phone:13812345678", "--out", zip, "--token", legal).code, EXIT_DONE);
    CHECK(t, access(zip, F_OK) == 0 && access(arena_printf(t->arena, "%s.parts", zip), F_OK) != 0);
    CHECK_EQ(t, KITH(t, "export", "person", "phone:13812345678", "--out", out, "--token", legal).code, EXIT_REFUSED); /* it is there */
    CHECK_EQ(t, KITH(t, "export", "person", "phone:13899999999", "--out", arena_printf(t->arena, "%s/none", t->folder), "--token", legal).code, EXIT_REFUSED);
    const char *page = file_text(t, arena_printf(t->arena, "%s/index.html", out));
    CHECK(t, says(page, "+8613812345678") && says(page, "慕容&lt;b&gt;") && says(page, "order_created") && !says(page, "<b>"));
    CHECK(t, says(page, "名单与人工标签") && says(page, "Lists, and tags set by hand") && says(page, "受邀名单") && says(page, "老客 &lt;推荐&gt;"));
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/person.json", out)), "\"name\":\"invited\""));
    CHECK(t, says(file_text(t, arena_printf(t->arena, "%s/orders.ndjson", out)), "\"S9\""));
    CHECK_EQ(t, KITH(t, "custody", "门店", "S9", "--purpose", "工单 7", "--token", legal).code, EXIT_REFUSED); /* nobody was erased */
    struct said erased = KITH(t, "erase", "phone:13812345678", "--yes", "--now");
    CHECK(t, erased.code == EXIT_DONE && says(erased.out, "Kept by law") && says(erased.out, "orders, 1 of them"));
    CHECK_EQ(t, KITH(t, "get", "order", "门店", "S9").code, EXIT_REFUSED);
    CHECK_EQ(t, KITH(t, "custody", "门店", "S9", "--token", legal).code, EXIT_USAGE); /* what for? */
    CHECK_EQ(t, KITH(t, "custody", "门店", "S9", "--purpose", "工单 7").code, EXIT_REFUSED);
    struct said kept = KITH(t, "custody", "门店", "S9", "--purpose", "工单 7", "--token", legal, "--json");
    CHECK(t, kept.code == EXIT_DONE && says(kept.out, "erased-") && says(kept.out, "199.00") && !says(kept.out, "13812345678"));
    CHECK(t, says(KITH(t, "reads").out, "工单 7"));
    CHECK_EQ(t, KITH(t, "erase", "list", "--out", names).code, EXIT_USAGE);
    CHECK_EQ(t, KITH(t, "erase", "list", "--out", names, "--key", key).code, EXIT_DONE);
    CHECK(t, says(file_text(t, names), "\"sealed\":\"") && !says(file_text(t, names), "\"keys\""));
    CHECK_EQ(t, KITH(t, "erase", "list", "--out", names, "--key", names).code, EXIT_REFUSED); /* no key */
    place_close(&p, t);
}

static const struct test tests[] = {
    {"who is erased now is in no file", who_is_erased_now_is_in_no_file, 1},
    {"a person gets a copy and leaves orders in custody", a_person_gets_a_copy_and_leaves_orders_in_custody, 1},
};
PROGRAM_TEST_MAIN(tests)
