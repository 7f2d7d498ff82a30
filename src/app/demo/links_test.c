#include "app/demo/links.h"
#include "testing/test.h"

static struct json parsed(struct t *t, struct json_parser *p, const char *text)
{
    struct json j = JSON_NOTHING;
    struct err e = {0};
    CHECK_DONE(t, json_parse(p, bytes_of_text(text), &j, &e), &e);
    return j;
}

static void linked_by_events(struct t *t)
{
    struct json_parser *p = json_parser_create(4096);
    struct links *r = links_create();
    links_add(r, 0, parsed(t, p, "{\"type\":\"phone\",\"value\":\"13812345678\"}"));
    links_add(r, 0, parsed(t, p, "{\"type\":\"user_id\",\"value\":\"u1\"}"));
    links_add(r, 0, parsed(t, p, "{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"o1\"}"));
    links_add(r, 1, parsed(t, p, "{\"type\":\"user_id\",\"value\":\"u2\"}"));
    /* The phone is written otherwise; u2 is somebody else; a receiver links nobody. */
    links_event(r, parsed(t, p, "{\"ids\":[{\"type\":\"phone\",\"value\":\"+86 138 1234 5678\"},{\"type\":\"user_id\",\"value\":\"u1\"},"
                                "{\"type\":\"user_id\",\"value\":\"u2\"}]}"));
    links_event(r, parsed(t, p, "{\"ids\":[{\"type\":\"user_id\",\"value\":\"u1\"},{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"o1\",\"role\":\"receiver\"}]}"));
    CHECK_EQ(t, links_component(r, 0), links_component(r, 1));
    CHECK(t, links_component(r, 0) != links_component(r, 3));
    CHECK(t, links_component(r, 2) != links_component(r, 0));
    links_event(r, parsed(t, p, "{\"ids\":[{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"o1\"},{\"type\":\"phone\",\"value\":\"13812345678\",\"role\":\"own\"}]}"));
    CHECK_EQ(t, links_component(r, 2), links_component(r, 1));
    links_event(r, parsed(t, p, "{\"event\":\"price_changed\"}"));
    links_destroy(r);
    json_parser_destroy(p);
}

static const struct test tests[] = {
    {"identifiers are linked by the events that show them together", linked_by_events, 1},
};
TEST_MAIN(tests)
