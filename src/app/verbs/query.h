/* What other verbs take from `kith query`: a question as it is said on a command line. */
#pragma once

#include "app/verbs/errand.h"

/* "-f FILE", "-fFILE", taken off the words; NULL: the next word is none. */
const char *question_file_word(struct arguments *a);
/* A question as an object into the body: of a file ("-": what comes in) or else of a text (NULL: of nothing), and of all words that are left, NAME=VALUE each, which stand in
 * for what it says. INVALID: what is wrong, in the terminal's language. */
fallible question_body_put(struct errand *d, const char *file, const char *text, struct err *e);
