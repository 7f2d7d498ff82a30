/* Days as queries, bodies and answers have them: "2026-11-11". */
#pragma once

#include "base/status.h"
#include "lib/json.h"

#define DAY_TEXT_BYTES 16
const char *day_text(int32_t day, char out_text[DAY_TEXT_BYTES]);
void member_day(struct json_writer *w, const char *key, int32_t day);
fallible day_read(struct bytes text, const char *what, int32_t *out_day, struct err *e); /* INVALID: says `what` */
