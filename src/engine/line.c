#include "engine/line.h"

void line_put(struct line *l, struct submission *submissions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct submission *s = &submissions[i];
        s->next = NULL;
        if (l->first == NULL)
            l->first = s;
        else
            l->last->next = s;
        l->last = s;
    }
    atomic_fetch_add_explicit(&l->count, count, memory_order_relaxed);
}

size_t line_take(struct line *l, struct submission *out[static ENGINE_GROUP_COMMANDS_MAX])
{
    size_t count = 0, bytes = 0;
    while (l->first != NULL && count < ENGINE_GROUP_COMMANDS_MAX && bytes <= ENGINE_GROUP_BYTES_MAX) {
        struct submission *s = l->first;
        l->first = s->next;
        bytes += s->payload.size;
        out[count++] = s;
    }
    size_t before = atomic_fetch_sub_explicit(&l->count, count, memory_order_relaxed);
    assert(before >= count && (l->first == NULL) == (before == count));
    return count;
}

bool line_is_empty(const struct line *l)
{
    return l->first == NULL;
}

bool line_is_full(const struct line *l)
{
    return atomic_load_explicit(&l->count, memory_order_relaxed) >= LINE_COMMANDS_MAX;
}
