/* What is kept of things, as transcripts.
 * Covers: builtin.c, kinds.c, read.c, thing.c, values.c, write.c, row.c, members.c, script_test.c */
#include "domain/thing/thing_test.h"
#include "domain/identity/identity.h"
#include "domain/thing/members.h"
#include "domain/thing/write.h"
#include "testing/harness.h"

#define DAY(n) (INT64_C(1763740800000000) - 100 * US_PER_DAY + (n)*US_PER_DAY)
#define BIG_TEXT 1500
#define THINGS 100000u

static const struct domain *const domains[] = {&collect_domain, &identity_domain, &thing_domain};

static const struct refusal *put(struct t *t, struct harness *h, const char *ref, int64_t time_us, const char *json,
                                 const char *parent)
{
    return harness_apply(h, COMMAND_THING_PUT, put_of_texts(t->arena, ref, time_us, json, parent));
}

static const struct refusal *end(struct t *t, struct harness *h, const char *ref, int64_t time_us)
{
    return harness_apply(h, COMMAND_THING_DELETE, put_of_texts(t->arena, ref, time_us, NULL, NULL));
}

static const char *told(struct t *t, struct harness *h, const char *ref, int64_t at_us)
{
    struct view v = harness_view(h);
    return told_text(t->arena, &v, ref, at_us);
}

static const char *name_of(const struct refusal *refusal)
{
    return refusal == NULL ? "" : refusal->name;
}

static void attributes_have_a_history(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    CHECK(t, put(t, h, "store/SH01", DAY(10), "{\"name\":\"外滩店\",\"city\":\"上海\",\"面积\":120.5}",
                 "region/华东") == NULL);
    CHECK(t, put(t, h, "store/SH01", DAY(20), "{\"name\":\"外灘店🌸\",\"city\":null}", NULL) == NULL);
    CHECK_TEXT(t, told(t, h, "store/SH01", THING_NEWEST), "name=\"外灘店🌸\" 面积=120.5 <region/华东");
    CHECK_TEXT(t, told(t, h, "store/SH01", DAY(19)), "name=\"外滩店\" city=\"上海\" 面积=120.5 <region/华东");
    CHECK_TEXT(t, told(t, h, "store/SH01", DAY(9)), "-");
    CHECK(t, put(t, h, "store/SH01", DAY(15), "{\"name\":\"豫园店\",\"city\":\"苏州\"}", "") == NULL); /* late */
    CHECK_TEXT(t, told(t, h, "store/SH01", THING_NEWEST), "name=\"外灘店🌸\" 面积=120.5");
    CHECK_TEXT(t, told(t, h, "store/SH01", DAY(16)), "name=\"豫园店\" city=\"苏州\" 面积=120.5");
    CHECK_TEXT(t, told(t, h, "store/SH02", THING_NEWEST), "");
    CHECK_TEXT(t, told(t, h, "store/erp/SH01", THING_NEWEST), ""); /* of another namespace */
    struct hash128 digest = harness_digest(h);
    CHECK(t, put(t, h, "store/SH01", DAY(15), "{\"name\":\"豫园店\",\"city\":\"苏州\"}", "") == NULL);
    CHECK(t, hash128_equal(digest, harness_digest(h)));
    harness_destroy(h);
}

static void what_is_deleted_may_be_put_again(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    CHECK(t, end(t, h, "sku/A-1", DAY(20)) == NULL); /* before anything else was heard of it */
    CHECK_TEXT(t, told(t, h, "sku/A-1", THING_NEWEST), "-");
    CHECK(t, put(t, h, "sku/A-1", DAY(10), "{\"size\":\"M\"}", "product/A") == NULL);
    CHECK_TEXT(t, told(t, h, "sku/A-1", THING_NEWEST), "-");
    CHECK_TEXT(t, told(t, h, "sku/A-1", DAY(19)), "size=\"M\" <product/A");
    CHECK(t, put(t, h, "sku/A-1", DAY(30), NULL, NULL) == NULL);
    CHECK_TEXT(t, told(t, h, "sku/A-1", THING_NEWEST), "size=\"M\" <product/A");
    CHECK_TEXT(t, told(t, h, "sku/A-1", DAY(25)), "-");
    harness_destroy(h);
}

static void old_history_is_forgotten_and_says_so(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    for (int day = 20; day > 0; day--) /* the newest first */
        CHECK(t, put(t, h, "sku/A", DAY(day), arena_printf(t->arena, "{\"price\":%d}", day), NULL) == NULL);
    CHECK_TEXT(t, told(t, h, "sku/A", THING_NEWEST), "price=20");
    CHECK_TEXT(t, told(t, h, "sku/A", DAY(5)), "price=5");
    CHECK_TEXT(t, told(t, h, "sku/A", DAY(4)), "price=?");
    CHECK_TEXT(t, told(t, h, "sku/A", DAY(0)), "-"); /* when it began is known all the same */
    CHECK(t, end(t, h, "sku/A", DAY(2)) == NULL);
    CHECK_TEXT(t, told(t, h, "sku/A", DAY(3)), "?");
    CHECK_TEXT(t, told(t, h, "sku/A", DAY(1)), "price=?");
    harness_destroy(h);
}

/* 2 KiB an attribute: the sixth no longer leaves room for the history of the others. */
static void a_row_that_is_full_drops_history(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    char text[BIG_TEXT + 1];
    memset(text, 'x', BIG_TEXT);
    text[BIG_TEXT] = 0;
    for (int i = 0; i < 10; i++)
        CHECK(t, put(t, h, "content/story", DAY(i),
                     arena_printf(t->arena, "{\"part%d\":\"%s\",\"mood\":%d}", i, text, i), NULL) == NULL);
    CHECK(t, put(t, h, "content/story", DAY(20), arena_printf(t->arena, "{\"part0\":\"%s!\"}", text), NULL) == NULL);
    CHECK(t, strstr(told(t, h, "content/story", DAY(20)), "mood=9") != NULL);
    CHECK(t, strstr(told(t, h, "content/story", DAY(1)), "part0=?") != NULL);
    CHECK(t, put(t, h, "content/story", DAY(-1), "{\"part0\":\"before all\"}", NULL) ==
                 NULL); /* what came between is gone */
    CHECK(t, strstr(told(t, h, "content/story", DAY(1)), "part0=?") != NULL);
    CHECK_TEXT(t, name_of(put(t, h, "content/story", DAY(21), arena_printf(t->arena, "{\"a\":\"%s\"}", text), NULL)),
               "thing_too_big");
    harness_destroy(h);
}

static void values_are_of_their_types(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    static const struct {
        const char *json, *want;
    } good[] = {
        {"{\"barcode\":6901234567892}", "barcode=\"6901234567892\""},
        {"{\"price\":199.00}", "price=199"},
        {"{\"price\":{\"currency\":\"HKD\",\"amount\":199.5}}", "price={\"amount\":199.5,\"currency\":\"HKD\"}"},
        {"{\"on_sale\":true}", "on_sale=true"},
        {"{\"上市\":\"2026-01-02\"}", "上市=\"2026-01-02\""},
        {"{\"标签\":[\"新品\",\"限量\"]}", "标签=[\"新品\",\"限量\"]"},
    };
    static const char *const bad[] = {"{\"price\":\"199\"}",   "{\"price\":{\"amount\":1}}", "{\"on_sale\":\"yes\"}",
                                      "{\"barcode\":[\"a\"]}", "{\"what\":{\"a\":1}}",       "{\"标签\":[1]}",
                                      "{\"a/b\":1}",           "{\"days_of_supply\":\"30\"}"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        const char *ref = arena_printf(t->arena, "sku/%zu", i);
        CHECK(t, put(t, h, ref, DAY(1), good[i].json, NULL) == NULL);
        CHECK_TEXT(t, told(t, h, ref, DAY(1)), good[i].want);
    }
    struct hash128 digest = harness_digest(h);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_TEXT(t, name_of(put(t, h, "sku/bad", DAY(1), bad[i], NULL)), "bad_attribute");
    CHECK(t, hash128_equal(digest, harness_digest(h)));
    CHECK_TEXT(t, name_of(put(t, h, "sku/bad", harness_now_us(h) + 2 * US_PER_DAY, NULL, NULL)), "in_the_future");
    CHECK_TEXT(t, name_of(put(t, h, "vase/1", DAY(1), NULL, NULL)), "no_such_kind");
    CHECK(t, put(t, h, "sku/", DAY(1), NULL, NULL) == &harness_malformed);
    harness_destroy(h);
}

/* --- kinds --- */

static const struct refusal *declare(struct t *t, struct harness *h, const struct thing_kind *kind)
{
    struct buf b = arena_buf(t->arena, ROW_BYTES_MAX);
    thing_kind_pack(&b, kind);
    return harness_apply(h, COMMAND_THING_KIND, buf_bytes(&b));
}

static struct thing_kind *kind_named(struct t *t, const char *name)
{
    struct thing_kind *kind = ARENA_NEW(t->arena, struct thing_kind);
    kind->name = bytes_of_text(name);
    return kind;
}

static void attribute_add(struct thing_kind *kind, const char *name, enum attribute_type type, bool is_indexed)
{
    kind->attributes[kind->attribute_count++] = (struct thing_attribute){
        .name = bytes_of_text(name), .type = type, .index = is_indexed ? INDEX_DONE : INDEX_NONE};
}

static void kinds_are_data(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct thing_kind *vase = kind_named(t, "花瓶");
    vase->is_closed = true;
    vase->parent_count = 1;
    vase->parents[0] = BYTES_LIT("store");
    attribute_add(vase, "窑口", ATTRIBUTE_TEXT, true);
    attribute_add(vase, "烧成", ATTRIBUTE_TIME, false);
    CHECK(t, declare(t, h, vase) == NULL);
    CHECK(t, put(t, h, "花瓶/1", DAY(1), "{\"窑口\":\"景德镇\",\"烧成\":\"2025-08-15 08:00+08:00\"}", "store/SH01") ==
                 NULL);
    CHECK_TEXT(t, told(t, h, "花瓶/1", DAY(1)), "窑口=\"景德镇\" 烧成=\"2025-08-15T00:00:00.000Z\" <store/SH01");
    CHECK_TEXT(t, name_of(put(t, h, "花瓶/1", DAY(1), "{\"高\":30}", NULL)), "undeclared_attribute");
    CHECK_TEXT(t, name_of(put(t, h, "花瓶/1", DAY(1), NULL, "brand/a")), "parent_not_allowed");
    vase->attributes[0].index = INDEX_NONE;
    CHECK_TEXT(t, name_of(declare(t, h, vase)), "index_stays");
    vase->attribute_count = 0;
    attribute_add(vase, "高", ATTRIBUTE_NUMBER, false);
    CHECK(t, declare(t, h, vase) == NULL); /* the others stay */
    CHECK(t, put(t, h, "花瓶/1", DAY(2), "{\"高\":30}", NULL) == NULL);
    CHECK_TEXT(t, told(t, h, "花瓶/1", DAY(2)), "窑口=\"景德镇\" 烧成=\"2025-08-15T00:00:00.000Z\" 高=30 <store/SH01");
    vase->parents[0] = BYTES_LIT("shelf");
    CHECK_TEXT(t, name_of(declare(t, h, vase)), "no_such_kind");
    vase->name = BYTES_LIT("a/b");
    CHECK(t, declare(t, h, vase) == &harness_malformed);
    harness_destroy(h);
}

static void built_in_kinds_grow_too(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct thing_kind *store = kind_named(t, "store");
    store->label_zh = BYTES_LIT("专柜");
    attribute_add(store, "面积", ATTRIBUTE_NUMBER, false);
    CHECK(t, declare(t, h, store) == NULL);
    struct view v = harness_view(h);
    const struct thing_kind *kind = thing_kind_named(&v, BYTES_LIT("store"));
    CHECK_BYTES(t, kind->label_zh, BYTES_LIT("专柜"));
    CHECK_EQ(t, thing_attribute_named(kind, BYTES_LIT("面积"))->number, 64);
    CHECK_EQ(t, thing_attribute_named(kind, BYTES_LIT("city"))->number, 10);
    uint32_t last = 0, count = 0;
    for (kind = thing_kind_next(&v, 0); kind != NULL; kind = thing_kind_next(&v, last), count++) {
        CHECK(t, kind->number > last && kind->name.size > 0 && thing_attribute_named(kind, BYTES_LIT("name")) != NULL);
        for (uint32_t i = 0; i < kind->parent_count; i++)
            CHECK(t, thing_kind_named(&v, kind->parents[i]) != NULL);
        last = kind->number;
    }
    CHECK_EQ(t, count, 21);
    harness_destroy(h);
}

static void kinds_have_bounds(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct thing_kind *kind = kind_named(t, "wide");
    for (uint32_t i = 0; i < THING_INDEXED_MAX + 1; i++)
        attribute_add(kind, arena_printf(t->arena, "a%u", i), ATTRIBUTE_TEXT, true);
    CHECK_TEXT(t, name_of(declare(t, h, kind)), "too_many_indexed");
    kind->attribute_count = 0;
    for (uint32_t i = 0; i < THING_ATTRIBUTES_MAX; i++)
        attribute_add(kind, arena_printf(t->arena, "a%u", i), ATTRIBUTE_TEXT, false);
    CHECK(t, declare(t, h, kind) == NULL);
    CHECK_TEXT(t, name_of(put(t, h, "wide/1", DAY(1), "{\"one more\":1}", NULL)), "too_many_attributes");
    kind->attribute_count = 0;
    attribute_add(kind, "one more", ATTRIBUTE_TEXT, false);
    CHECK_TEXT(t, name_of(declare(t, h, kind)), "too_many_attributes");
    for (uint32_t i = 22; i <= THING_KINDS_MAX; i++)
        CHECK_TEXT(t, name_of(declare(t, h, kind_named(t, arena_printf(t->arena, "k%u", i)))),
                   i == THING_KINDS_MAX ? "too_many_kinds" : "");
    harness_destroy(h);
}

/* --- trees and sets --- */

static const char *children(struct t *t, struct harness *h, const char *parent)
{
    struct view v = harness_view(h);
    struct thing_ref ref = ref_of(parent);
    const char *all = "";
    struct thing x;
    for (uint32_t n = thing_child_next(&v, &ref, THING_NEWEST, 0); n != THING_NONE;
         n = thing_child_next(&v, &ref, THING_NEWEST, n))
        if (thing_read(&v, n, &x) && thing_is_now(&x))
            all = arena_printf(t->arena, "%s%s%.*s", all, all[0] == 0 ? "" : " ", BYTES_ARG(x.id));
    return all;
}

#define GONE (2 * THING_PASSED_MAX)

/* So many were here and are elsewhere: no call passes over all of them, and those that it gives instead are told apart. */
static void no_call_passes_over_many(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    for (uint32_t i = 0; i < GONE; i++) {
        const char *region = arena_printf(t->arena, "region/外滩一二%u", i);
        const char *name = arena_printf(t->arena, "{\"name\":\"外滩一二%u\"}", i);
        CHECK(t, put(t, h, region, DAY(1), name, "region/华东") == NULL);
        CHECK(t, put(t, h, region, DAY(2), NULL, "region/华南") == NULL);
    }
    struct view v = harness_view(h);
    struct thing_ref east = ref_of("region/华东");
    struct thing_search search;
    struct thing x;
    REQUIRE(t, thing_search_of(BYTES_LIT("外滩一二三"), t->arena, &search));
    uint32_t child = thing_child_next(&v, &east, THING_NEWEST, 0);
    uint32_t named = thing_named_next(&v, BYTES_LIT("region"), &search, 0);
    CHECK(t, thing_read(&v, child, &x) && !thing_is_child(&v, &x, &east, THING_NEWEST));
    CHECK(t, thing_is_child(&v, &x, &east, DAY(1)));
    CHECK(t, thing_read(&v, named, &x) && !thing_is_named(&v, &x, &search));
    CHECK_EQ(t, thing_child_next(&v, &east, THING_NEWEST, child), THING_NONE);
    CHECK_EQ(t, thing_named_next(&v, BYTES_LIT("region"), &search, named), THING_NONE);
    harness_destroy(h);
}

static void trees_have_no_circles(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    CHECK(t, put(t, h, "region/上海", DAY(1), NULL, "region/华东") == NULL); /* before its parent is there */
    CHECK(t, put(t, h, "region/杭州", DAY(1), NULL, "region/华东") == NULL);
    CHECK_TEXT(t, children(t, h, "region/华东"), "上海 杭州");
    CHECK_TEXT(t, name_of(put(t, h, "region/华东", DAY(1), NULL, "region/上海")), "parent_circle");
    CHECK_TEXT(t, name_of(put(t, h, "region/华东", DAY(1), NULL, "region/华东")), "parent_circle");
    CHECK_TEXT(t, name_of(put(t, h, "store/1", DAY(1), NULL, "sku/1")), "parent_not_allowed");
    CHECK(t, put(t, h, "region/杭州", DAY(2), NULL, "region/浙江") == NULL);
    CHECK_TEXT(t, children(t, h, "region/华东"), "上海");
    CHECK_TEXT(t, children(t, h, "region/浙江"), "杭州");
    CHECK(t, put(t, h, "region/杭州", DAY(0), NULL, "region/华南") == NULL); /* late: holds no more */
    CHECK_TEXT(t, children(t, h, "region/华南"), "");
    CHECK(t, end(t, h, "region/上海", DAY(3)) == NULL);
    CHECK_TEXT(t, children(t, h, "region/华东"), "");
    for (int i = 1; i < 20; i++)
        CHECK_TEXT(t,
                   name_of(put(t, h, arena_printf(t->arena, "category/%d", i), DAY(1), NULL,
                               arena_printf(t->arena, "category/%d", i - 1))),
                   i <= (int)THING_DEPTH_MAX  ? ""
                   : i == THING_DEPTH_MAX + 1 ? "too_deep"
                                              : "");
    harness_destroy(h);
}

static uint32_t found(struct harness *h, const char *kind_name, const char *attribute, const char *text)
{
    struct view v = harness_view(h);
    const struct thing_kind *kind = thing_kind_named(&v, bytes_of_text(kind_name));
    struct buf b = arena_buf(v.arena, 256);
    value_pack_text(&b, bytes_of_text(text));
    return thing_indexed_next(&v, kind->name, thing_attribute_named(kind, bytes_of_text(attribute)), buf_bytes(&b), 0);
}

static void things_are_found_by_what_is_indexed(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    CHECK(t, put(t, h, "sku/A", DAY(1), "{\"barcode\":\"690\"}", NULL) == NULL);
    CHECK(t, put(t, h, "sku/B", DAY(1), "{\"barcode\":\"691\"}", NULL) == NULL);
    CHECK_EQ(t, found(h, "sku", "barcode", "691"), 2);
    CHECK(t, put(t, h, "sku/B", DAY(2), "{\"barcode\":692}", NULL) == NULL);
    CHECK_EQ(t, found(h, "sku", "barcode", "691"), 0);
    CHECK_EQ(t, found(h, "sku", "barcode", "692"), 2);
    CHECK(t, put(t, h, "sku/B", DAY(3), "{\"barcode\":null}", NULL) == NULL);
    CHECK_EQ(t, found(h, "sku", "barcode", "692"), 0);
    struct view v = harness_view(h);
    CHECK_EQ(t, thing_next(&v, BYTES_LIT("sku"), 0), 1);
    CHECK_EQ(t, thing_next(&v, BYTES_LIT("sku"), 1), 2);
    CHECK_EQ(t, thing_next(&v, BYTES_LIT("sku"), 2), 0);
    CHECK_EQ(t, thing_next(&v, BYTES_LIT("store"), 0), 0);
    harness_destroy(h);
}

/* A set is one roster for each half a million numbers. */
static void sets_have_no_bound(struct t *t)
{
    static const uint32_t numbers[] = {5, 524287, 524288, 1200000};
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct view v = harness_view(h);
    struct bytes set = members_of_kind(BYTES_LIT("sku"), t->arena);
    struct step s;
    rows_numbered_put(harness_rows(h), &thing_family, 1200000, BYTES_LIT("the last thing"));
    step_begin(&s, harness_rows(h), v.registry, t->arena);
    for (size_t i = COUNT_OF(numbers); i-- > 0;)
        members_add(&s, set, numbers[i]);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        CHECK_EQ(t, members_next(&s.view, set, i == 0 ? 0 : numbers[i - 1]), numbers[i]);
    CHECK_EQ(t, members_next(&s.view, set, 1200000), THING_NONE);
    members_remove(&s, set, 524288);
    CHECK_EQ(t, members_next(&s.view, set, 524287), 1200000);
    harness_destroy(h);
}

/* The index has another thing under the key of this one: the next seed is tried. */
static void ids_may_meet(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct buf name = arena_buf(t->arena, 64);
    pack_bytes(&name, BYTES_LIT("sku")), pack_bytes(&name, BYTES_NONE), pack_bytes(&name, BYTES_LIT("B"));
    CHECK(t, put(t, h, "sku/A", DAY(1), "{\"size\":\"S\"}", NULL) == NULL);
    rows_index_put(harness_rows(h), &thing_index_family, hash128(buf_bytes(&name), 0), 1);
    CHECK_TEXT(t, told(t, h, "sku/B", DAY(1)), "");
    CHECK(t, put(t, h, "sku/B", DAY(1), "{\"size\":\"M\"}", NULL) == NULL);
    CHECK_TEXT(t, told(t, h, "sku/B", DAY(1)), "size=\"M\"");
    CHECK_TEXT(t, told(t, h, "sku/A", DAY(1)), "size=\"S\"");
    harness_destroy(h);
}

/* --- what tells of things --- */

struct heard {
    struct t *t;
    const char *text;
};

static void hear(void *context, const struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct heard *heard = context;
    struct buf b = arena_buf(heard->t->arena, 4096);
    struct json_writer w;
    if (kind != &fact_thing_changed)
        return;
    json_writer_init(&w, &b, false);
    json_object_begin(&w);
    kind->print(&s->view, fact, &w);
    json_object_end(&w);
    heard->text = arena_printf(heard->t->arena, "%s%.*s:%s", heard->text, BYTES_ARG(buf_bytes(&b)),
                               cause_name(s->cause));
}

static const char *heard_of(struct harness *h, struct heard *heard, struct bytes payload)
{
    heard->text = "";
    CHECK(heard->t, harness_apply(h, COMMAND_THING_PUT, payload) == NULL);
    return heard->text;
}

static void what_changes_is_said_once(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct heard heard = {.t = t, .text = ""};
    harness_listen(h, hear, &heard);
    struct bytes first = put_of_texts(t->arena, "staff/G17", DAY(5), "{\"name\":\"王芳\",\"position\":\"导购\"}",
                                      "store/SH01");
    CHECK_TEXT(t, heard_of(h, &heard, first),
               "{\"kind\":\"staff\",\"ns\":\"\",\"id\":\"G17\",\"change\":\"created\",\"parent_changed\":true,"
               "\"attributes\":[\"name\",\"position\"],\"left_out\":0}:live");
    CHECK_TEXT(t, heard_of(h, &heard, first), "");
    CHECK_TEXT(t, heard_of(h, &heard, put_of_texts(t->arena, "staff/G17", DAY(4), "{\"position\":\"实习\"}", NULL)),
               "");
    CHECK_TEXT(t,
               heard_of(h, &heard,
                        put_of_texts(t->arena, "staff/G17", DAY(6), "{\"position\":\"店长\",\"name\":\"王芳\"}",
                                     "store/SH01")),
               "{\"kind\":\"staff\",\"ns\":\"\",\"id\":\"G17\",\"change\":\"changed\",\"parent_changed\":false,"
               "\"attributes\":[\"position\"],\"left_out\":0}:live");
    CHECK_BYTES(t, harness_reply(h), BYTES_LIT("{\"number\":1,\"created\":false,\"changed\":true,\"left_out\":0}"));
    CHECK(t, end(t, h, "staff/G17", DAY(7)) == NULL);
    CHECK(t, strstr(heard.text, "\"change\":\"deleted\"") != NULL);
    harness_destroy(h);
}

static void arrive(struct t *t, struct harness *h, const char *event, const char *properties, const char *group)
{
    static uint64_t message;
    struct envelope e = {.event = bytes_of_text(event),
                         .source = BYTES_LIT("sdk"),
                         .message = {++message, 1},
                         .event_us = DAY(5),
                         .received_us = DAY(5)};
    struct buf b;
    struct err err = {0};
    e.properties = record_of(t->arena, properties);
    e.reference[REF_GROUP] = bytes_of_text(group);
    e.reference[REF_BRAND] = BYTES_LIT("甲");
    buf_init(&b, ENVELOPE_BYTES_MAX);
    CHECK_DONE(t, envelope_pack(&e, &b, &err), &err);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_EVENT, buf_bytes(&b)) == NULL);
    CHECK(t, harness_follow(h) <= 1);
    buf_fini(&b);
}

static void events_tell_of_things(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    arrive(t, h, "item_set",
           "{\"item_type\":\"product\",\"spu\":\"P1\",\"price\":99,\"odd\":{\"x\":1},\"on_sale\":\"yes\",\"color\":"
           "\"红\"}",
           "");
    CHECK_TEXT(t, told(t, h, "product/P1", DAY(5)), "brand=\"甲\" price=99 color=\"红\"");
    arrive(t, h, "item_set", "{\"item_type\":\"product\",\"item_id\":42,\"brand\":\"乙\"}", "");
    CHECK_TEXT(t, told(t, h, "product/42", DAY(5)), "brand=\"乙\"");
    arrive(t, h, "item_delete", "{\"item_type\":\"product\",\"spu\":\"P1\",\"price\":1}", "");
    CHECK_TEXT(t, told(t, h, "product/P1", DAY(4)), "-");
    CHECK_TEXT(t, told(t, h, "product/P1", DAY(5)),
               "brand=\"甲\" price=99 color=\"红\""); /* of equal times the larger bytes: it is there */
    arrive(t, h, "item_set", "{\"item_type\":\"unheard of\",\"item_id\":\"1\"}", "");
    arrive(t, h, "item_set", "{\"item_id\":\"1\"}", "");
    arrive(t, h, "group_joined", "{\"traits\":{\"name\":\"VIP 3 群\",\"members\":180}}", "wr7");
    CHECK_TEXT(t, told(t, h, "group/wr7", DAY(5)), "name=\"VIP 3 群\" members=180");
    arrive(t, h, "group_joined", "{\"name\":\"by whom\"}", "wr8");
    CHECK_TEXT(t, told(t, h, "group/wr8", DAY(5)), "");
    harness_destroy(h);
}

static void names_stand_for_things(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct buf b = arena_buf(t->arena, 256);
    collect_name_pack(&b, NAME_STORE, BYTES_LIT("SH01"), BYTES_NONE, BYTES_NONE);
    CHECK(t, harness_apply(h, COMMAND_COLLECT_NAME, buf_bytes(&b)) == NULL);
    CHECK(t, put(t, h, "store/SH01", DAY(1), "{\"city\":\"上海\"}", NULL) == NULL);
    struct view v = harness_view(h);
    uint32_t name = name_number(&v, NAME_STORE, BYTES_LIT("SH01"));
    CHECK_EQ(t, thing_of_name(&v, NAME_STORE, name), 1);
    CHECK_EQ(t, thing_of_name(&v, NAME_STAFF, name), 0);
    CHECK_EQ(t, thing_of_name(&v, NAME_TRAIT, name), 0);
    harness_destroy(h);
}

/* --- size --- */

static void page_forget(void *context, const struct page *page)
{
    (void)context, (void)page;
}

/* All of them clean, and as many as can be are let go. */
static struct rows_usage usage_when_cold(struct harness *h)
{
    struct rows *rows = harness_rows(h);
    struct rows_usage usage;
    rows_checkpoint_begin(rows, (struct page_sink){.put = page_forget});
    while (!rows_checkpoint_some(rows, 1 << 20))
        continue;
    rows_checkpoint_done(rows);
    for (int idle = 0; idle < 100; idle++)
        idle = rows_evict(rows, 1 << 20) > 0 ? 0 : idle;
    rows_usage(rows, &usage);
    return usage;
}

static void things_are_small(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct arena *a = arena_create(1 << 16);
    struct rows_usage warm;
    for (uint32_t i = 0; i < THINGS; i++) {
        char ref[32], json[128];
        (void)snprintf(ref, sizeof ref, "sku/%u", 100000 + i);
        (void)snprintf(
            json, sizeof json,
            "{\"name\":\"真丝连衣裙\",\"price\":%u.5,\"colour\":\"红\",\"size\":\"M\",\"barcode\":\"69012%u\"}", i,
            10000000 + i);
        CHECK(t, harness_apply(h, COMMAND_THING_PUT, put_of_texts(a, ref, DAY(1) + i, json, "product/100")) == NULL);
        arena_reset(a);
    }
    rows_usage(harness_rows(h), &warm);
    struct rows_usage cold = usage_when_cold(h);
    printf("a thing of 5 attributes: %zu bytes in memory, %zu when cold\n", warm.bytes / THINGS, cold.bytes / THINGS);
    CHECK(t, warm.bytes / THINGS < 250);
    CHECK(t, cold.bytes / THINGS < 8);
    arena_destroy(a);
    harness_destroy(h);
}

static const struct test tests[] = {
    {"attributes have a history", attributes_have_a_history, 1},
    {"what is deleted may be put again", what_is_deleted_may_be_put_again, 1},
    {"old history is forgotten, and says so", old_history_is_forgotten_and_says_so, 1},
    {"a row that is full drops history", a_row_that_is_full_drops_history, 1},
    {"values are of their types", values_are_of_their_types, 1},
    {"kinds are data", kinds_are_data, 1},
    {"built-in kinds grow too", built_in_kinds_grow_too, 1},
    {"kinds have bounds", kinds_have_bounds, 1},
    {"no call passes over many", no_call_passes_over_many, 1},
    {"trees have no circles", trees_have_no_circles, 1},
    {"things are found by what is indexed", things_are_found_by_what_is_indexed, 1},
    {"sets have no bound", sets_have_no_bound, 1},
    {"ids may meet", ids_may_meet, 1},
    {"what changes is said once", what_changes_is_said_once, 1},
    {"events tell of things", events_tell_of_things, 1},
    {"names stand for things", names_stand_for_things, 1},
    {"things are small", things_are_small, 1},
};
TEST_MAIN(tests)
