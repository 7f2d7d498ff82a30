#include "domain/identity/print.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "lib/json.h"
#include "lib/text.h"

static const char *const state_names[] = {"in_force", "passed_on", "quarantined"};
static const char *const rule_names[] = {"event", "bind", "merge", "review"};

static void put_hash(struct json_writer *out, const char *key, struct hash128 id)
{
    char text[33];
    (void)snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)id.high, (unsigned long long)id.low);
    json_key(out, key);
    json_put_text(out, text);
}

static void put_person(const struct view *v, struct json_writer *out, const char *key, uint32_t person)
{
    if (person != PERSON_NONE)
        put_hash(out, key, identity_public_id(v, person));
}

static void put_text(struct json_writer *out, const char *key, const char *text)
{
    json_key(out, key);
    json_put_text(out, text);
}

static struct bytes masked_value(const struct view *v, struct bytes value)
{
    size_t size = value.size + sizeof TEXT_MASK;
    struct buf b = {.data = arena_take(v->arena, size, 1), .capacity = size, .size_max = size};
    text_mask(&b, value);
    return buf_bytes(&b);
}

void identifier_print(const struct view *v, const struct identifier *id, bool masked, struct json_writer *out)
{
    const struct id_type_rule *rule = id_type_rule(v, id->type);
    char time[TIME_TEXT_BYTES];
    put_text(out, "type", rule == NULL ? "" : rule->name);
    if (id->ns.size > 0) {
        json_key(out, "ns");
        json_put_string(out, id->ns);
    }
    json_key(out, "value");
    json_put_string(out, masked ? masked_value(v, id->value) : id->value);
    put_text(out, "since", time_format(id->since_us, time));
    if (id->until_us != 0)
        put_text(out, "until", time_format(id->until_us, time));
    put_text(out, "state", state_names[id->state]);
}

void resolved_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct resolved *r = fact;
    const struct id_type_rule *rule = id_type_rule(v, r->owner_type);
    put_person(v, out, "person", r->person);
    json_key(out, "event");
    json_put_string(out, r->arrived->envelope.event);
    json_key(out, "created");
    json_put_bool(out, r->created);
    if (rule != NULL)
        put_text(out, "by", rule->name);
    put_person(v, out, "other", r->other);
}

void merged_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct merged *m = fact;
    put_person(v, out, "person", m->survivor);
    json_key(out, "number");
    json_put_uint64(out, m->survivor);
    json_key(out, "absorbed");
    json_put_uint64(out, m->absorbed);
    put_text(out, "rule", rule_names[m->rule]);
}

void split_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct split *s = fact;
    put_person(v, out, "person", s->person);
    json_key(out, "parts");
    json_array_begin(out);
    for (uint32_t i = 0; i < s->part_count; i++) {
        json_object_begin(out);
        put_person(v, out, "person", s->parts[i].person);
        json_key(out, "returned");
        json_put_bool(out, s->parts[i].returned);
        json_object_end(out);
    }
    json_array_end(out);
}

void person_erased_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct person_erased *f = fact;
    (void)v;
    put_hash(out, "person", f->public_id);
}

void quarantined_print(const struct view *v, const void *fact, struct json_writer *out)
{
    const struct quarantined *q = fact;
    identifier_print(v, q->identifier, true, out);
    json_key(out, "conflicts");
    json_put_uint64(out, q->conflicts);
}

void id_type_changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct id_type_rule *rule = fact;
    json_key(out, "type");
    json_put_text(out, rule->name);
}
