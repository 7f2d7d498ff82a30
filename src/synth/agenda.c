#include "synth/agenda.h"

#include <stdlib.h>

#define CHILDREN 4

static bool task_before(const struct task *a, const struct task *b)
{
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us;
    if (a->person != b->person)
        return a->person < b->person;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->number != b->number ? a->number < b->number : a->stage < b->stage;
}

void synth_agenda_fini(struct agenda *a)
{
    free(a->tasks);
    *a = (struct agenda){0};
}

fallible synth_agenda_reserve(struct agenda *a, size_t capacity, struct err *e)
{
    if (capacity <= a->capacity)
        return DONE;
    struct task *tasks = realloc(a->tasks, capacity * sizeof *tasks);
    if (tasks == NULL)
        return FAIL(e, FULL, "no memory for %zu tasks", capacity);
    a->tasks = tasks;
    a->capacity = capacity;
    return DONE;
}

void synth_agenda_push(struct agenda *a, struct task task)
{
    if (a->count == a->capacity && failed(synth_agenda_reserve(a, a->capacity + a->capacity / 2 + 16, NULL)))
        abort();
    size_t at = a->count++;
    while (at > 0) {
        size_t parent = (at - 1) / CHILDREN;
        if (!task_before(&task, &a->tasks[parent]))
            break;
        a->tasks[at] = a->tasks[parent];
        at = parent;
    }
    a->tasks[at] = task;
}

struct task synth_agenda_pop(struct agenda *a)
{
    assert(a->count > 0);
    struct task top = a->tasks[0], last = a->tasks[--a->count];
    size_t at = 0;
    for (;;) {
        size_t child = at * CHILDREN + 1, end = child + CHILDREN, least = child;
        if (child >= a->count)
            break;
        if (end > a->count)
            end = a->count;
        for (child++; child < end; child++)
            if (task_before(&a->tasks[child], &a->tasks[least]))
                least = child;
        if (!task_before(&a->tasks[least], &last))
            break;
        a->tasks[at] = a->tasks[least];
        at = least;
    }
    a->tasks[at] = last;
    return top;
}
