#include "sim/shadow.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/shelf.h"

struct shadow {
    const struct registry *registry;
    struct disk *disk;
    struct shelf *shelf;
    struct touched touched;
    struct rows *rows;
    struct arena *arena, *view_arena;
    int64_t now_us;
    uint64_t position;
};

struct shadow *shadow_create(const struct registry *registry, struct disk *disk)
{
    struct shadow *s = calloc(1, sizeof *s);
    assert(s != NULL);
    size_t count;
    const struct family *const *families = registry_families(registry, &count);
    struct status status = rows_create(families, count, &s->rows, NULL);
    assert(done(status)); /* the engine has made the same ones */
    for (size_t i = 0; i < registry_domain_count(registry); i++)
        for (size_t j = 0; j < registry_domain(registry, i)->projection_count; j++)
            rows_project(s->rows, registry_domain(registry, i)->projections[j]);
    s->registry = registry;
    s->disk = disk;
    s->shelf = shelf_create();
    s->arena = arena_create(1 << 16);
    s->view_arena = arena_create(1 << 16);
    return s;
}

void shadow_destroy(struct shadow *s)
{
    if (s == NULL)
        return;
    rows_destroy(s->rows);
    shelf_destroy(s->shelf);
    arena_destroy(s->arena);
    arena_destroy(s->view_arena);
    free(s);
}

static void sieve_place(void *context, const char *path)
{
    struct shadow *s = context;
    struct sieve *sieve = NULL;
    struct err e = {0};
    struct status status = sieve_open(s->disk, path, &sieve, &e);
    if (done(status))
        status = shelf_put(s->shelf, path, sieve, &e);
    if (failed(status))
        fprintf(stderr, "%s\n", e.text);
    assert(done(status));
}

void shadow_reopen(struct shadow *s)
{
    shelf_destroy(s->shelf);
    s->shelf = shelf_create();
    struct view v = shadow_view(s);
    for (size_t i = 0; i < registry_domain_count(s->registry); i++)
        if (registry_domain(s->registry, i)->sieves != NULL)
            registry_domain(s->registry, i)->sieves(&v, sieve_place, s);
}

static void sieves_fetch(struct shadow *s)
{
    uint8_t block[SIEVE_BLOCK_BYTES];
    struct status status = DONE;
    for (uint32_t i = 0; i < s->touched.block_count && done(status); i++) {
        struct block_name name = s->touched.blocks[i];
        status = sieve_block_read(shelf_sieve(s->shelf, name.serial), name.block, block, NULL);
        shelf_put_block(s->shelf, name, bytes_of(block, sizeof block));
    }
    assert(done(status));
    if (s->touched.sieve[0] != 0)
        sieve_place(s, s->touched.sieve);
}

static void needs_meet(struct shadow *s, const struct command *command, struct bytes payload)
{
    do {
        struct view v = shadow_view(s);
        touched_clear(&s->touched);
        v.touched = &s->touched;
        if (command->needs != NULL)
            command->needs(&v, payload);
        sieves_fetch(s);
    } while (s->touched.cold_count > 0);
}

const struct refusal *shadow_apply(struct shadow *s, const struct log_record *record, fact_told told, void *context)
{
    const struct command *command = registry_command(s->registry, record->kind);
    assert(command != NULL && record->time_us >= s->now_us);
    s->now_us = record->time_us;
    needs_meet(s, command, record->payload);
    arena_reset(s->arena);
    struct step step;
    step_begin(&step, s->rows, s->registry, s->arena);
    step.view.shelf = s->shelf;
    s->position = record->position + 1;
    const struct refusal *refusal = step_apply(&step, command, record);
    step_settle(&step, told, context);
    step_commit(&step, s->rows);
    if (command->role == ROLE_SYSTEM) {
        struct view v = shadow_view(s);
        shelf_settle(s->shelf, &v);
    }
    return refusal;
}

struct hash128 shadow_digest(const struct shadow *s)
{
    return rows_digest(s->rows);
}

struct view shadow_view(struct shadow *s)
{
    arena_reset(s->view_arena);
    return (struct view){.rows = s->rows,
                         .registry = s->registry,
                         .arena = s->view_arena,
                         .now_us = s->now_us,
                         .position = s->position,
                         .shelf = s->shelf};
}
