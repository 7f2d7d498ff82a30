#include "app/verbs/erased.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/alone.h"
#include "app/app.h"
#include "base/time.h"
#include "domain/collect/collect.h"
#include "domain/identity/identity.h"
#include "edge/api/api.h"
#include "lib/pack.h"

#define LIST_BYTES_MAX (256u << 20)
#define PIECE_BYTES 65536u
#define KEY_TEXT_BYTES (2 * crypto_secretbox_KEYBYTES + 1)
#define SEALED_BYTES_MAX(count) \
    ((count) * sizeof(struct hash128) + crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES)
#define KEYS_A_COMMAND 500u

/* --- the key --- */

static fallible file_read_all(const char *path, size_t bytes_max, struct buf *out_text, struct err *e)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return FAIL(e, NOT_FOUND, "%s: %s", path, strerror(errno));
    buf_init(out_text, bytes_max);
    for (size_t got = 1; got > 0 && !out_text->overflowed;) {
        uint8_t piece[PIECE_BYTES];
        got = fread(piece, 1, sizeof piece, file);
        buf_push(out_text, bytes_of(piece, got));
    }
    bool good = ferror(file) == 0 && !out_text->overflowed;
    (void)fclose(file);
    if (good)
        return DONE;
    buf_fini(out_text);
    return FAIL(e, IO, either("can't read %s", "无法读取 %s"), path);
}

static fallible key_read(const char *path, uint8_t key[crypto_secretbox_KEYBYTES], struct err *e)
{
    struct buf text;
    size_t size = 0;
    TRY(file_read_all(path, PIECE_BYTES, &text, e));
    bool good = sodium_hex2bin(key, crypto_secretbox_KEYBYTES, (const char *)text.data, text.size, "\n", &size, NULL) ==
                    0 &&
                size == crypto_secretbox_KEYBYTES;
    buf_fini(&text);
    return good ? DONE
                : FAIL(e, INVALID, either("%s is no key of a list of the erased", "%s 不是删除名单的密钥"), path);
}

static fallible text_write(const char *path, int flags, struct bytes text, struct err *e)
{
    int file = open(path, O_WRONLY | O_CLOEXEC | O_CREAT | flags, S_IRUSR | S_IWUSR);
    bool good = file >= 0 && write(file, text.data, text.size) == (ssize_t)text.size && fsync(file) == 0;
    if (file >= 0)
        good &= close(file) == 0;
    return good ? DONE : FAIL(e, IO, either("can't write %s: %s", "无法写入 %s:%s"), path, strerror(errno));
}

static fallible key_take(const char *path, uint8_t key[crypto_secretbox_KEYBYTES], struct err *e)
{
    char text[KEY_TEXT_BYTES];
    if (access(path, F_OK) == 0)
        return key_read(path, key, e);
    crypto_secretbox_keygen(key);
    return text_write(path, O_EXCL, bytes_of_text(sodium_bin2hex(text, sizeof text, key, crypto_secretbox_KEYBYTES)),
                      e);
}

/* --- sealing --- */

static const char *keys_seal(struct json list, const uint8_t *key, struct arena *a)
{
    size_t count = json_count(list), size = 0;
    struct hash128 *keys = ARENA_ARRAY(a, struct hash128, count + 1);
    uint8_t *sealed = arena_take(a, SEALED_BYTES_MAX(count), 1);
    struct json item;
    for (struct json_walk w = json_items(list); json_item_next(&w, &item);)
        size += public_id_read(json_string(item), &keys[size]);
    randombytes_buf(sealed, crypto_secretbox_NONCEBYTES);
    int rc = crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES, (const uint8_t *)keys, size * sizeof *keys,
                                   sealed, key);
    assert(rc == 0);
    (void)rc;
    size_t bytes = SEALED_BYTES_MAX(size), room = sodium_base64_encoded_len(bytes, sodium_base64_VARIANT_ORIGINAL);
    return sodium_bin2base64(arena_take(a, room, 1), room, sealed, bytes, sodium_base64_VARIANT_ORIGINAL);
}

static fallible keys_open(struct bytes text, const uint8_t *key, struct arena *a, struct erased_one *out, struct err *e)
{
    uint8_t *sealed = arena_take(a, text.size + 1, 1);
    size_t size = 0, head = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    if (text.size == 0)
        return DONE;
    if (key == NULL)
        return FAIL(e, INVALID, "%s",
                    either("the list is sealed: say --key FILE", "名单已加密:请用 --key 指定密钥文件"));
    bool good = sodium_base642bin(sealed, text.size, (const char *)text.data, text.size, NULL, &size, NULL,
                                  sodium_base64_VARIANT_ORIGINAL) == 0 &&
                size >= head && (size - head) % sizeof(struct hash128) == 0;
    out->key_count = good ? (size - head) / sizeof(struct hash128) : 0;
    out->keys = ARENA_ARRAY(a, struct hash128, out->key_count + 1);
    if (good && crypto_secretbox_open_easy((uint8_t *)out->keys, sealed + crypto_secretbox_NONCEBYTES,
                                           size - crypto_secretbox_NONCEBYTES, sealed, key) == 0)
        return DONE;
    return FAIL(e, INVALID, "%s",
                either("the list was sealed with another key, or is damaged", "名单由其他密钥加密,或已损坏"));
}

/* --- writing the list --- */

static void line_put(struct json one, const uint8_t *key, struct arena *a, struct buf *out)
{
    static const char *const members[] = {"position", "time", "person", "absorbed"};
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    json_key(&w, "erasures");
    json_array_begin(&w);
    json_object_begin(&w);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        json_key(&w, members[i]);
        json_put_raw(&w, json_raw(json_find(one, bytes_of_text(members[i]))));
    }
    json_key(&w, "sealed");
    json_put_text(&w, keys_seal(json_find(one, BYTES_LIT("keys")), key, a));
    json_object_end(&w);
    json_array_end(&w);
    json_object_end(&w);
    buf_push_byte(out, '\n');
}

static int pages_take(struct errand *d, const uint8_t *key, struct buf *out)
{
    uint64_t after = 0;
    int code;
    do {
        buf_clear(&d->path);
        buf_clear(&d->body);
        errand_path_text(d, arena_printf(d->arena, "/api/v1/erasures?keys=1&after=%llu", (unsigned long long)after));
        code = errand_send(d, "GET");
        struct json one;
        for (struct json_walk w = json_items(json_find(d->root, BYTES_LIT("erasures")));
             code == EXIT_DONE && json_item_next(&w, &one);)
            line_put(one, key, d->arena, out);
        after = code == EXIT_DONE ? number_in(d->root, "next") : 0;
    } while (after != 0);
    return code;
}

int erased_write(struct errand *d, const char *out, const char *key_path)
{
    uint8_t key[crypto_secretbox_KEYBYTES];
    struct buf text;
    struct err e = {0};
    struct status status = key_take(key_path, key, &e);
    if (failed(status))
        return say_failure(status, &e);
    buf_init(&text, LIST_BYTES_MAX);
    int code = pages_take(d, key, &text);
    const char *part = arena_printf(d->arena, "%s.part", out);
    if (code == EXIT_DONE)
        status = text.overflowed ? FAIL(&e, LIMIT, "%s", either("the list is too long", "名单过长"))
                                 : text_write(part, O_TRUNC, buf_bytes(&text), &e);
    if (code == EXIT_DONE && done(status) && rename(part, out) != 0)
        status = FAIL(&e, IO, either("can't write %s: %s", "无法写入 %s:%s"), out, strerror(errno));
    buf_fini(&text);
    sodium_memzero(key, sizeof key);
    return code == EXIT_DONE && failed(status) ? say_failure(status, &e) : code;
}

/* --- reading it --- */

static fallible one_read(struct json one, const uint8_t *key, struct arena *a, struct erased_one *out, struct err *e)
{
    struct json list = json_find(one, BYTES_LIT("absorbed")), absorbed;
    *out = (struct erased_one){.ids = ARENA_ARRAY(a, struct hash128, json_count(list) + 1)};
    out->id_count += public_id_read(json_string(json_find(one, BYTES_LIT("person"))), &out->ids[out->id_count]);
    for (struct json_walk w = json_items(list); json_item_next(&w, &absorbed);)
        out->id_count += public_id_read(json_string(absorbed), &out->ids[out->id_count]);
    TRY(time_parse(json_string(json_find(one, BYTES_LIT("time"))), &out->time_us, e));
    return keys_open(json_string(json_find(one, BYTES_LIT("sealed"))), key, a, out, e);
}

static fallible line_read(struct json root, const uint8_t *key, struct arena *a, struct erased *out, struct err *e)
{
    struct json one;
    for (struct json_walk w = json_items(json_find(root, BYTES_LIT("erasures"))); json_item_next(&w, &one);
         out->count++)
        TRY(one_read(one, key, a, &out->list[out->count], e));
    return DONE;
}

/* Each erasure names a person: so there are no more of them than of that word. */
static size_t erasures_about(struct bytes text)
{
    static const char word[] = "\"person\"";
    size_t count = 0;
    for (const uint8_t *at = text.data, *end = text.data + text.size;
         at < end && (at = memmem(at, (size_t)(end - at), word, sizeof word - 1)) != NULL; at++)
        count++;
    return count;
}

static fallible list_read(struct bytes text, const uint8_t *key, struct arena *a, struct erased *out, struct err *e)
{
    struct json_lines lines;
    struct json_line line;
    struct status status = DONE;
    struct json_parser *p = json_parser_create(LIST_BYTES_MAX);
    if (p == NULL)
        abort();
    *out = (struct erased){.list = ARENA_ARRAY(a, struct erased_one, erasures_about(text) + 1)};
    json_lines_init(&lines, p, text);
    while (done(status) && json_lines_next(&lines, &line, e)) {
        status = line.status;
        if (done(status))
            status = line_read(line.root, key, a, out, e);
    }
    json_parser_destroy(p);
    return status;
}

fallible erased_read(const char *path, const char *key_path, struct arena *a, struct erased *out, struct err *e)
{
    uint8_t key[crypto_secretbox_KEYBYTES];
    struct buf text;
    if (key_path != NULL)
        TRY(key_read(key_path, key, e));
    TRY(file_read_all(path, LIST_BYTES_MAX, &text, e));
    struct status status = WRAP(e, list_read(buf_bytes(&text), key_path == NULL ? NULL : key, a, out, e), "%s", path);
    buf_fini(&text);
    return status;
}

/* --- erasing them again --- */

static fallible erase_again(struct engine *g, struct hash128 public_id, size_t *io_count, struct err *e)
{
    bool taken = false;
    struct buf payload;
    struct erase_ask ask = {.public_id = public_id, .by = BYTES_LIT("restore")};
    randombytes_buf(&ask.salt, sizeof ask.salt);
    buf_init(&payload, ERASE_PAYLOAD_BYTES_MAX);
    struct status status = identity_erase_pack(&ask, &payload, e);
    if (done(status))
        status = alone_send(g, COMMAND_ERASE, buf_bytes(&payload), &taken, e);
    buf_fini(&payload);
    *io_count += taken;
    return status;
}

/* Who has any of the keys, and which of theirs they are. */
struct holder {
    const struct erased_one *one;
    struct arena *arena;
    struct hash128 public_id;
    bool is_found, has_others;
    struct identity_act act; /* of what is to be split off */
};

static void id_take(struct holder *h, const struct identifier *id)
{
    uint32_t holder;
    struct envelope_id *to = &h->act.ids[h->act.id_count++];
    *to = (struct envelope_id){.type = id->type, .role = ID_OWN, .key = identifier_key_plain(id->key, &holder)};
    to->ns = arena_copy(h->arena, id->ns);
    to->value = arena_copy(h->arena, id->value);
}

static bool is_theirs(const struct erased_one *one, struct hash128 key)
{
    for (size_t i = 0; i < one->key_count; i++)
        if (hash128_equal(one->keys[i], key))
            return true;
    return false;
}

static void holder_find(const struct view *v, void *context)
{
    struct holder *h = context;
    const struct identifier *list;
    uint32_t person = PERSON_NONE;
    h->is_found = h->has_others = false;
    h->act.id_count = 0;
    for (size_t i = 0; i < h->one->key_count && person == PERSON_NONE; i++) {
        const struct identifier *id = identity_owned(v, h->one->keys[i]);
        person = id != NULL && id->state != ID_PASSED_ON ? identity_of_owner(v, h->one->keys[i]) : PERSON_NONE;
    }
    size_t count = person == PERSON_NONE ? 0 : identity_list(v, person, &list);
    for (size_t i = 0; i < count; i++) {
        bool is_to_go = is_theirs(h->one, list[i].key) && h->act.id_count < ENVELOPE_IDS_MAX;
        h->has_others |= !is_to_go;
        if (is_to_go && list[i].state != ID_PASSED_ON)
            id_take(h, &list[i]);
    }
    h->is_found = person != PERSON_NONE;
    h->public_id = h->is_found ? identity_public_id(v, person) : (struct hash128){0, 0};
}

static fallible holder_split(struct engine *g, struct holder *h, struct err *e)
{
    bool taken = false;
    struct buf payload;
    buf_init(&payload, ACT_PAYLOAD_BYTES_MAX);
    struct status status = identity_act_pack(&h->act, &payload, e);
    if (done(status))
        status = alone_send(g, COMMAND_SPLIT, buf_bytes(&payload), &taken, e);
    buf_fini(&payload);
    if (done(status) && !taken)
        status = FAIL(e, INVALID, "%s",
                      either("somebody who was erased can't be told from another person: erase them by hand",
                             "无法把已删除者与他人分开:请人工删除"));
    return status;
}

/* Whoever has one of the keys goes, or the identifiers alone that are theirs, which are then a person of their own. */
static fallible holders_erase(struct engine *g, const struct erased_one *one, struct arena *a, size_t *io_count,
                              struct err *e)
{
    struct holder h = {.one = one, .arena = a, .act = {.by = BYTES_LIT("restore")}};
    for (engine_read(g, holder_find, &h); h.is_found; engine_read(g, holder_find, &h)) {
        if (h.has_others)
            TRY(holder_split(g, &h, e));
        else
            TRY(erase_again(g, h.public_id, io_count, e));
    }
    return DONE;
}

static fallible keys_suppress(struct engine *g, const struct erased_one *one, struct err *e)
{
    struct status status = DONE;
    struct buf payload;
    buf_init(&payload, SUPPRESS_BYTES_MAX);
    for (size_t from = 0; from < one->key_count && done(status); from += KEYS_A_COMMAND) {
        size_t left = one->key_count - from;
        bool taken;
        buf_clear(&payload);
        collect_suppress_pack(&payload, one->time_us, one->keys + from,
                              (uint32_t)(left < KEYS_A_COMMAND ? left : KEYS_A_COMMAND));
        status = alone_send(g, COMMAND_COLLECT_SUPPRESS, buf_bytes(&payload), &taken, e);
    }
    buf_fini(&payload);
    return status;
}

fallible erased_apply(struct engine *g, const struct erased *erased, size_t *out_count, struct err *e)
{
    struct status status = DONE;
    *out_count = 0;
    for (size_t i = 0; i < erased->count && done(status); i++) {
        const struct erased_one *one = &erased->list[i];
        struct arena *a = arena_create(PIECE_BYTES);
        for (size_t k = 0; k < one->id_count && done(status); k++)
            status = erase_again(g, one->ids[k], out_count, e);
        if (done(status))
            status = holders_erase(g, one, a, out_count, e);
        if (done(status))
            status = keys_suppress(g, one, e);
        arena_destroy(a);
    }
    return status;
}
