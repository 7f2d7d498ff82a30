#include "engine/shares.h"

#include <assert.h>
#include <stdint.h>

#define MORE_PART 4u /* of what is used */

size_t share_wanted(size_t used)
{
    return used + used / MORE_PART + SHARE_BYTES_MIN;
}

/* Those who want no more than an equal part of what is left get it; again, since parts grow by that. */
static size_t due_of_modest(struct share *shares, size_t count, size_t budget, size_t *out_open)
{
    size_t left = budget, open = count;
    for (size_t before = open + 1; open > 0 && open < before;) {
        before = open;
        size_t part = left / open;
        for (size_t i = 0; i < count; i++) {
            if (shares[i].due > 0 || shares[i].wanted > part)
                continue;
            shares[i].due = shares[i].wanted;
            left -= shares[i].due;
            open--;
        }
    }
    *out_open = open;
    return left;
}

static void due_find(struct share *shares, size_t count, size_t budget)
{
    for (size_t i = 0; i < count; i++) {
        assert(shares[i].wanted > 0);
        shares[i].due = 0;
    }
    size_t open, left = due_of_modest(shares, count, budget, &open);
    size_t part = left / (open > 0 ? open : count);
    for (size_t i = 0; i < count; i++)
        if (open == 0 || shares[i].due == 0)
            shares[i].due += part;
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
static size_t share_taken(const struct share *s)
{
    return most(s->used, least(s->bytes, s->due));
}

void shares_divide(struct share *shares, size_t count, size_t budget)
{
    if (count == 0)
        return;
    due_find(shares, count, budget);
    size_t taken = 0;
    for (size_t i = 0; i < count; i++)
        taken += share_taken(&shares[i]);
    size_t free_bytes = budget > taken ? budget - taken : 0;
    for (size_t i = 0; i < count; i++) {
        struct share *s = &shares[i];
        size_t has = share_taken(s), more = s->due > has ? least(s->due - has, free_bytes) : 0;
        free_bytes -= more;
        s->bytes = most(more > 0 ? has + more : least(s->bytes, s->due), SHARE_BYTES_MIN);
    }
}
