/* Where what an evaluation reads lies in memory. */
#include "domain/rule/program_inside.h"

#define LINE_BYTES 64u
#define NODE_FRONT_BYTES 128u /* of a node that is neither a tally nor a sequence: what it is, its parts, its value */

struct lines {
    const void **list;
    size_t count, max;
};

static bool same_line(const void *a, const void *b)
{
    return (uintptr_t)a / LINE_BYTES == (uintptr_t)b / LINE_BYTES;
}

static void span_add(struct lines *l, const void *begin, size_t size)
{
    const uint8_t *bytes = begin;
    for (size_t at = 0; at < size && l->count < l->max; at += LINE_BYTES - (uintptr_t)(bytes + at) % LINE_BYTES)
        if (l->count == 0 || !same_line(l->list[l->count - 1], bytes + at))
            l->list[l->count++] = bytes + at;
}

/* Nodes are as deep as expressions, EXPR_DEPTH_MAX. */
static void node_add(struct lines *l, const struct node *n)
{
    bool gathers = n->feature != NULL;
    span_add(l, n, gathers ? sizeof *n : NODE_FRONT_BYTES);
    if (gathers)
        span_add(l, n->feature, sizeof *n->feature);
    if (gathers && n->window != NULL)
        span_add(l, n->window, sizeof *n->window);
    span_add(l, n->parts, n->count * sizeof(struct node *));
    for (uint32_t i = 0; i < n->count; i++)
        node_add(l, n->parts[i]);
}

size_t program_lines(const struct program *p, const void **out_lines, size_t max)
{
    struct lines l = {.list = out_lines, .max = max};
    span_add(&l, p, offsetof(struct program, features));
    node_add(&l, p->root);
    return l.count;
}
