/* `kith tag library`: ready tags, what data they lack in this workspace, and their installation. */
#pragma once

#include "app/verbs/errand.h"

/* library [list] [--category A] | show NAME | print NAME…|--all | install NAME…|--all, each with PARAMETER=VALUE …, the last two with --from-own-data; an exit code. */
int library_run(struct errand *d, struct arguments *a);
