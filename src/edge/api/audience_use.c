#include "edge/api/audience.h"

#include <stdio.h>

#define WORDS_BYTES 64

void audience_use_note(const struct request *r, uint32_t number, enum audience_use use, bool is_new)
{
    char words[WORDS_BYTES];
    struct buf payload;
    if (!is_new)
        return;
    buf_init(&payload, AUDIENCE_USED_BYTES);
    audience_used_pack(number, use, &payload);
    (void)snprintf(words, sizeof words, "the use of definition %u (%s)", number, audience_use_names[use]);
    request_note(r, COMMAND_AUDIENCE_USED, buf_bytes(&payload), words);
    buf_fini(&payload);
}
