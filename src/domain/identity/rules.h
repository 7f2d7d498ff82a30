/* Identity's own: rules of types, blocked values and namespaces, as rows. */
#pragma once

#include "domain/identity/types.h"
#include "engine/step.h"

#define ID_NAMESPACE_BYTES_MAX 100u /* longer ones don't count: a row's key would not hold them */
#define TYPE_RULE_BYTES_MAX 64u

extern const struct family type_family;      /* type (2 bytes, BE) -> packed rule; built-in types are here once changed */
extern const struct family block_family;     /* plain key (16 bytes) -> type, ns, value: they are compared */
extern const struct family namespace_family; /* 'n' and name -> u32; 'i' and number (4, BE) -> name */

/* Has an operator changed or added any type? Asked once an event, for then all rules are in the table. */
bool rules_changed(const struct view *v);
const struct id_type_rule *rule_of(const struct view *v, bool changed, uint16_t type);

/* INVALID: not a rule, or one that contradicts itself; says what. */
fallible rule_unpack(struct bytes payload, struct id_type_rule *out_rule, struct err *e);

bool value_blocked(const struct view *v, struct hash128 plain, struct bytes ns, struct bytes value);
void value_block(struct step *s, uint16_t type, struct hash128 plain, struct bytes ns, struct bytes value);
void value_unblock(struct step *s, struct hash128 plain);

#define NAMESPACE_UNKNOWN UINT32_MAX
uint32_t namespace_number(const struct view *v, struct bytes ns); /* 0: none; NAMESPACE_UNKNOWN: never seen */
struct bytes namespace_name(const struct view *v, uint32_t number);
uint32_t namespace_intern(struct step *s, struct bytes ns, uint64_t *io_count); /* *io_count namespaces have a number */
