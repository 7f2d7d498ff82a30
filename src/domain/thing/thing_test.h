/* Puts and reads of things, as the tests write them. */
#pragma once

#include "domain/thing/thing.h"
#include "lib/json.h"
#include "testing/test.h"

/* "store/SH01" or "store/ns/SH01" -> what it names; borrowed. No text: nothing. */
struct thing_ref ref_of(const char *text);
/* A JSON object as a record, in the arena. */
struct bytes record_of(struct arena *a, const char *json);
/* The payload; `parent` NULL: unsaid; "": cleared. `json` NULL: no attributes. */
struct bytes put_of_texts(struct arena *a, const char *ref, int64_t time_us, const char *json, const char *parent);

/* What is known of a thing at an instant: "name=外滩店 city=? <region/华东"; "?" is forgotten, "-" that it doesn't exist, "" that there is
 * no such thing. Attributes by their numbers. */
const char *told_text(struct arena *a, const struct view *v, const char *ref, int64_t at_us);
