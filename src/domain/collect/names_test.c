#include "domain/collect/collect_test.h"
#include "domain/collect/standard.h"

static void names_get_numbers_in_log_order(struct t *t)
{
    struct harness *h = collect_alone();
    struct envelope v = {.event = BYTES_LIT("first of ours"), .source = BYTES_LIT("web"),
                         .reference = {[REF_BRAND] = BYTES_LIT("muchu"), [REF_STORE] = BYTES_LIT("SH01")}};
    CHECK(t, event_send(t, h, &v, 1) == NULL);
    v.event = BYTES_LIT("second of ours");
    v.reference[REF_BRAND] = BYTES_LIT("gujin");
    CHECK(t, event_send(t, h, &v, 2) == NULL);
    v.event = BYTES_LIT("order_paid");
    CHECK(t, event_send(t, h, &v, 3) == NULL);
    CHECK_EQ(t, number_of(h, NAME_EVENT, "first of ours"), NAME_EVENT_CUSTOM);
    CHECK_EQ(t, number_of(h, NAME_EVENT, "second of ours"), NAME_EVENT_CUSTOM + 1);
    CHECK_EQ(t, number_of(h, NAME_EVENT, "order_paid"), 20);
    CHECK_EQ(t, number_of(h, NAME_BRAND, "muchu"), 1);
    CHECK_EQ(t, number_of(h, NAME_BRAND, "gujin"), 2);
    CHECK_EQ(t, number_of(h, NAME_STORE, "SH01"), 1);
    CHECK_EQ(t, number_of(h, NAME_STORE, "muchu"), 0);
    CHECK_EQ(t, number_of(h, NAME_SOURCE, "web"), 1);
    struct view view = harness_view(h);
    CHECK_BYTES(t, name_text(&view, NAME_BRAND, 2), BYTES_LIT("gujin"));
    CHECK_BYTES(t, name_text(&view, NAME_EVENT, NAME_EVENT_CUSTOM), BYTES_LIT("first of ours"));
    CHECK_BYTES(t, name_text(&view, NAME_EVENT, 20), BYTES_LIT("order_paid"));
    CHECK_EQ(t, name_text(&view, NAME_BRAND, 3).size, 0);
    CHECK_EQ(t, name_text(&view, NAME_BRAND, 0).size, 0);
    harness_destroy(h);
}

static void names_are_walked_in_order(struct t *t)
{
    struct harness *h = collect_alone();
    size_t standard_count;
    (void)standard_events(&standard_count);
    CHECK(t, name_send(h, NAME_EVENT, "zz", "", BYTES_NONE) == NULL);
    CHECK(t, name_send(h, NAME_EVENT, "aa", "", BYTES_NONE) == NULL);
    CHECK(t, name_send(h, NAME_EVENT, "order_paid", "", BYTES_NONE) == NULL); /* described: not listed twice */
    CHECK(t, name_send(h, NAME_CHANNEL, "wecom", "", BYTES_NONE) == NULL);
    struct view v = harness_view(h);
    size_t count = 0;
    uint32_t last = 0;
    for (uint32_t number = 0; (number = name_next(&v, NAME_EVENT, number)) != 0; count++) {
        CHECK(t, number > last && name_text(&v, NAME_EVENT, number).size > 0);
        last = number;
    }
    CHECK_EQ(t, count, standard_count + 2);
    CHECK_EQ(t, last, NAME_EVENT_CUSTOM + 1);
    CHECK_EQ(t, name_next(&v, NAME_BRAND, 0), 0);
    CHECK_EQ(t, name_next(&v, NAME_CHANNEL, 0), 1);
    CHECK_EQ(t, name_next(&v, NAME_CHANNEL, 1), 0);
    CHECK_EQ(t, name_next(&v, NAME_ENTITY, 0), 0);
    harness_destroy(h);
}

static void aliases_are_followed_once(struct t *t)
{
    struct harness *h = collect_alone();
    struct envelope v = {.event = BYTES_LIT("PlaceOrder")};
    CHECK(t, event_send(t, h, &v, 1) == NULL);
    CHECK(t, name_send(h, NAME_EVENT, "PlaceOrder", "order_created", BYTES_NONE) == NULL);
    CHECK(t, name_send(h, NAME_EVENT, "brand new", "PlaceOrder", BYTES_NONE) != NULL); /* of an alias */
    struct view view = harness_view(h);
    CHECK_EQ(t, name_number(&view, NAME_EVENT, BYTES_LIT("PlaceOrder")), NAME_EVENT_CUSTOM);
    CHECK_EQ(t, name_alias(&view, NAME_EVENT, BYTES_LIT("PlaceOrder")), 19);
    CHECK(t, name_send(h, NAME_EVENT, "PlaceOrder", "", BYTES_NONE) == NULL); /* no alias any more */
    view = harness_view(h);
    CHECK_EQ(t, name_alias(&view, NAME_EVENT, BYTES_LIT("PlaceOrder")), 0);
    CHECK_EQ(t, name_number(&view, NAME_EVENT, BYTES_LIT("PlaceOrder")), NAME_EVENT_CUSTOM);
    harness_destroy(h);
}

static bool is_marked(struct harness *h, enum name_kind kind, uint32_t last, uint64_t described)
{
    struct view v = harness_view(h);
    struct names_mark mark = names_marked(&v, kind);
    return mark.last == last && mark.described == described;
}

/* A name that is new, however it came, changes nothing that stood; saying more of one does. */
static void a_mark_tells_what_is_new_from_what_has_changed(struct t *t)
{
    struct harness *h = collect_alone();
    struct envelope v = {.event = BYTES_LIT("PlaceOrder")};
    CHECK(t, is_marked(h, NAME_EVENT, NAME_EVENT_CUSTOM - 1, 0));
    CHECK(t, event_send(t, h, &v, 1) == NULL);
    CHECK(t, is_marked(h, NAME_EVENT, NAME_EVENT_CUSTOM, 0));
    CHECK(t, name_send(h, NAME_EVENT, "checked_in", "", BYTES_NONE) == NULL);
    CHECK(t, is_marked(h, NAME_EVENT, NAME_EVENT_CUSTOM + 1, 0));
    CHECK(t, name_send(h, NAME_EVENT, "PlaceOrder", "order_created", BYTES_NONE) == NULL);
    CHECK(t, is_marked(h, NAME_EVENT, NAME_EVENT_CUSTOM + 1, 1));
    CHECK(t, name_send(h, NAME_EVENT, "order_paid", "", BYTES_NONE) == NULL); /* a standard one stands from ever */
    CHECK(t, is_marked(h, NAME_EVENT, NAME_EVENT_CUSTOM + 1, 2));
    CHECK(t, name_send(h, NAME_STAFF, "G017", "", BYTES_NONE) == NULL);
    CHECK(t, is_marked(h, NAME_EVENT, NAME_EVENT_CUSTOM + 1, 2) && is_marked(h, NAME_STAFF, 1, 0));
    harness_destroy(h);
}

static void bad_definitions_are_refused(struct t *t)
{
    struct harness *h = collect_alone();
    struct hash128 before = harness_digest(h);
    CHECK_TEXT(t, name_send(h, (enum name_kind)0, "x", "", BYTES_NONE)->name, "unknown_kind");
    CHECK_TEXT(t, name_send(h, NAME_KIND_COUNT, "x", "", BYTES_NONE)->name, "unknown_kind");
    CHECK_TEXT(t, name_send(h, NAME_BRAND, "x", "y", BYTES_NONE)->name, "bad_alias");
    CHECK_TEXT(t, name_send(h, NAME_EVENT, "x", "x", BYTES_NONE)->name, "bad_alias");
    CHECK_TEXT(t, name_send(h, NAME_EVENT, "order_paid", "order_done", BYTES_NONE)->name, "bad_alias");
    CHECK_TEXT(t, name_send(h, NAME_EVENT, "x", "never heard of", BYTES_NONE)->name, "unknown_target");
    CHECK(t, name_send(h, NAME_EVENT, "", "", BYTES_NONE) == &harness_malformed);
    CHECK(t, name_send(h, NAME_EVENT, "x", "", BYTES_LIT("\x01")) == &harness_malformed);
    CHECK(t, hash128_equal(before, harness_digest(h)));
    harness_destroy(h);
}

static void a_brand_has_a_legal_entity(struct t *t)
{
    struct harness *h = collect_alone();
    struct buf b;
    buf_init(&b, 1 << 10);
    pack_varint(&b, 2);
    pack_bytes(&b, BYTES_LIT("label_zh"));
    value_pack_text(&b, BYTES_LIT("木初"));
    pack_bytes(&b, BYTES_LIT("entity"));
    value_pack_text(&b, BYTES_LIT("qihe_bio"));
    CHECK(t, name_send(h, NAME_BRAND, "muchu", "", buf_bytes(&b)) == NULL);
    CHECK(t, name_send(h, NAME_BRAND, "gujin", "", BYTES_NONE) == NULL);
    struct view v = harness_view(h);
    CHECK_EQ(t, brand_entity(&v, 1), 1);
    CHECK_BYTES(t, name_text(&v, NAME_ENTITY, 1), BYTES_LIT("qihe_bio"));
    CHECK_EQ(t, brand_entity(&v, 2), 0);
    CHECK_EQ(t, brand_entity(&v, 0), 0);
    CHECK_BYTES(t, name_attributes(&v, NAME_BRAND, 1), buf_bytes(&b));
    CHECK_EQ(t, name_attributes(&v, NAME_BRAND, 2).size, 0);
    CHECK(t, name_send(h, NAME_BRAND, "muchu", "", BYTES_NONE) == NULL); /* what was said before is replaced */
    v = harness_view(h);
    CHECK_EQ(t, brand_entity(&v, 1), 0);
    buf_fini(&b);
    harness_destroy(h);
}

/* The 65,536th name of a kind has no number: the event counts, under "other". */
static void a_kind_may_be_full(struct t *t)
{
    struct harness *h = collect_alone();
    struct envelope v = {.event = BYTES_LIT("x")};
    for (uint32_t i = 0; i <= NAMES_A_KIND_MAX; i++) {
        char name[16];
        v.reference[REF_STAFF] = bytes_of(name, (size_t)snprintf(name, sizeof name, "s%u", i));
        if (event_send(t, h, &v, i) != NULL)
            test_fail(t, __FILE__, __LINE__, "event %u was refused", i);
    }
    CHECK_EQ(t, number_of(h, NAME_STAFF, "s65534"), NAMES_A_KIND_MAX);
    CHECK_EQ(t, number_of(h, NAME_STAFF, "s65535"), 0);
    CHECK_TEXT(t, name_send(h, NAME_STAFF, "s65535", "", BYTES_NONE)->name, "no_number_left");
    CHECK(t, name_send(h, NAME_STAFF, "s1", "", BYTES_NONE) == NULL);
    harness_destroy(h);
}

static const struct test tests[] = {
    {"names get numbers in log order", names_get_numbers_in_log_order, 1},
    {"names are walked in order", names_are_walked_in_order, 1},
    {"aliases are followed once", aliases_are_followed_once, 1},
    {"a mark tells what is new from what has changed", a_mark_tells_what_is_new_from_what_has_changed, 1},
    {"bad definitions are refused", bad_definitions_are_refused, 1},
    {"a brand has a legal entity", a_brand_has_a_legal_entity, 1},
    {"a kind may be full", a_kind_may_be_full, 1},
};
TEST_MAIN(tests)
