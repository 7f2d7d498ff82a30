/* What an export says of people, things, orders and relations: a line of JSON a row, and the columns of a table of them. */
#pragma once

#include "edge/route.h"

/* A cell of a table out of a row in JSON: what stands at `path`; of a list of objects, at `then` in the first whose `member` is
 * `is`. docs/guide/export.md has them in this order. */
struct export_column {
    const char *name, *zh; /* for programs, for ever; a heading in Chinese */
    const char *path;
    const char *member, *is, *then; /* NULL: the path leads there */
    bool is_time;
};

enum export_what { EXPORT_EVENTS, EXPORT_PEOPLE, EXPORT_THINGS, EXPORT_ORDERS, EXPORT_RELATIONS, EXPORT_LISTINGS, EXPORT_SEGMENT_MEMBERS, EXPORT_TAG_VALUES, EXPORT_WHAT_COUNT };

/* Which rows are wanted. */
struct export_choice;
struct export_filter {
    const struct export_choice *choice; /* of people: what is told of them (export_choice.h); NULL: all */
    struct json_parser *parser;         /* for a choice, on the engine's thread */
    uint32_t definition;                /* of members of segments and values of tags: of this one alone, by number; 0: of all */
    struct bytes brand;         /* by name; empty: all */
    struct bytes kind;          /* of things */
    struct bytes shop;          /* of orders */
    struct bytes event;         /* of events, by name */
    int64_t since_us, until_us; /* of events, and of orders by the time they were made: [since, until) */
};

/* Rows being printed. `for_table`: one row each, as it stands; else as many as bring all of it back into an empty workspace. */
struct export_rows {
    struct buf *out; /* lines of JSON */
    struct json_writer writer;
    bool for_table;
};
struct json_writer *export_row_begin(struct export_rows *rows); /* the members of an open object */
void export_row_end(struct export_rows *rows);

struct export_kind {
    const char *name; /* in the path */
    const struct export_column *columns;
    size_t column_count;
    bool has_times;
    /* Of those that are numbered; events have none. One past the highest number; the rows of one, perhaps none: it isn't there, not
     * wanted, or not for this token; the number that a cursor stands for, 0: none. */
    uint32_t (*end)(const struct view *v);
    void (*put)(struct request *r, const struct view *v, uint32_t number, const struct export_filter *filter,
                struct export_rows *rows);
    uint32_t (*number)(const struct request *r, const struct view *v, struct bytes after);
    /* What has no number comes behind all that has: puts the rows of the next key behind *io_key, and moves that on; start with none. false: no more. NULL: there is none.
     * A key is at most EXPORT_KEY_BYTES_MAX. */
    bool (*rest)(struct request *r, const struct view *v, const struct export_filter *filter, struct bytes *io_key,
                 struct export_rows *rows);
};
#define EXPORT_KEY_BYTES_MAX 64u
extern const struct export_kind export_kinds[EXPORT_WHAT_COUNT];

struct json export_cell(const struct export_column *c, struct json row); /* of a row of a table */
/* Appends a line of CSV: the columns by their names or in Chinese, or one row. `inert`: no cell is a formula to a spreadsheet. */
void export_csv_head(const struct export_kind *kind, bool in_chinese, struct buf *out);
void export_csv_row(const struct export_kind *kind, struct json row, bool inert, struct buf *out);
