/* How what is wrong is said to people: in Chinese for who asks for it, and with advice that lower layers can't give, since
 * they don't know what Kith has. Sentences are made in English wherever something is found to be wrong; the frequent ones
 * stand in one table here, with what to say instead. What isn't in it is said as it came. */
#pragma once

#include "base/arena.h"

/* An Accept-Language header that asks for Chinese before English; no bytes: no. */
bool wording_in_chinese(struct bytes accept_language);
/* One sentence. {1}, {2} … stand for any words; the last one is looked up in turn, as is what stands behind a place. */
struct wording {
    const char *found;
    const char *en; /* NULL: as it was found */
    const char *zh;
};

/* Of a problem's slug; NULL: the table has none. */
const char *wording_title(const char *slug);
/* The sentence, or what the table says instead; in the arena or `english` itself. A sentence may stand behind its place:
 * "ids[0]: …". Cost: the table is tried from its beginning, some microseconds. */
const char *wording_of(struct arena *a, const char *english, bool in_chinese);

/* The same with a table that is tried first: of who finds other things wrong than the daemon does. */
struct wording_table {
    const struct wording *rows;
    size_t count;
};
extern const struct wording_table wording_expressions; /* tried before the daemon's own */
const char *wording_by(struct arena *a, const struct wording_table *first, const char *english, bool in_chinese);
