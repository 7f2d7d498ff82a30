/* Which files were imported, by their digests: their names are nobody's but who has them. */
#include "domain/collect/collect.h"
#include "edge/api/api.h"
#include "edge/api/list.h"

#define FILES_USUAL 20u
#define FILES_MAX 100u

struct imports_request {
    bool is_one;
    struct hash128 file;
};

static bool file_next(const struct request *r, const struct view *v, struct hash128 key, struct list_item *out_item)
{
    const struct imports_request *q = list_own(r);
    struct import_file *file = ARENA_NEW(v->arena, struct import_file);
    bool is_first = key.low == 0 && key.high == 0;
    bool found = !q->is_one ? import_file_next(v, key, file) : is_first && import_file_find(v, q->file, file);
    *out_item = (struct list_item){.key = file->digest, .own = file};
    return found;
}

static void put_file(struct request *r, const struct view *v, const struct list_item *item, struct json_writer *w)
{
    const struct import_file *file = item->own;
    char text[PUBLIC_ID_TEXT_BYTES];
    (void)r;
    member_text(w, "file", public_id_text(file->digest, text));
    json_key(w, "sources");
    json_array_begin(w);
    for (uint32_t i = 0; i < file->source_count; i++)
        if (file->sources[i] != 0)
            json_put_string(w, name_text(v, NAME_SOURCE, file->sources[i]));
    json_array_end(w);
    member_uint(w, "lines", file->lines);
    member_uint(w, "last_line", file->last_line);
}

void api_imports(struct request *r)
{
    static const struct list_kind imports = {.name = "imports",
                                             .cursor = "after",
                                             .cursor_kind = CURSOR_KEY,
                                             .usual = FILES_USUAL,
                                             .most = FILES_MAX,
                                             .next = file_next,
                                             .put = put_file};
    struct imports_request *q = ARENA_NEW(request_arena(r), struct imports_request);
    struct bytes file = http_query(r->x, "file");
    struct err e = {0};
    q->is_one = file.size > 0;
    if (q->is_one && !public_id_read(file, &q->file))
        request_failed(r, FAIL(&e, INVALID, "file: want the digest of a file, 32 hexadecimal digits"), &e);
    else
        list_answer(r, &imports, q);
}
