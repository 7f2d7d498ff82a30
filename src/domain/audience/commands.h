/* Private to audience: its commands, and what it hears. */
#pragma once

#include "domain/audience/definitions.h"

#define AUDIENCE_SETTLE_BYTES_MAX 16u
#define AUDIENCE_DROP_BYTES 4u

extern const struct refusal refuse_no_audience; /* there is no definition of this kind and name */

/* Keeps what is said, as COMMAND_AUDIENCE_SAVE does. */
const struct refusal *audience_save(struct step *s, const struct audience *said, uint64_t expects);
fallible audience_save_check(struct bytes payload, struct err *e);
const struct refusal *audience_save_apply(struct step *s, struct bytes payload);
fallible audience_end_check(struct bytes payload, struct err *e);
const struct refusal *audience_end_apply(struct step *s, struct bytes payload);
fallible audience_freeze_check(struct bytes payload, struct err *e);
const struct refusal *audience_freeze_apply(struct step *s, struct bytes payload);
fallible audience_settle_check(struct bytes payload, struct err *e);
const struct refusal *audience_settle_apply(struct step *s, struct bytes payload);
fallible audience_drop_check(struct bytes payload, struct err *e);
const struct refusal *audience_drop_apply(struct step *s, struct bytes payload);

/* Asks for a rule that says the text; what was asked for before, nobody waits for any more. */
void rule_ask_for(struct step *s, struct audience *io_audience, struct bytes text);
/* All that wait for one of this batch wait for what this step asks for, from now on. */
void batches_absorb(struct step *s, uint64_t batch);
/* Asks that a rule end which nobody waits for any more. */
void rule_drop(struct step *s, uint32_t rule);

/* What a rule is called here: "audience:NUMBER:POSITION", the definition's and that of the command that asked for it. */
struct bytes maker_text(struct arena *a, uint32_t number, uint64_t asked);
bool maker_read(struct bytes maker, uint32_t *out_number, uint64_t *out_asked); /* false: it is another's */

extern const struct family audience_frozen_family; /* KEYED: list (4, BE), container (4, BE) -> people who wait to be put on it (docs/formats/bitmap.md) */
extern const struct job_kind audience_filling_job;

void audience_hear_moved(struct step *s, const void *fact);  /* struct rule_moved */
void audience_hear_turned(struct step *s, const void *fact); /* struct rule_turned */

/* The zone is another one: rules are asked for once more, in it (zone.c). */
extern const struct job_kind audience_zone_job;
void audience_hear_zone(struct step *s, const void *fact);

/* Growth (growth.h): days by definition. */
extern const struct family audience_day_family; /* KEYED: number, day + 2^31 (4 each, BE) -> the day */
extern const struct timer_kind growth_timer;
extern const struct job_kind growth_job;
void growth_begin(struct step *s); /* sizes are counted from the next midnight on */
void growth_count(struct step *s, const struct audience_turned *turned);
void growth_forget(struct step *s, uint32_t number);

/* Uses (use.h). */
extern const struct family audience_use_family; /* KEYED: number (4, BE) -> days */
fallible audience_used_check(struct bytes payload, struct err *e);
const struct refusal *audience_used_apply(struct step *s, struct bytes payload);
void uses_forget(struct step *s, uint32_t number);
