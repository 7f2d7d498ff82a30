/* Private to audience: what was asked of each rule of a definition that answers or is being made, so that a change can be taken back. */
#pragma once

#include "domain/audience/definitions.h"

extern const struct family
    audience_asked_family; /* KEYED: number (4, BE), position of the save (8, BE) -> hash of the rule's text and of the zone, and what was said */

void asked_put(struct step *s, const struct audience *a, struct bytes text); /* under a->asked; `text`: of the rule */
/* Whether the rule that answers says this text, as it was asked for in the zone as it is now, and none is about to take over from it. */
bool answer_says(const struct view *v, const struct audience *a, struct bytes text);
/* Whether what was asked for last, which answers or is being made, says this text in the zone as it is now. */
bool asked_says(const struct view *v, const struct audience *a, struct bytes text);
/* Only these two stay (0: none): what answers, and what is being made. */
void asked_settle(struct step *s, uint32_t number, uint64_t in_force, uint64_t asked);

/* Payload as of COMMAND_AUDIENCE_END. */
const struct refusal *audience_cancel_apply(struct step *s, struct bytes payload);
