#include "domain/people/portable.h"

#include <string.h>

#include "lib/value.h"

struct local_name {
    enum name_kind kind;
    struct bytes text;
};

struct local_names {
    struct arena *arena;
    struct local_name *list;
    uint32_t count, room;
    uint32_t *slots; /* place in the list + 1; 0: free */
    uint32_t slot_count;
    size_t bytes;
};

struct local_names *local_names_create(struct arena *a)
{
    struct local_names *n = ARENA_NEW(a, struct local_names);
    n->arena = a;
    n->slot_count = 64;
    n->slots = ARENA_ARRAY(a, uint32_t, n->slot_count);
    return n;
}

/* The slot of a name, or the free one where it belongs. */
static uint32_t *slot_of(const struct local_names *n, enum name_kind kind, struct bytes text)
{
    uint32_t at = (uint32_t)hash64(text, (uint64_t)kind);
    for (;; at++) {
        uint32_t *slot = &n->slots[at & (n->slot_count - 1)];
        if (*slot == 0)
            return slot;
        const struct local_name *name = &n->list[*slot - 1];
        if (name->kind == kind && bytes_equal(name->text, text))
            return slot;
    }
}

static void slots_double(struct local_names *n)
{
    n->slot_count *= 2;
    n->slots = ARENA_ARRAY(n->arena, uint32_t, n->slot_count);
    for (uint32_t i = 0; i < n->count; i++)
        *slot_of(n, n->list[i].kind, n->list[i].text) = i + 1;
}

static uint32_t local_number(struct local_names *n, enum name_kind kind, struct bytes text)
{
    if (text.size == 0 || text.size > NAME_BYTES_MAX)
        return 0;
    uint32_t *slot = slot_of(n, kind, text);
    if (*slot != 0)
        return *slot;
    if (n->bytes + text.size + 3 > LOCAL_NAMES_BYTES_MAX)
        return 0;
    LIST_OPEN(n->arena, n->list, n->count, n->room, n->count);
    n->list[n->count - 1] = (struct local_name){.kind = kind, .text = arena_copy(n->arena, text)};
    n->bytes += text.size + 3;
    uint32_t number = *slot = n->count;
    if (n->count * 2 > n->slot_count)
        slots_double(n);
    return number;
}

/* --- an event --- */

static void traits_locally(struct local_names *n, struct arrived *a, struct arena *scratch)
{
    struct unpack u = unpack_of(a->envelope.traits);
    uint64_t count = a->envelope.traits.size == 0 ? 0 : unpack_varint(&u);
    count = count > TRAITS_AN_EVENT_MAX ? TRAITS_AN_EVENT_MAX : count;
    struct arrived_trait *traits = ARENA_ARRAY(scratch, struct arrived_trait, count);
    for (uint64_t i = 0; i < count && unpack_good(&u); i++) {
        struct bytes key = unpack_bytes(&u), value = unpack_value_bytes(&u);
        uint32_t name = unpack_good(&u) ? local_number(n, NAME_TRAIT, key) : 0;
        if (name != 0)
            traits[a->trait_count++] = (struct arrived_trait){.name = name, .value = value};
    }
    a->traits = traits;
}

static void consents_locally(struct local_names *n, struct arrived *a, struct arena *scratch)
{
    struct unpack u = unpack_of(a->envelope.consents);
    struct arrived_consent *consents = ARENA_ARRAY(scratch, struct arrived_consent, CONSENTS_AN_EVENT_MAX);
    for (struct envelope_consent c; a->consent_count < CONSENTS_AN_EVENT_MAX && envelope_consent_next(&u, &c);) {
        uint32_t purpose = local_number(n, NAME_PURPOSE, c.purpose);
        uint32_t channel = local_number(n, NAME_CHANNEL, c.channel), entity = local_number(n, NAME_ENTITY, c.entity);
        if (purpose != 0 && (channel != 0 || c.channel.size == 0) && (entity != 0 || c.entity.size == 0))
            consents[a->consent_count++] = (struct arrived_consent){.purpose = purpose, .channel = channel, .entity = entity, .consent = c};
    }
    a->consents = consents;
}

struct arrived arrived_locally(struct local_names *names, const struct known_sources *sources, const struct envelope *envelope,
                               struct arena *scratch)
{
    struct arrived a = {.envelope = *envelope};
    a.event = local_number(names, NAME_EVENT, envelope->event);
    a.brand = local_number(names, NAME_BRAND, envelope->reference[REF_BRAND]);
    a.channel = local_number(names, NAME_CHANNEL, envelope->reference[REF_CHANNEL]);
    for (size_t i = 0; i < sources->count; i++)
        if (bytes_equal(sources->list[i].name, envelope->source))
            a.source = sources->list[i].rule.source;
    if (envelope->traits.size > 0)
        traits_locally(names, &a, scratch);
    if (envelope->consent_count > 0)
        consents_locally(names, &a, scratch);
    return a;
}

/* --- bytes --- */

void portable_pack(struct buf *b, const struct local_names *names, const struct people_fold *fold, struct arena *a)
{
    pack_varint(b, names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        pack_u8(b, (uint8_t)names->list[i].kind);
        pack_bytes(b, names->list[i].text);
    }
    pack_bytes(b, people_fold_section(fold, &traits_section, a));
    pack_bytes(b, people_fold_section(fold, &counters_section, a));
    pack_bytes(b, people_fold_section(fold, &consents_section, a));
}

bool portable_unpack(const struct view *v, struct unpack *u, struct portable *out)
{
    struct portable p = {.name_count = unpack_varint32(u)};
    if (p.name_count > unpack_left(u))
        return false;
    p.numbers = ARENA_ARRAY(v->arena, uint32_t, p.name_count);
    for (uint32_t i = 0; i < p.name_count; i++) {
        uint8_t kind = unpack_u8(u);
        struct bytes text = unpack_bytes(u);
        if (kind == 0 || kind >= NAME_KIND_COUNT)
            return false;
        uint32_t alias = name_alias(v, (enum name_kind)kind, text);
        p.numbers[i] = alias != 0 ? alias : name_number(v, (enum name_kind)kind, text);
    }
    p.traits = unpack_bytes(u);
    p.counters = unpack_bytes(u);
    p.consents = unpack_bytes(u);
    *out = p;
    return unpack_good(u);
}

static uint32_t number_of(const struct portable *p, uint32_t local)
{
    assert(local <= p->name_count);
    return local == 0 ? 0 : p->numbers[local - 1];
}

/* Not so when the workspace had no number left for it: then a consent must not widen to all channels, or to the group. */
static bool is_numbered(const struct portable *p, uint32_t local)
{
    return local == 0 || number_of(p, local) != 0;
}

struct bytes portable_add_traits(const struct portable *p, struct bytes section, struct arena *a)
{
    struct traits sum = traits_decode(section, a), more = traits_decode(p->traits, a);
    for (uint32_t i = 0; i < more.count; i++) {
        const struct trait_entry *entry = &more.list[i];
        struct trait_news news = {.name = number_of(p, entry->name), .brand = number_of(p, entry->brand)};
        for (uint32_t j = 0; j < entry->count && news.name != 0; j++) {
            news.candidate = entry->best[j];
            (void)traits_add(&sum, &news, a);
        }
    }
    sum.more |= more.more;
    return traits_encode(&sum, TRAITS_BYTES_MAX, a);
}

struct bytes portable_add_counters(const struct portable *p, struct bytes section, struct arena *a)
{
    struct counters sum = counters_decode(section, a), more = counters_decode(p->counters, a);
    for (uint32_t i = 0; i < more.count; i++) {
        struct counter counter = more.list[i];
        counter.event = number_of(p, counter.event);
        counter.brand = number_of(p, counter.brand);
        counter.channel = number_of(p, counter.channel);
        counters_add(&sum, &counter, a);
    }
    return counters_encode(&sum, a);
}

struct bytes portable_add_consents(const struct portable *p, struct bytes section, struct arena *a)
{
    struct consents sum = consents_decode(section, a), more = consents_decode(p->consents, a);
    for (uint32_t i = 0; i < more.count; i++) {
        struct consent consent = more.list[i];
        consent.brand = number_of(p, consent.brand);
        consent.purpose = number_of(p, consent.purpose);
        bool is_whole = is_numbered(p, consent.channel) && is_numbered(p, consent.entity);
        consent.channel = number_of(p, consent.channel);
        consent.entity = number_of(p, consent.entity);
        if (consent.purpose != 0 && is_whole)
            (void)consents_add(&sum, &consent, a);
    }
    return consents_encode(&sum, a);
}
