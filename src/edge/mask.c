#include "edge/mask.h"

#include <string.h>

#include "lib/phone.h"
#include "lib/text.h"

#define DEPTH_MAX 32u
#define PRINTED_BYTES_MAX (1u << 20)

/* A part of a key, in lower case. */
struct sign {
    const char *part;
    bool is_whole;      /* the key is this and no more */
    bool only_of_person; /* counts where a person is told of */
};

static const struct sign signs[] = {
    {"phone", false, false},    {"mobile", false, false},    {"tel", true, false},        {"email", false, false},
    {"e_mail", false, false},   {"address", false, false},   {"id_card", false, false},   {"idcard", false, false},
    {"passport", false, false}, {"receiver", false, false},  {"consignee", false, false}, {"real_name", false, false},
    {"realname", false, false}, {"first_name", false, false}, {"last_name", false, false}, {"firstname", false, false},
    {"lastname", false, false}, {"full_name", false, false}, {"nick", false, false},      {"customer_name", false, false},
    {"buyer_name", false, false}, {"contact_name", false, false}, {"username", false, true}, {"name", true, true},
    {"姓名", false, false},     {"收货人", false, false},    {"手机", false, false},      {"电话", false, false},
    {"地址", false, false},     {"邮箱", false, false},      {"昵称", false, true},       {"birthday", true, true},
    {"evidence", true, false},
};

static bool key_holds(struct bytes key, struct bytes part)
{
    for (size_t at = 0; at + part.size <= key.size; at++) {
        size_t same = 0;
        while (same < part.size) {
            uint8_t c = key.data[at + same];
            if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != part.data[same])
                break;
            same++;
        }
        if (same == part.size)
            return true;
    }
    return false;
}

static bool key_is_personal(struct bytes key, bool of_person)
{
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        struct bytes part = bytes_of_text(signs[i].part);
        if ((of_person || !signs[i].only_of_person) && (!signs[i].is_whole || key.size == part.size) && key_holds(key, part))
            return true;
    }
    return false;
}

/* Whatever key it stands under: a phone number, or an address with an @ and a dot behind it. */
static bool text_is_personal(struct bytes text)
{
    struct phone phone;
    if (phone_normalise(text, "86", &phone) == PHONE_OK)
        return true;
    const uint8_t *at = text.size == 0 ? NULL : memchr(text.data, '@', text.size);
    return at != NULL && memchr(at, '.', text.size - (size_t)(at - text.data)) != NULL;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* As people write a number: "(021) 6200-1234". */
static bool is_of_phone(uint8_t c)
{
    return is_digit(c) || (c != 0 && strchr("+-() ", c) != NULL);
}

/* Whether any run of such characters is a phone number. */
static bool text_holds_phone(struct bytes text, bool (*is_part)(uint8_t c))
{
    struct phone phone;
    for (size_t from = 0, until; from < text.size; from = until + 1) {
        for (until = from; until < text.size && is_part(text.data[until]);)
            until++;
        if (phone_normalise(bytes_slice(text, from, until), "86", &phone) == PHONE_OK)
            return true;
    }
    return false;
}

/* The text with its first `open` bytes as they are. */
static void text_put(struct json_writer *w, struct bytes text, size_t open)
{
    struct buf masked;
    buf_init(&masked, MASKED_BYTES_MAX);
    buf_push(&masked, bytes_slice(text, 0, open));
    text_mask(&masked, bytes_slice(text, open, text.size));
    json_put_string(w, masked.overflowed ? BYTES_LIT(TEXT_MASK) : buf_bytes(&masked));
    buf_fini(&masked);
}

void mask_text(struct json_writer *w, struct bytes text)
{
    text_put(w, text, 0);
}

void mask_free_text(struct json_writer *w, struct bytes text)
{
    json_put_text(w, text.size == 0 ? "" : TEXT_MASK);
}

void mask_words(struct json_writer *w, struct bytes text)
{
    if (text_is_personal(text) || text_holds_phone(text, is_digit) || text_holds_phone(text, is_of_phone))
        mask_free_text(w, text);
    else
        json_put_string(w, text);
}

bool mask_hides_name(struct bytes name)
{
    bool of_person = false;
    for (size_t from = 0, until; from <= name.size; from = until + 1) {
        for (until = from; until < name.size && name.data[until] != '.';)
            until++;
        struct bytes key = bytes_slice(name, from, until);
        if (key_is_personal(key, of_person))
            return true;
        of_person |= bytes_equal(key, BYTES_LIT("traits"));
    }
    return false;
}

bool mask_personal_text(struct bytes text, struct buf *out)
{
    if (!text_is_personal(text))
        return false;
    text_mask(out, text);
    if (out->overflowed) {
        buf_clear(out);
        buf_push_text(out, TEXT_MASK);
    }
    return true;
}

/* How much of "phone:+8613812345678" under "ids" is the type and its colon; 0: it is no such text. */
static size_t type_bytes(struct bytes key, struct bytes text)
{
    const uint8_t *colon = text.size == 0 ? NULL : memchr(text.data, ':', text.size);
    return colon == NULL || !bytes_equal(key, BYTES_LIT("ids")) ? 0 : (size_t)(colon - text.data) + 1;
}

/* {"type":…,"value":…} is an identifier. */
static bool is_identifier(struct json object)
{
    return json_is(json_find(object, BYTES_LIT("type")), JSON_STRING) && json_is(json_find(object, BYTES_LIT("value")), JSON_STRING);
}

static void mask_node(struct json_writer *w, struct bytes key, bool of_person, struct json j, unsigned depth);

static void mask_object(struct json_writer *w, bool of_person, struct json j, unsigned depth)
{
    struct bytes key;
    struct json value;
    bool identifier = is_identifier(j);
    json_object_begin(w);
    for (struct json_walk walk = json_members(j); json_member_next(&walk, &key, &value);) {
        json_key_bytes(w, key);
        if (identifier && bytes_equal(key, BYTES_LIT("value")))
            mask_text(w, json_string(value));
        else
            mask_node(w, key, of_person || bytes_equal(key, BYTES_LIT("traits")), value, depth + 1);
    }
    json_object_end(w);
}

static void mask_node(struct json_writer *w, struct bytes key, bool of_person, struct json j, unsigned depth)
{
    struct json item;
    bool personal = key_is_personal(key, of_person);
    if (json_is(j, JSON_OBJECT) && depth < DEPTH_MAX && !personal) {
        mask_object(w, of_person, j, depth);
    } else if (json_is(j, JSON_ARRAY) && depth < DEPTH_MAX) {
        json_array_begin(w);
        for (struct json_walk walk = json_items(j); json_item_next(&walk, &item);)
            mask_node(w, key, of_person, item, depth + 1);
        json_array_end(w);
    } else if (json_is(j, JSON_STRING) && type_bytes(key, json_string(j)) > 0) {
        text_put(w, json_string(j), type_bytes(key, json_string(j)));
    } else if (json_is(j, JSON_STRING) && (personal || text_is_personal(json_string(j)))) {
        mask_text(w, json_string(j));
    } else if (json_is(j, JSON_NUMBER) && (personal || text_is_personal(json_raw(j)))) {
        json_put_text(w, TEXT_MASK);
    } else if (json_is(j, JSON_OBJECT) || json_is(j, JSON_ARRAY)) {
        json_put_text(w, TEXT_MASK);
    } else {
        json_put(w, j);
    }
}

void mask_json(struct json_writer *w, struct bytes key, bool of_person, struct bytes json)
{
    struct json root;
    struct json_parser *p = json_parser_create(JSON_BYTES_MAX);
    if (p == NULL || failed(json_parse(p, json, &root, NULL)))
        json_put_null(w);
    else
        mask_node(w, key, of_person, root, 0);
    json_parser_destroy(p);
}

struct json_writer *mask_begin(struct masking *m)
{
    buf_init(&m->plain, PRINTED_BYTES_MAX);
    json_writer_init(&m->writer, &m->plain, false);
    return &m->writer;
}

void mask_end(struct masking *m, struct json_writer *w, struct bytes key, bool of_person)
{
    mask_json(w, key, of_person, buf_bytes(&m->plain));
    buf_fini(&m->plain);
}
