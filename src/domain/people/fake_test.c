#include "domain/people/fake_test.h"

#include <stddef.h>

#include "domain/event/event.h"
#include "engine/registry.h"

/* A person: its numbers (own first, then absorbed), absorbed ones that may come back, owners. */
#define LIST_MAX 64u
struct fake_person {
    uint32_t alias_of;
    uint32_t number_count, alias_count, owner_count;
    uint32_t numbers[LIST_MAX], aliases[LIST_MAX];
    struct hash128 owners[LIST_MAX];
};

static const struct section fake_section = {.id = 0, .kind = SECTION_FLOW, .name = "fake_identity"};
static const struct family owner_family = {.id = 20, .kind = FAMILY_INDEX, .name = "fake_owner"};
static const struct family event_family = {.id = 40, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES_MAX, .name = "fake_event"};

const struct fact_kind fact_resolved = {.id = 0x0301, .name = "resolved"};
const struct fact_kind fact_merged = {.id = 0x0302, .name = "merged"};
const struct fact_kind fact_split = {.id = 0x0303, .name = "split"};
const struct fact_kind fact_identifiers_changed = {.id = 0x0306, .name = "identifiers_changed"};

static const void *copy_aligned(struct arena *a, const void *data, size_t size)
{
    void *copy = arena_take(a, size + 1, _Alignof(max_align_t));
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

/* --- identity --- */

static struct fake_person person_read(const struct view *v, uint32_t number)
{
    struct fake_person p = {0};
    struct bytes section = view_section(v, number, &fake_section);
    if (section.size > 0)
        memcpy(&p, section.data, sizeof p);
    return p;
}

static void person_write(struct step *s, uint32_t number, const struct fake_person *p)
{
    step_section_put(s, number, &fake_section, arena_copy(s->view.arena, bytes_of(p, sizeof *p)));
}

uint32_t identity_living(const struct view *v, uint32_t number)
{
    for (uint32_t next; number != PERSON_NONE && (next = person_read(v, number).alias_of) != PERSON_NONE;)
        number = next;
    return number;
}

uint32_t identity_of_owner(const struct view *v, struct hash128 owner)
{
    uint32_t number = PERSON_NONE;
    return view_index(v, &owner_family, owner, &number) ? number : PERSON_NONE;
}

size_t identity_numbers(const struct view *v, uint32_t number, const uint32_t **out_numbers)
{
    struct fake_person p = person_read(v, number);
    *out_numbers = copy_aligned(v->arena, p.numbers, sizeof p.numbers);
    return p.number_count;
}

size_t identity_list(const struct view *v, uint32_t number, const struct identifier **out_list)
{
    struct fake_person p = person_read(v, number);
    struct identifier *list = ARENA_ARRAY(v->arena, struct identifier, LIST_MAX);
    for (uint32_t i = 0; i < p.owner_count; i++) {
        char *phone = arena_printf(v->arena, "+86138%08llu", (unsigned long long)p.owners[i].high);
        list[i] = (struct identifier){.type = TYPE_PHONE, .value = bytes_of_text(phone), .key = p.owners[i]};
    }
    *out_list = list;
    return p.owner_count;
}

struct hash128 identity_public_id(const struct view *v, uint32_t number)
{
    (void)v;
    return (struct hash128){number, 0};
}

/* There are few people here, so all are touched. */
static void everybody_needs(const struct view *v, struct bytes payload)
{
    (void)payload;
    for (uint32_t number = 1; number < rows_numbered_end(v->rows, &person_family); number++)
        (void)view_person(v, number);
}

void identity_touch(const struct view *v, const struct envelope *envelope)
{
    (void)envelope;
    everybody_needs(v, BYTES_NONE);
}

bool identity_prefetch(const struct view *v, const struct envelope_keys *keys, struct identity_ahead *io_ahead)
{
    (void)v, (void)keys, (void)io_ahead;
    return false;
}

struct hash128 identifier_key_plain(struct hash128 key, uint32_t *out_holder)
{
    *out_holder = 1;
    return key;
}

const struct id_type_rule *id_types_builtin(size_t *out_count)
{
    *out_count = 0;
    return NULL;
}

static void say_changed(struct step *s, uint32_t person)
{
    struct identifiers_changed *changed = ARENA_NEW(s->view.arena, struct identifiers_changed);
    changed->person = person;
    changed->count = identity_list(&s->view, person, &changed->list);
    step_say(s, &fact_identifiers_changed, changed);
}

static uint32_t person_of(struct step *s, struct hash128 owner, bool *out_created)
{
    uint32_t number = identity_of_owner(&s->view, owner);
    *out_created = number == PERSON_NONE;
    if (number != PERSON_NONE)
        return number;
    number = step_person_create(s);
    struct fake_person p = {.number_count = 1, .owner_count = 1, .numbers = {number}, .owners = {owner}};
    person_write(s, number, &p);
    step_index_put(s, &owner_family, owner, number);
    say_changed(s, number);
    return number;
}

static void hear_arrived(struct step *s, const void *fact)
{
    struct resolved *r = ARENA_NEW(s->view.arena, struct resolved);
    r->arrived = fact;
    if (r->arrived->envelope.id_count > 0) {
        r->owner = r->arrived->envelope.ids[0].key;
        r->person = person_of(s, r->owner, &r->created);
    }
    step_say(s, &fact_resolved, r);
}

static void lists_join(uint32_t *list, uint32_t *count, const uint32_t *more, uint32_t more_count)
{
    for (uint32_t i = 0; i < more_count; i++) {
        bool there = false;
        for (uint32_t j = 0; j < *count; j++)
            there |= list[j] == more[i];
        if (!there && *count < LIST_MAX)
            list[(*count)++] = more[i];
    }
}

static void sections_merge(struct step *s, uint32_t survivor, uint32_t absorbed)
{
    for (uint8_t id = 0; id < SECTION_COUNT_MAX; id++) {
        const struct section *section = registry_section(s->view.registry, id);
        if (section == NULL || section->merge == NULL)
            continue;
        struct bytes a = view_section(&s->view, survivor, section), b = view_section(&s->view, absorbed, section);
        if (b.size > 0)
            step_section_put(s, survivor, section, a.size == 0 ? b : section->merge(&s->view, a, b));
    }
    step_person_clear(s, absorbed);
}

static struct hash128 owner_unpack(struct unpack *u)
{
    struct hash128 h = {.low = unpack_u64(u)};
    h.high = unpack_u64(u);
    return h;
}

static const struct refusal same = {"same", "They are one person.", "同一人。"};

static const struct refusal *merge_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct hash128 x = owner_unpack(&u), y = owner_unpack(&u);
    uint32_t a = identity_of_owner(&s->view, x), b = identity_of_owner(&s->view, y);
    if (a == b || a == PERSON_NONE || b == PERSON_NONE)
        return &same;
    struct merged *m = ARENA_NEW(s->view.arena, struct merged);
    m->survivor = a < b ? a : b;
    m->absorbed = a < b ? b : a;
    struct fake_person into = person_read(&s->view, m->survivor), gone = person_read(&s->view, m->absorbed);
    lists_join(into.numbers, &into.number_count, gone.numbers, gone.number_count);
    lists_join(into.aliases, &into.alias_count, gone.aliases, gone.alias_count);
    lists_join(into.aliases, &into.alias_count, &m->absorbed, 1);
    for (uint32_t i = 0; i < gone.owner_count; i++) {
        assert(into.owner_count < LIST_MAX);
        into.owners[into.owner_count++] = gone.owners[i];
        step_index_put(s, &owner_family, gone.owners[i], m->survivor);
    }
    sections_merge(s, m->survivor, m->absorbed);
    person_write(s, m->survivor, &into);
    gone = (struct fake_person){.alias_of = m->survivor};
    person_write(s, m->absorbed, &gone);
    step_say(s, &fact_merged, m);
    say_changed(s, m->survivor);
    say_changed(s, m->absorbed);
    return NULL;
}

static uint32_t part_create(struct step *s, struct fake_person *from, struct split_part *part)
{
    part->returned = from->alias_count > 0;
    part->person = part->returned ? from->aliases[--from->alias_count] : step_person_create(s);
    struct fake_person p = {.number_count = 1, .numbers = {part->person}};
    from->number_count = 1;
    lists_join(from->numbers, &from->number_count, from->aliases, from->alias_count);
    for (uint32_t i = 0; i < part->owner_count; i++) {
        p.owners[p.owner_count++] = part->owners[i];
        step_index_put(s, &owner_family, part->owners[i], part->person);
    }
    person_write(s, part->person, &p);
    return part->person;
}

static const struct refusal *split_apply(struct step *s, struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    struct split *split = ARENA_NEW(s->view.arena, struct split);
    struct split_part *parts = ARENA_ARRAY(s->view.arena, struct split_part, 2);
    struct hash128 *lists = ARENA_ARRAY(s->view.arena, struct hash128, 2 * LIST_MAX);
    *split = (struct split){.person = identity_of_owner(&s->view, owner_unpack(&u)), .part_count = 2, .parts = parts};
    struct fake_person p = person_read(&s->view, split->person);
    parts[0] = (struct split_part){.person = split->person, .owners = lists};
    parts[1].owners = lists + LIST_MAX;
    for (uint32_t i = 0; i < p.owner_count; i++) {
        bool taken = false;
        for (u = unpack_of(payload); unpack_left(&u) > 0;)
            taken |= hash128_equal(owner_unpack(&u), p.owners[i]);
        lists[taken * LIST_MAX + parts[taken].owner_count++] = p.owners[i];
    }
    if (split->person == PERSON_NONE || parts[0].owner_count == 0 || parts[1].owner_count == 0)
        return &same;
    (void)part_create(s, &p, &parts[1]);
    p.owner_count = parts[0].owner_count;
    memcpy(p.owners, lists, p.owner_count * sizeof *lists);
    person_write(s, split->person, &p);
    step_say(s, &fact_split, split);
    for (uint32_t i = 0; i < split->part_count; i++)
        say_changed(s, parts[i].person);
    return NULL;
}

static const struct family *const identity_families[] = {&owner_family};
static const struct section *const identity_sections[] = {&fake_section};
static const struct fact_kind *const identity_says[] = {&fact_resolved, &fact_merged, &fact_split, &fact_identifiers_changed};
static const struct listener identity_hears[] = {{&fact_arrived, hear_arrived}};
static const struct command identity_commands[] = {
    {COMMAND_FAKE_MERGE, "fake.merge", 4096, ROLE_WRITE, NULL, everybody_needs, merge_apply, "Test.", NULL},
    {COMMAND_FAKE_SPLIT, "fake.split", 4096, ROLE_WRITE, NULL, everybody_needs, split_apply, "Test.", NULL},
};
const struct domain fake_identity_domain = {
    .number = 0x03,
    .name = "fake_identity",
    .families = identity_families,
    .family_count = COUNT_OF(identity_families),
    .sections = identity_sections,
    .section_count = COUNT_OF(identity_sections),
    .commands = identity_commands,
    .command_count = COUNT_OF(identity_commands),
    .says = identity_says,
    .say_count = COUNT_OF(identity_says),
    .hears = identity_hears,
    .hear_count = COUNT_OF(identity_hears),
};

/* --- events --- */

static void hear_resolved(struct step *s, const void *fact)
{
    const struct resolved *r = fact;
    struct event_note note = {.position = s->view.position, .person = r->person, .event = (uint16_t)r->arrived->event, .owner = r->owner};
    uint8_t *key = arena_take(s->view.arena, 8, 1), *row = arena_take(s->view.arena, sizeof note + r->arrived->packed.size, 8);
    for (int i = 0; i < 8; i++)
        key[i] = (uint8_t)(note.position >> (56 - 8 * i));
    memcpy(row, &note, sizeof note);
    memcpy(row + sizeof note, r->arrived->packed.data, r->arrived->packed.size);
    step_keyed_put(s, &event_family, bytes_of(key, 8), bytes_of(row, sizeof note + r->arrived->packed.size));
}

static const struct family *const event_families[] = {&event_family};
static const struct listener event_hears[] = {{&fact_resolved, hear_resolved}};
const struct domain fake_event_domain = {
    .number = 0x05,
    .name = "fake_event",
    .families = event_families,
    .family_count = COUNT_OF(event_families),
    .hears = event_hears,
    .hear_count = COUNT_OF(event_hears),
};

struct event_view {
    struct arena *arena;
    struct bytes *rows;
    size_t count;
};

struct event_view *event_view_open(const struct view *v, const struct work_surroundings *around)
{
    (void)around;
    struct arena *arena = arena_create(1 << 16);
    struct event_view *ev = ARENA_NEW(arena, struct event_view);
    struct bytes key = BYTES_NONE, value;
    ev->arena = arena;
    while (view_keyed_next(v, &event_family, key, true, &key, &value))
        ev->count++;
    ev->rows = ARENA_ARRAY(arena, struct bytes, ev->count);
    key = BYTES_NONE;
    for (size_t i = 0; view_keyed_next(v, &event_family, key, true, &key, &value); i++)
        ev->rows[i] = arena_copy(arena, value);
    return ev;
}

void event_view_close(struct event_view *ev)
{
    if (ev != NULL)
        arena_destroy(ev->arena);
}

fallible event_scan_people(struct event_view *ev, const struct event_people *asked, event_each each, void *context, struct err *e)
{
    (void)e;
    for (size_t i = ev->count; i-- > 0;) {
        struct event_seen seen = {0};
        bool mine = false;
        memcpy(&seen.note, ev->rows[i].data, sizeof seen.note);
        seen.packed = bytes_slice(ev->rows[i], sizeof seen.note, ev->rows[i].size);
        for (size_t j = 0; j < asked->count; j++)
            mine |= asked->numbers[j] == seen.note.person;
        if (mine && !each(context, &seen))
            return DONE;
    }
    return DONE;
}

/* --- the test's hands --- */

struct hash128 fake_owner(uint32_t n)
{
    return (struct hash128){rng_mix(n), n};
}

void fake_owners_pack(struct buf *b, const uint32_t *owners, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct hash128 h = fake_owner(owners[i]);
        pack_u64(b, h.low);
        pack_u64(b, h.high);
    }
}

uint32_t fake_owners_of(const struct view *v, uint32_t person, const struct hash128 **out_owners)
{
    struct fake_person p = person_read(v, person);
    *out_owners = copy_aligned(v->arena, p.owners, sizeof p.owners);
    return p.owner_count;
}

struct harness *people_harness(void)
{
    static const struct domain *const domains[] = {&collect_domain, &fake_identity_domain, &people_domain, &fake_event_domain};
    return harness_create(domains, COUNT_OF(domains));
}

struct bytes draft_pack(struct t *t, const struct draft_event *draft)
{
    struct envelope *e = ARENA_NEW(t->arena, struct envelope);
    struct buf consents, out;
    struct err err = {0};
    buf_init(&consents, 1 << 16);
    buf_init(&out, ENVELOPE_BYTES_MAX);
    for (uint32_t i = 0; i < draft->consent_count; i++)
        envelope_consent_pack(&consents, &draft->consents[i]);
    e->event = bytes_of_text(draft->event);
    e->source = bytes_of_text(draft->source == NULL ? "web" : draft->source);
    e->message = (struct hash128){rng_next(&t->rng), rng_next(&t->rng)};
    e->event_us = e->received_us = draft->time_us;
    e->reference[REF_BRAND] = bytes_of_text(draft->brand);
    e->reference[REF_CHANNEL] = bytes_of_text(draft->channel);
    e->reference[REF_ORDER] = bytes_of_text(draft->order);
    e->ids[e->id_count++] = (struct envelope_id){.type = TYPE_USER_ID, .value = BYTES_LIT("u"), .key = fake_owner(draft->owner)};
    if (draft->phone != NULL)
        e->ids[e->id_count++] = (struct envelope_id){.type = TYPE_PHONE, .value = bytes_of_text(draft->phone)};
    e->traits = draft->traits;
    e->consent_count = draft->consent_count;
    e->consents = buf_bytes(&consents);
    struct status status = envelope_pack(e, &out, &err);
    assert(done(status));
    struct bytes packed = arena_copy(t->arena, buf_bytes(&out));
    buf_fini(&consents);
    buf_fini(&out);
    return packed;
}

const struct refusal *draft_apply(struct t *t, struct harness *h, const struct draft_event *draft)
{
    return harness_apply(h, COMMAND_COLLECT_EVENT, draft_pack(t, draft));
}

struct bytes one_trait(struct t *t, const char *name, const char *value)
{
    struct buf b;
    buf_init(&b, 4096);
    pack_varint(&b, 1);
    pack_bytes(&b, bytes_of_text(name));
    value_pack_text(&b, bytes_of_text(value));
    struct bytes record = arena_copy(t->arena, buf_bytes(&b));
    buf_fini(&b);
    return record;
}

struct refold_run {
    struct work_context context;
    struct work_surroundings around;
    atomic_bool stop;
};

struct refold_run *refold_begin(struct t *t, struct harness *h)
{
    struct refold_run *run = ARENA_NEW(t->arena, struct refold_run);
    struct view v = harness_view(h);
    atomic_init(&run->stop, false);
    run->around = (struct work_surroundings){.stop = &run->stop};
    run->context = (struct work_context){.around = &run->around, .position = v.position};
    return people_domain.works[0]->wanted(&v, &run->context) ? run : NULL;
}

const struct refusal *refold_finish(struct refold_run *run, struct harness *h)
{
    struct buf payload;
    struct err e = {0};
    buf_init(&payload, 1 << 20);
    struct status status = people_domain.works[0]->run(&run->context, &payload, &e);
    assert(done(status));
    people_domain.works[0]->release(&run->context);
    const struct refusal *refusal = harness_apply(h, COMMAND_REFOLDED, buf_bytes(&payload));
    buf_fini(&payload);
    return refusal;
}

void refold_all(struct t *t, struct harness *h)
{
    for (struct refold_run *run; (run = refold_begin(t, h)) != NULL;)
        (void)refold_finish(run, h);
}
