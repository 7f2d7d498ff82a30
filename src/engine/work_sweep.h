/* The background work that removes what was given up and neither checkpoint refers to, for a domain whose files are named by its rows (work_files.h).
 * Its table has a kind of work and a command with these behind them.
 *
 * Payload of the command: format 1 (u8), then work_swept_pack, of one key at least. */
#pragma once

#include "engine/work_files.h"

#define WORK_SWEEP_BYTES_MAX (1u + WORK_SWEPT_BYTES_MAX)

/* As of struct work_kind. */
bool work_sweep_wanted(const struct view *v, const struct work_files *f, struct work_context *c);
fallible work_sweep_run(const struct work_context *c, const struct work_files *f, struct buf *out_payload, struct err *e);
void work_sweep_release(struct work_context *c);

/* As of struct command. */
fallible work_sweep_check(struct bytes payload, struct err *e);
void work_sweep_apply(struct step *s, const struct work_files *f, struct bytes payload); /* checked before */
