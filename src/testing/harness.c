#include "testing/harness.h"

#include <stdlib.h>

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

const struct refusal *harness_apply(struct harness *h, uint32_t command_id, struct bytes payload)
{
    const struct command *command = registry_command(h->registry, command_id);
    assert(command != NULL && payload.size <= command->payload_bytes_max);
    struct err e = {0};
    if (command->check != NULL && failed(command->check(payload, &e)))
        return &harness_malformed;
    if (command->needs != NULL) {
        struct view v = harness_view(h);
        command->needs(&v, payload);
    }
    arena_reset(h->arena);
    struct step s;
    step_begin(&s, h->rows, h->registry, h->arena);
    s.view.now_us = h->now_us;
    s.view.position = h->position++;
    const struct refusal *refusal = command->apply(&s, payload);
    assert(refusal == NULL || step_is_clean(&s));
    step_settle(&s, h->told, h->told_context);
    step_commit(&s, h->rows);
    buf_clear(&h->reply);
    buf_push(&h->reply, step_replied(&s));
    return refusal;
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
