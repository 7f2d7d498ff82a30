#include "domain/analytics/event_book.h"
#include "domain/analytics/exchange.h"
#include "domain/analytics/name_book.h"
#include "domain/collect/collect.h"
#include "domain/order/order.h"
#include "domain/thing/thing.h"

static void hidden_take(struct name_book *b, const struct view *v, bool hides_personal)
{
    struct property_words said = {0};
    for (bool is_there = property_words_next(v, NULL, &said); is_there;
         is_there = property_words_next(v, &said, &said)) {
        if ((said.is_forbidden && said.event == 0) || (said.is_personal && hides_personal))
            name_book_property_hide(b, said.of, said.name);
        else if (said.is_forbidden)
            name_book_property_bar(b, said.event, said.of, said.name);
        if (said.is_personal)
            name_book_personal_note(b, said.of, said.name);
    }
}

/* Kinds that a thing of this kind may belong to, near or far; each kind is looked at once. */
static void ancestors_add(struct name_book *b, const struct view *v, const struct thing_kind *kind)
{
    struct bytes near[THING_KINDS_MAX] = {kind->name};
    uint32_t count = 1;
    for (uint32_t at = 0; at < count; at++) {
        const struct thing_kind *k = thing_kind_named(v, near[at]);
        for (uint32_t i = 0; k != NULL && i < k->parent_count; i++) {
            bool is_new = count < THING_KINDS_MAX;
            for (uint32_t seen = 0; seen < count && is_new; seen++)
                is_new = !bytes_equal(near[seen], k->parents[i]);
            if (is_new)
                near[count++] = k->parents[i];
            name_book_member_add(b, kind->name, k->parents[i], true);
        }
    }
}

static void kinds_take(struct name_book *b, const struct view *v, bool hides_personal)
{
    for (const struct thing_kind *k = thing_kind_next(v, 0); k != NULL; k = thing_kind_next(v, k->number)) {
        if (k->is_personal && hides_personal)
            continue;
        for (uint32_t i = 0; i < k->attribute_count; i++)
            name_book_member_add(b, k->name, k->attributes[i].name, false);
        ancestors_add(b, v, k);
    }
}

struct name_book *name_book_of_kinds(const struct view *v)
{
    struct name_book *b = name_book_of_fields();
    kinds_take(b, v, false);
    return b;
}

struct name_book *name_book_of_view(const struct view *v, const struct veil *veil)
{
    return name_book_after(v, veil, NULL);
}

static struct hash128 known_revision(const struct view *v)
{
    const struct hash128 sums[] = {properties_sum(v), thing_kinds_sum(v)};
    return hash128(bytes_of(sums, sizeof sums), 0);
}

struct name_book *name_book_after(const struct view *v, const struct veil *veil, const struct name_book *before)
{
    struct name_book *b = name_book_of_fields();
    struct property p = {0};
    name_book_veil(b, veil);
    name_book_rates_set(b, rate_book_of_view(v, before == NULL ? NULL : name_book_rates_held(before)));
    name_book_events_set(b, event_book_of_view(v, before == NULL ? NULL : name_book_events_held(before)));
    if (name_book_known_take(b, before, known_revision(v)))
        return b;
    hidden_take(b, v, veil != NULL);
    kinds_take(b, v, veil != NULL);
    for (bool is_there = property_next(v, NULL, &p); is_there; is_there = property_next(v, &p, &p))
        if (!p.is_forbidden)
            name_book_property_add(b, p.of, p.name);
    return b;
}

struct hash128 name_book_revision(const struct view *v)
{
    const struct names_mark events = names_marked(v, NAME_EVENT);
    const struct hash128 sums[] = {{.low = events.last, .high = events.described}, known_revision(v), order_rates_sum(v)};
    return hash128(bytes_of(sums, sizeof sums), 0);
}
