/* Shared by the parts of the model of identity: model_identity.c (joining), model_apart.c (taking apart) and model_erase.c. */
#pragma once

#include "sim/model_identity.h"

const struct id_type_rule *model_rule(const struct model_identity *m, uint16_t id); /* NULL: of no declared type */
/* The node of who had the same identifier before, and was not erased; NODE_NONE: there is none. */
uint32_t model_node_before(const struct model_identity *m, uint32_t node);
uint32_t model_node_add(struct model_identity *m, uint16_t id, uint32_t person, int64_t seen_us); /* the next holder */
void model_set_add(struct model_identity *m, const struct model_set *set); /* not when it has fewer than two members */
void model_relabel(struct model_identity *m, uint32_t from, uint32_t to);
