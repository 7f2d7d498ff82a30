/* Why files, their rows and cells can't be taken, as people read it: lib and import find it in English, this says it in the language of the
 * terminal. A test walks every sentence of the files that find something wrong. */
#pragma once

#include "base/arena.h"

/* The reason in the language of the terminal, in the arena or `english` itself. What only the daemon or another part of the program finds is known,
 * too (edge/wording.h). */
const char *reason_said(struct arena *a, const char *english);
