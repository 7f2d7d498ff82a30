/* Private to identity: erasing a person; identity.h has what others see of it. */
#pragma once

#include "domain/identity/acts.h"
#include "engine/forget.h"

extern const struct family erasure_family; /* position (8, BE) -> the receipt */
extern const struct family erasure_list_family; /* position (8, BE), piece (2, BE) -> a piece of its lists: whose things are to be purged */

fallible erase_check(struct bytes payload, struct err *e);
void erase_needs(const struct view *v, struct bytes payload);
const struct refusal *erase_apply(struct step *s, struct bytes payload);

/* Identity's own part of forgetting: nobody is found by these identifiers any more. */
void identity_forget(struct step *s, struct forgotten *who);

/* The public ids of their numbers, where they have one, in the same order; in the view's arena. */
uint32_t public_ids_of(const struct view *v, const struct forgotten *who, const struct hash128 **out_ids);

/* --- erasure.c: what is kept of an erasure, and what of it takes more than its own step --- */
void erasure_take(struct erasure *x, const struct forgotten *who, struct arena *arena); /* whose things are to be purged */
void erasure_put(struct step *s, const struct erasure *x);                             /* of this step's position */
void erasure_jobs_start(struct step *s, const struct forgotten *who);
/* Is the act at this position about somebody who was erased since, and not blank yet? */
bool erasure_awaits_act(const struct view *v, uint64_t position, const struct act_row *act);
extern const struct job_kind acts_forget_job;  /* takes the person out of what acts are said to be about */
extern const struct job_kind numbers_forget_job; /* empties the rows of those that the erasure's own step had no room for */
