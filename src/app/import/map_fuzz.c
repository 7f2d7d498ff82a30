/* Any bytes as a map, and behind a NUL as the rows that it is used on, a line each, their cells parted by tabs: what is put is JSON. */
#include <stdlib.h>
#include <string.h>

#include "app/import/map.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MAX 4u
#define VALUE_BYTES_MAX ((size_t)1 << 20)

/* Up to the next such byte, which is taken away, too. */
static struct bytes part_next(struct bytes *rest, char end)
{
    const uint8_t *found = rest->size == 0 ? NULL : memchr(rest->data, end, rest->size);
    size_t size = found == NULL ? rest->size : (size_t)(found - rest->data);
    struct bytes part = bytes_slice(*rest, 0, size);
    *rest = bytes_slice(*rest, size + (found != NULL), rest->size);
    return part;
}

static size_t rows_read(struct bytes text, size_t columns, struct arena *a, const struct bytes *out_rows[ROWS_MAX])
{
    size_t count = 0;
    do {
        struct bytes line = part_next(&text, '\n');
        struct bytes *cells = ARENA_ARRAY(a, struct bytes, columns + 1);
        for (size_t i = 0; i < columns; i++)
            cells[i] = part_next(&line, '\t');
        out_rows[count++] = cells;
    } while (text.size > 0 && count < ROWS_MAX);
    return count;
}

static void value_check(const struct import_value *v, const struct template_rows *rows, struct json_parser *parser)
{
    struct template_fault fault;
    struct json root;
    struct buf out;
    buf_init(&out, VALUE_BYTES_MAX);
    enum template_result result = template_put(v->template, rows, &out, &fault);
    if (result == TEMPLATE_FAULT)
        assert(out.size == 0 && fault.why > CELL_GOOD && fault.why < CELL_FAULT_COUNT && fault.row < rows->count && text_is_utf8(fault.cell));
    else if (!out.overflowed && !(result == TEMPLATE_EMPTY && out.size == 0))
        assert(done(json_parse(parser, buf_bytes(&out), &root, NULL)) && json_is(root, JSON_OBJECT));
    buf_fini(&out);
}

static void map_use(struct import_map *m, struct bytes text, struct arena *a)
{
    size_t columns, count;
    const char *const *members = import_map_members(m, NULL, &columns);
    struct bytes *names = ARENA_ARRAY(a, struct bytes, columns + 1);
    for (size_t i = 0; i < columns; i++)
        names[i] = bytes_of_text(members[i]);
    if (failed(import_map_columns(m, names, columns, NULL)))
        return; /* one without bytes, or with a NUL in it */
    const struct bytes *rows[ROWS_MAX];
    struct template_rows all = {rows, rows_read(text, columns, a, rows)};
    struct json_parser *parser = json_parser_create(VALUE_BYTES_MAX);
    assert(parser != NULL);
    const struct import_value *values = import_map_values(m, &count);
    for (size_t i = 0; i < count; i++)
        value_check(&values[i], &all, parser);
    json_parser_destroy(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size), text = part_next(&rest, 0);
    struct import_map *m = NULL;
    if (!text_is_utf8(rest) || failed(import_map_create(text, &m, NULL)))
        return 0;
    struct arena *a = arena_create(1 << 16);
    map_use(m, rest, a);
    arena_destroy(a);
    import_map_destroy(m);
    return 0;
}
