/* What a row of a table becomes: a JSON value in which columns stand. docs/guide/import.md.
 *
 *     "${Column}"  the column's text, anywhere in a text        {"$first": [V, …]}            the first that isn't empty
 *     "#{Column}"  a number or an amount; "#{-Column}" with     {"$latest": ["@{A}", …]}      the latest of some times
 *                  its sign turned; a whole value
 *     "@{Column}"  a time; a whole value                        {"$case": "${A}", "x|y": V, …, "$else": V}
 *     {"$rows": V}  a list: V of each row of the group
 *
 * What is made of columns that are all empty in a row is left out: a member, an item of a list, an object. */
#pragma once

#include "base/arena.h"
#include "lib/cell.h"
#include "lib/json.h"
#include "lib/zone.h"

struct template;

/* How cells are to be read; borrowed by the template. */
struct template_ways {
    struct zone *zone;     /* of times that don't say theirs */
    enum cell_order order; /* of dates that don't begin with their year */
    const struct bytes *empties; /* texts that mean nothing: "null", "-" */
    size_t empty_count;
};

struct template_columns {
    const struct bytes *names; /* one without bytes can't be named */
    size_t count;
};

/* INVALID: there is no such column, with the nearest that there is. */
fallible template_column_find(const struct template_columns *c, struct bytes name, size_t *out_column, struct err *e);

/* The template lives in `a`, and so does `from`. INVALID: it names a column that isn't there (with the nearest that is), or what begins with
 * $ is none of the above. */
fallible template_create(struct json from, const struct template_columns *columns, const struct template_ways *ways, struct arena *a,
                         struct template **out_template, struct err *e);
bool template_has_rows(const struct template *t); /* "$rows" stands in it: one value of a whole group */

struct template_rows {
    const struct bytes *const *rows; /* of each row its cells, in the order of the columns; UTF-8 */
    size_t count;                    /* at least 1; all but "$rows" is of the first */
};

struct template_fault {
    enum cell_fault why;
    size_t row, column; /* where */
    struct bytes cell;  /* a part of it */
};

enum template_result {
    TEMPLATE_PUT,
    TEMPLATE_EMPTY, /* put, but of its columns none has anything; nothing is appended where the whole template is a choice that chose nothing */
    TEMPLATE_FAULT, /* a cell can't be read: nothing is appended */
};
/* Appends the value as JSON. */
enum template_result template_put(const struct template *t, const struct template_rows *rows, struct buf *out, struct template_fault *out_fault);

/* Does a member of this name stand anywhere in it? O(its nodes). */
bool template_has_member(const struct template *t, struct bytes name);
/* Appends the text of a member of the whole value, as template_put would write it, and nothing where that would leave it out. false: the
 * template isn't an object with such a member, the member isn't a text, or a cell can't be read. */
bool template_member_text(const struct template *t, struct bytes name, const struct template_rows *rows,
                          struct buf *out);

/* Every column that is named, once and in no order: of files whose columns are what is asked for. Lies in `a`; each ends in NUL. */
const char **template_names(struct json from, struct arena *a, size_t *out_count);
