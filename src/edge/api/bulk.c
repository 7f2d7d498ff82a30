#include "edge/api/bulk.h"

#include <string.h>

#include "edge/api/api.h"
#include "edge/wording.h"

#define FAULTS_TOLD_MAX 100u
#define FAULTS_BYTES_MAX (1u << 18)

struct bulk_fault {
    uint32_t line;
    const char *detail;
};

struct bulk {
    const struct bulk_kind *kind;
    void *own;
    struct submission *submissions;
    uint32_t *lines; /* of each submission, from 1 */
    uint32_t count, room, answered, accepted, faulty, not_taken;
    enum status_code not_taken_why;
    struct bulk_fault faults[FAULTS_TOLD_MAX];
    bool in_chinese;
};

void *bulk_own(const struct request *r)
{
    const struct bulk *b = r->context;
    return b->own;
}

/* --- the answer --- */

static void fault_add(struct request *r, uint32_t line, const char *words)
{
    struct bulk *b = r->context;
    if (b->faulty < FAULTS_TOLD_MAX)
        b->faults[b->faulty] = (struct bulk_fault){
            line, wording_of(request_arena(r), arena_printf(request_arena(r), "%s", words), b->in_chinese)};
    b->faulty++;
}

static void put_faults(const struct bulk *b, struct json_writer *w)
{
    json_array_begin(w);
    for (uint32_t i = 0; i < b->faulty && i < FAULTS_TOLD_MAX; i++) {
        json_object_begin(w);
        member_uint(w, "line", b->faults[i].line);
        member_text(w, "detail", b->faults[i].detail);
        json_object_end(w);
    }
    json_array_end(w);
}

/* Its first fault is the problem, and all are told. */
static void nothing_good(struct request *r)
{
    const struct bulk *b = r->context;
    struct buf json;
    struct json_writer w;
    buf_init(&json, FAULTS_BYTES_MAX);
    json_writer_init(&w, &json, false);
    put_faults(b, &w);
    struct problem p = {.status = 400,
                        .slug = "nothing-taken",
                        .title = "None of it could be taken",
                        .detail = b->faults[0].detail,
                        .faults_key = "faults",
                        .faults = arena_copy(request_arena(r), buf_bytes(&json))};
    buf_fini(&json);
    request_problem(r, &p);
}

static void bulk_answer(struct request *r)
{
    const struct bulk *b = r->context;
    if (b->not_taken > 0) {
        struct err e = {0};
        err_set(&e, "%u of %u %s were not taken (%s): send the request again", b->not_taken, b->count, b->kind->name,
                status_name(b->not_taken_why));
        request_failed(r, (struct status){b->not_taken_why}, &e);
        return;
    }
    if (b->accepted == 0 && b->faulty > 0) {
        nothing_good(r);
        return;
    }
    struct json_writer *w = request_object_begin(r);
    member_uint(w, "accepted", b->accepted);
    member_uint(w, "faulty", b->faulty);
    json_key(w, "faults");
    put_faults(b, w);
    request_object_end(r, 200);
}

/* On the engine's thread. */
static void one_answered(struct submission *s, const struct answer *a)
{
    struct request *r = s->context;
    struct bulk *b = r->context;
    if (failed(a->status)) {
        b->not_taken++;
        b->not_taken_why = a->status.code;
    } else if (a->refusal != NULL) {
        fault_add(r, b->lines[s - b->submissions], b->in_chinese ? a->refusal->zh : a->refusal->en);
    } else {
        b->accepted++;
    }
    if (++b->answered == b->count)
        bulk_answer(r);
}

/* --- the body --- */

static void one_take(struct request *r, struct json from, uint32_t line)
{
    struct bulk *b = r->context;
    uint32_t command_id;
    struct bytes payload;
    struct err fault = {0};
    struct status status = b->kind->read(r, from, &command_id, &payload, &fault);
    const struct command *command = failed(status) ? NULL
                                                   : registry_command(host_registry(request_host(r)), command_id);
    if (done(status) && payload.size > command->payload_bytes_max)
        status = FAIL(&fault, LIMIT, "%s takes at most %u bytes", command->name, command->payload_bytes_max);
    if (done(status) && command->check != NULL)
        status = command->check(payload, &fault);
    if (failed(status)) {
        fault_add(r, line, fault.text);
        return;
    }
    assert(b->count < b->room);
    b->lines[b->count] = line;
    b->submissions[b->count++] = (struct submission){
        .command = command, .payload = payload, .answered = one_answered, .context = r};
}

/* Room for so many, good or not. */
static fallible bulk_reserve(struct request *r, size_t count, struct err *e)
{
    struct bulk *b = r->context;
    if (count > BULK_COMMANDS_MAX)
        return FAIL(e, LIMIT, "more than %u %s in one request: send several", BULK_COMMANDS_MAX, b->kind->name);
    b->room = (uint32_t)count;
    b->submissions = ARENA_ARRAY(request_arena(r), struct submission, count + 1);
    b->lines = ARENA_ARRAY(request_arena(r), uint32_t, count + 1);
    return DONE;
}

static bool is_array(struct bytes body)
{
    size_t blank = 0;
    while (blank < body.size && strchr(" \t\r\n", body.data[blank]) != NULL)
        blank++;
    return blank < body.size && body.data[blank] == '[';
}

static fallible array_read(struct request *r, struct json_parser *p, struct err *e)
{
    struct json root, item;
    uint32_t number = 1;
    TRY(json_parse(p, http_body(r->x), &root, e));
    TRY(bulk_reserve(r, json_count(root), e));
    for (struct json_walk w = json_items(root); json_item_next(&w, &item); number++)
        one_take(r, item, number);
    return DONE;
}

/* Those that have something on them, and perhaps some more. */
static size_t lines_count(struct bytes body)
{
    size_t count = 0;
    for (size_t at = 0, size; at < body.size; at += size + 1) {
        const uint8_t *end = memchr(body.data + at, '\n', body.size - at);
        size = end == NULL ? body.size - at : (size_t)(end - body.data) - at;
        count += size > 0;
    }
    return count;
}

static fallible lines_read(struct request *r, struct json_parser *p, struct err *e)
{
    struct json_lines lines;
    struct json_line line;
    struct err fault = {0};
    TRY(bulk_reserve(r, lines_count(http_body(r->x)), e));
    json_lines_init(&lines, p, http_body(r->x));
    while (json_lines_next(&lines, &line, &fault)) {
        if (failed(line.status))
            fault_add(r, (uint32_t)line.number, fault.text);
        else
            one_take(r, line.root, (uint32_t)line.number);
    }
    return DONE;
}

static void bulk_send(struct request *r)
{
    struct bulk *b = r->context;
    struct err e = {0};
    if (b->count == 0) {
        bulk_answer(r);
        return;
    }
    r->message = (struct message){
        .workspace = r->workspace, .submissions = b->submissions, .submission_count = b->count};
    struct status status = host_send(request_host(r), &r->message, &e);
    if (failed(status))
        request_failed(r, status, &e);
}

void bulk_take(struct request *r, const struct bulk_kind *kind, void *own)
{
    struct bulk *b = ARENA_NEW(request_arena(r), struct bulk);
    struct json_parser *p = json_parser_create(BODY_BYTES_COLLECTED);
    struct err e = {0};
    b->kind = kind;
    b->own = own;
    b->in_chinese = wording_in_chinese(http_header(r->x, "Accept-Language"));
    r->context = b;
    struct status status = p == NULL                   ? FAIL(&e, FULL, "no memory for the request")
                           : is_array(http_body(r->x)) ? array_read(r, p, &e)
                                                       : lines_read(r, p, &e);
    json_parser_destroy(p);
    if (kind->over != NULL)
        kind->over(own);
    if (failed(status))
        request_failed(r, status, &e);
    else
        bulk_send(r);
}
