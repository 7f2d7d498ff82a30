/* Applies what was read from the log to the shadow and to the models, and compares the refusals. */
#pragma once

#include "sim/run.h"

void model_apply(struct run *r, struct record *record); /* fills in record->refusal */
