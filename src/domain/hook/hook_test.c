#include "domain/calendar/calendar.h"
#include "domain/hook/hook.h"

#include "domain/access/access.h"
#include "domain/audience/audience.h"
#include "domain/collect/collect.h"
#include "domain/event/event.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/thing/thing.h"
#include "engine/outcome.h"
#include "testing/harness.h"

/* In the place of tags and segments: a hook hears what they say as it hears all else. */
static const struct fact_kind *const audience_says[] = {&fact_segment_entered, &fact_segment_left, &fact_tag_changed};
static const struct domain teller_audience = {
    .number = 0x12, .name = "audience", .says = audience_says, .say_count = COUNT_OF(audience_says)};
static const struct domain *const domains[] = {&collect_domain,  &identity_domain, &people_domain,
                                               &event_domain,    &access_domain,   &thing_domain,
                                               &calendar_domain, &order_domain,    &teller_audience,
                                               &hook_domain};

static const struct refusal *put(struct harness *h, const struct hook *hook)
{
    struct buf b;
    buf_init(&b, 4096);
    hook_pack(&b, hook);
    const struct refusal *refusal = harness_apply(h, COMMAND_HOOK, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static void token_make(struct harness *h, const char *name)
{
    struct token t = {.roles = 1u << ROLE_READ};
    struct buf b;
    buf_init(&b, 4096);
    (void)snprintf(t.name, sizeof t.name, "%s", name);
    token_secret_hash(1, bytes_of_text(name), t.secret_hash);
    token_pack(&b, &t);
    (void)harness_apply(h, COMMAND_TOKEN, buf_bytes(&b));
    buf_fini(&b);
}

static size_t wishes(struct harness *h)
{
    struct bytes key = BYTES_LIT("\0"), value;
    size_t count = 0;
    while (rows_keyed_next(harness_rows(h), &outbox_family, key, true, &key, &value))
        count++;
    return count;
}

static const struct hook web = {
    .name = {(const uint8_t *)"crm", 3},
    .kind = HOOK_WEB,
    .target = {(const uint8_t *)"https://crm.example/in", 22},
    .causes = 1u << CAUSE_LIVE,
};

static void a_hook_asks_once_for_each_fact_it_wants(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct hook other = web;
    other.name = BYTES_LIT("other");
    other.fact_count = 1;
    other.facts[0] = BYTES_LIT("person_merged");
    token_make(h, "before");
    CHECK_EQ(t, wishes(h), 0);
    CHECK(t, put(h, &web) == NULL);
    CHECK(t, put(h, &other) == NULL);
    token_make(h, "店长");
    CHECK_EQ(t, wishes(h), 1);
    struct bytes key = BYTES_LIT("\0"), value;
    CHECK(t, rows_keyed_next(harness_rows(h), &outbox_family, key, true, &key, &value));
    CHECK(t, memmem(value.data, value.size, "\"fact\":\"token_changed\"", 22) != NULL);
    CHECK(t, memmem(value.data, value.size, "店长", 6) != NULL);
    CHECK(t, memmem(value.data, value.size, "\"id\":\"crm-", 10) != NULL);
    CHECK(t, harness_apply(h, COMMAND_HOOK_REMOVE, BYTES_LIT("crm")) == NULL);
    token_make(h, "after");
    CHECK_EQ(t, wishes(h), 1);
    CHECK_TEXT(t, harness_apply(h, COMMAND_HOOK_REMOVE, BYTES_LIT("crm"))->name, "no_such_hook");
    harness_destroy(h);
}

static void a_hook_hears_only_its_causes(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct hook late = web;
    late.causes = 1u << CAUSE_IMPORT;
    CHECK(t, put(h, &late) == NULL);
    token_make(h, "live");
    CHECK_EQ(t, wishes(h), 0);
    harness_destroy(h);
}

static void bad_hooks_are_refused_with_words(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct hook bad = web;
    bad.target = BYTES_LIT("ftp://crm.example");
    CHECK(t, put(h, &bad) == &harness_malformed);
    bad = web, bad.kind = HOOK_FILE, bad.target = BYTES_LIT("../../etc/passwd");
    CHECK(t, put(h, &bad) == &harness_malformed);
    bad = web, bad.causes = 0;
    CHECK(t, put(h, &bad) == &harness_malformed);
    bad = web, bad.name = BYTES_NONE;
    CHECK(t, put(h, &bad) == &harness_malformed);
    bad = web, bad.name = BYTES_LIT("a/b"); /* could never be removed */
    CHECK(t, put(h, &bad) == &harness_malformed);
    bad = web, bad.name = BYTES_LIT("..");
    CHECK(t, put(h, &bad) == &harness_malformed);
    harness_destroy(h);
}

static const struct test tests[] = {
    {"a hook asks once for each fact it wants", a_hook_asks_once_for_each_fact_it_wants, 1},
    {"a hook hears only its causes", a_hook_hears_only_its_causes, 1},
    {"bad hooks are refused with words", bad_hooks_are_refused_with_words, 1},
};
TEST_MAIN(tests)
