/* Relations, and how far somebody has come, as JSON; masked where the request's token is. */
#pragma once

#include "domain/relation/relation.h"
#include "edge/route.h"

void relation_put(const struct request *r, const struct view *v, const struct relation *relation,
                  struct json_writer *w);
void relation_put_by(struct relation_by by, struct json_writer *w); /* {"kind":"staff","name":"G17"} */
void relation_put_value(const struct request *r, struct bytes name, struct bytes packed, struct json_writer *w); /* of an attribute */
void relation_put_reason(const struct request *r, struct bytes reason, struct json_writer *w); /* a member, if there is any */
/* Members of an open object: "relations" and "ladder", what of them the token may see. Reads orders too. */
void relations_put_of(const struct request *r, const struct view *v, uint32_t person, struct json_writer *w);
