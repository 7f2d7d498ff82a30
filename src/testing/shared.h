/* Published data that tests compare with and that may not be part of the project: the folder shared/data beside it, or SHARED_DATA. */
#pragma once

#include "testing/test.h"

/* A whole file, such as "cdnow/CDNOW_sample.txt", as a text in the test's arena. False: the data aren't there, and the test is marked as skipped. */
bool shared_data(struct t *t, const char *name, struct bytes *out_text);
/* The next line of a text, without its end; false: no more. */
bool shared_line(struct bytes *io_text, struct bytes *out_line);
