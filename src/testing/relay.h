/* A tiny domain for tests of what follows and of rows by number: it passes commands on as follow-ups, and keeps a post, a row that
 * counts, for each line of them. */
#pragma once

#include "engine/domain.h"

extern const struct domain relay_domain;
extern const struct family relay_post; /* numbered: u32 how often, u64 the position of the last time */
extern const struct refusal relay_no_post;

#define RELAY_POST_USES_MAX 5u /* after so many a post is gone */

/* u32 post (0: the next one), u32 beside (another post, which is only looked at), then for each command to pass on: u32 command,
 * bytes payload. Refused: relay_no_post; reply {"post":n}. */
enum { COMMAND_RELAY = 0x7c01 };

uint32_t relay_uses(const struct view *v, uint32_t post); /* 0: there is no such post */
