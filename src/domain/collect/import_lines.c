#include "domain/collect/import_lines.h"

#include <string.h>

#include "domain/collect/collect.h"

#define ROW_FORMAT 2u
#define LINES_A_ROW 1024u /* a row is hashed twice for each line that comes: small ones are cheap */
#define ROW_BYTES (1u + LINES_A_ROW / 8)
#define FILE_DIGITS 32u
#define NUMBER_DIGITS_MAX 20u
#define FILE_BYTES 16u
#define KEY_BYTES (FILE_BYTES + 8u + 4u)

const struct family import_line_family = {
    .id = 17, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES, .name = "import_line"};

/* --- the text --- */

static char *half_print(uint64_t half, char *at)
{
    for (size_t i = 0; i < FILE_DIGITS / 2; i++, half <<= 4)
        *at++ = "0123456789abcdef"[half >> 60];
    return at;
}

/* By hand: an import prints one for each of its lines. */
void import_line_print(const struct import_line *line, char out_text[IMPORT_LINE_TEXT_BYTES])
{
    char digits[NUMBER_DIGITS_MAX], *end = digits + sizeof digits, *from = end;
    static_assert(FILE_DIGITS + 1 + NUMBER_DIGITS_MAX < IMPORT_LINE_TEXT_BYTES, "every line fits");
    uint64_t left = line->number;
    do {
        *--from = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    char *at = half_print(line->file.low, half_print(line->file.high, out_text));
    *at++ = ':';
    memcpy(at, from, (size_t)(end - from));
    at[end - from] = 0;
}

static bool half_read(const uint8_t *digits, uint64_t *out_half)
{
    uint64_t half = 0;
    for (size_t i = 0; i < FILE_DIGITS / 2; i++) {
        uint8_t c = digits[i];
        bool is_number = c >= '0' && c <= '9';
        if (!is_number && (c < 'a' || c > 'f'))
            return false;
        half = half << 4 | (uint64_t)(is_number ? c - '0' : c - 'a' + 10);
    }
    *out_half = half;
    return true;
}

static bool number_read(struct bytes digits, uint64_t *out_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' || number >= IMPORT_LINE_END)
            return false;
        number = number * 10 + (uint64_t)(digits.data[i] - '0');
    }
    *out_number = number;
    return number > 0 && number < IMPORT_LINE_END;
}

bool import_line_read(struct bytes text, struct import_line *out_line)
{
    struct import_line line;
    if (text.size <= FILE_DIGITS || text.data[FILE_DIGITS] != ':')
        return false;
    if (!half_read(text.data, &line.file.high) || !half_read(text.data + FILE_DIGITS / 2, &line.file.low) ||
        !number_read(bytes_slice(text, FILE_DIGITS + 1, text.size), &line.number))
        return false;
    *out_line = line;
    return true;
}

/* --- the bits --- */

static void key_of(const struct envelope *envelope, uint8_t out_key[KEY_BYTES])
{
    const struct import_line *line = &envelope->line;
    uint8_t *at = put_key(put_key(out_key, line->file.high, 8), line->file.low, 8);
    at = put_key(put_key(at, hash64(envelope->source, 0), 8), line->number / LINES_A_ROW, 4);
    assert(at == out_key + KEY_BYTES);
    (void)at;
}

static struct bytes row_of(const struct view *v, const struct envelope *envelope)
{
    uint8_t key[KEY_BYTES];
    struct bytes row;
    assert(envelope->line.number != 0);
    key_of(envelope, key);
    if (!view_keyed(v, &import_line_family, bytes_of(key, sizeof key), &row))
        return BYTES_NONE;
    assert(row.size > 1 && row.size <= ROW_BYTES && row.data[0] == ROW_FORMAT);
    return row;
}

/* The byte of a row that has the line's bit. */
static size_t byte_of(uint64_t line)
{
    return 1 + line % LINES_A_ROW / 8;
}

bool import_line_is_known(const struct view *v, const struct envelope *envelope)
{
    struct bytes row = row_of(v, envelope);
    uint64_t line = envelope->line.number;
    return byte_of(line) < row.size && (row.data[byte_of(line)] >> line % 8 & 1u) != 0;
}

/* A row is as long as its last bit asks for. */
void import_line_remember(struct step *s, const struct envelope *envelope)
{
    struct bytes row = row_of(&s->view, envelope);
    uint64_t line = envelope->line.number;
    size_t at = byte_of(line), size = row.size > at ? row.size : at + 1;
    uint8_t *bits = arena_zeroed(s->view.arena, size, 1), *key = arena_take(s->view.arena, KEY_BYTES, 1);
    if (row.size > 0)
        memcpy(bits, row.data, row.size);
    bits[0] = ROW_FORMAT;
    bits[at] = (uint8_t)(bits[at] | 1u << line % 8);
    key_of(envelope, key);
    step_keyed_put(s, &import_line_family, bytes_of(key, KEY_BYTES), bytes_of(bits, size));
}

/* --- files --- */

/* Where the lines of a file begin among the rows, or end. */
static struct bytes file_edge(const struct view *v, struct hash128 digest, bool is_end)
{
    uint8_t *key = arena_take(v->arena, KEY_BYTES, 1), *at = put_key(put_key(key, digest.high, 8), digest.low, 8);
    memset(at, is_end ? 0xFF : 0, (size_t)(key + KEY_BYTES - at));
    return bytes_of(key, KEY_BYTES);
}

static uint32_t source_hashed(const struct view *v, uint64_t hash)
{
    for (uint32_t source = name_next(v, NAME_SOURCE, 0); source != 0; source = name_next(v, NAME_SOURCE, source))
        if (hash64(name_text(v, NAME_SOURCE, source), 0) == hash)
            return source;
    return 0;
}

static void lines_count(struct import_file *f, uint64_t from, struct bytes row)
{
    for (size_t at = 1; at < row.size; at++) {
        unsigned bits = row.data[at];
        f->lines += (uint64_t)__builtin_popcount(bits);
        if (bits != 0)
            f->last_line = from + (at - 1) * 8 + (uint64_t)(31 - __builtin_clz(bits));
    }
}

bool import_file_find(const struct view *v, struct hash128 digest, struct import_file *out_file)
{
    struct bytes key = file_edge(v, digest, false), prefix = bytes_slice(key, 0, FILE_BYTES), row;
    uint64_t source = 0, last = 0;
    *out_file = (struct import_file){.digest = digest};
    for (bool after = false;
         view_keyed_next(v, &import_line_family, key, after, &key, &row) && bytes_starts_with(key, prefix);
         after = true) {
        uint64_t hash = key_number(key.data + FILE_BYTES, 8);
        bool is_new = !after || hash != source;
        if (is_new && out_file->source_count < IMPORT_FILE_SOURCES_MAX)
            out_file->sources[out_file->source_count++] = source_hashed(v, hash);
        source = hash;
        lines_count(out_file, key_number(key.data + FILE_BYTES + 8, 4) * LINES_A_ROW, row);
        last = out_file->last_line > last ? out_file->last_line : last;
    }
    out_file->last_line = last;
    return out_file->lines > 0;
}

bool import_file_next(const struct view *v, struct hash128 after, struct import_file *out_file)
{
    struct bytes key, row;
    bool is_first = after.low == 0 && after.high == 0;
    if (!view_keyed_next(v, &import_line_family, file_edge(v, after, !is_first), !is_first, &key, &row))
        return false;
    return import_file_find(v, (struct hash128){.high = key_number(key.data, 8), .low = key_number(key.data + 8, 8)},
                            out_file);
}
