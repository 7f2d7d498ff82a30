/* Private to rule: its commands. */
#pragma once

#include "domain/rule/look.h"

#define RULE_MAKE_BYTES_MAX (RULE_TEXT_BYTES_MAX + RULE_MAKER_BYTES_MAX + 16u)
#define RULE_SWITCH_BYTES_MAX (RULE_SWITCH_MAX * 10u)
#define RULE_END_BYTES 4u
#define RULE_LOOK_BYTES_MAX 12u

fallible rule_make_check(struct bytes payload, struct err *e);
const struct refusal *rule_make_apply(struct step *s, struct bytes payload);
fallible rule_switch_check(struct bytes payload, struct err *e);
void rule_switch_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_switch_apply(struct step *s, struct bytes payload);
fallible rule_end_check(struct bytes payload, struct err *e);
void rule_end_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_end_apply(struct step *s, struct bytes payload);
fallible rule_look_check(struct bytes payload, struct err *e);
void rule_look_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_look_apply(struct step *s, struct bytes payload);

/* What a program says of somebody of whom nothing is known, packed, in the view's arena; false: time alone changes it. */
bool nobody_says(const struct view *v, const struct book *b, const struct program *p, struct bytes *out_packed);
/* What rules that are gathering have of features since before a position is let go of: each such feature gets a slot of its own, gathered from now on. */
void rules_renew(struct step *s, const struct book *b, uint64_t before);
void rules_renew_touch(const struct view *v, const struct book *b); /* announces the rows that it writes */
/* Says that a rule is in another state, and writes it down; RULE_OVER takes its rows, and begins the sweep. The rule's row was announced. */
void rule_move(struct step *s, const struct book_rule *r, enum rule_state state);
