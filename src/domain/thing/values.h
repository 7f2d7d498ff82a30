/* Private to thing: values of attributes, and the payload that brings them. */
#pragma once

#include "domain/thing/thing.h"

/* What a value would be declared as; ATTRIBUTE_ANY: null, which clears whatever it was; ATTRIBUTE_TYPE_COUNT: nothing that an attribute
 * can be. */
enum attribute_type attribute_type_of(struct bytes packed);
/* The value as an attribute of this type keeps it: a number is a text's digits, a text a time's. false: it is no such value, or
 * longer than THING_VALUE_BYTES_MAX. Borrowed, or in the arena. */
bool attribute_value_fit(enum attribute_type type, struct bytes packed, struct arena *a, struct bytes *out_value);
