#include "domain/collect/standard.h"

#include "domain/collect/standard_hash.h"
#include "domain/collect/standard_table.h"


#define EVENT_ROW(n, name, en, zh, category, needs, aliases) {n, name, en, zh, category, needs, aliases},
static const struct standard_event events[] = {STANDARD_EVENTS(EVENT_ROW)};
#define EVENT_NAME(n, name, en, zh, category, needs, aliases) {(const uint8_t *)name, sizeof(name) - 1},
static const struct bytes event_names[] = {STANDARD_EVENTS(EVENT_NAME)};
#define PROPERTY_NAME(name, aliases) {(const uint8_t *)name, sizeof(name) - 1},
static const struct bytes property_names[] = {STANDARD_PROPERTIES(PROPERTY_NAME)};

static_assert(COUNT_OF(events) < NAME_EVENT_CUSTOM, "standard numbers end before the others begin");

/* The row that a spelling belongs to, or -1. */
static int index_find(const struct standard_index *index, const uint8_t *data, size_t size)
{
    uint64_t hash = standard_hash(data, size);
    for (uint32_t at = (uint32_t)hash;; at++) {
        const struct standard_slot *slot = &index->slots[at & (index->slot_count - 1)];
        if (slot->entry == 0)
            return -1;
        if (slot->check == (uint32_t)(hash >> 32)) {
            const char *text = index->texts[slot->entry - 1];
            if (strncmp(text, (const char *)data, size) == 0 && text[size] == 0)
                return slot->row;
        }
    }
}

static int spelling_find(const struct standard_index *index, struct bytes sent)
{
    uint8_t folded[STANDARD_FOLDED_BYTES_MAX];
    size_t size = standard_fold(sent.data, sent.size, folded);
    return size == 0 ? -1 : index_find(index, folded, size);
}

const struct standard_event *standard_events(size_t *out_count)
{
    *out_count = COUNT_OF(events);
    return events;
}

const struct standard_event *standard_event_named(struct bytes name)
{
    if (name.size == 0 || name.size > STANDARD_FOLDED_BYTES_MAX)
        return NULL;
    int row = index_find(&standard_event_names, name.data, name.size);
    return row < 0 ? NULL : &events[row];
}

const struct standard_event *standard_event_numbered(uint32_t number)
{
    return number >= 1 && number <= COUNT_OF(events) ? &events[number - 1] : NULL;
}

struct bytes standard_event_name(uint32_t number)
{
    return number >= 1 && number <= COUNT_OF(events) ? event_names[number - 1] : BYTES_NONE;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct bytes trimmed(struct bytes text)
{
    while (text.size > 0 && is_blank(text.data[0]))
        text.data++, text.size--;
    while (text.size > 0 && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

struct bytes standard_event_fold(struct bytes sent)
{
    struct bytes name = trimmed(sent);
    int row = spelling_find(&standard_event_spellings, name);
    return row < 0 ? name : event_names[row];
}

struct bytes standard_property_fold(struct bytes sent)
{
    int row = spelling_find(&standard_property_spellings, sent);
    return row < 0 ? sent : property_names[row];
}
