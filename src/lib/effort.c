#include "lib/effort.h"

#include <assert.h>

static fallible part_step(struct effort *f, double share, size_t bytes, struct err *e)
{
    const struct effort_part *p = (const struct effort_part *)(void *)f;
    return p->whole->step(p->whole, p->from + (p->until - p->from) * share, bytes, e);
}

static bool part_is_over(const struct effort *f)
{
    return effort_is_over(((const struct effort_part *)(const void *)f)->whole);
}

struct effort *effort_part_init(struct effort_part *p, struct effort *whole, double from, double until)
{
    assert(from >= 0 && from <= until && until <= 1);
    *p = (struct effort_part){.effort = {part_step, part_is_over}, .whole = whole, .from = from, .until = until};
    return whole == NULL ? NULL : &p->effort;
}
