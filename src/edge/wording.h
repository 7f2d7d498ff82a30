/* How what is wrong is said to people: in Chinese for who asks for it, and with advice that lower layers can't give, since
 * they don't know what Kith has. Sentences are made in English wherever something is found to be wrong; the frequent ones
 * stand in one table here, with what to say instead. What isn't in it is said as it came. */
#pragma once

#include "base/arena.h"

/* An Accept-Language header that asks for Chinese before English; no bytes: no. */
bool wording_in_chinese(struct bytes accept_language);
/* Of a problem's slug; NULL: the table has none. */
const char *wording_title(const char *slug);
/* The sentence, or what the table says instead; in the arena or `english` itself. A sentence may stand behind its place:
 * "ids[0]: …". Cost: the table is tried from its beginning, some microseconds. */
const char *wording_of(struct arena *a, const char *english, bool in_chinese);
