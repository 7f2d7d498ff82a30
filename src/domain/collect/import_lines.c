#include "domain/collect/import_lines.h"

#include <string.h>

#define ROW_FORMAT 1u
#define LINES_A_ROW 4096u
#define ROW_BYTES (1u + LINES_A_ROW / 8)
#define DIGEST_DIGITS 32u
#define KEY_BYTES (16u + 8u + 4u)

const struct family import_line_family = {
    .id = 17, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES, .name = "import_line"};

/* --- the id --- */

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool digest_read(const uint8_t *digits, uint8_t out_digest[16])
{
    for (size_t i = 0; i < DIGEST_DIGITS / 2; i++) {
        int high = digit_of(digits[2 * i]), low = digit_of(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out_digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool line_read(struct bytes digits, uint64_t *out_line)
{
    uint64_t line = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' || line >= IMPORT_LINE_MAX)
            return false;
        line = line * 10 + (uint64_t)(digits.data[i] - '0');
    }
    *out_line = line;
    return digits.size > 0 && line < IMPORT_LINE_MAX;
}

bool import_line_of(const struct envelope *v, struct import_line *out_line)
{
    struct import_line line;
    struct bytes id = v->message_id;
    if (!v->import || id.size <= DIGEST_DIGITS + 1 || id.data[DIGEST_DIGITS] != ':')
        return false;
    if (!digest_read(id.data, line.digest) || !line_read(bytes_slice(id, DIGEST_DIGITS + 1, id.size), &line.line))
        return false;
    line.source = hash64(v->source, 0);
    *out_line = line;
    return true;
}

/* --- the bits --- */

static void key_of(const struct import_line *line, uint8_t out_key[KEY_BYTES])
{
    uint64_t row = line->line / LINES_A_ROW;
    memcpy(out_key, line->digest, sizeof line->digest);
    for (size_t i = 0; i < 8; i++)
        out_key[16 + i] = (uint8_t)(line->source >> (56 - 8 * i));
    for (size_t i = 0; i < 4; i++)
        out_key[24 + i] = (uint8_t)(row >> (24 - 8 * i));
}

static struct bytes row_of(const struct view *v, const struct import_line *line)
{
    uint8_t key[KEY_BYTES];
    struct bytes row;
    key_of(line, key);
    if (!view_keyed(v, &import_line_family, bytes_of(key, sizeof key), &row))
        return BYTES_NONE;
    assert(row.size > 1 && row.size <= ROW_BYTES && row.data[0] == ROW_FORMAT);
    return row;
}

/* The byte of a row that has the line's bit. */
static size_t byte_of(const struct import_line *line)
{
    return 1 + line->line % LINES_A_ROW / 8;
}

bool import_line_is_known(const struct view *v, const struct import_line *line)
{
    struct bytes row = row_of(v, line);
    return byte_of(line) < row.size && (row.data[byte_of(line)] >> line->line % 8 & 1u) != 0;
}

/* A row is as long as its last bit asks for. */
void import_line_remember(struct step *s, const struct import_line *line)
{
    struct bytes row = row_of(&s->view, line);
    size_t at = byte_of(line), size = row.size > at ? row.size : at + 1;
    uint8_t *bits = arena_zeroed(s->view.arena, size, 1), *key = arena_take(s->view.arena, KEY_BYTES, 1);
    if (row.size > 0)
        memcpy(bits, row.data, row.size);
    bits[0] = ROW_FORMAT;
    bits[at] = (uint8_t)(bits[at] | 1u << line->line % 8);
    key_of(line, key);
    step_keyed_put(s, &import_line_family, bytes_of(key, KEY_BYTES), bytes_of(bits, size));
}
