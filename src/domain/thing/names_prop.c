/* Things found by the beginning of their names, against a walk over all of them with readings of the test's own. Covers: names.c */
#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "domain/thing/thing_test.h"
#include "engine/engine_domain.h"
#include "lib/text.h"
#include "testing/harness.h"

#define THINGS 60u
#define PUTS 200u
#define SEARCHES 200u
#define SYLLABLES_MAX 5u
#define DAY_US(n) (INT64_C(1763740800000000) + (int64_t)(n)*US_PER_DAY)

static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &thing_domain};

/* What names are made of: as it is written (the last ones only in names), folded, and read. */
static const struct syllable {
    const char *written, *folded, *pinyin, *initial;
} syllables[] = {{"外", "外", "wai", "w"},  {"滩", "滩", "tan", "t"}, {"南", "南", "nan", "n"}, {"路", "路", "lu", "l"},
                 {"店", "店", "dian", "d"}, {"灘", "滩", "tan", "t"}, {"A", "a", "a", "a"}};

#define TEXT_ROOM 64u
struct name {
    char written[TEXT_ROOM], texts[3][TEXT_ROOM]; /* folded, pinyin, initials; nothing: it has no name */
};

static void append(char text[TEXT_ROOM], const char *more)
{
    size_t size = strlen(text);
    (void)snprintf(text + size, TEXT_ROOM - size, "%s", more);
}

static const char *const kinds[] = {"store", "region"};

static struct name any_name(struct t *t)
{
    struct name name = {.written = ""};
    uint32_t count = (uint32_t)rng_below(&t->rng, SYLLABLES_MAX + 1);
    for (uint32_t i = 0; i < count; i++) {
        /* A Latin letter stands alone: two in a row would be one word, with one initial. */
        size_t most = COUNT_OF(syllables) - (i > 0 && name.written[strlen(name.written) - 1] == 'A');
        const struct syllable *s = &syllables[rng_below(&t->rng, most)];
        append(name.written, s->written);
        append(name.texts[0], s->folded);
        append(name.texts[1], s->pinyin);
        append(name.texts[2], s->initial);
    }
    return name;
}

/* A search of fewer characters than a text is looked for by: one of what is written, two of how it reads. */
static bool is_found(const struct name *name, const char *typed)
{
    bool is_latin = (uint8_t)typed[0] < 0x80;
    size_t size = strlen(typed);
    for (int i = 0; i < 3; i++)
        if ((i == 0 || (is_latin && size >= 2)) && strncmp(name->texts[i], typed, size) == 0)
            return true;
    return false;
}

static void search_look_at(struct t *t, struct harness *h, const struct name *names, const char *kind,
                           const char *typed)
{
    struct view v = harness_view(h);
    struct thing_search search;
    struct thing found;
    uint32_t next = 0;
    CHECK(t, thing_search_of(bytes_of_text(typed), t->arena, &search));
    for (uint32_t i = 0; i < THINGS; i++) {
        bool is_of_kind = kind[0] == 0 || strcmp(kind, kinds[i % 2]) == 0;
        if (!is_of_kind || !is_found(&names[i], typed))
            continue;
        next = thing_named_next(&v, bytes_of_text(kind), &search, next);
        CHECK(t, thing_read(&v, next, &found));
        CHECK_TEXT(t, arena_text(t->arena, found.id), arena_printf(t->arena, "%u", i));
    }
    CHECK_EQ(t, thing_named_next(&v, bytes_of_text(kind), &search, next), THING_NONE);
}

/* Things get their numbers in the order of their first puts: each is put once at the start. */
static void name_put(struct t *t, struct harness *h, struct name *names, int64_t *newest_us, uint32_t i)
{
    struct name name = any_name(t);
    int64_t time_us = DAY_US(
        -(int64_t)rng_below(&t->rng, 20)); /* late ones hold no more; of one time the greater bytes do */
    const char *ref = arena_printf(t->arena, "%s/%u", kinds[i % 2], i),
               *json = name.written[0] == 0 ? "{\"name\":null}"
                                            : arena_printf(t->arena, "{\"name\":\"%s\"}", name.written);
    CHECK(t, harness_apply(h, COMMAND_THING_PUT, put_of_texts(t->arena, ref, time_us, json, NULL)) == NULL);
    bool stands = time_us > newest_us[i] ||
                  (time_us == newest_us[i] && strlen(name.written) > strlen(names[i].written)) ||
                  (time_us == newest_us[i] && strlen(name.written) == strlen(names[i].written) &&
                   strcmp(name.written, names[i].written) > 0);
    if (stands) {
        names[i] = name;
        newest_us[i] = time_us;
    }
}

static void a_beginning_finds_all_that_have_it_and_no_other(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct name names[THINGS] = {{.written = ""}};
    int64_t newest_us[THINGS];
    harness_time(h, DAY_US(1));
    for (uint32_t i = 0; i < THINGS; i++)
        newest_us[i] = INT64_MIN;
    for (uint32_t i = 0; i < PUTS; i++)
        name_put(t, h, names, newest_us, i < THINGS ? i : (uint32_t)rng_below(&t->rng, THINGS));
    for (uint32_t i = 0; i < SEARCHES; i++) {
        const struct name *like = &names[rng_below(&t->rng, THINGS)];
        const char *whole = like->texts[rng_below(&t->rng, 3)];
        struct bytes rest = bytes_of_text(whole);
        for (uint64_t skip = 1 + rng_below(&t->rng, 6); skip > 0 && rest.size > 0; skip--)
            (void)text_next(&rest);
        const char *typed = arena_printf(t->arena, "%.*s", (int)(strlen(whole) - rest.size), whole);
        if (typed[0] != 0)
            search_look_at(t, h, names, i % 3 == 0 ? "" : kinds[i % 2], typed);
    }
    harness_destroy(h);
}

static const struct test tests[] = {
    {"a beginning finds all that have it and no other", a_beginning_finds_all_that_have_it_and_no_other, 20}};
TEST_MAIN(tests)
