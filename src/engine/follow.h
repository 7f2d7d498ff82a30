/* Follow-ups: what a step said is to come after it (step_then), kept as rows until its own step takes them away. The engine
 * sends them in their order, in the next group; a log record says which one it is, so a crash neither loses nor doubles any. */
#pragma once

#include "engine/step.h"
#include "store/log.h"

struct follow_up {
    struct log_follows name;
    const struct command *command;
    enum cause cause;      /* of the step that said it */
    struct bytes payload;  /* in the view's arena, or borrowed from the view */
};

/* The first one behind `after`, by position, then nth. {0}: the first of all. false: there is none. */
bool follow_up_next(const struct view *v, struct log_follows after, struct follow_up *out_follow_up);
/* What its own step has to know of it: the cause that it begins with, and how many rows it takes away. */
struct follow_up_mark {
    struct log_follows name;
    enum cause cause;
    uint32_t piece_count;
};
struct follow_up_mark follow_up_mark(const struct view *v, struct log_follows name);
void follow_up_done(struct step *s, const struct follow_up_mark *mark);
