/* The registry: what it refuses to start with, and in which order it puts domains. Covers: registry.c */
#include "engine/registry.h"

#include "engine/engine_domain.h"
#include "testing/test.h"
#include "testing/tiny.h"

static struct status create(const struct domain *const *domains, size_t count, struct registry **out, struct err *e)
{
    return registry_create(domains, count, out, e);
}

/* Expects INVALID with `word` in what it says. */
static void check_refused(struct t *t, const struct domain *const *domains, size_t count, const char *word)
{
    struct err e = {0};
    struct registry *r = NULL;
    CHECK_FAILS(t, create(domains, count, &r, &e), INVALID);
    CHECK(t, r == NULL);
    if (strstr(e.text, word) == NULL)
        test_fail(t, __FILE__, __LINE__, "\"%s\" does not say \"%s\"", e.text, word);
}

static void speakers_come_before_hearers(struct t *t)
{
    const struct domain *const domains[] = {&scribe_domain, &echo_domain, &engine_domain, &tiny_domain};
    struct err e = {0};
    struct registry *r = NULL;
    REQUIRE_DONE(t, create(domains, COUNT_OF(domains), &r, &e), &e);
    CHECK_EQ(t, registry_domain_count(r), 4);
    size_t at[3] = {0};
    for (size_t i = 0; i < 4; i++) {
        const struct domain *d = registry_domain(r, i);
        at[0] = d == &tiny_domain ? i : at[0];
        at[1] = d == &echo_domain ? i : at[1];
        at[2] = d == &scribe_domain ? i : at[2];
    }
    CHECK(t, at[0] < at[1] && at[1] < at[2]);
    CHECK_EQ(t, registry_hearing(r, &fact_letter_added)->count, 2);
    CHECK_EQ(t, registry_hearing(r, &fact_letter_echoed)->count, 1);
    registry_destroy(r);
}

static void everything_is_found_by_its_id(struct t *t)
{
    const struct domain *const domains[] = {&engine_domain, &tiny_domain};
    struct err e = {0};
    struct registry *r = NULL;
    REQUIRE_DONE(t, create(domains, COUNT_OF(domains), &r, &e), &e);
    CHECK_TEXT(t, registry_command(r, COMMAND_TINY_APPEND)->name, "tiny.append");
    CHECK(t, registry_command_named(r, BYTES_LIT("tiny.ask")) == registry_command(r, COMMAND_TINY_ASK));
    CHECK(t, registry_command(r, 0x7eff) == NULL);
    CHECK(t, registry_command(r, 0xffffffffu) == NULL);
    CHECK(t, registry_command_named(r, BYTES_LIT("tiny")) == NULL);
    CHECK(t, registry_timer(r, tiny_bell.id) == &tiny_bell);
    CHECK(t, registry_timer(r, tiny_ring.id) == NULL);
    CHECK(t, registry_effect(r, tiny_ring.id) == &tiny_ring);
    CHECK(t, registry_setting(r, BYTES_LIT("tiny.limit")) == &tiny_limit);
    CHECK(t, registry_setting(r, BYTES_LIT("tiny.limits")) == NULL);
    CHECK(t, registry_section(r, tiny_section.id) == &tiny_section);
    CHECK(t, registry_section(r, 0) == NULL && registry_section(r, 255) == NULL);
    size_t count;
    (void)registry_families(r, &count);
    CHECK_EQ(t, count, 7 + 3); /* the engine's own, and tiny's */
    registry_destroy(r);
}

static const struct command wrong_command[] = {
    {0x7d01, "wrong.one", 0, ROLE_WRITE, NULL, NULL, NULL, "Of another domain's hundred.", NULL}};
static const struct command double_command[] = {
    {0x7c01, "double.one", 0, ROLE_WRITE, NULL, NULL, NULL, "One.", NULL},
    {0x7c01, "double.two", 0, ROLE_WRITE, NULL, NULL, NULL, "The same id.", NULL},
};

static void an_id_belongs_to_one_thing(struct t *t)
{
    const struct domain wrong = {.number = 0x7c, .name = "wrong", .commands = wrong_command, .command_count = 1};
    check_refused(t, (const struct domain *[]){&wrong}, 1, "wrong.one");
    const struct domain twice = {.number = 0x7c, .name = "double", .commands = double_command, .command_count = 2};
    check_refused(t, (const struct domain *[]){&twice}, 1, "double.two");
    const struct domain same = {.number = 0x7e, .name = "same"};
    check_refused(t, (const struct domain *[]){&tiny_domain, &same}, 2, "same");
    const struct domain none = {.number = 0, .name = "none"};
    check_refused(t, (const struct domain *[]){&none}, 1, "none");
}

static void a_section_belongs_to_one_domain(struct t *t)
{
    const struct section *const sections[] = {&tiny_section};
    const struct domain other = {.number = 0x7c, .name = "other", .sections = sections, .section_count = 1};
    check_refused(t, (const struct domain *[]){&tiny_domain, &other}, 2, "other");
}

static void hear(struct step *s, const void *fact)
{
    (void)s, (void)fact;
}

static void somebody_says_what_is_heard(struct t *t)
{
    check_refused(t, (const struct domain *[]){&echo_domain}, 1, "letter_added");
}

static void a_circle_is_refused(struct t *t)
{
    static const struct fact_kind ping = {.id = 0x7c01, .name = "ping"}, pong = {.id = 0x7d01, .name = "pong"};
    const struct fact_kind *const pings[] = {&ping}, *const pongs[] = {&pong};
    const struct listener hears_ping[] = {{&ping, hear}}, hears_pong[] = {{&pong, hear}};
    const struct domain left = {
        .number = 0x7c, .name = "left", .says = pings, .say_count = 1, .hears = hears_pong, .hear_count = 1};
    const struct domain right = {
        .number = 0x7d, .name = "right", .says = pongs, .say_count = 1, .hears = hears_ping, .hear_count = 1};
    check_refused(t, (const struct domain *[]){&left, &right}, 2, "circle");
    /* Hearing oneself is no circle: a step's facts end by themselves. */
    const struct domain self = {
        .number = 0x7c, .name = "self", .says = pings, .say_count = 1, .hears = hears_ping, .hear_count = 1};
    struct err e = {0};
    struct registry *r = NULL;
    REQUIRE_DONE(t, create((const struct domain *[]){&self}, 1, &r, &e), &e);
    registry_destroy(r);
}

static const struct test tests[] = {
    {"speakers come before hearers", speakers_come_before_hearers, 1},
    {"everything is found by its id", everything_is_found_by_its_id, 1},
    {"an id belongs to one thing", an_id_belongs_to_one_thing, 1},
    {"a section belongs to one domain", a_section_belongs_to_one_domain, 1},
    {"somebody says what is heard", somebody_says_what_is_heard, 1},
    {"a circle is refused", a_circle_is_refused, 1},
};
TEST_MAIN(tests)
