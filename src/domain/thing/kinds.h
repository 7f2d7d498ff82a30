/* Private to thing: what is written of kinds. */
#pragma once

#include "domain/thing/thing.h"

#define THING_KIND_CUSTOM 64u      /* the first one that an operator declares */
#define THING_ATTRIBUTE_CUSTOM 64u /* the first one that no release built in */

extern const struct family thing_kind_family; /* name -> a kind that isn't as it was built in */
extern const struct family
    thing_kind_name_family; /* number (2 bytes, BE) -> the name of one that an operator declared */

/* Puts a kind; its number and its attributes' are given. */
void thing_kind_write(struct step *s, const struct thing_kind *kind);
/* What `said` makes of the kind of its name. NULL: *out_kind is what it is then, a new one with its number. */
const struct refusal *thing_kind_declare(const struct view *v, const struct thing_kind *said,
                                         struct thing_kind *out_kind);
/* Adds an attribute that came undeclared, as the last one. */
const struct refusal *thing_attribute_see(struct thing_kind *kind, struct bytes name, enum attribute_type type);

extern const struct refusal thing_no_such_kind, thing_bad_attribute;
