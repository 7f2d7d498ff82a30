/* Private to rule: a person as of an earlier cut, read as programs read people. */
#pragma once

#include "domain/rule/cut.h"
#include "domain/rule/look.h"

/* The person as the rule read them then, over series that were made of the events that count (by slot, each once); all outlive the reading. */
struct cut_person {
    uint32_t person;
    struct rule_cut cut;
    const struct book_rule *rule;
    size_t series_count;
    const struct slot_series *series;
};
struct reading cut_reading(const struct view *v, const struct book *b, const struct cut_person *who);
/* Whether the feature is made of events alone: then it is read of them again; else what is kept of it now is taken. */
static inline bool cut_rereads(const struct feature *f)
{
    return f->of == FEATURE_EVENTS && !f->needs_things;
}
/* The series of one that isn't: of orders those that had begun, as they are now. In the view's arena. */
struct bytes cut_kept(const struct view *v, uint32_t slot, uint32_t person, const struct rule_cut *m);
bool cut_knows(const struct view *v, uint32_t person,
               const struct rule_cut *m); /* any identifier of theirs had been seen */
