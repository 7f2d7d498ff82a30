/* Online Retail, a public data set (UCI), as a second workspace of the demo: real sales, read back out of Kith's own log
 * and added up. */
#pragma once

#include "app/sender.h"

struct retail {
    uint64_t lines, invoices, customers;
    int64_t revenue_micro; /* pounds in 1/1,000,000: the sum of quantity times price */
};
/* What stands in the data set's own description. */
extern const struct retail retail_known;

/* Adds up every event that stands in the log of folder/workspace, beside the daemon that writes it. INVALID: one that is
 * no line of an order. */
fallible retail_read(const char *folder, const char *workspace, struct retail *out_retail, struct err *e);
