/* `kith report library`: ready reports, what each lacks in this workspace, and keeping them. */
#pragma once

#include "app/verbs/errand.h"

/* library [list] | library show NAME | library add NAME…|--all; an exit code. */
int report_library(struct errand *d, struct arguments *a);
