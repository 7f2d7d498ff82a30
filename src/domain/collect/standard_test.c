#include "domain/collect/standard.h"
#include "testing/test.h"

static void names_are_found_by_every_way(struct t *t)
{
    size_t count;
    const struct standard_event *events = standard_events(&count);
    CHECK(t, count >= 100 && count < NAME_EVENT_CUSTOM);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(t, events[i].number, i + 1);
        CHECK(t, standard_event_numbered(events[i].number) == &events[i]);
        CHECK(t, standard_event_named(bytes_of_text(events[i].name)) == &events[i]);
        CHECK_BYTES(t, standard_event_fold(bytes_of_text(events[i].name)), bytes_of_text(events[i].name));
        CHECK_BYTES(t, standard_event_fold(bytes_of_text(events[i].zh)), bytes_of_text(events[i].name));
        CHECK(t, events[i].en[0] != 0 && events[i].zh[0] != 0 && events[i].category[0] != 0);
    }
    CHECK(t, standard_event_numbered(0) == NULL && standard_event_numbered((uint32_t)count + 1) == NULL);
    CHECK(t, standard_event_named(BYTES_NONE) == NULL && standard_event_named(BYTES_LIT("Order Completed")) == NULL);
}

/* Each alias of the table, and each with blanks for its underlines, folds to its event. */
static void aliases_fold(struct t *t)
{
    size_t count;
    const struct standard_event *events = standard_events(&count);
    for (size_t i = 0; i < count; i++) {
        for (const char *at = events[i].aliases; *at != 0;) {
            size_t size = strcspn(at, "|");
            char *alias = arena_text(t->arena, bytes_of(at, size));
            CHECK_BYTES(t, standard_event_fold(bytes_of_text(alias)), bytes_of_text(events[i].name));
            for (char *c = alias; *c != 0; c++)
                *c = *c == '_' ? ' ' : *c;
            CHECK_BYTES(t, standard_event_fold(bytes_of_text(alias)), bytes_of_text(events[i].name));
            at += size + (at[size] == '|');
        }
    }
}

static void what_was_sent_is_folded(struct t *t)
{
    static const struct {
        const char *sent, *folded;
    } rows[] = {
        {"Order Completed", "order_completed"}, {"orderCompleted", "order_completed"}, {"order-completed", "order_completed"},
        {"  ORDER_COMPLETED\n", "order_completed"}, {"Products Searched", "product_searched"},
        {"Product Added", "cart_added"}, {"$pageview", "page_viewed"}, {"加购", "cart_added"}, {"complaint", "complaint_made"},
        {"sign_up", "sign_up"}, {"Signed Up", "sign_up"}, {" My Own Event ", "My Own Event"}, {"下单了", "下单了"}, {"", ""},
        {"   ", ""}, {"order", "order"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_BYTES(t, standard_event_fold(bytes_of_text(rows[i].sent)), bytes_of_text(rows[i].folded));
}

/* Whoever takes it in says what is too long: two names that are cut would become one. */
static void long_names_stay_whole(struct t *t)
{
    struct buf b;
    buf_init(&b, 1 << 10);
    for (int i = 0; i < 100; i++)
        buf_push_text(&b, "知");
    CHECK_BYTES(t, standard_event_fold(buf_bytes(&b)), buf_bytes(&b));
    buf_fini(&b);
}

static void properties_fold(struct t *t)
{
    CHECK_BYTES(t, standard_property_fold(BYTES_LIT("revenue")), BYTES_LIT("amount"));
    CHECK_BYTES(t, standard_property_fold(BYTES_LIT("orderId")), BYTES_LIT("order"));
    CHECK_BYTES(t, standard_property_fold(BYTES_LIT("order_id")), BYTES_LIT("order"));
    CHECK_BYTES(t, standard_property_fold(BYTES_LIT("订单号")), BYTES_LIT("order"));
    CHECK_BYTES(t, standard_property_fold(BYTES_LIT("sku")), BYTES_LIT("sku"));
    CHECK_BYTES(t, standard_property_fold(BYTES_LIT("total")), BYTES_LIT("total"));
    CHECK_BYTES(t, standard_property_fold(BYTES_LIT("My Key")), BYTES_LIT("My Key"));
    CHECK_BYTES(t, standard_property_fold(BYTES_NONE), BYTES_NONE);
}

/* Numbers are in rows and files: these few stand for all, which the build keeps without gaps. */
static void numbers_are_for_ever(struct t *t)
{
    static const struct {
        const char *name;
        unsigned number;
    } rows[] = {{"page_viewed", 1}, {"cart_added", 14}, {"order_completed", 24}, {"price_changed", 33}, {"survey_answered", 68},
                {"registered", 84}, {"logout", 87}, {"form_submitted", 100}, {"group_joined", EVENT_GROUP_JOINED}, {"item_set", EVENT_ITEM_SET},
                {"item_delete", EVENT_ITEM_DELETE}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct standard_event *event = standard_event_named(bytes_of_text(rows[i].name));
        REQUIRE(t, event != NULL);
        CHECK_EQ(t, event->number, rows[i].number);
    }
}

static const struct test tests[] = {
    {"names are found by every way", names_are_found_by_every_way, 1},
    {"aliases fold", aliases_fold, 1},
    {"what was sent is folded", what_was_sent_is_folded, 1},
    {"long names stay whole", long_names_stay_whole, 1},
    {"properties fold", properties_fold, 1},
    {"numbers are for ever", numbers_are_for_ever, 1},
};
TEST_MAIN(tests)
