/* What the facts look like outside. */
#pragma once

#include "domain/identity/identity.h"

void id_type_changed_print(const struct view *v, const void *fact, struct json_writer *out);
void resolved_print(const struct view *v, const void *fact, struct json_writer *out);
void merged_print(const struct view *v, const void *fact, struct json_writer *out);
void split_print(const struct view *v, const void *fact, struct json_writer *out);
void person_erased_print(const struct view *v, const void *fact, struct json_writer *out);
void quarantined_print(const struct view *v, const void *fact, struct json_writer *out);
