#include "port/mysql_text.h"

#include <inttypes.h>
#include <string.h>

#define CHARSET_OF_BYTES 63u /* "binary": no text */

/* --- queries --- */

static bool is_of_name(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static const char *behind(const char *at, const char *end)
{
    const char *found = strstr(at, end);
    return found == NULL ? at + strlen(at) : found + strlen(end);
}

/* Behind a text or name in quotes; a doubled quote is two of them side by side. */
static const char *behind_quoted(const char *at)
{
    const char quote = *at++;
    for (; *at != 0 && *at != quote; at++)
        at += *at == '\\' && quote != '`' && at[1] != 0;
    return at + (*at != 0);
}

/* Behind the text, name or comment that begins here; `at` itself: none does. */
static const char *behind_passage(const char *at)
{
    if (*at == '\'' || *at == '"' || *at == '`')
        return behind_quoted(at);
    if (*at == '#' || (strncmp(at, "--", 2) == 0 && strchr(" \t\r\n", at[2]) != NULL))
        return behind(at, "\n");
    return strncmp(at, "/*", 2) == 0 ? behind(at + 2, "*/") : at;
}

/* In hex digits: then no character and no mode of the server can end the text early. */
static void literal_put(struct buf *out, const char *text)
{
    buf_push_text(out, text == NULL ? "NULL" : "_utf8mb4 X'");
    for (const char *at = text; at != NULL && *at != 0; at++)
        buf_printf(out, "%02x", (unsigned)(unsigned char)*at);
    buf_push_text(out, text == NULL ? "" : "'");
}

void mysql_query_put(struct buf *out, const char *query, const char *after)
{
    for (const char *at = query; *at != 0;) {
        const char *end = behind_passage(at);
        bool is_hole = end == at && strncmp(at, "$1", 2) == 0 && !is_of_name(at[2]) && (at == query || !is_of_name(at[-1]));
        if (is_hole) {
            literal_put(out, after);
            at += 2;
            continue;
        }
        end += end == at;
        buf_push(out, bytes_of(at, (size_t)(end - at)));
        at = end;
    }
}

/* --- cells --- */

static struct bytes number_of_bits(struct arena *a, struct bytes bits)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bits.size; i++)
        number = number << 8 | bits.data[i];
    return bytes_of_text(arena_printf(a, "%" PRIu64, number));
}

static struct bytes hex_of(struct arena *a, struct bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = ARENA_ARRAY(a, char, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = digits[bytes.data[i] >> 4];
        text[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    return bytes_of(text, 2 * bytes.size);
}

static bool is_zero_date(struct bytes text)
{
    return bytes_starts_with(text, BYTES_LIT("0000-00-00"));
}

struct bytes mysql_cell(struct arena *a, const MYSQL_FIELD *field, struct bytes own)
{
    if (own.size == 0)
        return own;
    switch (field->type) {
    case MYSQL_TYPE_TIMESTAMP:
        return is_zero_date(own) ? BYTES_NONE : bytes_of_text(arena_printf(a, "%.*sZ", BYTES_ARG(own)));
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_DATETIME:
        return is_zero_date(own) ? BYTES_NONE : own;
    case MYSQL_TYPE_BIT:
        return number_of_bits(a, own);
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_GEOMETRY:
        return field->charsetnr == CHARSET_OF_BYTES ? hex_of(a, own) : own;
    default:
        return own;
    }
}
