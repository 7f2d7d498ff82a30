/* How rows of a table become events: a template of an event in which columns stand. docs/guide/import.md.
 *
 *     {"source": "online_retail", "delimiter": ",", "encoding": "utf-8",
 *      "join": {"file": "invoices.csv", "key": "InvoiceNo"},
 *      "event": {"event": "order_line", "time": "${InvoiceDate}Z", "order": "${InvoiceNo}",
 *                "ids": [{"type": "user_id", "value": "${CustomerID}"}],
 *                "items": [{"sku": "${StockCode}", "quantity": "#{Quantity}"}]}}
 *
 * "${Column}" stands anywhere in a text; "#{Column}" is a whole member and comes out as a number. What is made of
 * columns that are all empty in a row is left out: a member, an item of a list, an object. */
#pragma once

#include "app/table.h"
#include "lib/json.h"

struct import_map;

/* `text` is copied. INVALID, with the place. */
fallible import_map_create(struct bytes text, struct import_map **out_map, struct err *e);
void import_map_destroy(struct import_map *m); /* NULL is fine */

const char *import_map_source(const struct import_map *m);    /* NULL: not said */
char import_map_delimiter(const struct import_map *m);        /* ',' unless said */
enum encoding import_map_encoding(const struct import_map *m); /* of both files; ENCODING_UTF8 unless said */
const char *import_map_join_file(const struct import_map *m); /* NULL: none; relative to the file that is imported */
const char *import_map_join_key(const struct import_map *m);

/* The columns of the rows to come; names are copied. Those of the joined file come behind those of the file itself.
 * INVALID: the template names a column that isn't there (with the nearest that is), or two columns have one name. */
fallible import_map_columns(struct import_map *m, const struct bytes *names, size_t count, struct err *e);

/* Appends the event of one row: one line of JSON, without its end. cells[i] is of column i, in UTF-8; those behind `count`
 * are empty. `id` becomes the member "id", unless the template has its own. INVALID: a number is none. */
struct import_row {
    const struct bytes *cells;
    size_t count;
    struct bytes id;
};
fallible import_map_event(struct import_map *m, const struct import_row *row, struct buf *out, struct err *e);
