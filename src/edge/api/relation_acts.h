/* What bodies say of an act by hand, of a relation or of a list: who did it, and of whom it is said again. */
#pragma once

#include "domain/relation/relation.h"
#include "edge/route.h"
#include "lib/json.h"

/* `by` of an object. A guide's token speaks for the guide; any other says on whose behalf of the staff it speaks, or speaks for itself. INVALID; DENIED: who it was
 * elsewhere is for who may redo. Borrows. */
fallible act_by_read(const struct request *r, struct json root, struct relation_by *out_by, struct err *e);
/* `holder`, of what an export has: whose it was, where that isn't who has the identifier now; else 0. */
fallible act_holder_read(const struct request *r, struct json root, uint32_t *out_holder, struct err *e);
