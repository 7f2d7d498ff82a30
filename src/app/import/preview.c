#include "app/import/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/import/doubts.h"
#include "app/import/reasons.h"

#define REPLY_BYTES_MAX ((size_t)64 << 20)
#define NAMES_MAX 512u /* of all kinds together */
#define ARENA_BLOCK_BYTES (1u << 16)
#define PEOPLE_TOLD_MAX 20u

/* The members of a value that name things, and of which kind. */
static const struct {
    const char *member, *kind;
} named_members[] = {{"brand", "brand"}, {"channel", "channel"}, {"shop", "shop"}, {"store", "store"}, {"staff", "staff"}, {"seller", "staff"}, {"event", "event"}};

struct seen_name {
    const char *kind;
    struct bytes name;
    bool is_known;
};

struct preview {
    const struct import_options *options;
    struct import_map *map;
    struct import_rows *rows;
    struct arena *arena;
    struct json_parser *parser, *reply_parser;
    struct buf value, body;
    struct seen_name names[NAMES_MAX];
    size_t name_count, people_told;
    struct doubts *doubts;
};

/* --- what one value tells --- */

static void name_note(struct preview *p, const char *kind, struct bytes name)
{
    for (size_t i = 0; i < p->name_count; i++)
        if (strcmp(p->names[i].kind, kind) == 0 && bytes_equal(p->names[i].name, name))
            return;
    if (name.size > 0 && p->name_count < NAMES_MAX)
        p->names[p->name_count++] = (struct seen_name){kind, arena_copy(p->arena, name), false};
}

static void print_value(const struct preview *p, const struct import_value *v, uint64_t line, struct json root)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 8 * p->value.size + 4096);
    json_writer_init(&w, &out, true);
    json_put(&w, root);
    printf(either("line %" PRIu64 " > %s\n%.*s\n", "第 %" PRIu64 " 行 > %s\n%.*s\n"), line, import_targets[v->target].name, BYTES_ARG(buf_bytes(&out)));
    buf_fini(&out);
}

/* Whether the identifiers of one value are of several people today: the daemon says who there is before they are bound. */
static fallible people_ask(struct preview *p, uint64_t line, struct json ids, struct err *e)
{
    struct client_reply reply;
    struct json_writer w;
    struct json root;
    if (json_count(ids) < 2 || p->people_told == PEOPLE_TOLD_MAX)
        return DONE;
    buf_clear(&p->body);
    json_writer_init(&w, &p->body, false);
    json_object_begin(&w);
    json_key(&w, "ids");
    json_put(&w, ids);
    json_key(&w, "preview");
    json_put_bool(&w, true);
    json_object_end(&w);
    struct client_call call = {.method = "POST", .path = "/api/v1/identity/bind", .body = buf_bytes(&p->body)};
    TRY(client_send(p->options->client, &call, &reply, e));
    if (reply.status != 200 || failed(json_parse(p->reply_parser, reply.body, &root, e)))
        return DONE; /* the identifiers are faulty, which the import will say, or the token may not ask */
    size_t people = json_count(json_find(root, BYTES_LIT("before")));
    if (people > 1) {
        p->people_told++;
        printf(either("line %" PRIu64 " names %zu people together, who may become one\n", "第 %" PRIu64 " 行同时指向 %zu 个人,可能合并为一人\n"), line, people);
    }
    return DONE;
}

static fallible value_tell(struct preview *p, const struct import_value *v, uint64_t line, struct err *e)
{
    struct json root;
    TRY(json_parse(p->parser, buf_bytes(&p->value), &root, e));
    print_value(p, v, line, root);
    const char *doubt = v->target == TARGET_ORDER ? doubt_of(p->doubts, root) : NULL;
    if (doubt != NULL)
        printf(either("line %" PRIu64 ": %s\n", "第 %" PRIu64 " 行:%s\n"), line, reason_said(p->arena, doubt));
    for (size_t i = 0; i < COUNT_OF(named_members); i++)
        name_note(p, named_members[i].kind, json_string(json_find(root, bytes_of_text(named_members[i].member))));
    struct json ids = json_find(root, bytes_of_text(v->target == TARGET_ORDER ? "buyer" : "ids"));
    return people_ask(p, line, ids, e);
}

static fallible value_make(void *context, const struct import_value *v, const struct import_group *g, size_t from, size_t until, struct err *e)
{
    struct preview *p = context;
    struct template_rows rows = {&g->rows[from], until - from};
    struct template_fault f;
    buf_clear(&p->value);
    enum template_result result = template_put(v->template, &rows, &p->value, &f);
    if (result == TEMPLATE_FAULT) {
        struct bytes column = import_rows_column(p->rows, f.column);
        const char *why = reason_said(p->arena, arena_printf(p->arena, "'%.*s' %s", BYTES_ARG(f.cell), cell_fault_words[f.why]));
        printf(either("line %" PRIu64 ", column \"%.*s\": %s\n", "第 %" PRIu64 " 行,列「%.*s」:%s\n"), import_group_line(g, from + f.row), BYTES_ARG(column), why);
        return DONE;
    }
    bool has_nothing = p->value.size == 0 || (result == TEMPLATE_EMPTY && v->target != TARGET_EVENT);
    return has_nothing ? DONE : value_tell(p, v, g->own_lines[from], e);
}

/* --- names --- */

/* One page of the names of a kind; 0: the last one. */
static fallible page_read(struct preview *p, const char *kind, uint64_t after, uint64_t *out_next, struct err *e)
{
    char path[128];
    struct client_reply reply;
    struct json root, name;
    (void)snprintf(path, sizeof path, "/api/v1/names?kind=%s&limit=1000&after=%" PRIu64, kind, after);
    struct client_call call = {.method = "GET", .path = path};
    *out_next = 0;
    TRY(client_send(p->options->client, &call, &reply, e));
    TRY(json_parse(p->reply_parser, reply.body, &root, e));
    for (struct json_walk w = json_items(json_find(root, BYTES_LIT("names"))); json_item_next(&w, &name);)
        for (size_t i = 0; i < p->name_count; i++)
            if (strcmp(p->names[i].kind, kind) == 0 && bytes_equal(p->names[i].name, json_string(json_find(name, BYTES_LIT("name")))))
                p->names[i].is_known = true;
    (void)json_uint64(json_find(root, BYTES_LIT("next")), out_next);
    return DONE;
}

static bool has_unknown(const struct preview *p, const char *kind)
{
    for (size_t i = 0; i < p->name_count; i++)
        if (strcmp(p->names[i].kind, kind) == 0 && !p->names[i].is_known)
            return true;
    return false;
}

static fallible names_tell(struct preview *p, struct err *e)
{
    for (size_t k = 0; k < COUNT_OF(named_members); k++) {
        const char *kind = named_members[k].kind;
        uint64_t next = 0;
        do {
            if (!has_unknown(p, kind))
                break;
            TRY(page_read(p, kind, next, &next, e));
        } while (next != 0);
    }
    for (size_t i = 0; i < p->name_count; i++)
        if (!p->names[i].is_known)
            printf(either("new %s: %.*s\n", "新的 %s:%.*s\n"), p->names[i].kind, BYTES_ARG(p->names[i].name));
    return DONE;
}

/* --- all of it --- */

static fallible rows_tell(struct preview *p, uint64_t groups, struct err *e)
{
    struct import_next next;
    struct import_rows_options o = {p->options->path, p->map, p->options->joins, p->options->join_count};
    TRY(import_rows_open(&o, &p->rows, e));
    for (uint64_t told = 0; told < groups;) {
        TRY(import_rows_next(p->rows, &next, e));
        if (next.found == IMPORT_END)
            break;
        if (next.found == IMPORT_BAD) {
            printf(either("line %" PRIu64 ": %s\n", "第 %" PRIu64 " 行:%s\n"), next.bad.line, reason_said(p->arena, next.bad.why));
            continue;
        }
        told++;
        TRY(import_group_make(p->map, &next.group, value_make, p, e));
    }
    return names_tell(p, e);
}

fallible import_preview(const struct import_options *o, uint64_t groups, struct err *e)
{
    struct preview *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->options = o;
    p->arena = arena_create(ARENA_BLOCK_BYTES);
    p->parser = json_parser_create(SENDER_BYTES_MAX);
    p->reply_parser = json_parser_create(REPLY_BYTES_MAX);
    if (p->parser == NULL || p->reply_parser == NULL)
        abort();
    p->doubts = doubts_create();
    buf_init(&p->value, SENDER_BYTES_MAX);
    buf_init(&p->body, SENDER_BYTES_MAX);
    struct status status = import_map_load(o->map, &p->map, e);
    if (done(status))
        status = rows_tell(p, groups, e);
    import_rows_close(p->rows);
    import_map_destroy(p->map);
    json_parser_destroy(p->parser);
    json_parser_destroy(p->reply_parser);
    doubts_destroy(p->doubts);
    arena_destroy(p->arena);
    buf_fini(&p->value);
    buf_fini(&p->body);
    free(p);
    return status;
}
