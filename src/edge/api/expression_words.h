/* What an expression asks, in a sentence: "近 90 天“支付订单”次数 ≥ 3,且 phone 已知". Of nobody in particular; why it says of somebody what it says: explain_words.h. */
#pragma once

#include "edge/api/explain_words.h"

#define EXPRESSION_SENTENCE_BYTES_MAX 4000u /* what is longer is cut, with "…" */
/* In the words' arena; says no times, so without a civil. What has no words of its own stands as it is written. */
const char *expression_sentence(const struct explain_words *w, const struct expr *x);
/* "sentence": {en, zh}, a member of an open object; null of none. An expression may name a person: it isn't for masked tokens. */
void member_sentence(struct json_writer *w, struct arena *a, const struct expr *x);
