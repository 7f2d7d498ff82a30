/* How much sources are trusted about traits: told, and said. */
#include "domain/collect/collect.h"
#include "domain/people/people.h"
#include "edge/api/api.h"
#include "edge/api/list.h"

#define SOURCES_USUAL 100u
#define SOURCES_MAX 1000u

/* --- told --- */

static bool source_of_list_next(const struct request *r, const struct view *v, struct hash128 key,
                                struct list_item *out_item)
{
    struct people_source *rule = ARENA_NEW(v->arena, struct people_source);
    (void)r;
    if (!people_source_next(v, (uint32_t)key.low, rule))
        return false;
    *out_item = (struct list_item){.key = {.low = rule->source}, .own = rule};
    return true;
}

static void put_source(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct people_source *rule = item->own;
    (void)r;
    member_name(w, "source", v, NAME_SOURCE, rule->source);
    member_uint(w, "priority", rule->priority);
    member_bool(w, "first", rule->first);
}

void api_sources(struct request *r)
{
    static const struct list_kind sources = {.name = "sources",
                                             .cursor = "after",
                                             .cursor_kind = CURSOR_NUMBER,
                                             .usual = SOURCES_USUAL,
                                             .most = SOURCES_MAX,
                                             .next = source_of_list_next,
                                             .put = put_source};
    list_answer(r, &sources, NULL);
}

/* --- said --- */

struct source_request {
    struct bytes source;
    bool says_priority, says_first;
    struct people_source said;
    struct buf payload;
};

/* Over the durable state just before the command: what isn't said stays. May run twice. */
static void source_settle(const struct view *v, void *context)
{
    struct request *r = context;
    struct source_request *q = r->context;
    struct people_source rule = people_source(v, name_number(v, NAME_SOURCE, q->source));
    rule.priority = q->says_priority ? q->said.priority : rule.priority;
    rule.first = q->says_first ? q->said.first : rule.first;
    buf_clear(&q->payload);
    people_source_pack(&rule, &q->payload);
}

static void source_send(struct request *r)
{
    const struct source_request *q = r->context;
    request_command(r, COMMAND_SOURCE, buf_bytes(&q->payload), request_answer);
}

void api_source_put(struct request *r)
{
    static const struct body_member members[] = {
        {"source", BODY_TEXT, false}, {"priority", BODY_COUNT, false}, {"first", BODY_BOOL, false}};
    struct source_request *q = ARENA_NEW(request_arena(r), struct source_request);
    struct json_parser *p;
    struct json root;
    struct err e = {0};
    uint64_t priority = 0;
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    q->source = arena_copy(request_arena(r), json_string(json_find(root, BYTES_LIT("source"))));
    q->says_priority = json_uint64(json_find(root, BYTES_LIT("priority")), &priority);
    q->says_first = json_bool(json_find(root, BYTES_LIT("first")), &q->said.first);
    q->said.priority = (uint8_t)priority;
    json_parser_destroy(p);
    q->payload = arena_buf(request_arena(r), SOURCE_RULE_BYTES);
    r->context = q;
    if (q->source.size == 0 || priority > UINT8_MAX)
        request_failed(r, FAIL(&e, INVALID, "want a source by its name, and a priority of at most %u", UINT8_MAX), &e);
    else
        request_read(r, source_settle, source_send);
}
