#include "sim/shadow.h"

#include <stdlib.h>

struct shadow {
    const struct registry *registry;
    struct rows *rows;
    struct arena *arena, *view_arena;
    int64_t now_us;
    uint64_t position;
};

struct shadow *shadow_create(const struct registry *registry)
{
    struct shadow *s = calloc(1, sizeof *s);
    assert(s != NULL);
    size_t count;
    const struct family *const *families = registry_families(registry, &count);
    struct status status = rows_create(families, count, &s->rows, NULL);
    assert(done(status)); /* the engine has made the same ones */
    s->registry = registry;
    s->arena = arena_create(1 << 16);
    s->view_arena = arena_create(1 << 16);
    return s;
}

void shadow_destroy(struct shadow *s)
{
    if (s == NULL)
        return;
    rows_destroy(s->rows);
    arena_destroy(s->arena);
    arena_destroy(s->view_arena);
    free(s);
}

const struct refusal *shadow_apply(struct shadow *s, const struct shadow_record *record, fact_told told, void *context)
{
    const struct command *command = registry_command(s->registry, record->command);
    assert(command != NULL && record->time_us >= s->now_us);
    arena_reset(s->arena);
    struct step step;
    step_begin(&step, s->rows, s->registry, s->arena);
    step.view.now_us = s->now_us = record->time_us;
    step.view.position = record->position;
    s->position = record->position + 1;
    const struct refusal *refusal = command->apply(&step, record->payload);
    step_settle(&step, told, context);
    step_commit(&step, s->rows);
    return refusal;
}

struct hash128 shadow_digest(const struct shadow *s)
{
    return rows_digest(s->rows);
}

struct view shadow_view(struct shadow *s)
{
    arena_reset(s->view_arena);
    return (struct view){.rows = s->rows, .registry = s->registry, .arena = s->view_arena, .now_us = s->now_us, .position = s->position};
}
