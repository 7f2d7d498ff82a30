/* Types of relations: told, and declared. */
#include <string.h>

#include "domain/relation/relation.h"
#include "edge/api/api.h"
#include "edge/api/vocabulary.h"
#include "lib/nearest.h"

const char *rung_word(size_t at)
{
    return at < RUNG_LOST ? rung_words[at].name : NULL; /* nobody is lost by a relation */
}

/* --- told --- */

/* A list of words with bars between them. */
static void put_words(struct json_writer *w, const char *key, const char *words)
{
    json_key(w, key);
    json_array_begin(w);
    for (const char *at = words; *at != 0;) {
        size_t size = strcspn(at, "|");
        json_put_string(w, bytes_of(at, size));
        at += size + (at[size] == '|');
    }
    json_array_end(w);
}

static void put_label(struct json_writer *w, const char *key, const char *label)
{
    member_text(w, key, label[0] == 0 ? NULL : label);
}

static void put_type(struct json_writer *w, const struct relation_type *type)
{
    json_object_begin(w);
    member_text(w, "name", type->name);
    member_uint(w, "number", type->number);
    put_label(w, "label_en", type->en);
    put_label(w, "label_zh", type->zh);
    put_label(w, "back_en", type->back_en);
    put_label(w, "back_zh", type->back_zh);
    json_key(w, "to");
    json_array_begin(w);
    for (size_t i = 0; i < RELATION_KINDS_MAX && type->kinds[i][0] != 0; i++)
        json_put_text(w, type->kinds[i]);
    json_array_end(w);
    member_bool(w, "single", type->is_single);
    member_text(w, "rung", rung_words[type->rung].name);
    put_words(w, "roles", type->roles);
    put_words(w, "reasons", type->reasons);
    member_bool(w, "built_in", type->number < RELATION_BUILT_IN_END);
    json_object_end(w);
}

void api_relation_types(struct request *r)
{
    struct json_writer *w = request_object_begin(r);
    json_key(w, "types");
    json_array_begin(w);
    for (size_t i = 0; i < r->catalogue->relation_count; i++)
        put_type(w, &r->catalogue->relations[i]);
    json_array_end(w);
    request_object_end(r, 200);
}

/* --- declared --- */

/* Null and an empty text take it back; what isn't said stays. */
static fallible label_take(struct json root, const char *key, char *io_label, struct err *e)
{
    struct json j = json_find(root, bytes_of_text(key));
    struct bytes text = json_string(j);
    if (json_is(j, JSON_ABSENT))
        return DONE;
    if (text.size >= RELATION_LABEL_BYTES || json_has_nul(j))
        return FAIL(e, INVALID, "%s: want a text of at most %u bytes", key, RELATION_LABEL_BYTES - 1);
    memset(io_label, 0, RELATION_LABEL_BYTES);
    if (text.size > 0)
        memcpy(io_label, text.data, text.size);
    return DONE;
}

static fallible words_take(struct json root, const char *key, char *io_words, struct err *e)
{
    struct json item, list = json_find(root, bytes_of_text(key));
    size_t size = 0;
    if (json_is(list, JSON_ABSENT))
        return DONE;
    memset(io_words, 0, RELATION_WORDS_BYTES);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);) {
        struct bytes word = json_string(item);
        if (word.size == 0 || json_has_nul(item) || memchr(word.data, '|', word.size) != NULL)
            return FAIL(e, INVALID, "%s: want words, none of them empty and none with a bar", key);
        if (size + (size > 0) + word.size >= RELATION_WORDS_BYTES)
            return FAIL(e, LIMIT, "%s: at most %u bytes with what stands between them", key, RELATION_WORDS_BYTES - 1);
        if (size > 0)
            io_words[size++] = '|';
        memcpy(io_words + size, word.data, word.size);
        size += word.size;
    }
    return DONE;
}

static fallible kinds_take(struct json root, struct relation_type *type, struct err *e)
{
    struct json item, list = json_find(root, BYTES_LIT("to"));
    size_t count = 0;
    if (json_is(list, JSON_ABSENT))
        return DONE;
    memset(type->kinds, 0, sizeof type->kinds);
    for (struct json_walk w = json_items(list); json_item_next(&w, &item); count++) {
        struct bytes kind = json_string(item);
        if (count == RELATION_KINDS_MAX || kind.size == 0 || kind.size >= RELATION_WORD_BYTES || json_has_nul(item))
            return FAIL(e, INVALID, "to: want at most %u kinds of things, or person", RELATION_KINDS_MAX);
        memcpy(type->kinds[count], kind.data, kind.size);
    }
    return DONE;
}

static fallible rung_take(struct json root, enum rung *io_rung, struct err *e)
{
    struct json j = json_find(root, BYTES_LIT("rung"));
    struct bytes word = json_string(j);
    if (json_is(j, JSON_ABSENT))
        return DONE;
    for (size_t i = 0; rung_word(i) != NULL; i++) {
        if (!bytes_equal(bytes_of_text(rung_word(i)), word))
            continue;
        *io_rung = (enum rung)i;
        return DONE;
    }
    return FAIL(e, INVALID, "rung: want a place on the ladder; the nearest is '%s'",
                nearest_name(word, rung_words, RUNG_LOST, sizeof *rung_words));
}

/* What isn't said stays as it was, or is the plainest for a new type. */
static fallible type_take(const struct request *r, struct json root, struct relation_type *type, struct err *e)
{
    struct bytes name = json_string(json_find(root, BYTES_LIT("name")));
    const struct relation_type *known = catalogue_relation(r->catalogue, name);
    if (name.size == 0 || name.size >= RELATION_WORD_BYTES)
        return FAIL(e, INVALID, "name: want 1 to %u of a-z, 0-9 and _", RELATION_WORD_BYTES - 1);
    *type = known != NULL ? *known : (struct relation_type){.rung = RUNG_STRANGER};
    memcpy(type->name, name.data, name.size);
    TRY(label_take(root, "label_en", type->en, e));
    TRY(label_take(root, "label_zh", type->zh, e));
    TRY(label_take(root, "back_en", type->back_en, e));
    TRY(label_take(root, "back_zh", type->back_zh, e));
    TRY(kinds_take(root, type, e));
    TRY(words_take(root, "roles", type->roles, e));
    TRY(words_take(root, "reasons", type->reasons, e));
    (void)json_bool(json_find(root, BYTES_LIT("single")), &type->is_single);
    return rung_take(root, &type->rung, e);
}

void api_relation_type_put(struct request *r)
{
    static const struct body_member members[] = {{"name", BODY_TEXT, false},    {"label_en", BODY_TEXT, true},
                                                 {"label_zh", BODY_TEXT, true}, {"back_en", BODY_TEXT, true},
                                                 {"back_zh", BODY_TEXT, true},  {"to", BODY_NAMES, false},
                                                 {"single", BODY_BOOL, false},  {"rung", BODY_TEXT, false},
                                                 {"roles", BODY_NAMES, false},  {"reasons", BODY_NAMES, false}};
    struct json_parser *p;
    struct json root;
    struct relation_type type;
    struct err e = {0};
    if (!body_read(r, BODY_MEMBERS(members), &p, &root))
        return;
    struct status status = type_take(r, root, &type, &e);
    json_parser_destroy(p);
    if (failed(status)) {
        request_failed(r, status, &e);
        return;
    }
    struct buf payload = arena_buf(request_arena(r), RELATION_PAYLOAD_BYTES_MAX);
    relation_type_pack(&type, &payload);
    request_command(r, COMMAND_RELATION_TYPE, buf_bytes(&payload), request_answer);
}
