/* Which property a rule still reads that was forbidden after it was saved. What was added to series can't be taken out of them again, so membership stays as it was defined: whoever
 * owns the definition is told, and saves it again without the property. */
#include "domain/column/column.h"
#include "domain/rule/book.h"

#define OF_ITEMS "item."

/* Under a path of an event: itself, or what is around it. */
static bool is_said_of(const struct property_words *words, struct bytes path)
{
    bool is_of_items = bytes_starts_with(path, BYTES_LIT(OF_ITEMS));
    if (is_of_items)
        path = bytes_slice(path, sizeof OF_ITEMS - 1, path.size);
    if (is_of_items != (words->of == COLUMN_ITEM))
        return false;
    return bytes_equal(path, words->name) ||
           (bytes_starts_with(path, words->name) && path.data[words->name.size] == '.');
}

/* The property part of the language: names are compared with values. */
static bool where_names(const struct expr *where, const struct property_words *words)
{
    if (where == NULL || where->op == EXPR_VALUE)
        return false;
    if (where->op == EXPR_NAME)
        return is_said_of(words, where->name);
    for (uint32_t i = 0; i < where->count; i++)
        if (where_names(where->parts[i], words))
            return true;
    return false;
}

static bool step_hears(const struct feature_step *step, uint16_t event)
{
    bool hears = event == 0 || step->event_count == 0;
    for (uint32_t i = 0; i < step->event_count; i++)
        hears |= step->events[i] == event;
    return hears;
}

static bool feature_reads(const struct feature *f, const struct property_words *words)
{
    for (uint32_t i = 0; f->of == FEATURE_EVENTS && i < f->step_count; i++)
        if (step_hears(&f->steps[i], words->event) &&
            ((f->value.size > 0 && is_said_of(words, f->value)) || where_names(f->steps[i].where, words)))
            return true;
    return false;
}

struct bytes rule_reads_forbidden(const struct view *v, uint32_t rule)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    struct property_words words;
    const struct feature *const *features;
    size_t count = r == NULL || r->program == NULL ? 0 : program_features(r->program, &features);
    for (bool is_there = property_words_next(v, NULL, &words); is_there && count > 0;
         is_there = property_words_next(v, &words, &words))
        for (size_t i = 0; words.is_forbidden && i < count; i++)
            if (feature_reads(features[i], &words))
                return words.name;
    return BYTES_NONE;
}
