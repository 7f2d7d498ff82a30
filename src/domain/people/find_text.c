/* The texts by which a name is found, and what somebody typed may mean. Pure. */
#include <string.h>

#include "base/rng.h"
#include "domain/people/find.h"
#include "lib/pinyin.h"
#include "lib/text.h"

#define PHONE_TAIL_DIGITS 4u
#define HAN_SURNAMES_MAX 2u /* a compound surname has two characters; a given name of one finds too many */

/* The kind is mixed, for XXH3 of three bytes has the same answer where a small seed and the last byte differ in the same bits. */
uint32_t find_hash(const struct find_text *text)
{
    return (uint32_t)hash64(text->text, rng_mix((uint64_t)text->kind));
}

static void texts_add(struct find_texts *into, enum find_kind kind, struct bytes text)
{
    if (text.size == 0 || into->count == FIND_TEXTS_MAX)
        return;
    for (uint32_t i = 0; i < into->count; i++)
        if (into->list[i].kind == kind && bytes_equal(into->list[i].text, text))
            return;
    into->list[into->count++] = (struct find_text){.kind = kind, .text = text};
}

static struct bytes find_fold(struct bytes text, struct arena *a)
{
    struct bytes folded;
    if (text.size == 0 || text.size > FIND_TEXT_BYTES_MAX || failed(text_fold(text, a, &folded, NULL)))
        return BYTES_NONE;
    return text_simplify(folded, a);
}

static bool is_han(uint32_t code)
{
    return (code >= 0x3400 && code <= 0x9fff) || (code >= 0x20000 && code <= 0x3ffff);
}

/* 0: not of Han characters alone. */
static uint32_t han_count(struct bytes text)
{
    uint32_t count = 0;
    while (text.size > 0) {
        uint32_t code = text_next(&text);
        if (!is_han(code) && code != 0xb7) /* 买买提·吐尔逊 */
            return 0;
        count++;
    }
    return count;
}

static struct bytes without_first(struct bytes text, uint32_t characters)
{
    for (uint32_t i = 0; i < characters && text.size > 0; i++)
        (void)text_next(&text);
    return text;
}

/* The reading of what follows the surname, which is read as a surname: 曾 is zeng, so 曾小明 is also xiaoming. */
static void add_given_pinyin(struct find_texts *into, struct bytes name, uint32_t surname_characters, struct arena *a)
{
    struct pinyin_name whole, surname;
    struct bytes given = without_first(name, surname_characters);
    pinyin_of(pinyin_table(), name, &whole);
    pinyin_of(pinyin_table(), bytes_slice(name, 0, name.size - given.size), &surname);
    struct bytes full = bytes_of(whole.full, whole.full_size), front = bytes_of(surname.full, surname.full_size);
    if (bytes_starts_with(full, front))
        texts_add(into, FIND_PINYIN, arena_copy(a, bytes_slice(full, front.size, full.size)));
}

static void add_words(struct find_texts *into, struct bytes name)
{
    size_t start = 0;
    for (size_t i = 0; i <= name.size; i++) {
        if (i < name.size && name.data[i] != ' ')
            continue;
        if (i - start >= 2)
            texts_add(into, FIND_NAME, bytes_slice(name, start, i));
        start = i + 1;
    }
}

void find_texts_of_name(struct bytes name, struct arena *a, struct find_texts *into)
{
    struct bytes folded = find_fold(name, a);
    if (folded.size == 0)
        return;
    texts_add(into, FIND_NAME, folded);
    struct pinyin_name pinyin;
    pinyin_of(pinyin_table(), folded, &pinyin);
    texts_add(into, FIND_PINYIN, arena_copy(a, bytes_of(pinyin.full, pinyin.full_size)));
    if (pinyin.initials_size >= 2)
        texts_add(into, FIND_PINYIN, arena_copy(a, bytes_of(pinyin.initials, pinyin.initials_size)));
    uint32_t characters = han_count(folded);
    for (uint32_t surname = 1; surname <= HAN_SURNAMES_MAX && characters >= surname + 2; surname++) {
        texts_add(into, FIND_NAME, without_first(folded, surname));
        add_given_pinyin(into, folded, surname, a);
    }
    if (characters == 0)
        add_words(into, folded);
}

/* Letters and digits without what people put between them. */
static struct bytes pinyin_typed(struct bytes folded, struct arena *a)
{
    uint8_t *data = arena_take(a, folded.size, 1);
    size_t size = 0;
    for (size_t i = 0; i < folded.size; i++) {
        uint8_t c = folded.data[i];
        if (c == ' ' || c == '\'' || c == '-')
            continue;
        if (c >= 0x80)
            return BYTES_NONE;
        data[size++] = c;
    }
    return bytes_of(data, size);
}

static bool is_phone_tail(struct bytes text)
{
    bool digits = text.size == PHONE_TAIL_DIGITS;
    for (size_t i = 0; i < text.size && digits; i++)
        digits = text.data[i] >= '0' && text.data[i] <= '9';
    return digits;
}

void find_texts_of_query(struct bytes typed, struct arena *a, struct find_texts *into)
{
    struct bytes folded = find_fold(typed, a);
    if (folded.size == 0)
        return;
    texts_add(into, FIND_NAME, folded);
    texts_add(into, FIND_PINYIN, pinyin_typed(folded, a));
    texts_add(into, FIND_ORDER, folded);
    if (is_phone_tail(folded))
        texts_add(into, FIND_PHONE_TAIL, folded);
}
