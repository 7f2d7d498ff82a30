/* The truth beside the stream: whose each shown identifier is, and what was sold. */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "synth/play.h"

/* Pairs of people are asked three questions each. */
enum pair_kind { PAIR_DEVICE, PAIR_FAMILY, PAIR_RECYCLED, PAIR_KIND_COUNT };

static bool has_shown(const struct synth *s, uint32_t person, enum slot slot)
{
    return person != SYNTH_NOBODY && (s->people[person].shown >> slot & 1);
}

struct pair {
    uint32_t first, second;      /* first's number is the one asked about */
    enum slot slot, second_slot; /* the same identifier, as the first and as the second have it */
    const char *kind;
};

/* What `person` shares as the first of a pair; second is SYNTH_NOBODY when there is nothing of the kind. */
static struct pair pair_of(const struct synth *s, uint32_t person, enum pair_kind kind)
{
    const struct cast *c = &s->cast;
    struct pair pair = {.first = person, .second = SYNTH_NOBODY, .slot = SLOT_PHONE};
    if (kind == PAIR_DEVICE) {
        pair.kind = "shared_device";
        pair.slot = pair.second_slot = SLOT_COOKIE_SHARED;
        pair.second = person % 2 == 0 ? synth_cast_device_mate(c, person) : SYNTH_NOBODY;
    } else if (kind == PAIR_FAMILY) {
        pair.kind = "family";
        pair.second_slot = SLOT_PHONE_FAMILY;
        uint32_t other = synth_cast_family(c, person);
        if (other != SYNTH_NOBODY && synth_cast_gives_family_phone(c, other))
            pair.second = other;
    } else {
        pair.kind = "recycled_phone";
        pair.second_slot = SLOT_PHONE_TAKEN;
        pair.second = synth_cast_phone_heir(c, person);
    }
    if (!has_shown(s, person, pair.slot) || !has_shown(s, pair.second, pair.second_slot))
        pair.second = SYNTH_NOBODY;
    return pair;
}

/* The slots of `person` that somebody else showed too. A staff phone is never the shopper's own. */
static uint64_t shared_slots(const struct synth *s, uint32_t person)
{
    const uint32_t others[] = {synth_cast_device_mate(&s->cast, person), synth_cast_family(&s->cast, person),
                               synth_cast_phone_donor(&s->cast, person)};
    static_assert(COUNT_OF(others) == PAIR_KIND_COUNT, "one a kind");
    uint64_t shared = UINT64_C(1) << SLOT_PHONE_STAFF;
    for (enum pair_kind kind = 0; kind < PAIR_KIND_COUNT; kind++) {
        struct pair pair = pair_of(s, person, kind);
        if (pair.second != SYNTH_NOBODY)
            shared |= UINT64_C(1) << pair.slot;
        if (others[kind] == SYNTH_NOBODY)
            continue;
        pair = pair_of(s, others[kind], kind);
        if (pair.second == person)
            shared |= UINT64_C(1) << pair.second_slot;
    }
    return shared;
}

static void id_write(const struct synth *s, uint32_t person, enum slot slot, struct buf *out)
{
    struct cast_id id;
    synth_cast_id(&s->cast, person, slot, &id);
    synth_json_id(out, (struct id_text){id.type, id.ns, id.text, NULL});
}

static void label_write(uint32_t person, struct buf *out)
{
    buf_printf(out, "\"P%06u\"", person + 1);
}

static void person_write(const struct synth *s, uint32_t person, struct buf *out)
{
    struct profile profile;
    synth_cast_profile(&s->cast, person, &profile);
    buf_push_text(out, "{\"person\":");
    label_write(person, out);
    buf_push_text(out, ",\"name\":");
    synth_json_text(out, profile.name);
    buf_push_text(out, ",\"ids\":[");
    uint64_t own = s->people[person].shown & ~shared_slots(s, person);
    for (bool first = true; own != 0; own &= own - 1, first = false) {
        if (!first)
            buf_push_byte(out, ',');
        id_write(s, person, (enum slot)__builtin_ctzll(own), out);
    }
    buf_push_text(out, "]}");
}

static void shared_begin(const struct synth *s, const struct pair *pair, struct buf *out)
{
    buf_push_text(out, "{\"shared\":");
    id_write(s, pair->first, pair->slot, out);
    buf_push_text(out, ",\"kind\":");
    synth_json_text(out, pair->kind);
    buf_push_text(out, ",\"people\":[");
    label_write(pair->first, out);
}

static bool people_next(struct synth *s, struct buf *out)
{
    struct truth_cursor *t = &s->truth;
    while (t->at < s->options.people) {
        uint32_t person = t->at++;
        if (s->people[person].shown == 0)
            continue;
        person_write(s, person, out);
        return true;
    }
    return false;
}

static bool pairs_next(struct synth *s, struct buf *out)
{
    static_assert((uint64_t)SYNTH_PEOPLE_MAX * PAIR_KIND_COUNT < UINT32_MAX, "the cursor counts them all");
    struct truth_cursor *t = &s->truth;
    while (t->at < s->options.people * PAIR_KIND_COUNT) {
        uint32_t at = t->at++;
        struct pair pair = pair_of(s, at / PAIR_KIND_COUNT, at % PAIR_KIND_COUNT);
        if (pair.second == SYNTH_NOBODY)
            continue;
        shared_begin(s, &pair, out);
        buf_push_byte(out, ',');
        label_write(pair.second, out);
        buf_push_text(out, "]}");
        return true;
    }
    return false;
}

static int key_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void staff_collect(struct synth *s)
{
    struct truth_cursor *t = &s->truth;
    free(t->staff_people);
    t->staff_people = NULL;
    t->staff_count = 0;
    for (int pass = 0; pass < 2; pass++) { /* count, then fill */
        t->staff_count = 0;
        for (uint32_t i = 0; i < s->options.people; i++) {
            if (!has_shown(s, i, SLOT_PHONE_STAFF))
                continue;
            if (t->staff_people != NULL)
                t->staff_people[t->staff_count] = (uint64_t)synth_cast_staff_phone(&s->cast, i) << 32 | i;
            t->staff_count++;
        }
        if (pass == 0 && t->staff_count > 0) {
            t->staff_people = malloc(t->staff_count * sizeof *t->staff_people);
            if (t->staff_people == NULL)
                abort();
        }
    }
    if (t->staff_count > 0)
        qsort(t->staff_people, t->staff_count, sizeof *t->staff_people, key_compare);
}

static bool staff_next(struct synth *s, struct buf *out)
{
    struct truth_cursor *t = &s->truth;
    if (t->at == t->staff_count)
        return false;
    uint64_t key = t->staff_people[t->at++];
    struct pair pair = {.first = (uint32_t)key, .slot = SLOT_PHONE_STAFF, .kind = "staff_phone"};
    shared_begin(s, &pair, out);
    for (; t->at < t->staff_count && t->staff_people[t->at] >> 32 == key >> 32; t->at++) {
        buf_push_byte(out, ',');
        label_write((uint32_t)t->staff_people[t->at], out);
    }
    buf_push_text(out, "]}");
    return true;
}

static void shop_begin(const struct synth *s, size_t shop, struct buf *out)
{
    buf_push_text(out, "{\"shop\":");
    synth_json_text(out, s->world.shops[shop / BRAND_COUNT][shop % BRAND_COUNT]);
}

static bool shops_next(struct synth *s, struct buf *out)
{
    while (s->truth.at < SHOP_COUNT) {
        uint32_t shop = s->truth.at++;
        const struct shop_sums *sums = &s->shops[shop];
        if (sums->orders == 0)
            continue;
        shop_begin(s, shop, out);
        synth_json_text_member(out, "brand", synth_brands[shop % BRAND_COUNT].id);
        buf_printf(out, ",\"orders\":%llu", (unsigned long long)sums->orders);
        synth_json_money_member(out, "gross", sums->gross_fen);
        synth_json_money_member(out, "refunded", sums->refunded_fen);
        synth_json_money_member(out, "net", sums->net_fen);
        buf_push_byte(out, '}');
        return true;
    }
    return false;
}

static bool days_next(struct synth *s, struct buf *out)
{
    char day[32];
    while (s->truth.at < SHOP_COUNT * s->day_count) {
        uint32_t at = s->truth.at++;
        const struct day_sums *sums = &s->days[at];
        if (sums->orders == 0)
            continue;
        struct civil_date date = civil_of_day(s->first_day + (int32_t)(at % s->day_count));
        (void)snprintf(day, sizeof day, "%04d-%02u-%02u", (int)date.year, (unsigned)date.month, (unsigned)date.day);
        shop_begin(s, at / s->day_count, out);
        synth_json_text_member(out, "day", day);
        buf_printf(out, ",\"orders\":%llu", (unsigned long long)sums->orders);
        synth_json_money_member(out, "amount", sums->amount_fen);
        buf_push_byte(out, '}');
        return true;
    }
    return false;
}

bool synth_truth_next(struct synth *s, struct buf *out_line)
{
    static bool (*const phases[TRUTH_END])(struct synth *, struct buf *) = {
        [TRUTH_PEOPLE] = people_next, [TRUTH_PAIRS] = pairs_next, [TRUTH_STAFF] = staff_next,
        [TRUTH_SHOPS] = shops_next,   [TRUTH_DAYS] = days_next,
    };
    assert(out_line->size_max >= SYNTH_LINE_BYTES_MAX);
    struct truth_cursor *t = &s->truth;
    buf_clear(out_line);
    for (; t->phase < TRUTH_END; t->phase++, t->at = 0) {
        if (t->phase == TRUTH_STAFF && t->at == 0)
            staff_collect(s);
        if (phases[t->phase](s, out_line)) {
            assert(!out_line->overflowed);
            return true;
        }
    }
    t->phase = TRUTH_PEOPLE;
    return false;
}
