#include "domain/relation/note.h"

#include "domain/relation/roll.h"
#include "engine/stow.h"
#include "lib/value.h"

/* --- telling what has changed --- */

static bool is_same_relation(const struct relation *x, const struct relation *y)
{
    return x->type->number == y->type->number && x->brand == y->brand && bytes_equal(x->ref.kind, y->ref.kind) &&
           bytes_equal(x->ref.ns, y->ref.ns) && bytes_equal(x->ref.id, y->ref.id);
}

static uint32_t attributes_altered(const struct relation *before, const struct relation *now)
{
    uint32_t altered = 0;
    for (uint32_t i = 0; i < now->attribute_count; i++) {
        const struct relation_attribute *x = &now->attributes[i], *y = NULL;
        for (uint32_t j = 0; before != NULL && j < before->attribute_count && y == NULL; j++)
            if (bytes_equal(before->attributes[j].name, x->name))
                y = &before->attributes[j];
        altered += y == NULL || !bytes_equal(x->value, y->value);
    }
    return altered;
}

/* false: nothing that holds now has changed. */
static bool difference(const struct relation *before, const struct relation *now, struct relation_changed *out)
{
    bool was_open = before != NULL && before->is_open, was_there = before != NULL && before->period_count > 0;
    bool has_moved = now->is_open != was_open ||
                     (now->period_count > 0 && !was_there); /* an end of what nobody saw begin is one too */
    bool is_since_else = now->is_open && was_open && now->periods[0].begin_us != before->periods[0].begin_us;
    *out = (struct relation_changed){.brand = now->brand,
                                     .type = now->type,
                                     .ref = now->ref,
                                     .change = RELATION_ALTERED,
                                     .altered = attributes_altered(before, now)};
    for (uint32_t i = 0; i < now->attribute_count; i++)
        if (now->attributes[i].time_us > out->time_us)
            out->time_us = now->attributes[i].time_us;
    if (is_since_else && out->altered == 0)
        out->time_us = now->periods[0].begin_us;
    if (has_moved) {
        const struct relation_period *last = &now->periods[0];
        out->change = now->is_open ? RELATION_BEGAN : RELATION_ENDED;
        out->time_us = now->is_open ? last->begin_us : last->end_us;
        out->reason = now->is_open ? BYTES_NONE : last->reason;
    }
    return has_moved || is_since_else || out->altered > 0;
}

static const struct relation *same_among(const struct relation *list, size_t count, const struct relation *r)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_relation(&list[i], r))
            return &list[i];
    return NULL;
}

struct relations {
    struct relation *list;
    size_t count;
};

/* Returns those that began or ended: the person comes to their rolls, or goes. */
static struct relations changes_tell(struct step *s, uint32_t person, struct relations before, struct relations now)
{
    struct relations moved = {.list = ARENA_ARRAY(s->view.arena, struct relation, now.count + 1)};
    for (size_t i = 0; i < now.count; i++) {
        struct relation_changed *changed = ARENA_NEW(s->view.arena, struct relation_changed);
        if (!difference(same_among(before.list, before.count, &now.list[i]), &now.list[i], changed))
            continue;
        changed->person = person;
        if (changed->change != RELATION_ALTERED)
            moved.list[moved.count++] = now.list[i];
        step_say(s, &fact_relation_changed, changed);
    }
    return moved;
}

/* --- writing --- */

static struct bytes cut(struct bytes text, size_t most)
{
    while (text.size > most && most > 0 && (text.data[most] & 0xc0) == 0x80) /* not within a character */
        most--;
    return bytes_slice(text, 0, text.size < most ? text.size : most);
}

static bool attributes_add(struct strand *strand, const struct note *note, struct arena *a)
{
    bool added = false;
    struct unpack u = unpack_of(note->attributes);
    for (uint64_t left = note->attributes.size == 0 ? 0 : unpack_varint(&u); left > 0; left--) {
        struct bytes name = unpack_bytes(&u), value = unpack_value_bytes(&u);
        if (!unpack_good(&u))
            break;
        bool fits = name.size > 0 && name.size <= RELATION_NAME_BYTES_MAX && value.size <= RELATION_VALUE_BYTES_MAX;
        added |= fits && strand_add_attribute(strand, name, &(struct version){note->time_us, value}, a);
    }
    return added;
}

static bool note_add(struct strands *strands, const struct note *note, struct arena *a)
{
    struct strand *strand = strands_at(strands, &note->strand, a);
    struct act act = note->act;
    act.reason = cut(act.reason, RELATION_REASON_BYTES_MAX);
    act.by.name = cut(act.by.name, RELATION_BY_BYTES_MAX);
    bool added = note->has_act && strand_add_act(strand, &act);
    return attributes_add(strand, note, a) || added;
}

/* All of a call are of one type. */
void relation_note(struct step *s, uint32_t person, const struct note *notes, size_t count)
{
    struct arena *a = s->view.arena;
    uint8_t type = notes[0].strand.type;
    struct strands strands = strands_decode(section_read(&s->view, person, &relations_section), a);
    struct relations before, now;
    bool added = false;
    before.count = strands_relations(&strands, type, &s->view, &before.list);
    for (size_t i = 0; i < count; i++)
        added |= note_add(&strands, &notes[i], a);
    if (!added)
        return;
    section_write(s, person, &relations_section, strands_encode(&strands, a));
    now.count = strands_relations(&strands, type, &s->view, &now.list);
    struct relations moved = changes_tell(s, person, before, now);
    roll_settle_later(s, &person, 1, moved.list, moved.count);
}

/* --- merge and split --- */

/* The sections themselves were combined by identity. */
void relations_on_merge(struct step *s, const struct merged *m)
{
    uint32_t living = identity_living(&s->view, m->survivor);
    uint32_t numbers[] = {living, m->absorbed};
    const struct relation *list;
    size_t count = relation_list(&s->view, living, &list);
    roll_settle_later(s, numbers, COUNT_OF(numbers), list, count);
    section_restow(s, living, &relations_section);
    section_unstow(s, m->absorbed, &relations_section);
    if (m->survivor != living)
        section_unstow(s, m->survivor, &relations_section);
}

static bool part_owns(const struct split_part *part, struct hash128 owner)
{
    for (uint32_t i = 0; i < part->owner_count; i++)
        if (hash128_equal(part->owners[i], owner))
            return true;
    return false;
}

/* All that the parts have, each by its owner; what is of no owner here stays with the first. */
void relations_on_split(struct step *s, const struct split *split)
{
    struct arena *a = s->view.arena;
    struct strands *parts = ARENA_ARRAY(a, struct strands, split->part_count);
    uint32_t *people = ARENA_ARRAY(a, uint32_t, split->part_count);
    for (uint32_t i = 0; i < split->part_count; i++)
        people[i] = split->parts[i].person;
    for (uint32_t i = 0; i < split->part_count; i++) {
        struct strands all = strands_decode(section_read(&s->view, people[i], &relations_section), a);
        struct relations parted;
        parted.count = strands_relations(&all, 0, &s->view, &parted.list);
        roll_settle_later(s, people, split->part_count, parted.list, parted.count);
        for (uint32_t j = 0; j < all.count; j++) {
            uint32_t to = 0;
            while (to < split->part_count && !part_owns(&split->parts[to], all.list[j].owner))
                to++;
            strands_add(&parts[to == split->part_count ? i : to], &all.list[j], a);
        }
    }
    for (uint32_t i = 0; i < split->part_count; i++)
        section_write(s, people[i], &relations_section, strands_encode(&parts[i], a));
}
