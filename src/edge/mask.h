/* Masking: what a token that may not see personal data in full gets instead of it. Phones, e-mails, identifiers, names of
 * persons and addresses are shown by their first and last characters. */
#pragma once

#include "lib/json.h"

/* Copies one JSON value with personal values masked; `key` is the member it stands under (none: a whole document), and
 * `of_person` says that members of it tell of a person ("name" is then a person's, not a product's). What isn't JSON
 * becomes null. Some microseconds. */
void mask_json(struct json_writer *w, struct bytes key, bool of_person, struct bytes json);
/* "+861****5678", "w****@example.com", "王****": enough to recognise, not to use. */
void mask_text(struct json_writer *w, struct bytes text);
