/* What is kept by law of who was erased, as the API shows it. */
#pragma once

#include "edge/route.h"
#include "engine/forget.h"

/* A class, the law, and for how long: members of an open object. */
void custody_put(const struct view *v, const struct custody *c, struct json_writer *w);
/* Of one erasure: a list of all classes, with what is in custody of each, under "kept". false: more may come yet. *out_last_position:
 * of the newest record in the log that belongs to the erasure. */
bool custodies_put(const struct view *v, uint64_t erasure, struct json_writer *w, uint64_t *out_last_position);
