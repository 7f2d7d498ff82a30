/* Covers: agenda.c, cast.c, document.c, draft.c, mail.c, names.c, rhythm.c, scene.c, talk.c, things.c, trade.c, truth.c, visit.c, words.c,
 * world.c, world_write.c */
/* Properties of the stream, and of the truth against what the stream showed. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "synth/synth.h"
#include "testing/test.h"

/* ---- A plain JSON checker: true when the text is one value and nothing else. */

static const char *json_value(const char *at, const char *end, int depth);

static const char *json_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if ((uint8_t)*at < 0x20)
            return NULL;
        if (*at != '\\')
            continue;
        if (++at == end || strchr("\"\\/bfnrtu", *at) == NULL)
            return NULL;
        for (int i = 0; *at == 'u' && i < 4; i++)
            if (end - at < 5 || strchr("0123456789abcdefABCDEF", at[i + 1]) == NULL)
                return NULL;
    }
    return at < end ? at + 1 : NULL;
}

static const char *json_number(const char *at, const char *end)
{
    const char *start = at += at < end && *at == '-';
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    if (at == start || (*start == '0' && at - start > 1))
        return NULL;
    if (at < end && *at == '.') {
        const char *point = at++;
        while (at < end && *at >= '0' && *at <= '9')
            at++;
        if (at == point + 1)
            return NULL;
    }
    return at;
}

static const char *json_members(const char *at, const char *end, int depth)
{
    bool is_object = *at == '{';
    char closing = is_object ? '}' : ']';
    if (++at < end && *at == closing)
        return at + 1;
    for (;;) {
        if (is_object) {
            at = at < end && *at == '"' ? json_string(at, end) : NULL;
            if (at == NULL || at == end || *at++ != ':')
                return NULL;
        }
        at = json_value(at, end, depth + 1);
        if (at == NULL || at == end || (*at != ',' && *at != closing))
            return NULL;
        if (*at++ == closing)
            return at;
    }
}

static const char *json_value(const char *at, const char *end, int depth)
{
    if (at == end || depth > 8)
        return NULL;
    if (*at == '{' || *at == '[')
        return json_members(at, end, depth);
    if (*at == '"')
        return json_string(at, end);
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if ((size_t)(end - at) >= strlen(words[i]) && memcmp(at, words[i], strlen(words[i])) == 0)
            return at + strlen(words[i]);
    return json_number(at, end);
}

static bool is_json(struct bytes b)
{
    const char *at = (const char *)b.data, *end = at + b.size;
    return json_value(at, end, 0) == end;
}

/* No byte stands alone. */
static bool is_utf8(struct bytes b)
{
    for (size_t i = 0; i < b.size;) {
        uint8_t c = b.data[i++];
        size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || more > b.size - i)
            return false;
        for (; more > 0; more--)
            if ((b.data[i++] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* ---- What the stream showed: (identifier, person), in no order until sorted. */

struct sight {
    uint64_t id; /* hash of the identifier's object as it is written */
    uint32_t person;
};

struct sights {
    struct sight *list;
    size_t count, capacity;
};

static void sights_add(struct sights *s, struct sight sight)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity * 2 + 1024;
        s->list = realloc(s->list, s->capacity * sizeof *s->list);
        assert(s->list != NULL);
    }
    s->list[s->count++] = sight;
}

static int sight_compare(const void *a, const void *b)
{
    const struct sight *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static void sights_sort(struct sights *s)
{
    if (s->count == 0)
        return;
    qsort(s->list, s->count, sizeof *s->list, sight_compare);
    size_t kept = 1;
    for (size_t i = 1; i < s->count; i++)
        if (sight_compare(&s->list[i], &s->list[i - 1]) != 0)
            s->list[kept++] = s->list[i];
    s->count = kept;
}

static const char *find(struct bytes b, const char *what)
{
    return memmem(b.data, b.size, what, strlen(what));
}

/* Worthless and covered identifiers are nobody's. */
static bool is_nobodys(struct bytes id)
{
    static const char *const values[] = {
        "\"undefined\"",   "\"null\"", "\"0\"", "\"anonymous\"", "\"00000000-0000-0000-0000-000000000000\"",
        "\"13800000000\"", "****",     "\"000000000000000\"",
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (find(id, values[i]) != NULL)
            return true;
    return false;
}

/* Puts a NUL behind the line, which isn't counted, so that the searches below end. */
static void line_end(struct buf *line)
{
    buf_push_byte(line, 0);
    line->size--;
}

/* Adds the identifier objects of the list that begins at `at`, those with a role and nobody's left out. */
static void ids_add(struct sights *s, const char *at, uint32_t person)
{
    while (*at == '{' || *at == ',') {
        at += *at == ',';
        const char *end = strchr(at, '}') + 1;
        struct bytes id = bytes_of(at, (size_t)(end - at));
        if (find(id, "\"role\"") == NULL && !is_nobodys(id))
            sights_add(s, (struct sight){hash64(id, 0), person});
        at = end;
    }
}

static void truth_add(struct sights *s, struct buf *line)
{
    buf_push_byte(line, 0);
    struct bytes b = buf_bytes(line);
    const char *shared = find(b, "{\"shared\":{"), *ids = find(b, "\"ids\":[");
    if (find(b, "{\"shop\":") != NULL)
        return;
    if (shared == NULL) {
        uint32_t person = (uint32_t)strtoul(find(b, "\"person\":\"P") + 11, NULL, 10) - 1;
        ids_add(s, ids + 7, person);
        return;
    }
    const char *id = shared + 10, *end = strchr(id, '}') + 1;
    for (const char *at = strstr(find(b, "\"people\":["), "\"P"); at != NULL; at = strstr(at + 2, "\"P")) {
        uint32_t person = (uint32_t)strtoul(at + 2, NULL, 10) - 1;
        sights_add(s, (struct sight){hash64(bytes_of(id, (size_t)(end - id)), 0), person});
    }
}

static struct synth *any_world_told(struct t *t, double odd_phone, enum synth_stream tells)
{
    struct synth_options o = synth_options_default();
    o.tells = tells;
    o.seed = t->seed;
    o.people = (uint32_t)rng_between(&t->rng, 1, 500);
    o.days = (uint32_t)rng_between(&t->rng, 1, 200);
    o.activity = 0.5 + 3 * rng_unit(&t->rng);
    o.odd_phone = odd_phone;
    o.shared_device = o.recycled_phone = o.family = o.staff_phone = 0.3 * rng_unit(&t->rng);
    struct err e = {0};
    struct synth *s = NULL;
    CHECK_DONE(t, synth_create(&o, &s, &e), &e);
    return s;
}

static struct synth *any_world(struct t *t, double odd_phone)
{
    return any_world_told(t, odd_phone, SYNTH_EVENTS);
}

static void lines_are_json_in_order_of_arrival(struct t *t)
{
    struct synth *s = any_world(t, 0.1);
    REQUIRE(t, s != NULL);
    struct buf line;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    struct sights messages = {0};
    uint64_t lines = 0, duplicates = 0;
    int64_t last_us = INT64_MIN;
    for (struct synth_fact fact; synth_next(s, &line, &fact); lines++) {
        CHECK(t, is_json(buf_bytes(&line)) && is_utf8(buf_bytes(&line)));
        CHECK(t, fact.arrival_us >= last_us && fact.time_us <= fact.arrival_us);
        CHECK(t, bytes_starts_with(buf_bytes(&line), BYTES_LIT("{\"id\":\"")));
        sights_add(&messages, (struct sight){hash64(bytes_slice(buf_bytes(&line), 0, 44), 0), 0});
        duplicates += fact.duplicate;
        last_us = fact.arrival_us;
    }
    sights_sort(&messages);
    CHECK_EQ(t, messages.count, lines - duplicates);
    while (synth_truth_next(s, &line))
        CHECK(t, is_json(buf_bytes(&line)) && is_utf8(buf_bytes(&line)));
    free(messages.list);
    buf_fini(&line);
    synth_destroy(s);
}

/* Exactly what was shown as a buyer's, by exactly those who showed it. */
static void the_truth_is_what_was_shown(struct t *t)
{
    struct synth *s = any_world(t, 0);
    REQUIRE(t, s != NULL);
    struct buf line;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    struct sights shown = {0}, truth = {0};
    for (struct synth_fact fact; synth_next(s, &line, &fact);) {
        line_end(&line);
        const char *ids = find(buf_bytes(&line), ",\"ids\":[");
        if (ids != NULL)
            ids_add(&shown, ids + 8, fact.person);
    }
    while (synth_truth_next(s, &line)) {
        line_end(&line);
        truth_add(&truth, &line);
    }
    size_t truth_count = truth.count;
    sights_sort(&shown);
    sights_sort(&truth);
    CHECK_EQ(t, truth_count, truth.count); /* nothing is told twice */
    CHECK_EQ(t, shown.count, truth.count);
    for (size_t i = 0; i < shown.count && i < truth.count; i++)
        CHECK(t, sight_compare(&shown.list[i], &truth.list[i]) == 0);
    free(shown.list);
    free(truth.list);
    buf_fini(&line);
    synth_destroy(s);
}

/* ---- Orders: added up here from the versions alone, and held against the truth. */

/* An amount behind `key`, in fen; 0: it isn't there. */
static int64_t fen_behind(const char *at, const char *key)
{
    at = at == NULL ? NULL : strstr(at, key);
    if (at == NULL)
        return 0;
    char *end;
    int64_t yuan = strtoll(at + strlen(key), &end, 10);
    return yuan * 100 + (*end == '.' ? strtoll(end + 1, NULL, 10) : 0);
}

struct paper {
    uint64_t key; /* hash of shop and number */
    uint32_t version;
    int64_t amount_fen, refund_fen; /* of all its versions the amount that the newest one tells */
    bool is_paid;
};

static struct paper *paper_of(struct paper *papers, size_t *count, uint64_t key)
{
    for (size_t i = *count; i > 0; i--) /* most are new */
        if (papers[i - 1].key == key)
            return &papers[i - 1];
    papers[*count] = (struct paper){.key = key};
    return &papers[(*count)++];
}

static void paper_take(struct paper *p, const char *line)
{
    uint32_t version = (uint32_t)strtoul(strstr(line, ",\"version\":") + 11, NULL, 10);
    if (strstr(line, ",\"payment\":") != NULL && version > p->version) {
        p->version = version;
        p->amount_fen = fen_behind(line, ",\"payment\":{\"total\":");
    }
    const char *refund = strstr(line, ",\"refunds\":[");
    if (refund != NULL && strstr(refund, "\"done\":") != NULL)
        p->refund_fen = fen_behind(refund, ",\"amount\":");
    p->is_paid |= strstr(line, "\"paid\":\"") != NULL;
}

static void the_truth_is_what_documents_add_up_to(struct t *t)
{
    struct synth *s = any_world_told(t, 0.1, SYNTH_ORDERS);
    REQUIRE(t, s != NULL);
    enum { PAPERS_MAX = 60000 };
    struct paper *papers = calloc(PAPERS_MAX, sizeof *papers);
    REQUIRE(t, papers != NULL);
    struct buf line;
    buf_init(&line, SYNTH_LINE_BYTES_MAX);
    size_t count = 0;
    int64_t net_fen = 0, refund_fen = 0, truth_net_fen = 0, truth_refund_fen = 0, last_us = INT64_MIN;
    uint64_t truth_orders = 0, day_orders = 0;
    for (struct synth_fact fact; synth_next(s, &line, &fact) && count < PAPERS_MAX; last_us = fact.arrival_us) {
        CHECK(t, is_json(buf_bytes(&line)) && is_utf8(buf_bytes(&line)));
        CHECK(t, fact.arrival_us >= last_us && fact.time_us <= fact.arrival_us);
        line_end(&line);
        const char *text = (const char *)line.data;
        size_t key_size = (size_t)(strstr(text, ",\"version\":") - text);
        paper_take(paper_of(papers, &count, hash64(bytes_slice(buf_bytes(&line), 0, key_size), 0)), text);
    }
    for (size_t i = 0; i < count; i++) {
        refund_fen += papers[i].refund_fen;
        net_fen += papers[i].is_paid ? papers[i].amount_fen - papers[i].refund_fen : 0;
    }
    while (synth_truth_next(s, &line)) {
        line_end(&line);
        const char *text = (const char *)line.data;
        if (strncmp(text, "{\"shop\":", 8) != 0)
            continue;
        bool is_day = strstr(text, ",\"day\":") != NULL;
        *(is_day ? &day_orders : &truth_orders) += strtoull(strstr(text, ",\"orders\":") + 10, NULL, 10);
        truth_refund_fen += fen_behind(text, ",\"refunded\":");
        truth_net_fen += fen_behind(text, ",\"net\":");
    }
    CHECK_EQ(t, truth_orders, count);
    CHECK_EQ(t, day_orders, count);
    CHECK_EQ(t, truth_refund_fen, refund_fen);
    CHECK_EQ(t, truth_net_fen, net_fen);
    free(papers);
    buf_fini(&line);
    synth_destroy(s);
}

static void the_world_is_json(struct t *t)
{
    struct synth *s = any_world(t, 0);
    REQUIRE(t, s != NULL);
    struct buf out;
    buf_init(&out, 1 << 20);
    synth_world_json(s, &out);
    CHECK(t, !out.overflowed && out.size > 10000 && out.size < 200000);
    CHECK(t, is_json(buf_bytes(&out)) && is_utf8(buf_bytes(&out)));
    CHECK(t, find(buf_bytes(&out), "裙装") != NULL && find(buf_bytes(&out), "\"G300\"") != NULL);
    buf_fini(&out);
    synth_destroy(s);
}

static const struct test tests[] = {
    {"lines are JSON, in order of arrival", lines_are_json_in_order_of_arrival, 12},
    {"the truth is what was shown", the_truth_is_what_was_shown, 20},
    {"the truth is what documents add up to", the_truth_is_what_documents_add_up_to, 12},
    {"the world is JSON", the_world_is_json, 2},
};
TEST_MAIN(tests)
