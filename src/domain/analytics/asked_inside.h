/* Private to analytics: what reading a question's body is made of (asked.c), beside what kinds of questions use (question.h). */
#pragma once

#include "domain/analytics/filter.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/question.h"

#define ASKED_MEMBERS_MAX 64u       /* of one body */
#define ASKED_ALTERNATIVES_MAX 32u  /* of one pick */
#define ASKED_LABEL_BYTES_MAX 1024u /* of the label of several */

bool asked_given(const struct asked *a, const char *member, struct json *out_value); /* it is neither absent nor null */
struct filter_reader asked_reader(const struct asked *a);                           /* what conditions in the body are read with */
/* A member that is absent or null: NULL, which is no condition. Else a text, or a tree as JSON. */
fallible asked_filter(struct asked *a, struct json from, const struct filter **out_filter, struct err *e);
/* As asked_members, of two lists of members. */
fallible asked_members_of(struct json body, const struct member_rule *rules, size_t count, const struct member_rule *more, size_t more_count,
                          struct err *e);
bool asked_span_read(struct bytes text, int64_t *out_us); /* "7d"; false: it is none */
