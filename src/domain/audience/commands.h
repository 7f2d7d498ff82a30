/* Private to audience: its commands, and what it hears. */
#pragma once

#include "domain/audience/definitions.h"

#define AUDIENCE_SETTLE_BYTES_MAX 16u
#define AUDIENCE_DROP_BYTES 4u

fallible audience_save_check(struct bytes payload, struct err *e);
const struct refusal *audience_save_apply(struct step *s, struct bytes payload);
fallible audience_end_check(struct bytes payload, struct err *e);
const struct refusal *audience_end_apply(struct step *s, struct bytes payload);
fallible audience_settle_check(struct bytes payload, struct err *e);
const struct refusal *audience_settle_apply(struct step *s, struct bytes payload);
fallible audience_drop_check(struct bytes payload, struct err *e);
const struct refusal *audience_drop_apply(struct step *s, struct bytes payload);

/* Asks that a rule end which nobody waits for any more. */
void rule_drop(struct step *s, uint32_t rule);

/* What a rule is called here: "audience:NUMBER:POSITION", the definition's and that of the command that asked for it. */
struct bytes maker_text(struct arena *a, uint32_t number, uint64_t asked);
bool maker_read(struct bytes maker, uint32_t *out_number, uint64_t *out_asked); /* false: it is another's */

void audience_hear_moved(struct step *s, const void *fact);  /* struct rule_moved */
void audience_hear_turned(struct step *s, const void *fact); /* struct rule_turned */
