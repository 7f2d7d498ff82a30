/* Preview of a tag or segment that isn't saved: who would have it now, some of them, its values, and what saving it would take. A survey over all events of which nothing is kept yet. */
#pragma once

#include "domain/audience/audience.h"
#include "edge/route.h"

/* Answers the request with the preview of what is said, or how far it is. `said` was examined with this request's sight (audience_examine), and is copied. */
void audience_preview(struct request *r, const struct audience *said);
