/* Writes what an answer says of people, row by row, as traits of theirs: through the door of events, with the source "analytics". Who has nothing new is
 * passed over, so doing it again writes nothing. docs/guide/analytics.md. */
#pragma once

#include "edge/route.h"

#define ANSWER_TRAITS_SOURCE "analytics"

/* `answer` is of the question `value` or `wallet` by person, or of `score`. Members into an open object: "traits" (their names), "people", "written", "unchanged", "hidden" (the token doesn't
 * see them, or they are gone), "without_identifier" (none by which an event could reach them), "faulty", "next". The events are durable then. `look` has a token
 * and a catalogue. DENIED: the token may not speak for its brand. Not on the engine's thread; the answer outlives the call. */
fallible answer_traits_write(const struct request *look, struct json answer, struct json_writer *w, struct err *e);
