#include "edge/mask.h"
#include "lib/text.h"

#include "testing/test.h"

static const char *masked(struct t *t, bool of_person, const char *json)
{
    struct buf out;
    struct json_writer w;
    buf_init(&out, 1 << 16);
    json_writer_init(&w, &out, false);
    mask_json(&w, BYTES_NONE, of_person, bytes_of_text(json));
    const char *text = arena_text(t->arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

static void texts_keep_their_ends(struct t *t)
{
    CHECK_TEXT(t, masked(t, true, "{\"phone\":\"+8613812345678\"}"), "{\"phone\":\"+86138****5678\"}");
    CHECK_TEXT(t, masked(t, true, "{\"email\":\"wang@example.com\"}"), "{\"email\":\"w****@example.com\"}");
    CHECK_TEXT(t, masked(t, true, "{\"name\":\"王小明\"}"), "{\"name\":\"王****\"}");
    CHECK_TEXT(t, masked(t, true, "{\"name\":\"Zhou Mei\"}"), "{\"name\":\"Z****ei\"}");
    CHECK_TEXT(t, masked(t, true, "{\"name\":\"明\"}"), "{\"name\":\"****\"}");
    CHECK_TEXT(t, masked(t, true, "{\"name\":\"\"}"), "{\"name\":\"****\"}");
    CHECK_TEXT(t, masked(t, true, "{\"phone\":13812345678}"), "{\"phone\":\"****\"}");
}

static void names_of_things_stay(struct t *t)
{
    CHECK_TEXT(t, masked(t, false, "{\"items\":[{\"name\":\"裙子\",\"sku\":\"A1\",\"price\":199.00}],\"page_name\":\"home\"}"),
               "{\"items\":[{\"name\":\"裙子\",\"sku\":\"A1\",\"price\":199.00}],\"page_name\":\"home\"}");
    CHECK_TEXT(t, masked(t, false, "{\"traits\":{\"name\":\"王小明\",\"city\":\"上海\"}}"), "{\"traits\":{\"name\":\"王****\",\"city\":\"上海\"}}");
    CHECK_TEXT(t, masked(t, false, "{\"Receiver_Name\":\"王小明\",\"收货人\":\"王小明\"}"), "{\"Receiver_Name\":\"王****\",\"收货人\":\"王****\"}");
    CHECK_TEXT(t, masked(t, false, "{\"shipping_address\":{\"street\":\"1\"},\"mobiles\":[\"1\",{\"a\":\"b\"}]}"),
               "{\"shipping_address\":\"****\",\"mobiles\":[\"****\",\"****\"]}");
}

static void what_looks_personal_is_personal(struct t *t)
{
    CHECK_TEXT(t, masked(t, false, "{\"note\":\"138 1234 5678\",\"from\":\"a@b.cn\",\"time\":\"2026-01-02T03:04:05Z\",\"at\":1763740800000}"),
               "{\"note\":\"138 ****5678\",\"from\":\"a****@b.cn\",\"time\":\"2026-01-02T03:04:05Z\",\"at\":1763740800000}");
    CHECK_TEXT(t, masked(t, false, "{\"ids\":[{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"oABCDEFGHIJK\"}]}"),
               "{\"ids\":[{\"type\":\"openid\",\"ns\":\"wx1\",\"value\":\"oABC****HIJK\"}]}");
    CHECK_TEXT(t, masked(t, false, "{\"ids\":[\"phone:+8613812345678\",\"sku-1\"],\"at\":\"user:oABCDEFGHIJK\"}"),
               "{\"ids\":[\"phone:+86138****5678\",\"sku-1\"],\"at\":\"user:oABCDEFGHIJK\"}");
    CHECK_TEXT(t, masked(t, false, "not json"), "null");
}

static void names_and_texts_are_judged_apart(struct t *t)
{
    static const char *const hidden[] = {"phone", "Mobile_2", "address.city", "contact.tel", "traits.name", "收货人"},
                      *const shown[] = {"page", "name", "hotel", "city.name", "plan.", ""};
    uint8_t room[MASKED_BYTES_MAX];
    struct buf out = {.data = room, .capacity = sizeof room, .size_max = sizeof room};
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        CHECK(t, mask_hides_name(bytes_of_text(hidden[i])));
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        CHECK(t, !mask_hides_name(bytes_of_text(shown[i])));
    CHECK(t, !mask_personal_text(BYTES_LIT("home"), &out) && !mask_personal_text(BYTES_NONE, &out));
    CHECK(t, mask_personal_text(BYTES_LIT("13812345678"), &out));
    CHECK_TEXT(t, arena_text(t->arena, buf_bytes(&out)), "1381****5678");
}

static void words_are_hidden_with_what_they_hold(struct t *t)
{
    static const char *const hidden[] = {"13800138000",      "r13800138000",      "客户 138-0013-8000 的周报",
                                         "2026 13800138000", "+86 138 0013 8000", "to a@b.cn"},
                             *const shown[] = {"weekly", "每周 2026", "2026-03-01", "618 大促", "a/b (2)", ""};
    for (size_t i = 0; i < COUNT_OF(hidden) + COUNT_OF(shown); i++) {
        bool is_hidden = i < COUNT_OF(hidden);
        const char *words = is_hidden ? hidden[i] : shown[i - COUNT_OF(hidden)];
        struct buf out = arena_buf(t->arena, 256);
        struct json_writer w;
        json_writer_init(&w, &out, false);
        mask_words(&w, bytes_of_text(words));
        CHECK_TEXT(t, arena_text(t->arena, buf_bytes(&out)),
                   arena_printf(t->arena, "\"%s\"", is_hidden ? TEXT_MASK : words));
    }
}

static void deep_documents_end(struct t *t)
{
    struct buf deep;
    buf_init(&deep, 4096);
    for (int i = 0; i < 60; i++)
        buf_push_text(&deep, "[");
    buf_push_text(&deep, "\"a@b.cn\"");
    for (int i = 0; i < 60; i++)
        buf_push_text(&deep, "]");
    buf_push_byte(&deep, 0);
    CHECK(t, strstr(masked(t, false, (const char *)deep.data), "b.cn") == NULL);
    buf_fini(&deep);
}

static const struct test tests[] = {
    {"texts keep their ends", texts_keep_their_ends, 1},
    {"names of things stay", names_of_things_stay, 1},
    {"what looks personal is personal", what_looks_personal_is_personal, 1},
    {"names and texts are judged apart", names_and_texts_are_judged_apart, 1},
    {"words are hidden with what they hold", words_are_hidden_with_what_they_hold, 1},
    {"deep documents end", deep_documents_end, 1},
};
TEST_MAIN(tests)
