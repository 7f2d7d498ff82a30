/* Masking: what a token that may not see personal data in full gets instead of it. Phones, e-mails, identifiers, names of
 * persons and addresses are shown by their first and last characters. */
#pragma once

#include "lib/json.h"

/* Copies one JSON value with personal values masked; `key` is the member it stands under (none: a whole document), and
 * `of_person` says that members of it tell of a person ("name" is then a person's, not a product's). What isn't JSON
 * becomes null. Some microseconds. */
void mask_json(struct json_writer *w, struct bytes key, bool of_person, struct bytes json);
/* The same for what is only being printed: mask_begin gives the writer to print it to, mask_end puts it where it belongs. */
struct masking {
    struct buf plain;
    struct json_writer writer;
};
struct json_writer *mask_begin(struct masking *m);
void mask_end(struct masking *m, struct json_writer *w, struct bytes key, bool of_person);
/* "+86138****5678", "w****@example.com", "王****": enough to recognise, not to use. */
void mask_text(struct json_writer *w, struct bytes text);
/* By the same rules: whether what stands under a name may not be seen, "address.city" being the city of an address; and the mask of a text
 * that looks like a phone number or an address, into `out`, which has room for MASKED_BYTES_MAX (false: it doesn't look so). */
#define MASKED_BYTES_MAX 512u
bool mask_hides_name(struct bytes name);
bool mask_personal_text(struct bytes text, struct buf *out);
/* What somebody wrote in their own words may hold a name or a number anywhere: nothing of it is shown. */
void mask_free_text(struct json_writer *w, struct bytes text);
/* What an operator calls something of theirs is shown as it is, unless a phone number or an e-mail address stands anywhere in it: then
 * nothing of it is. */
void mask_words(struct json_writer *w, struct bytes text);
