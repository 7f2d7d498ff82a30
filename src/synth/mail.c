#include "synth/mail.h"

#include <stdlib.h>
#include <string.h>

static bool letter_before(const struct letter *a, const struct letter *b)
{
    return a->arrival_us != b->arrival_us ? a->arrival_us < b->arrival_us : a->number < b->number;
}

void synth_mail_fini(struct mail *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->letters[i].line);
    free(m->letters);
    *m = (struct mail){0};
}

static void mail_grow(struct mail *m)
{
    size_t capacity = m->capacity + m->capacity / 2 + 16;
    struct letter *letters = realloc(m->letters, capacity * sizeof *letters);
    if (letters == NULL)
        abort();
    m->letters = letters;
    m->capacity = capacity;
}

void synth_mail_post(struct mail *m, struct bytes line, const struct synth_fact *fact)
{
    assert(line.size > 0);
    if (m->count == m->capacity)
        mail_grow(m);
    struct letter letter = {.arrival_us = fact->arrival_us, .number = m->posted++, .size = line.size, .fact = *fact};
    letter.line = malloc(line.size);
    if (letter.line == NULL)
        abort();
    memcpy(letter.line, line.data, line.size);
    size_t at = m->count++;
    for (; at > 0 && letter_before(&letter, &m->letters[(at - 1) / 2]); at = (at - 1) / 2)
        m->letters[at] = m->letters[(at - 1) / 2];
    m->letters[at] = letter;
}

void synth_mail_take(struct mail *m, struct buf *out_line, struct synth_fact *out)
{
    assert(m->count > 0);
    struct letter top = m->letters[0], last = m->letters[--m->count];
    size_t at = 0;
    for (size_t child = 1; child < m->count; child = at * 2 + 1) {
        if (child + 1 < m->count && letter_before(&m->letters[child + 1], &m->letters[child]))
            child++;
        if (!letter_before(&m->letters[child], &last))
            break;
        m->letters[at] = m->letters[child];
        at = child;
    }
    m->letters[at] = last;
    buf_push(out_line, bytes_of(top.line, top.size));
    *out = top.fact;
    free(top.line);
}
