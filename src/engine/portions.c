#include "engine/portions.h"

#include <assert.h>
#include <stdint.h>

#define MORE_PART 4u /* of what is used */

size_t portion_wanted(size_t used)
{
    return used + used / MORE_PART + PORTION_BYTES_MIN;
}

/* Those who want no more than an equal part of what is left get it; again, since parts grow by that. */
static size_t due_of_modest(struct portion *portions, size_t count, size_t budget, size_t *out_open)
{
    size_t left = budget, open = count;
    for (size_t before = open + 1; open > 0 && open < before;) {
        before = open;
        size_t part = left / open;
        for (size_t i = 0; i < count; i++) {
            if (portions[i].due > 0 || portions[i].wanted > part)
                continue;
            portions[i].due = portions[i].wanted;
            left -= portions[i].due;
            open--;
        }
    }
    *out_open = open;
    return left;
}

static void due_find(struct portion *portions, size_t count, size_t budget)
{
    for (size_t i = 0; i < count; i++) {
        assert(portions[i].wanted > 0);
        portions[i].due = 0;
    }
    size_t open, left = due_of_modest(portions, count, budget, &open);
    size_t part = left / (open > 0 ? open : count);
    for (size_t i = 0; i < count; i++)
        if (open == 0 || portions[i].due == 0)
            portions[i].due += part;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* What it holds, or may hold without getting more. */
static size_t portion_taken(const struct portion *s)
{
    return most(s->used, least(s->bytes, s->due));
}

void portions_divide(struct portion *portions, size_t count, size_t budget)
{
    if (count == 0)
        return;
    due_find(portions, count, budget);
    size_t taken = 0;
    for (size_t i = 0; i < count; i++)
        taken += portion_taken(&portions[i]);
    size_t free_bytes = budget > taken ? budget - taken : 0;
    for (size_t i = 0; i < count; i++) {
        struct portion *s = &portions[i];
        size_t has = portion_taken(s), more = s->due > has ? least(s->due - has, free_bytes) : 0;
        free_bytes -= more;
        s->bytes = most(more > 0 ? has + more : least(s->bytes, s->due), PORTION_BYTES_MIN);
    }
}
