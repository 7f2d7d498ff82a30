/* What features gather of events, against the plainest reading of the same events. Covers: feature.c */
#include "domain/rule/feature.h"

#include "base/time.h"
#include "domain/analytics/analytics.h"
#include "lib/pack.h"
#include "testing/test.h"

#define EVENTS_MAX 60u
#define ITEMS_MAX 3u
#define VALUES_MAX 3u
#define FOUND_MAX (EVENTS_MAX * (ITEMS_MAX + VALUES_MAX))
#define BEGIN_US INT64_C(1767225600000000) /* 2026-01-01 */
#define ENTRY_BYTES 512u

/* --- events, as the test knows them --- */

struct item {
    const char *sku;
    struct value price; /* null: none */
};
struct happened {
    struct arrived arrived;
    uint32_t event;
    int64_t us;
    const char *channel, *city, *store; /* NULL: none */
    const char *said_city;              /* what the event itself says under store.city; NULL: nothing */
    uint32_t amount_count;              /* one: a number; more: a list of them */
    struct value amounts[VALUES_MAX];
    uint32_t item_count;
    struct item items[ITEMS_MAX];
};
struct world {
    struct t *t;
    struct civil *civil;
    uint32_t count;
    struct happened events[EVENTS_MAX];
};

static struct value any_number(struct t *t)
{
    if (rng_chance(&t->rng, 0.1))
        return (struct value){.kind = VALUE_TEXT, .body = BYTES_LIT("12")};
    if (rng_chance(&t->rng, 0.2))
        return (struct value){.kind = VALUE_DOUBLE, .real = (double)rng_between(&t->rng, -300, 300) / 7 + 1e-9};
    return (struct value){.kind = VALUE_DECIMAL,
                          .integer = 10 * rng_between(&t->rng, -5, 30) + 1,
                          .scale = (uint8_t)rng_below(&t->rng, 3)};
}

static void value_push(struct buf *b, const struct value *v)
{
    if (v->kind == VALUE_TEXT)
        value_pack_text(b, v->body);
    else if (v->kind == VALUE_DOUBLE)
        value_pack_double(b, v->real);
    else if (v->kind == VALUE_TIME)
        value_pack_time(b, v->integer);
    else
        value_pack_decimal(b, v->integer, v->scale);
}

static struct bytes properties_of(struct t *t, const struct happened *h)
{
    struct buf b = arena_buf(t->arena, 1024);
    pack_varint(&b, (h->amount_count > 0 ? 1u : 0) + (h->city != NULL ? 1u : 0) + (h->said_city != NULL ? 1u : 0));
    if (h->said_city != NULL) {
        pack_bytes(&b, BYTES_LIT("store.city"));
        value_pack_text(&b, bytes_of_text(h->said_city));
    }
    if (h->amount_count > 0)
        pack_bytes(&b, BYTES_LIT("amount"));
    if (h->amount_count > 1) {
        pack_u8(&b, VALUE_LIST);
        pack_varint(&b, h->amount_count);
    }
    for (uint32_t i = 0; i < h->amount_count; i++)
        value_push(&b, &h->amounts[i]);
    if (h->city != NULL) {
        pack_bytes(&b, BYTES_LIT("address"));
        pack_u8(&b, VALUE_OBJECT);
        pack_varint(&b, 1);
        pack_bytes(&b, BYTES_LIT("city"));
        value_pack_text(&b, bytes_of_text(h->city));
    }
    return buf_bytes(&b);
}

static struct bytes items_of(struct t *t, const struct happened *h)
{
    struct buf all = arena_buf(t->arena, 1024);
    for (uint32_t i = 0; i < h->item_count; i++) {
        struct buf b = arena_buf(t->arena, 512);
        bool has_price = h->items[i].price.kind != VALUE_NULL;
        pack_varint(&b, 1u + has_price);
        pack_bytes(&b, BYTES_LIT("sku"));
        value_pack_text(&b, bytes_of_text(h->items[i].sku));
        if (has_price) {
            pack_bytes(&b, BYTES_LIT("price"));
            value_push(&b, &h->items[i].price);
        }
        pack_bytes(&all, buf_bytes(&b));
    }
    return buf_bytes(&all);
}

static const char *any_text(struct t *t, const char *const *of, size_t count)
{
    uint64_t at = rng_below(&t->rng, count + 1);
    return at == count ? NULL : of[at];
}

static void any_happened(struct t *t, struct happened *h)
{
    static const char *const channels[] = {"a", "裙装", "一个很长的渠道名称一个很长的渠道名称一个很长的渠道名称甲",
                                           "一个很长的渠道名称一个很长的渠道名称一个很长的渠道名称乙"},
                             *const cities[] = {"上海", "杭州"}, *const skus[] = {"A", "B", "C"};
    *h = (struct happened){.event = 1 + (uint32_t)rng_below(&t->rng, 3),
                           .us = BEGIN_US + rng_between(&t->rng, 0, 20) * US_PER_DAY / 2,
                           .channel = any_text(t, channels, COUNT_OF(channels)),
                           .city = any_text(t, cities, COUNT_OF(cities)),
                           .store = any_text(t, cities, COUNT_OF(cities)),
                           .said_city = rng_chance(&t->rng, 0.8) ? NULL : any_text(t, cities, COUNT_OF(cities)),
                           .amount_count = (uint32_t)rng_below(&t->rng, VALUES_MAX + 1),
                           .item_count = (uint32_t)rng_below(&t->rng, ITEMS_MAX + 1)};
    for (uint32_t i = 0; i < h->amount_count; i++)
        h->amounts[i] = any_number(t);
    for (uint32_t i = 0; i < h->item_count; i++)
        h->items[i] = (struct item){skus[rng_below(&t->rng, COUNT_OF(skus))],
                                    rng_chance(&t->rng, 0.7) ? any_number(t) : (struct value){0}};
    h->arrived = (struct arrived){.event = h->event};
    struct envelope *v = &h->arrived.envelope;
    v->event = BYTES_LIT("e");
    v->event_us = h->us;
    v->message = (struct hash128){rng_next(&t->rng), rng_next(&t->rng)};
    v->properties = properties_of(t, h);
    v->items = items_of(t, h);
    v->item_count = h->item_count;
    if (h->channel != NULL)
        v->reference[REF_CHANNEL] = bytes_of_text(h->channel);
    if (h->store != NULL)
        v->reference[REF_STORE] = bytes_of_text(h->store);
}

static void world_open(struct t *t, struct world *w)
{
    struct err e = {0};
    *w = (struct world){.t = t, .count = (uint32_t)rng_below(&t->rng, EVENTS_MAX + 1)};
    CHECK_DONE(t,
               civil_create(BYTES_LIT("Asia/Shanghai"), BEGIN_US - 400 * US_PER_DAY, BEGIN_US + 400 * US_PER_DAY, 1,
                            &w->civil, &e),
               &e);
    for (uint32_t i = 0; i < w->count; i++)
        any_happened(t, &w->events[i]);
}

/* A store is of the city of its name, and in the region 华东 where that is 上海. */
static bool store_told(void *context UNUSED, struct bytes kind, struct bytes member, struct bytes id,
                       int64_t at_us UNUSED, struct value *out_value)
{
    bool is_region = bytes_equal(member, BYTES_LIT("region"));
    *out_value = (struct value){.kind = VALUE_TEXT, .body = is_region ? BYTES_LIT("华东") : id};
    return bytes_equal(kind, BYTES_LIT("store")) &&
           (is_region ? bytes_equal(id, BYTES_LIT("上海")) : bytes_equal(member, BYTES_LIT("city")));
}

/* --- conditions, and what they say in C --- */

#define ALL_ITEMS UINT32_MAX

static bool is_text(const char *x, const char *y)
{
    return x != NULL && strcmp(x, y) == 0;
}

static bool is_above(const struct value *v, double than)
{
    return (v->kind == VALUE_DOUBLE || v->kind == VALUE_DECIMAL) && value_real(v) > than;
}

static bool has_sku(const struct happened *h, uint32_t item, const char *sku)
{
    for (uint32_t i = 0; i < h->item_count; i++)
        if ((item == ALL_ITEMS || i == item) && is_text(h->items[i].sku, sku))
            return true;
    return false;
}

static bool in_channel(const struct happened *h, uint32_t item UNUSED)
{
    return is_text(h->channel, "a") || is_text(h->channel, "裙装");
}

static bool is_dear(const struct happened *h, uint32_t item UNUSED)
{
    for (uint32_t i = 0; i < h->amount_count; i++)
        if (is_above(&h->amounts[i], 5))
            return true;
    return false;
}

static bool has_a(const struct happened *h, uint32_t item)
{
    return has_sku(h, item, "A");
}

static bool has_no_a(const struct happened *h, uint32_t item)
{
    bool has_any = item == ALL_ITEMS ? h->item_count > 0 : item < h->item_count;
    return has_any && !has_sku(h, item, "A");
}

static bool is_cheap_b(const struct happened *h, uint32_t item)
{
    bool has_dear = false;
    for (uint32_t i = 0; i < h->item_count; i++)
        has_dear |= (item == ALL_ITEMS || i == item) && is_above(&h->items[i].price, 1);
    return has_sku(h, item, "B") && has_dear;
}

static bool is_of_city(const struct happened *h, uint32_t item UNUSED)
{
    return is_text(h->city, "上海");
}

/* The city of the store, as the event says it or the store has it; NULL: none. */
static const char *store_city(const struct happened *h)
{
    return h->said_city != NULL ? h->said_city : h->store;
}

static bool is_of_store(const struct happened *h, uint32_t item UNUSED)
{
    return is_text(store_city(h), "杭州");
}

static bool is_of_region(const struct happened *h, uint32_t item UNUSED)
{
    return is_text(h->store, "上海");
}

static bool is_late(const struct happened *h, uint32_t item UNUSED)
{
    return h->us >= BEGIN_US + 5 * US_PER_DAY - 8 * US_PER_HOUR; /* 6 January, in Shanghai */
}

static const struct condition {
    const char *text;
    bool (*holds)(const struct happened *h, uint32_t item);
} conditions[] = {
    {"channel in ('裙装', 'a')", in_channel},
    {"amount > 5", is_dear},
    {"item.sku = 'A'", has_a},
    {"not (item.sku = 'A')", has_no_a},
    {"item.sku = 'B' and item.price > 1", is_cheap_b},
    {"address.city = '上海'", is_of_city},
    {"store.city = '杭州'", is_of_store},
    {"store.region = '华东'", is_of_region},
    {"time >= '2026-01-06'", is_late},
};

/* --- features --- */

struct sought {
    struct feature feature;
    struct feature_step steps[FEATURE_STEPS_MAX];
    const struct condition *said[FEATURE_STEPS_MAX]; /* NULL: none */
    const char *path;                                /* NULL: none */
};

static const struct expr *tree_of(struct t *t, const char *text)
{
    const struct expr *tree = NULL;
    struct err e = {0};
    CHECK_DONE(t, expr_read(t->arena, bytes_of_text(text), &tree, &e), &e);
    return tree;
}

static void any_asked(struct t *t, struct sought *a)
{
    static const char *const paths[] = {"amount", "item.price", "item.sku",    "channel",
                                        "time",   "store.city", "address.city"};
    static const uint32_t events[] = {1, 2, 3};
    struct feature *f = &a->feature;
    *a = (struct sought){.feature = {.from_us = INT64_MIN, .until_us = INT64_MAX, .steps = a->steps}};
    f->grain = (enum feature_grain)rng_below(&t->rng, 3);
    f->shape.kind = (enum series_kind)rng_below(&t->rng, SERIES_KIND_COUNT);
    f->shape.most = SERIES_MOST_MAX;
    f->value_is_key = f->shape.kind == SERIES_COUNT && rng_chance(&t->rng, 0.6);
    f->shape.is_keyed = f->value_is_key || f->shape.kind == SERIES_BITS;
    if (f->value_is_key || (f->shape.kind != SERIES_COUNT && f->shape.kind != SERIES_BITS))
        a->path = paths[rng_below(&t->rng, COUNT_OF(paths))];
    f->value = a->path == NULL ? BYTES_NONE : bytes_of_text(a->path);
    if (rng_chance(&t->rng, 0.3)) {
        f->from_us = BEGIN_US + 2 * US_PER_DAY;
        f->until_us = BEGIN_US + 7 * US_PER_DAY;
    }
    f->step_count = f->shape.kind == SERIES_BITS ? 1 + (uint32_t)rng_below(&t->rng, 4) : 1;
    for (uint32_t k = 0; k < f->step_count; k++) {
        a->said[k] = rng_chance(&t->rng, 0.3) ? NULL : &conditions[rng_below(&t->rng, COUNT_OF(conditions))];
        a->steps[k] = (struct feature_step){.event_count = (uint32_t)rng_below(&t->rng, 3),
                                            .events = events + rng_below(&t->rng, 2),
                                            .where = a->said[k] == NULL ? NULL : tree_of(t, a->said[k]->text),
                                            .bits = UINT64_C(1) << k};
    }
}

/* --- the plainest reading --- */

/* One thing that counts: of an event, of a value of it, of an item. */
struct found {
    const struct happened *of;
    uint64_t bits;
    bool has_value;
    struct value value;
};
struct found_list {
    uint32_t count;
    struct found list[FOUND_MAX];
};

static uint64_t naive_steps(const struct sought *a, const struct happened *h, uint32_t item)
{
    uint64_t bits = 0;
    for (uint32_t k = 0; k < a->feature.step_count; k++) {
        bool is_heard = a->steps[k].event_count == 0;
        for (uint32_t i = 0; i < a->steps[k].event_count; i++)
            is_heard |= a->steps[k].events[i] == h->event;
        if (is_heard && (a->said[k] == NULL || a->said[k]->holds(h, item)))
            bits |= UINT64_C(1) << k;
    }
    return bits;
}

static struct value text_value(const char *text)
{
    return text == NULL ? (struct value){0} : (struct value){.kind = VALUE_TEXT, .body = bytes_of_text(text)};
}

/* The values of a path that isn't of items. */
static uint32_t naive_values(const char *path, const struct happened *h, struct value out[VALUES_MAX])
{
    if (strcmp(path, "amount") == 0) {
        memcpy(out, h->amounts, sizeof h->amounts);
        return h->amount_count;
    }
    if (strcmp(path, "time") == 0)
        out[0] = (struct value){.kind = VALUE_TIME, .integer = h->us};
    else
        out[0] = text_value(strcmp(path, "channel") == 0      ? h->channel
                            : strcmp(path, "store.city") == 0 ? store_city(h)
                                                              : h->city);
    return out[0].kind != VALUE_NULL;
}

static void found_add(struct found_list *l, const struct happened *h, uint64_t bits, const struct value *v)
{
    if (v != NULL && v->kind == VALUE_NULL)
        return;
    l->list[l->count] = (struct found){.of = h, .bits = bits, .has_value = v != NULL};
    if (v != NULL)
        l->list[l->count].value = *v;
    l->count++;
}

static void naive_find(const struct sought *a, const struct happened *h, struct found_list *l)
{
    bool is_of_items = a->path != NULL && strncmp(a->path, "item.", 5) == 0, is_matched = false,
         is_end = a->feature.shape.kind == SERIES_FIRST || a->feature.shape.kind == SERIES_LAST;
    uint32_t before = l->count, count;
    struct value values[VALUES_MAX];
    if (h->us < a->feature.from_us || h->us >= a->feature.until_us)
        return;
    for (uint32_t i = 0; is_of_items && i < h->item_count; i++) {
        uint64_t bits = naive_steps(a, h, i);
        struct value sku = text_value(h->items[i].sku);
        is_matched |= bits != 0;
        if (bits != 0)
            found_add(l, h, bits, strcmp(a->path, "item.sku") == 0 ? &sku : &h->items[i].price);
    }
    uint64_t bits = is_of_items ? 0 : naive_steps(a, h, ALL_ITEMS);
    is_matched |= bits != 0;
    if (bits != 0 && a->path == NULL)
        found_add(l, h, bits, NULL);
    count = bits != 0 && a->path != NULL ? naive_values(a->path, h, values) : 0;
    for (uint32_t i = 0; i < count; i++)
        found_add(l, h, bits, &values[i]);
    if (is_matched && is_end && l->count == before)
        found_add(l, h, 1, NULL);
}

static int64_t naive_bucket(const struct world *w, const struct sought *a, const struct happened *h)
{
    return a->feature.grain == GRAIN_EVER  ? 0
           : a->feature.grain == GRAIN_DAY ? civil_number(w->civil, CIVIL_DAY, h->us)
                                           : h->us;
}

/* In millionths; false: a text. */
static bool naive_number(const struct value *v, int64_t *out)
{
    static const int64_t ones[] = {1000000, 100000, 10000};
    if (v->kind == VALUE_DECIMAL)
        *out = v->integer * ones[v->scale];
    else if (v->kind == VALUE_DOUBLE)
        *out = (int64_t)(v->real * 1e6 + (v->real < 0 ? -0.5 : 0.5));
    else
        *out = v->integer;
    return v->kind != VALUE_TEXT;
}

static struct bytes naive_key(struct t *t, const struct sought *a, const struct found *f)
{
    struct buf b = arena_buf(t->arena, ENTRY_BYTES);
    if (a->feature.value_is_key) {
        value_push(&b, &f->value);
        return b.size <= FEATURE_KEY_BYTES_MAX ? buf_bytes(&b) : feature_key(&f->value, t->arena);
    }
    if (!a->feature.shape.is_keyed)
        return BYTES_NONE;
    for (int shift = 56; shift >= 32; shift -= 8)
        pack_u8(&b, (uint8_t)(f->of->arrived.envelope.message.high >> shift));
    return buf_bytes(&b);
}

/* Whether one thing comes before another, as what was first or last. */
static bool comes_before(struct t *t, const struct found *x, const struct found *y)
{
    struct buf a = arena_buf(t->arena, ENTRY_BYTES), b = arena_buf(t->arena, ENTRY_BYTES);
    uint64_t x_tie = x->of->arrived.envelope.message.high >> 32, y_tie = y->of->arrived.envelope.message.high >> 32;
    if (x->of->us != y->of->us || x_tie != y_tie)
        return x->of->us != y->of->us ? x->of->us < y->of->us : x_tie < y_tie;
    if (x->has_value)
        value_push(&a, &x->value);
    if (y->has_value)
        value_push(&b, &y->value);
    return bytes_compare(buf_bytes(&a), buf_bytes(&b)) < 0;
}

/* What all that was found of a bucket and a key is together. false: nothing was. */
static bool naive_entry(struct world *w, const struct sought *a, const struct found_list *l, int64_t bucket,
                        struct bytes key, struct series_entry *out)
{
    const struct found *end = NULL;
    bool any = false;
    *out = (struct series_entry){0};
    for (uint32_t i = 0; i < l->count; i++) {
        const struct found *f = &l->list[i];
        int64_t number = 0;
        enum series_kind kind = a->feature.shape.kind;
        bool is_number = kind == SERIES_SUM || kind == SERIES_LEAST || kind == SERIES_GREATEST;
        if (naive_bucket(w, a, f->of) != bucket || !bytes_equal(naive_key(w->t, a, f), key) ||
            (is_number && !naive_number(&f->value, &number)))
            continue;
        bool is_end = end == NULL || comes_before(w->t, f, end) == (kind == SERIES_FIRST);
        end = is_end ? f : end;
        out->count = kind == SERIES_BITS ? out->count | f->bits : out->count + 1;
        out->sum += number;
        if (!any || (kind == SERIES_LEAST ? number < out->number : number > out->number))
            out->number = number;
        any = true;
    }
    if (end != NULL && end->has_value) {
        struct buf b = arena_buf(w->t->arena, ENTRY_BYTES);
        value_push(&b, &end->value);
        out->value = buf_bytes(&b);
    }
    out->tie = end == NULL ? 0 : feature_tie(end->of->arrived.envelope.message);
    return any;
}

static void entry_check(struct world *w, const struct sought *a, const struct found_list *l,
                        const struct series_entry *got)
{
    struct series_entry want;
    struct t *t = w->t;
    CHECK(t, naive_entry(w, a, l, got->bucket, got->key, &want));
    switch (a->feature.shape.kind) {
    case SERIES_SUM:
        CHECK(t, got->sum == want.sum);
        CHECK_EQ(t, got->count, want.count);
        break;
    case SERIES_LEAST:
    case SERIES_GREATEST:
        CHECK_EQ(t, got->number, want.number);
        break;
    case SERIES_FIRST:
    case SERIES_LAST:
        CHECK_EQ(t, got->tie, want.tie);
        CHECK_BYTES(t, got->value, want.value);
        break;
    default:
        CHECK_EQ(t, got->count, want.count);
    }
}

/* How many different buckets and keys there are. */
static uint32_t naive_count(struct world *w, const struct sought *a, const struct found_list *l)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        struct series_entry entry;
        int64_t bucket = naive_bucket(w, a, l->list[i].of), number;
        struct bytes key = naive_key(w->t, a, &l->list[i]);
        enum series_kind kind = a->feature.shape.kind;
        bool is_new = kind == SERIES_COUNT || kind >= SERIES_FIRST || naive_number(&l->list[i].value, &number);
        for (uint32_t j = 0; j < i && is_new; j++)
            is_new = naive_bucket(w, a, l->list[j].of) != bucket ||
                     !bytes_equal(naive_key(w->t, a, &l->list[j]), key) ||
                     ((kind == SERIES_SUM || kind == SERIES_LEAST || kind == SERIES_GREATEST) &&
                      !naive_number(&l->list[j].value, &number));
        count += is_new && naive_entry(w, a, l, bucket, key, &entry);
    }
    return count;
}

static void entries_are_what_happened(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct sought *a = ARENA_NEW(t->arena, struct sought);
    struct found_list *l = ARENA_NEW(t->arena, struct found_list);
    const struct matcher *m = NULL;
    const struct feature_things things = {.told = store_told};
    struct bytes series = BYTES_NONE;
    struct err e = {0};
    world_open(t, w);
    any_asked(t, a);
    CHECK_DONE(t, matcher_compile(&a->feature, w->civil, t->arena, &m, &e), &e);
    for (uint32_t i = 0; i < w->count; i++) {
        const struct series_entry *entries;
        size_t count = matcher_entries(m, &w->events[i].arrived, w->civil, &things, t->arena, &entries);
        for (size_t k = 0; k < count; k++)
            series = series_add(&a->feature.shape, series, &entries[k], -SERIES_BUCKET_MAX, t->arena);
        naive_find(a, &w->events[i], l);
    }
    CHECK(t, series_is_good(&a->feature.shape, series));
    CHECK_EQ(t, series_count(series), naive_count(w, a, l));
    struct series_walk walk = series_walk(&a->feature.shape, series);
    for (struct series_entry entry; series_next(&walk, &entry);)
        entry_check(w, a, l, &entry);
    civil_destroy(w->civil);
}

/* Several features of one event, which share what is found out about it, gather what each does alone. */
#define SHARING 8u

static bool entries_equal(const struct series_entry *x, const struct series_entry *y)
{
    return x->bucket == y->bucket && x->tie == y->tie && x->count == y->count && x->number == y->number &&
           x->sum == y->sum && bytes_equal(x->key, y->key) && bytes_equal(x->value, y->value);
}

static void sharing_changes_nothing(struct t *t)
{
    struct world *w = ARENA_NEW(t->arena, struct world);
    struct sought *asked = ARENA_ARRAY(t->arena, struct sought, SHARING);
    const struct matcher *matchers[SHARING] = {0}, *alone_matchers[SHARING] = {0};
    const struct feature_things things = {.told = store_told};
    struct path_pool *pool = ARENA_NEW(t->arena, struct path_pool);
    struct err e = {0};
    world_open(t, w);
    for (uint32_t i = 0; i < SHARING; i++) {
        any_asked(t, &asked[i]);
        CHECK_DONE(t, matcher_compile_among(&asked[i].feature, w->civil, pool, t->arena, &matchers[i], &e), &e);
        CHECK_DONE(t, matcher_compile(&asked[i].feature, w->civil, t->arena, &alone_matchers[i], &e), &e);
    }
    for (uint32_t k = 0; k < w->count; k++) {
        const struct arrived *arrived = &w->events[k].arrived;
        struct feature_event event = {.arrived = arrived,
                                      .civil = w->civil,
                                      .things = &things,
                                      .found = ARENA_ARRAY(t->arena, struct path_found, pool->count)};
        enum condition_holds holds[COUNT_OF(conditions)] = {CONDITION_UNTOLD};
        for (uint32_t i = 0; i < SHARING; i++) {
            bool is_shared = matcher_condition(matchers[i]) != NULL;
            enum condition_holds *of = is_shared ? &holds[asked[i].said[0] - conditions] : NULL;
            const struct series_entry *alone, *shared;
            size_t count = matcher_entries(alone_matchers[i], arrived, w->civil, &things, t->arena, &alone);
            CHECK_EQ(t, matcher_entries_of(matchers[i], &event, of, t->arena, &shared), count);
            for (size_t j = 0; j < count; j++)
                CHECK(t, entries_equal(&alone[j], &shared[j]));
        }
    }
    civil_destroy(w->civil);
}

/* --- examples --- */

static void numbers_are_millionths(struct t *t)
{
    static const struct {
        struct value value;
        int64_t number;
    } said[] = {{{.kind = VALUE_DECIMAL, .integer = 199, .scale = 1}, 19900000},
                {{.kind = VALUE_DECIMAL, .integer = -5, .scale = 6}, -5},
                {{.kind = VALUE_DOUBLE, .real = 1.2345675}, 1234568},
                {{.kind = VALUE_DOUBLE, .real = -1.2345675}, -1234568},
                {{.kind = VALUE_DOUBLE, .real = 1.0 / 3}, 333333},
                {{.kind = VALUE_TRUE}, 1000000},
                {{.kind = VALUE_FALSE}, 0},
                {{.kind = VALUE_TIME, .integer = 1500000}, 1500000}};
    series_wide number = 0;
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        CHECK(t, feature_number(&said[i].value, &number));
        CHECK_EQ(t, number, said[i].number);
    }
    CHECK(t, feature_number(&(struct value){.kind = VALUE_DECIMAL, .integer = INT64_MIN}, &number));
    CHECK(t, number == (series_wide)INT64_MIN * 1000000);
    CHECK(t, !feature_number(&(struct value){.kind = VALUE_DOUBLE, .real = 1e300}, &number));
    CHECK(t, !feature_number(&(struct value){.kind = VALUE_TEXT, .body = BYTES_LIT("1")}, &number));
}

static void long_values_are_told_apart(struct t *t)
{
    struct buf b = arena_buf(t->arena, 512), c = arena_buf(t->arena, 512);
    for (int i = 0; i < 30; i++) {
        buf_push_text(&b, "裙装");
        buf_push_text(&c, "裙装");
    }
    buf_push_text(&c, "a");
    struct value x = {.kind = VALUE_TEXT, .body = buf_bytes(&b)}, y = {.kind = VALUE_TEXT, .body = buf_bytes(&c)},
                 z = {.kind = VALUE_DECIMAL, .integer = 15, .scale = 1};
    struct bytes key = feature_key(&x, t->arena), other = feature_key(&y, t->arena);
    CHECK(t, key.size <= FEATURE_KEY_BYTES_MAX && other.size <= FEATURE_KEY_BYTES_MAX && !bytes_equal(key, other));
    struct value kept = feature_key_value(key), number = feature_key_value(feature_key(&z, t->arena));
    CHECK(t, kept.kind == VALUE_TEXT && kept.body.size % 3 == 0 && kept.body.size >= 42);
    CHECK(t, bytes_starts_with(buf_bytes(&b), kept.body));
    CHECK(t, number.kind == VALUE_DECIMAL && number.integer == 15 && number.scale == 1);
}

static void windows_begin_where_they_are_last_needed(struct t *t)
{
    const struct zone_offset shanghai[] = {{.from_us = INT64_MIN, .seconds = 8 * 3600}};
    struct civil *civil = civil_create_of(shanghai, COUNT_OF(shanghai), 1);
    struct feature f = {.grain = GRAIN_DAY, .horizon = 14};
    int64_t today = BEGIN_US / US_PER_DAY + 10;
    CHECK_EQ(t, feature_oldest(&f, BEGIN_US + 10 * US_PER_DAY, civil), today - 13);
    CHECK_EQ(t, feature_oldest(&f, BEGIN_US + 10 * US_PER_DAY + 16 * US_PER_HOUR, civil), today - 12);
    f.grain = GRAIN_MOMENT;
    CHECK_EQ(t, feature_oldest(&f, BEGIN_US, civil), BEGIN_US - 13);
    f.horizon = 0;
    CHECK_EQ(t, feature_oldest(&f, BEGIN_US, civil), -SERIES_BUCKET_MAX);
    civil_destroy(civil);
}

static const struct test tests[] = {
    {"numbers are millionths, rounded half away from zero", numbers_are_millionths, 1},
    {"long values are told apart, and their beginning is kept", long_values_are_told_apart, 1},
    {"windows begin where they are last needed", windows_begin_where_they_are_last_needed, 1},
    {"entries are what happened", entries_are_what_happened, 3000},
    {"features of one event gather what each does alone", sharing_changes_nothing, 500},
};
TEST_MAIN(tests)
