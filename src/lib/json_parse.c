#include <stdlib.h>
#include <string.h>

#include "lib/json_build.h"
#include "lib/json_index.h"
#include "lib/json_utf8.h"

/* Lines are indexed together in blocks of about this size: small enough to stay in the processor's cache. */
#define BLOCK_BYTES (64 * 1024)
#define NODES_MIN 1024
#define MARK_BYTES 3 /* of a byte order mark */

struct json_parser {
    struct json_doc doc;
    struct json_index *index;
    struct json_node *nodes;
    size_t node_capacity;
    uint8_t *plain;
    size_t plain_capacity;
    size_t document_bytes_max;
};

static const struct json_node absent_node = {.next = 1, .kind = JSON_ABSENT};
const struct json_doc json_absent_doc = {.nodes = &absent_node};

struct json_parser *json_parser_create(size_t document_bytes_max)
{
    assert(document_bytes_max > 0 && document_bytes_max <= JSON_BYTES_MAX);
    struct json_parser *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->document_bytes_max = document_bytes_max;
    p->index = json_index_create();
    if (p->index == NULL) {
        free(p);
        return NULL;
    }
    return p;
}

void json_parser_destroy(struct json_parser *p)
{
    if (p == NULL)
        return;
    json_index_destroy(p->index);
    free(p->nodes);
    free(p->plain);
    free(p);
}

/* Makes `*memory` hold `need` things of `size` bytes. What it held is gone: each document starts anew. */
static bool memory_reserve(void **memory, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return true;
    size_t grown = need + need / 4;
    free(*memory);
    *memory = malloc(grown * size);
    *capacity = *memory == NULL ? 0 : grown;
    return *memory != NULL;
}

static bool parser_reserve(struct json_parser *p, size_t tokens, size_t bytes)
{
    void *nodes = p->nodes, *plain = p->plain;
    size_t node_count = tokens < NODES_MIN ? NODES_MIN : tokens;
    bool has_nodes = memory_reserve(&nodes, &p->node_capacity, node_count, sizeof *p->nodes);
    bool has_plain = memory_reserve(&plain, &p->plain_capacity, bytes, 1);
    p->nodes = nodes;
    p->plain = plain;
    return has_nodes && has_plain;
}

struct place {
    size_t line;
    size_t column; /* in characters */
};

static struct place place_of(struct bytes text, size_t at)
{
    struct place p = {1, 1};
    for (size_t i = 0; i < at && i < text.size; i++) {
        if (text.data[i] == '\n')
            p = (struct place){p.line + 1, 1};
        else if ((text.data[i] & 0xC0) != 0x80)
            p.column++;
    }
    return p;
}

static struct status fault_say(struct bytes text, size_t at, const char *words, struct err *e)
{
    struct place p = place_of(text, at);
    return FAIL(e, INVALID, "line %zu, column %zu (byte %zu): %s", p.line, p.column, at, words);
}

/* Why the index was refused: looks at each byte, as only a bad text deserves. */
static struct status index_fault(struct bytes text, struct err *e)
{
    bool is_inside = false;
    size_t opened_at = 0, wrong;
    for (size_t at = 0; at < text.size;) {
        uint8_t c = text.data[at];
        size_t size = utf8_sequence(text.data + at, text.size - at, &wrong);
        if (size == 0)
            return fault_say(text, at, "not UTF-8", e);
        if (is_inside && c < 0x20)
            return fault_say(text, at, "a control character in a string, or a string that was not closed", e);
        if (c == '\\' && at + 1 < text.size && text.data[at + 1] < 0x80 && text.data[at + 1] >= 0x20)
            size = 2;
        if (c == '"' && !is_inside)
            opened_at = at;
        is_inside ^= c == '"';
        at += size;
    }
    return fault_say(text, is_inside ? opened_at : text.size, "a string that is not closed", e);
}

/* The tokens of a text that is not too long, and room for what is made of them. `out_tokens` stays until the next
 * call. */
static enum json_index_result text_index(struct json_parser *p, struct bytes text, const uint32_t **out_tokens)
{
    size_t count = 0;
    if (text.size == 0)
        return JSON_INDEX_EMPTY;
    enum json_index_result result = json_index_run(p->index, text.data, text.size, out_tokens, &count);
    if (result == JSON_INDEX_DONE && !parser_reserve(p, count, text.size))
        return JSON_INDEX_NO_MEMORY;
    return result;
}

static struct status index_fail(enum json_index_result result, struct bytes text, struct err *e)
{
    assert(result != JSON_INDEX_DONE);
    if (result == JSON_INDEX_NO_MEMORY)
        return FAIL(e, FULL, "no memory for a document of %zu bytes", text.size);
    if (result == JSON_INDEX_EMPTY)
        return FAIL(e, INVALID, "no value: the text is empty");
    return index_fault(text, e);
}

/* Makes a document of one value whose tokens are known. `text` is what they count from, `whole` what it has to fill. */
static struct status value_build(struct json_parser *p, const uint8_t *text, struct bytes whole, const uint32_t **token,
                                 struct json *out_root, struct err *e)
{
    struct json_build b = {.text = text,
                           .token = *token,
                           .end = (uint32_t)(whole.data + whole.size - text),
                           .nodes = p->nodes,
                           .plain = p->plain};
    bool is_good = json_build_run(&b);
    *token = b.token;
    if (is_good) {
        p->doc = (struct json_doc){.nodes = p->nodes, .base = {text, p->plain}};
        *out_root = (struct json){&p->doc, 0};
        return DONE;
    }
    struct status s = fault_say(whole, (size_t)(text + b.fault_at - whole.data), b.fault, e);
    return b.is_too_deep ? (struct status){STATUS_LIMIT} : s;
}

static struct bytes mark_skip(struct bytes text)
{
    return bytes_starts_with(text, BYTES_LIT("\xEF\xBB\xBF")) ? bytes_slice(text, MARK_BYTES, text.size) : text;
}

static struct status text_parse(struct json_parser *p, struct bytes text, struct json *out_root, struct err *e)
{
    const uint32_t *token = NULL;
    enum json_index_result result = text_index(p, text, &token);
    if (result != JSON_INDEX_DONE)
        return index_fail(result, text, e);
    return value_build(p, text.data, text, &token, out_root, e);
}

fallible json_parse(struct json_parser *p, struct bytes text, struct json *out_root, struct err *e)
{
    if (text.size > p->document_bytes_max)
        return FAIL(e, LIMIT, "%zu bytes, at most %zu", text.size, p->document_bytes_max);
    return text_parse(p, mark_skip(text), out_root, e);
}

void json_lines_init(struct json_lines *l, struct json_parser *p, struct bytes text)
{
    *l = (struct json_lines){.parser = p, .text = mark_skip(text)};
}

static size_t line_end(struct bytes text, size_t from)
{
    const uint8_t *found = memchr(text.data + from, '\n', text.size - from);
    return found == NULL ? text.size : (size_t)(found - text.data);
}

/* Indexes as many whole lines as make a block. A line that is not closed, or not UTF-8, spoils the block's index, so
 * then there is none, and its lines are read one by one: nothing that is wrong with a line passes its newline, as
 * no string of a good index holds one. */
static void block_begin(struct json_lines *l)
{
    size_t until = l->text.size;
    if (until - l->at > BLOCK_BYTES) {
        const uint8_t *last = memrchr(l->text.data + l->at, '\n', BLOCK_BYTES);
        until = last == NULL ? line_end(l->text, l->at) : (size_t)(last - l->text.data) + 1;
    }
    l->block_from = l->at;
    l->block_until = until;
    l->token = NULL;
    struct bytes block = bytes_slice(l->text, l->at, until);
    if (block.size <= l->parser->document_bytes_max || block.size <= BLOCK_BYTES)
        if (text_index(l->parser, block, &l->token) != JSON_INDEX_DONE)
            l->token = NULL;
}

static bool is_blank(struct bytes line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

static struct status line_read(struct json_lines *l, struct bytes line, struct json *out_root, struct err *e)
{
    if (line.size > l->parser->document_bytes_max)
        return FAIL(e, LIMIT, "%zu bytes, at most %zu", line.size, l->parser->document_bytes_max);
    if (l->token == NULL)
        return text_parse(l->parser, line, out_root, e);
    return value_build(l->parser, l->text.data + l->block_from, line, &l->token, out_root, e);
}

/* A line's fault was found in a text of one line; its reader knows it by its number. */
static void fault_number(uint64_t line, struct err *e)
{
    static const char first[] = "line 1, ";
    if (e == NULL || strncmp(e->text, first, sizeof first - 1) != 0)
        return;
    struct err said = *e;
    err_set(e, "line %llu, %s", (unsigned long long)line, said.text + sizeof first - 1);
}

bool json_lines_next(struct json_lines *l, struct json_line *out_line, struct err *e)
{
    struct bytes line;
    do {
        if (l->at >= l->text.size)
            return false;
        if (l->at >= l->block_until)
            block_begin(l);
        size_t end = line_end(l->text, l->at);
        line = bytes_slice(l->text, l->at, end);
        l->at = end + 1;
        l->line++;
    } while (is_blank(line));
    *out_line = (struct json_line){.number = l->line, .text = line, .root = JSON_NOTHING};
    out_line->status = line_read(l, line, &out_line->root, e);
    if (failed(out_line->status))
        fault_number(l->line, e);
    while (l->token != NULL && *l->token < l->at - l->block_from && l->at < l->block_until)
        l->token++;
    return true;
}
