/* The rows of an import: those of its file, in groups, with what the joined files have for them. */
#pragma once

#include "app/import/join.h"
#include "app/import/map.h"

#define IMPORT_GROUP_ROWS_MAX 1000u /* as many as an order may have lines; what is beyond is a group of its own */

struct import_rows;

struct import_rows_options {
    const char *path;         /* borrowed */
    struct import_map *map;   /* borrowed; its templates are made for these files */
    const char *const *joins; /* instead of the map's files, in its order; NULL: those, beside `path` */
    size_t join_count;
};

/* Opens all files; the joined ones are read by the first import_rows_next. INVALID: a column that the map names isn't there (with the nearest that is); else as table_open. */
fallible import_rows_open(const struct import_rows_options *o, struct import_rows **out_rows, struct err *e);
void import_rows_close(struct import_rows *r); /* NULL is fine */

/* Rows with the same text in the map's "group" column, one after the other; without one each row is a group. A row for which a joined file has
 * several is several rows, of which the first is its own; one for which it has more than IMPORT_GROUP_ROWS_MAX is bad. */
struct import_group {
    const struct bytes *const *rows; /* cells, of all columns */
    const uint64_t *own_lines;       /* of each; 0: not its own, but one that joined to the row before */
    size_t count;
};

uint64_t import_group_line(const struct import_group *g, size_t row); /* of the file: that of the row which a joined one belongs to */

/* Where the cell of a row stands, in the file that has its column. */
struct import_place {
    const char *path;
    uint64_t line;
    bool is_joined;
};
struct import_place import_rows_place(const struct import_rows *r, const struct import_group *g, size_t row, size_t column);

/* What becomes of a group: a value of which "$rows" is a part is made once of all rows, any other once of each row of the file and what was joined
 * to it. `make` gets the rows [from, until). Ends with its first failure. */
typedef fallible (*import_make)(void *context, const struct import_value *v, const struct import_group *g, size_t from, size_t until, struct err *e);
fallible import_group_make(const struct import_map *m, const struct import_group *g, import_make make, void *context, struct err *e);

/* A row that is put aside. */
struct import_bad {
    const char *path;
    uint64_t line;
    const char *why;
    const struct bytes *cells; /* NULL: they can't be told apart */
    size_t count;
};

enum import_found { IMPORT_GROUP, IMPORT_BAD, IMPORT_END };

/* What comes next; it lives until the next call. Only failures of a whole file fail. */
struct import_next {
    enum import_found found;
    struct import_group group;
    struct import_bad bad;
};
fallible import_rows_next(struct import_rows *r, struct import_next *out_next, struct err *e);

const struct bytes *import_rows_names(const struct import_rows *r, size_t *out_count); /* of the file itself */
size_t import_rows_own_columns(const struct import_rows *r);
struct bytes import_rows_column(const struct import_rows *r, size_t column); /* the name of any */
struct hash128 import_rows_digest(const struct import_rows *r);
double import_rows_share(const struct import_rows *r);
uint64_t import_rows_skipped(const struct import_rows *r);    /* by the map's "skip" */
uint64_t import_rows_of_gb18030(const struct import_rows *r); /* as of table_rows_of_gb18030 */
