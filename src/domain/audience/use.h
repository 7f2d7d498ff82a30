/* Who still uses a tag or segment: of each way in which it may be used, the last day on which it was. What names it in another definition is not a use here: that stands in the
 * definitions themselves. A row of at most 40 bytes for each that was ever used. */
#pragma once

#include "engine/step.h"

enum audience_use {
    AUDIENCE_USE_PEOPLE,   /* its people were told, page by page */
    AUDIENCE_USE_SURVEY,   /* its reach, overlap or portrait was asked for */
    AUDIENCE_USE_QUESTION, /* a question about events was limited to it, or broken down by it */
    AUDIENCE_USE_EXPORT,   /* its people were exported */
    AUDIENCE_USE_HOOK,     /* a hook was told who came, left or has another value */
    AUDIENCE_USE_CHANGES,  /* somebody who reads changes, or listens to this very one live, was */
    AUDIENCE_USE_COUNT
};
extern const char
    *const audience_use_names[AUDIENCE_USE_COUNT]; /* "people", "survey", "question", "export", "hook", "changes" */

#define AUDIENCE_NEVER INT32_MIN
struct audience_uses {
    int32_t days[AUDIENCE_USE_COUNT]; /* since 1970-01-01 in the workspace's zone; AUDIENCE_NEVER */
};
struct audience_uses audience_uses_of(const struct view *v, uint32_t number);
/* Whether it isn't noted yet that it is used so today: then COMMAND_AUDIENCE_USED is worth sending. */
bool audience_use_is_new(const struct view *v, uint32_t number, enum audience_use use);

enum { COMMAND_AUDIENCE_USED = 0x1210 }; /* notes it, with the day of the command */
#define AUDIENCE_USED_BYTES 5u
void audience_used_pack(uint32_t number, enum audience_use use, struct buf *out);
/* Notes it in this very step, with its day, for who hears many facts in one; nothing where it is noted already, or the definition has ended. */
void audience_used_note(struct step *s, uint32_t number, enum audience_use use);
