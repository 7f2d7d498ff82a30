#include "domain/people/find.h"

#include <string.h>

#include "domain/people/sections.h"
#include "lib/value.h"

#define PHONE_TAIL_DIGITS 4u
#define FOUND_BYTES_MAX (1u + 5u + 4u * (FOUND_MAX + FOUND_ORDERS_MAX))
#define ORDER_TEXT_BYTES_MIN 6u

const struct family find_token_family = {.id = 34, .kind = FAMILY_SERIES, .value_bytes = sizeof(uint32_t), .name = "find_token"};
const struct family find_person_family = {.id = 35, .kind = FAMILY_SERIES, .value_bytes = sizeof(uint32_t), .name = "find_person"};

/* --- what was pushed --- */

struct found found_decode(struct bytes section)
{
    struct found f;
    f.count = f.order_count = 0;
    if (section.size == 0)
        return f;
    struct unpack u = unpack_of(section);
    uint8_t format = unpack_u8(&u);
    f.count = unpack_varint32(&u);
    assert(format == SECTION_FORMAT && f.count <= FOUND_MAX);
    struct bytes hashes = unpack_raw(&u, f.count * sizeof(uint32_t)), orders = unpack_rest(&u);
    f.order_count = (uint32_t)(orders.size / sizeof(uint32_t));
    assert(unpack_finished(&u) && f.order_count <= FOUND_ORDERS_MAX && orders.size % sizeof(uint32_t) == 0);
    if (hashes.size > 0)
        memcpy(f.hashes, hashes.data, hashes.size);
    if (orders.size > 0)
        memcpy(f.orders, orders.data, orders.size);
    return f;
}

struct bytes found_encode(const struct found *f, struct arena *a)
{
    struct buf b = arena_buf(a, FOUND_BYTES_MAX);
    pack_u8(&b, SECTION_FORMAT);
    pack_varint(&b, f->count);
    pack_raw(&b, bytes_of(f->hashes, f->count * sizeof(uint32_t)));
    pack_raw(&b, bytes_of(f->orders, f->order_count * sizeof(uint32_t)));
    assert(!b.overflowed);
    return buf_bytes(&b);
}

/* false: it was there. */
static bool sorted_add(uint32_t *list, uint32_t *count, uint32_t x)
{
    uint32_t at = 0;
    while (at < *count && list[at] < x)
        at++;
    if (at < *count && list[at] == x)
        return false;
    memmove(list + at + 1, list + at, (*count - at) * sizeof *list);
    list[at] = x;
    (*count)++;
    return true;
}

/* Both keep one end of their union, so that it does not matter in which order three are merged. */
struct bytes found_merge(const struct view *v, struct bytes x, struct bytes y)
{
    if (x.size == 0 || y.size == 0)
        return x.size == 0 ? y : x;
    struct found a = found_decode(x), b = found_decode(y), sum;
    uint32_t hashes[FOUND_MAX * 2], orders[FOUND_ORDERS_MAX * 2], count = a.count, order_count = a.order_count;
    memcpy(hashes, a.hashes, sizeof a.hashes);
    memcpy(orders, a.orders, sizeof a.orders);
    for (uint32_t i = 0; i < b.count; i++)
        (void)sorted_add(hashes, &count, b.hashes[i]);
    for (uint32_t i = 0; i < b.order_count; i++)
        (void)sorted_add(orders, &order_count, b.orders[i]);
    sum.count = count < FOUND_MAX ? count : FOUND_MAX;
    sum.order_count = order_count < FOUND_ORDERS_MAX ? order_count : FOUND_ORDERS_MAX;
    memcpy(sum.hashes, hashes, sum.count * sizeof *hashes);
    memcpy(sum.orders, orders + (order_count - sum.order_count), sum.order_count * sizeof *orders);
    return found_encode(&sum, v->arena);
}

static void texts_push(struct step *s, uint32_t person, const struct find_texts *texts)
{
    struct found f = found_decode(view_section(&s->view, person, &found_section));
    uint32_t before = f.count;
    for (uint32_t i = 0; i < texts->count && f.count < FOUND_MAX; i++) {
        uint32_t hash = find_hash(&texts->list[i]);
        if (sorted_add(f.hashes, &f.count, hash))
            find_push(s, person, hash);
    }
    if (f.count > before)
        step_section_put(s, person, &found_section, found_encode(&f, s->view.arena));
}

static void order_push(struct step *s, uint32_t person, struct bytes order)
{
    struct find_texts texts = {0};
    find_texts_of_query(order, s->view.arena, &texts);
    for (uint32_t i = 0; i < texts.count; i++) {
        if (texts.list[i].kind != FIND_ORDER)
            continue;
        struct found f = found_decode(view_section(&s->view, person, &found_section));
        uint32_t hash = find_hash(&texts.list[i]), orders[FOUND_ORDERS_MAX + 1], count = f.order_count;
        memcpy(orders, f.orders, sizeof f.orders);
        if (!sorted_add(orders, &count, hash))
            return;
        find_push(s, person, hash);
        f.order_count = count < FOUND_ORDERS_MAX ? count : FOUND_ORDERS_MAX;
        memcpy(f.orders, orders + (count - f.order_count), f.order_count * sizeof *orders);
        step_section_put(s, person, &found_section, found_encode(&f, s->view.arena));
    }
}

/* --- who says what to push --- */

static void add_phone(struct find_texts *into, struct bytes phone)
{
    if (phone.size < PHONE_TAIL_DIGITS || into->count == FIND_TEXTS_MAX)
        return;
    into->list[into->count++] =
        (struct find_text){.kind = FIND_PHONE_TAIL, .text = bytes_slice(phone, phone.size - PHONE_TAIL_DIGITS, phone.size)};
}

/* An order's number is written once or a few times: when it is made, paid or done, whichever comes first. */
static bool is_of_order(const struct view *v, uint32_t event)
{
    return event == name_number(v, NAME_EVENT, BYTES_LIT("order_created")) || event == name_number(v, NAME_EVENT, BYTES_LIT("order_paid")) ||
           event == name_number(v, NAME_EVENT, BYTES_LIT("order_completed"));
}

void find_event(struct step *s, const struct resolved *r)
{
    const struct envelope *envelope = &r->arrived->envelope;
    if (envelope->reference[REF_ORDER].size > 0 && r->arrived->event != 0 && is_of_order(&s->view, r->arrived->event))
        order_push(s, r->person, envelope->reference[REF_ORDER]);
}

static bool is_name(const struct view *v, uint32_t trait)
{
    return trait == name_number(v, NAME_TRAIT, BYTES_LIT("name"));
}

static void add_name(struct find_texts *into, struct bytes packed, struct arena *a)
{
    struct unpack u = unpack_of(packed);
    struct value value = unpack_value(&u);
    if (unpack_good(&u) && value.kind == VALUE_TEXT)
        find_texts_of_name(value.body, a, into);
}

void find_trait(struct step *s, uint32_t person, uint32_t trait, struct bytes value)
{
    if (!is_name(&s->view, trait))
        return;
    struct find_texts texts = {0};
    add_name(&texts, value, s->view.arena);
    texts_push(s, person, &texts);
}

/* `brands`: of the identifiers known to these; NULL: of all. */
static void add_phones(struct find_texts *into, const struct identifier *list, size_t count, const struct brand_set *brands)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].type == TYPE_PHONE && (brands == NULL || brand_sets_meet(list[i].known_to, *brands)))
            add_phone(into, list[i].value);
}

void find_phones(struct step *s, uint32_t person, const struct identifier *list, size_t count)
{
    struct find_texts texts;
    texts.count = 0;
    add_phones(&texts, list, count, NULL);
    if (texts.count > 0)
        texts_push(s, person, &texts);
}

void find_forget(struct step *s, uint32_t person)
{
    step_section_put(s, person, &found_section, BYTES_NONE);
}

/* --- the check of a hit --- */

static bool texts_meet(const struct find_texts *x, const struct find_texts *y)
{
    for (uint32_t i = 0; i < x->count; i++)
        for (uint32_t j = 0; j < y->count; j++)
            if (x->list[i].kind == y->list[j].kind && bytes_equal(x->list[i].text, y->list[j].text))
                return true;
    return false;
}

/* Orders are not in the row. The hashes of the last few are; a person with more is taken at the column's word. */
static bool order_may_match(struct bytes found_bytes, const struct find_texts *asked)
{
    struct found f = found_decode(found_bytes);
    for (uint32_t i = 0; i < asked->count; i++) {
        if (asked->list[i].kind != FIND_ORDER)
            continue;
        uint32_t hash = find_hash(&asked->list[i]);
        for (uint32_t j = 0; j < f.order_count; j++)
            if (f.orders[j] == hash)
                return true;
        return f.order_count == FOUND_ORDERS_MAX && hash < f.orders[0] && asked->list[i].text.size >= ORDER_TEXT_BYTES_MIN;
    }
    return false;
}

bool people_matches(const struct view *v, uint32_t person, struct bytes text)
{
    return people_matches_known(v, person, text, NULL);
}

bool people_matches_known(const struct view *v, uint32_t person, struct bytes text, const struct brand_set *brands)
{
    struct find_texts asked = {0};
    uint32_t living = identity_living(v, person);
    find_texts_of_query(text, v->arena, &asked);
    if (living == PERSON_NONE || asked.count == 0)
        return false;
    const struct trait *traits;
    size_t count = people_traits(v, living, &traits);
    for (size_t i = 0; i < count; i++) {
        struct find_texts has = {0};
        if (is_name(v, traits[i].name) && (brands == NULL || brand_set_has(*brands, traits[i].brand)))
            add_name(&has, traits[i].value, v->arena);
        if (texts_meet(&has, &asked))
            return true;
    }
    struct find_texts has = {0};
    const struct identifier *list;
    size_t known = identity_list(v, living, &list);
    add_phones(&has, list, known, brands);
    return texts_meet(&has, &asked) || order_may_match(view_section(v, living, &found_section), &asked);
}
