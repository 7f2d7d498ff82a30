#include "engine/work_sweep.h"

#define ARENA_BLOCK_BYTES 16384u
#define PAYLOAD_FORMAT 1u

struct sweep_order {
    struct arena *arena; /* holds this struct and the keys */
    struct work_swept swept;
};

bool work_sweep_wanted(const struct view *v, const struct work_files *f, struct work_context *c)
{
    if (!work_sweep_is_due(v, f, c->around))
        return false;
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    struct sweep_order *o = ARENA_NEW(arena, struct sweep_order);
    o->arena = arena;
    work_swept_find(v, f, c->around, arena, &o->swept);
    c->order = o;
    return true;
}

void work_sweep_release(struct work_context *c)
{
    struct sweep_order *o = c->order;
    arena_destroy(o->arena);
    c->order = NULL;
}

fallible work_sweep_run(const struct work_context *c, const struct work_files *f, struct buf *out_payload, struct err *e)
{
    const struct sweep_order *o = c->order;
    TRY(work_swept_remove(c->around->disk, f, &o->swept, e));
    pack_u8(out_payload, PAYLOAD_FORMAT);
    work_swept_pack(out_payload, &o->swept);
    return DONE;
}

static fallible swept_unpack(struct bytes payload, struct work_swept *out_swept, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    work_swept_unpack(&u, out_swept);
    if (!unpack_finished(&u) || out_swept->count == 0)
        return FAIL(e, INVALID, "not a list of what was given up");
    return DONE;
}

fallible work_sweep_check(struct bytes payload, struct err *e)
{
    struct work_swept swept;
    return swept_unpack(payload, &swept, e);
}

void work_sweep_apply(struct step *s, const struct work_files *f, struct bytes payload)
{
    struct work_swept swept;
    struct status status = swept_unpack(payload, &swept, NULL);
    assert(done(status)); /* work_sweep_check has seen it */
    work_swept_forget(s, f, &swept);
}
