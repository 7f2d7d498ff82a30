/* Asking for an answer that may take long, and showing it: as a table, as CSV or JSON, or as a picture. */
#pragma once

#include "app/verbs/errand.h"

/* Sends, and waits with a line of progress; Ctrl-C cancels. An exit code; EXIT_DONE: d->root is the answer. */
int answer_ask(struct errand *d, const char *method);

/* How the answer is wanted. */
struct answer_presented {
    const char *svg;       /* a file that a picture goes to besides; NULL: none */
    bool is_csv, is_plain; /* plain: cells as they are, also those that a spreadsheet takes for formulas */
};
struct answer_presented answer_presented_read(struct arguments *a);
/* `show` NULL: as the table of an answer. An exit code; what is wrong has been said. */
int answer_present(struct errand *d, const struct answer_presented *presented, errand_show show);
size_t terminal_columns(void); /* how wide a table may be */
