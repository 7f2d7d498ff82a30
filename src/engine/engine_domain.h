/* The engine's own domain: time that passes, jobs that go on, answers of the world, settings. First in every list. */
#pragma once

#include "engine/domain.h"

extern const struct domain engine_domain;

enum { COMMAND_TICK = 0x0101, COMMAND_CONTINUE = 0x0102, COMMAND_ANSWERED = 0x0103, COMMAND_SET = 0x0104, COMMAND_DEAD_AGAIN = 0x0105, COMMAND_DEAD_DROP = 0x0106 };

/* Payload of COMMAND_SET: bytes name, u64 value. */
