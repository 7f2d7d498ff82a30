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
/* The cause that its own step begins with. */
enum cause follow_up_cause(const struct view *v, struct log_follows name);
/* Takes its rows away, in its own step. */
void follow_up_done(struct step *s, struct log_follows name);
