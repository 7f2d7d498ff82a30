#include "testing/harness.h"

#include <stdlib.h>

#include "engine/follow.h"

#define START_US INT64_C(1763740800000000) /* 2025-11-21T16:00:00Z: midnight in Shanghai */

const struct refusal harness_malformed = {"malformed", "The command's own check refused it.", "命令格式不正确。"};

struct harness {
    struct registry *registry;
    struct rows *rows;
    struct arena *arena, *view_arena;
    int64_t now_us;
    uint64_t position;
    fact_told told;
    void *told_context;
    struct buf reply;
    struct touched announced, read; /* by the needs of a command, and by its step */
};

struct harness *harness_create(const struct domain *const *domains, size_t count)
{
    struct harness *h = calloc(1, sizeof *h);
    assert(h != NULL);
    struct err e = {0};
    struct status status = registry_create(domains, count, &h->registry, &e);
    if (failed(status))
        fprintf(stderr, "%s\n", e.text);
    assert(done(status));
    size_t family_count;
    const struct family *const *families = registry_families(h->registry, &family_count);
    status = rows_create(families, family_count, &h->rows, &e);
    assert(done(status));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < domains[i]->projection_count; j++)
            rows_project(h->rows, domains[i]->projections[j]);
    h->arena = arena_create(1 << 16);
    h->view_arena = arena_create(1 << 16);
    h->now_us = START_US;
    h->position = 1;
    buf_init(&h->reply, 1 << 20);
    return h;
}

void harness_destroy(struct harness *h)
{
    if (h == NULL)
        return;
    rows_destroy(h->rows);
    registry_destroy(h->registry);
    arena_destroy(h->arena);
    arena_destroy(h->view_arena);
    buf_fini(&h->reply);
    free(h);
}

void harness_time(struct harness *h, int64_t now_us)
{
    assert(now_us >= h->now_us);
    h->now_us = now_us;
}

int64_t harness_now_us(const struct harness *h)
{
    return h->now_us;
}

uint64_t harness_position(const struct harness *h)
{
    return h->position;
}

static bool row_was_announced(const struct touched *announced, struct row_name row)
{
    for (uint32_t i = 0; i < announced->row_count; i++)
        if (announced->rows[i].family == row.family && announced->rows[i].number == row.number)
            return true;
    return announced->row_count == STEP_ROWS_MAX; /* not all are noted */
}

static bool person_was_announced(const struct touched *announced, uint32_t number)
{
    for (uint32_t i = 0; i < announced->count; i++)
        if (announced->numbers[i] == number)
            return true;
    return announced->count == STEP_PEOPLE_MAX;
}

/* A step reads only rows that are in memory for certain: those that needs touched, and those that it made itself. */
static void check_announced(const struct harness *h, uint32_t people_end)
{
    for (uint32_t i = 0; i < h->read.count; i++)
        assert(h->read.numbers[i] >= people_end || person_was_announced(&h->announced, h->read.numbers[i]));
    for (uint32_t i = 0; i < h->read.row_count; i++) {
        struct row_name row = h->read.rows[i];
        struct bytes value;
        assert(rows_numbered_get(h->rows, row.family, row.number, &value) != ROW_HERE || row_was_announced(&h->announced, row));
    }
}

static const struct refusal *record_apply(struct harness *h, const struct command *command, struct bytes payload, struct log_follows follows)
{
    assert(command != NULL && payload.size <= command->payload_bytes_max);
    struct err e = {0};
    if (command->check != NULL && failed(command->check(payload, &e)))
        return &harness_malformed;
    touched_clear(&h->announced);
    if (command->needs != NULL) {
        struct view v = harness_view(h);
        v.touched = &h->announced;
        command->needs(&v, payload);
    }
    arena_reset(h->arena);
    struct step s;
    struct log_record record = {.position = h->position++, .time_us = h->now_us, .payload = payload, .follows = follows};
    step_begin(&s, h->rows, h->registry, h->arena);
    s.view.touched = &h->read;
    touched_clear(&h->read);
    const struct refusal *refusal = step_apply(&s, command, &record);
    step_settle(&s, h->told, h->told_context);
    s.view.touched = NULL;
    check_announced(h, rows_numbered_end(h->rows, &person_family));
    step_commit(&s, h->rows);
    buf_clear(&h->reply);
    buf_push(&h->reply, step_replied(&s));
    return refusal;
}

const struct refusal *harness_apply(struct harness *h, uint32_t command_id, struct bytes payload)
{
    return record_apply(h, registry_command(h->registry, command_id), payload, (struct log_follows){0});
}

size_t harness_follow(struct harness *h)
{
    size_t accepted = 0;
    struct follow_up f;
    struct buf payload; /* the row goes while the command is applied */
    buf_init(&payload, FOLLOW_UP_BYTES_MAX);
    for (struct view v = harness_view(h); follow_up_next(&v, (struct log_follows){0}, &f); v = harness_view(h)) {
        buf_clear(&payload);
        buf_push(&payload, f.payload);
        const struct refusal *refusal = record_apply(h, f.command, buf_bytes(&payload), f.name);
        assert(refusal != &harness_malformed);
        accepted += refusal == NULL;
    }
    buf_fini(&payload);
    return accepted;
}

struct bytes harness_reply(const struct harness *h)
{
    return buf_bytes(&h->reply);
}

void harness_listen(struct harness *h, fact_told told, void *context)
{
    h->told = told;
    h->told_context = context;
}

struct view harness_view(struct harness *h)
{
    arena_reset(h->view_arena);
    return (struct view){
        .rows = h->rows, .registry = h->registry, .arena = h->view_arena, .now_us = h->now_us, .position = h->position};
}

struct rows *harness_rows(struct harness *h)
{
    return h->rows;
}

struct hash128 harness_digest(const struct harness *h)
{
    return rows_digest(h->rows);
}
