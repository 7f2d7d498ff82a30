/* Relations, and how far somebody has come, as JSON; masked where the request's token is. */
#pragma once

#include "domain/relation/relation.h"
#include "edge/route.h"

void relation_put(const struct request *r, const struct view *v, const struct relation *relation,
                  struct json_writer *w);
/* Members of an open object: "relations" and "ladder", what of them the token may see. Reads orders too. */
void relations_put_of(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w);
