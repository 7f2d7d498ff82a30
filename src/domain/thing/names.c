#include "domain/thing/names.h"

#include <string.h>

#include "domain/thing/row.h"
#include "lib/pinyin.h"
#include "lib/text.h"
#include "lib/value.h"

/* Beginnings that have a set, in characters; a search by fewer than the least finds nothing. */
static const struct {
    uint32_t count;
    uint32_t lengths[3]; /* ascending */
} beginnings[THING_TEXT_COUNT] = {
    [THING_TEXT_WRITTEN] = {3, {1, 2, 4}},
    [THING_TEXT_PINYIN] = {3, {2, 5, 8}},
    [THING_TEXT_INITIALS] = {2, {2, 4}},
};
static_assert(3 + 3 + 2 == NAME_SETS_MAX, "there is room for all of one name");

/* --- texts --- */

static struct bytes folded(struct bytes text, struct arena *a)
{
    struct bytes plain;
    if (text.size == 0 || text.size > THING_VALUE_BYTES_MAX || failed(text_fold(text, a, &plain, NULL)))
        return BYTES_NONE;
    return text_simplify(plain, a);
}

/* What a name is found by; a kind that it hasn't is empty. */
static void texts_of_name(struct bytes name, struct arena *a, struct bytes out[THING_TEXT_COUNT])
{
    struct pinyin_name pinyin;
    out[THING_TEXT_WRITTEN] = folded(name, a);
    pinyin_of(pinyin_table(), out[THING_TEXT_WRITTEN], &pinyin);
    out[THING_TEXT_PINYIN] = arena_copy(a, bytes_of(pinyin.full, pinyin.full_size));
    out[THING_TEXT_INITIALS] = arena_copy(a, bytes_of(pinyin.initials, pinyin.initials_size));
}

static struct bytes name_of(struct bytes packed)
{
    struct unpack u = unpack_of(packed);
    struct value value = unpack_value(&u);
    return packed.size > 0 && value.kind == VALUE_TEXT ? value.body : BYTES_NONE;
}

/* The first `count` characters; empty: there aren't so many. */
static struct bytes beginning(struct bytes text, uint32_t count)
{
    struct bytes rest = text;
    for (; count > 0 && rest.size > 0; count--)
        (void)text_next(&rest);
    return count > 0 ? BYTES_NONE : bytes_slice(text, 0, text.size - rest.size);
}

struct name_sets name_sets_of(struct bytes kind, struct bytes value, struct arena *a)
{
    struct name_sets sets = {.count = 0};
    struct bytes texts[THING_TEXT_COUNT], name = name_of(value);
    if (name.size == 0)
        return sets;
    texts_of_name(name, a, texts);
    for (int t = 0; t < THING_TEXT_COUNT; t++) {
        for (uint32_t i = 0; i < beginnings[t].count; i++) {
            struct bytes begin = beginning(texts[t], beginnings[t].lengths[i]);
            if (begin.size > 0)
                sets.list[sets.count++] = members_named(kind, (uint8_t)t, begin, a);
        }
    }
    return sets;
}

/* --- searching --- */

/* Letters and digits without what people put between syllables; empty: something else stands among them. */
static struct bytes letters_typed(struct bytes text, struct arena *a)
{
    uint8_t *data = arena_take(a, text.size + 1, 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x80)
            return BYTES_NONE;
        if (c != ' ' && c != '\'' && c != '-')
            data[size++] = c;
    }
    return bytes_of(data, size);
}

/* The longest beginning of the text that has a set; empty: it is too short. */
static struct bytes beginning_searched(enum thing_text kind, struct bytes text)
{
    struct bytes found = BYTES_NONE;
    for (uint32_t i = 0; i < beginnings[kind].count; i++) {
        struct bytes begin = beginning(text, beginnings[kind].lengths[i]);
        found = begin.size > 0 ? begin : found;
    }
    return found;
}

bool thing_search_of(struct bytes typed, struct arena *a, struct thing_search *out)
{
    struct bytes written = folded(typed, a), letters = letters_typed(written, a);
    out->texts[THING_TEXT_WRITTEN] = written;
    out->texts[THING_TEXT_PINYIN] = out->texts[THING_TEXT_INITIALS] = letters;
    return written.size > 0;
}

bool thing_is_named(const struct view *v, const struct thing *t, const struct thing_search *s)
{
    const struct thing_attribute *a = thing_attribute_named(thing_kind_numbered(v, t->kind), BYTES_LIT(THING_NAME));
    struct bytes texts[THING_TEXT_COUNT], name = a == NULL ? BYTES_NONE : name_of(thing_newest(t, a->number));
    if (name.size == 0)
        return false;
    texts_of_name(name, v->arena, texts);
    for (int i = 0; i < THING_TEXT_COUNT; i++)
        if (s->texts[i].size > 0 && bytes_starts_with(texts[i], s->texts[i]))
            return true;
    return false;
}

/* The next that has one of its texts beginning so, in one set, which may be of a shorter beginning. One whose row is cold is taken for
 * good: whoever reads comes again. */
static uint32_t next_in(const struct view *v, struct bytes set, const struct thing_search *s, uint32_t after)
{
    struct thing t;
    uint32_t next = members_next(v, set, after);
    for (uint32_t passed = 0;
         passed < THING_PASSED_MAX && next != THING_NONE && thing_read(v, next, &t) && !thing_is_named(v, &t, s);
         passed++)
        next = members_next(v, set, next);
    return next;
}

static uint32_t next_of_kind(const struct view *v, struct bytes kind, const struct thing_search *s, uint32_t after)
{
    uint32_t first = THING_NONE;
    for (int i = 0; i < THING_TEXT_COUNT; i++) {
        struct bytes begin = beginning_searched((enum thing_text)i, s->texts[i]);
        uint32_t next = begin.size == 0 ? THING_NONE
                                        : next_in(v, members_named(kind, (uint8_t)i, begin, v->arena), s, after);
        first = next != THING_NONE && (first == THING_NONE || next < first) ? next : first;
    }
    return first;
}

uint32_t thing_named_next(const struct view *v, struct bytes kind, const struct thing_search *s, uint32_t after)
{
    uint32_t first = THING_NONE;
    if (kind.size > 0)
        return next_of_kind(v, kind, s, after);
    for (const struct thing_kind *k = thing_kind_next(v, 0); k != NULL; k = thing_kind_next(v, k->number)) {
        uint32_t next = next_of_kind(v, k->name, s, after);
        first = next != THING_NONE && (first == THING_NONE || next < first) ? next : first;
    }
    return first;
}
