/* Relations taken apart into what was said of them, by which they are made again elsewhere. */
#include "domain/relation/strands.h"
#include "engine/stow.h"

static size_t said_of(const struct strand *strand)
{
    size_t count = strand->act_count;
    for (uint32_t i = 0; i < strand->attribute_count; i++)
        count += strand->attributes[i].count;
    return count;
}

static struct relation_saying said_begin(const struct view *v, const struct strand *strand, int64_t begun_us)
{
    return (struct relation_saying){.type = relation_type_numbered(v, strand->type),
                                    .brand = strand->brand,
                                    .ref = strand->ref,
                                    .begun_us = begun_us,
                                    .owner = strand->owner};
}

/* The oldest first. */
static size_t strand_say(const struct view *v, const struct strand *strand, int64_t begun_us,
                         struct relation_saying *out)
{
    size_t count = 0;
    for (uint32_t i = strand->act_count; i-- > 0;) {
        const struct act *act = &strand->acts[i];
        out[count] = said_begin(v, strand, begun_us);
        out[count].what = act->is_end ? RELATION_SAYS_END : RELATION_SAYS_BEGIN;
        out[count].time_us = act->time_us;
        out[count].reason = act->reason;
        out[count++].by = act->by;
    }
    for (uint32_t i = 0; i < strand->attribute_count; i++) {
        const struct attribute *a = &strand->attributes[i];
        for (uint32_t k = a->count; k-- > 0;) {
            out[count] = said_begin(v, strand, begun_us);
            out[count].what = RELATION_SAYS_VALUE;
            out[count].time_us = a->versions[k].time_us;
            out[count].name = a->name;
            out[count++].value = a->versions[k].value;
        }
    }
    return count;
}

size_t relation_sayings(const struct view *v, uint32_t person, const struct relation_saying **out_list)
{
    struct strands strands = strands_decode(section_read(v, person, &relations_section), v->arena);
    size_t count = 0, room = 0;
    for (uint32_t i = 0; i < strands.count; i++)
        room += said_of(&strands.list[i]);
    struct relation_saying *list = ARENA_ARRAY(v->arena, struct relation_saying, room + 1);
    for (uint32_t at = 0, end; at < strands.count; at = end) {
        end = strands_run(&strands, at);
        int64_t begun_us = strands_begun_us(&strands.list[at], end - at);
        for (uint32_t i = at; i < end; i++)
            count += strand_say(v, &strands.list[i], begun_us, list + count);
    }
    *out_list = list;
    return count;
}
