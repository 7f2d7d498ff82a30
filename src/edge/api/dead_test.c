/* Dead letters by HTTP. */
#include "edge/door_test.h"
#include "engine/engine_domain.h"

#define DEAD "/api/v1/ports/dead"

/* The hook asked for something, and the world said no. */
static void die(struct place *p, uint64_t position, const char *words)
{
    struct buf payload;
    struct err e = {0};
    struct workspace *w = NULL;
    struct answer answer;
    buf_init(&payload, 4096);
    pack_u32(&payload, effect_web.id);
    pack_bytes(&payload, bytes_of_text(arena_printf(p->t->arena, "crm-%llu-0", (unsigned long long)position)));
    pack_u8(&payload, 0);
    pack_raw(&payload, bytes_of_text(words));
    CHECK_DONE(p->t, host_workspace(p->host, BYTES_LIT("main"), &w, &e), &e);
    CHECK_DONE(p->t, host_call(p->host, w, COMMAND_ANSWERED, buf_bytes(&payload), &answer, NULL, &e), &e);
    buf_fini(&payload);
}

static uint64_t token_told(struct place *p, const char *name)
{
    struct reply r = post(p, "/api/v1/tokens",
                          arena_printf(p->t->arena, "{\"name\":\"%s\",\"roles\":[\"read\"]}", name));
    CHECK_STATUS(p->t, r, 201);
    return strtoull(at(p, r, "position"), NULL, 10);
}

static void dead_letters_are_told_sent_again_and_dropped(struct t *t)
{
    struct place p;
    place_open_main(&p, t);
    CHECK_STATUS(t,
                 post(&p, "/api/v1/hooks",
                      "{\"name\":\"crm\",\"target\":\"https://crm.example.com/"
                      "in\",\"secret\":\"verborgen\",\"facts\":[\"token_changed\"]}"),
                 200);
    CHECK_EQ(t, count_at(&p, get(&p, "/api/v1/alarms"), "alarms"), 0);
    die(&p, token_told(&p, "店长"), "410: gone");
    die(&p, token_told(&p, "b"), "given up");
    struct reply r = get(&p, DEAD);
    CHECK_EQ(t, count_at(&p, r, "dead"), 2);
    CHECK_TEXT(t, at(&p, r, "dead.0.reason"), "410: gone");
    CHECK_TEXT(t, at(&p, r, "dead.0.effect"), "hook.web");
    CHECK(t, !has(r, "verborgen"));
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/alarms"), "alarms.0.alarm"), "dead_letters");
    CHECK(t, at(&p, get(&p, "/api/v1/alarms"), "alarms.0.since")[0] == '2' && has(get(&p, "/api/v1/alarms"), "未被对方接收"));
    const char *first = at(&p, r, "dead.0.position");
    struct reply page = get(&p, DEAD "?limit=1");
    CHECK_TEXT(t, at(&p, page, "next"), first);
    CHECK_TEXT(t, at(&p, get(&p, arena_printf(t->arena, DEAD "?after=%s", first)), "dead.0.reason"), "given up");
    const char *one = arena_printf(t->arena, "{\"position\":%s}", first);
    CHECK_STATUS(t, post(&p, DEAD "/again", one), 200);
    CHECK_STATUS(t, post(&p, DEAD "/again", one), 409);
    CHECK_TEXT(t, at(&p, get(&p, "/api/v1/ports"), "waiting"), "1");
    CHECK_STATUS(t, post(&p, DEAD "/drop", "{\"all\":true}"), 200);
    CHECK_EQ(t, count_at(&p, get(&p, DEAD), "dead"), 0);
    CHECK_STATUS(t, post(&p, DEAD "/drop", "{}"), 400);
    CHECK_STATUS(t, post(&p, DEAD "/drop", "{\"all\":true,\"position\":1}"), 400);
    place_close(&p);
}

static const struct test tests[] = {
    {"dead letters are told, ring, are sent again and dropped", dead_letters_are_told_sent_again_and_dropped, 1},
};
TEST_MAIN(tests)
