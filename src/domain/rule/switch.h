/* Private to rule: a rule takes over from another one at one position: from there on what it says is what is read. Who differs is told behind it, at a bounded
 * rate, with the cause `switch`. Until then the old one stands as it stood at that position (RULE_LEAVING). */
#pragma once

#include "domain/rule/look.h"

extern const struct family
    switch_family; /* KEYED: the new rule (4, BE) -> the old one, and who was told; and person (4, BE) of one who was told before it was their turn */
extern const struct job_kind switch_job;

/* The new one is in force; `old` RULE_NONE: there was none. Both rows were announced. */
void switch_begin(struct step *s, const struct book *b, uint32_t old, uint32_t new);
/* The person is about to be told something else than `before` of this rule in force. Who wasn't told of the switch yet is told now, with this, and not again: what
 * they were told last. */
struct bytes switch_told(struct step *s, const struct book *b, const struct book_rule *new, uint32_t person,
                         struct bytes before);
