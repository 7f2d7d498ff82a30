/* Private to thing: the kinds that are built in. Numbers are in rows, are never changed nor used again. */
#pragma once

#include "domain/thing/thing.h"

struct builtin_attribute {
    uint32_t number;
    const char *name, *en, *zh;
    enum attribute_type type;
    bool is_indexed; /* from the beginning */
};

struct builtin_kind {
    uint32_t number;
    const char *name, *en, *zh;
    const char *parents; /* apart by '|' */
    bool is_personal, is_owned;
    const struct builtin_attribute *attributes; /* besides those of all kinds */
    size_t attribute_count;
};

const struct builtin_kind *thing_builtin_kinds(size_t *out_count);           /* by number */
const struct builtin_attribute *thing_builtin_attributes(size_t *out_count); /* of all kinds */
