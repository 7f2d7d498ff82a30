/* The map of an import: how files are read, and what their rows become. docs/guide/import.md has every member.
 *
 *     {"source": "online_retail", "join": {"file": "invoices.csv", "key": "InvoiceNo"},
 *      "event": {"event": "order_line", "time": "${InvoiceDate}Z", "ids": [{"type": "user_id", "value": "${CustomerID}"}]}} */
#pragma once

#include "app/import/table.h"
#include "app/import/template.h"

#define IMPORT_JOINS_MAX 4u
#define IMPORT_SKIPS_MAX 8u
#define IMPORT_VALUES_MAX 8u /* that a row becomes */
#define IMPORT_COLUMNS_MAX ((IMPORT_JOINS_MAX + 1) * CSV_FIELDS_MAX)

/* What a row may become, in the order in which they are sent. */
enum import_target { TARGET_THING, TARGET_ORDER, TARGET_RELATION, TARGET_EVENT, TARGET_LISTING, TARGET_COUNT };
extern const struct import_target_row {
    const char *name, *path; /* the member of a map; where the daemon takes them */
} import_targets[TARGET_COUNT];

struct import_join {
    const char *file;   /* relative to the one that is imported */
    const char *key;    /* its column */
    const char *own;    /* that of the first file with the same values */
    const char *prefix; /* before the names of its columns; "" */
    bool every;         /* a row that nobody asks for is put aside */
};

struct import_skip {
    struct bytes column;
    const struct bytes *texts;
    size_t count;
};

struct import_map;

/* What the map says of the files; NULL, 0: not said. Lives as long as the map. */
struct import_map_says {
    const char *source;
    const char *group; /* the column by which neighbouring rows are one value */
    struct table_options table; /* without the path */
    struct import_join joins[IMPORT_JOINS_MAX];
    size_t join_count;
    struct import_skip skips[IMPORT_SKIPS_MAX];
    size_t skip_count;
};

/* `text` is copied. INVALID, with the place. */
fallible import_map_create(struct bytes text, struct import_map **out_map, struct err *e);
fallible import_map_load(const char *path, struct import_map **out_map, struct err *e); /* also NOT_FOUND, LIMIT */
void import_map_destroy(struct import_map *m);                                          /* NULL is fine */

const struct import_map_says *import_map_says(const struct import_map *m);

/* The columns that are named: those of a file whose columns are what is asked for. `join`: those of a joined file; NULL: all that aren't
 * such a file's alone. Lies in the map. */
const char *const *import_map_members(struct import_map *m, const struct import_join *join, size_t *out_count);

/* The column of which a member is made, by the place that stands in front of what the daemon says of it: "lines: [0]: 1: paid: want …". Lies in `a`. No
 * bytes: no column, or several. */
struct bytes import_map_column_at(const struct import_map *m, enum import_target target, struct bytes words, struct arena *a);

/* The columns of the rows to come; names are copied; one without bytes can't be named. INVALID: a template names a column that isn't there
 * (with the nearest that is). */
fallible import_map_columns(struct import_map *m, const struct bytes *names, size_t count, struct err *e);

/* What a row becomes, in the order of the targets. */
struct import_value {
    enum import_target target;
    const struct template *template;
};
const struct import_value *import_map_values(const struct import_map *m, size_t *out_count);
