/* CSV in pieces gives what a naive reader of the whole text gives; what is written is read back. */
#include "lib/csv.h"
#include "testing/test.h"

#define TEXT_BYTES_MAX 400u
#define FIELDS_MAX 512u
#define END_OF_RECORD SIZE_MAX

/* A list of fields of all records, one after the other; END_OF_RECORD as the size closes a record. */
struct list {
    struct bytes fields[FIELDS_MAX];
    size_t count;
    bool torn; /* the last record never closed its quote */
};

static void list_add(struct list *l, struct bytes field)
{
    assert(l->count < FIELDS_MAX);
    l->fields[l->count++] = field;
}

/* One field from text[*at] on; stops behind its delimiter or at its line end. */
static struct bytes naive_field(struct t *t, struct bytes text, size_t *at, bool *out_torn)
{
    uint8_t *out = ARENA_ARRAY(t->arena, uint8_t, text.size + 1);
    size_t size = 0, i = *at;
    bool quoted = i < text.size && text.data[i] == '"';
    if (quoted) {
        for (i++; i < text.size; i++) {
            if (text.data[i] == '"' && (i + 1 == text.size || text.data[i + 1] != '"'))
                break;
            i += text.data[i] == '"';
            out[size++] = text.data[i];
        }
        *out_torn = i == text.size;
        i += i < text.size;
    }
    for (; i < text.size && text.data[i] != ',' && text.data[i] != '\n'; i++) {
        if (text.data[i] == '\r' && i + 1 < text.size && text.data[i + 1] == '\n')
            continue;
        out[size++] = text.data[i];
    }
    *at = i;
    return bytes_of(out, size);
}

static void naive(struct t *t, struct bytes text, struct list *out)
{
    size_t at = 0;
    if (text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = bytes_slice(text, 3, text.size);
    while (at < text.size) {
        size_t begin = at, first = out->count;
        bool more = true;
        while (more) {
            list_add(out, naive_field(t, text, &at, &out->torn));
            more = at < text.size && text.data[at] == ',';
            at += at < text.size;
        }
        bool blank = out->count == first + 1 && out->fields[first].size == 0 && text.data[begin] != '"';
        out->count = blank || out->torn ? first : out->count;
        if (!blank && !out->torn)
            list_add(out, bytes_of(NULL, END_OF_RECORD));
    }
}

static struct bytes any_text(struct t *t)
{
    static const char alphabet[] = "\",,\n\r\nab\xEF\xBB\xBF";
    uint8_t *text = ARENA_ARRAY(t->arena, uint8_t, TEXT_BYTES_MAX);
    size_t size = rng_below(&t->rng, TEXT_BYTES_MAX);
    for (size_t i = 0; i < size; i++)
        text[i] = (uint8_t)alphabet[rng_below(&t->rng, sizeof alphabet - 1)];
    if (size >= 3 && rng_chance(&t->rng, 0.3))
        memcpy(text, "\xEF\xBB\xBF", 3);
    return bytes_of(text, size);
}

static void streamed(struct t *t, struct bytes text, struct list *out)
{
    struct csv *c = csv_create(',', 1 << 16);
    struct csv_record r;
    for (enum csv_found found; (found = csv_next(c, &r)) != CSV_END;) {
        if (found == CSV_HUNGRY && text.size == 0) {
            csv_finish(c);
        } else if (found == CSV_HUNGRY) {
            size_t size = 1 + rng_below(&t->rng, text.size);
            csv_feed(c, bytes_slice(text, 0, size));
            text = bytes_slice(text, size, text.size);
        } else if (found == CSV_BAD) {
            out->torn = true;
        } else {
            for (size_t i = 0; i < r.count; i++)
                list_add(out, arena_copy(t->arena, r.fields[i]));
            list_add(out, bytes_of(NULL, END_OF_RECORD));
        }
    }
    csv_destroy(c);
}

static void lists_agree(struct t *t, const struct list *got, const struct list *want)
{
    CHECK_EQ(t, got->torn, want->torn);
    REQUIRE(t, got->count == want->count);
    for (size_t i = 0; i < got->count; i++) {
        REQUIRE(t, (got->fields[i].size == END_OF_RECORD) == (want->fields[i].size == END_OF_RECORD));
        if (got->fields[i].size != END_OF_RECORD)
            CHECK_BYTES(t, got->fields[i], want->fields[i]);
    }
}

static void pieces_agree_with_the_whole(struct t *t)
{
    struct list *got = ARENA_NEW(t->arena, struct list), *want = ARENA_NEW(t->arena, struct list);
    struct bytes text = any_text(t);
    naive(t, text, want);
    streamed(t, text, got);
    lists_agree(t, got, want);
}

static void written_is_read_back(struct t *t)
{
    struct list *got = ARENA_NEW(t->arena, struct list), *want = ARENA_NEW(t->arena, struct list);
    struct buf text;
    buf_init(&text, 1 << 16);
    for (size_t record = 0; record < 4; record++) {
        size_t count = 2 + rng_below(&t->rng, 4);
        for (size_t i = 0; i < count; i++) {
            struct bytes field = any_text(t);
            field.size = field.size > 40 ? 40 : field.size;
            if (record == 0 && i == 0)
                field = BYTES_LIT("first"); /* a mark at the very front would be taken for one */
            list_add(want, field);
            if (i > 0)
                buf_push_byte(&text, ',');
            csv_put(&text, field, ',');
        }
        list_add(want, bytes_of(NULL, END_OF_RECORD));
        buf_push_text(&text, rng_chance(&t->rng, 0.5) ? "\n" : "\r\n");
    }
    streamed(t, buf_bytes(&text), got);
    lists_agree(t, got, want);
    buf_fini(&text);
}

static const struct test tests[] = {
    {"in pieces as in one", pieces_agree_with_the_whole, 3000},
    {"what is written is read back", written_is_read_back, 1000},
};
TEST_MAIN(tests)
