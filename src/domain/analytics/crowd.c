#include "domain/analytics/crowd.h"

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "domain/analytics/filter_inside.h"
#include "domain/identity/identity.h"

#define BOOK_BLOCK_BYTES 4096u
#define WORD_BITS 64u

/* People who have one value of a want by value. */
struct crowd_value {
    struct bytes text;
    struct bitmap *set, *kept; /* the state's, the book's own */
};
struct crowd {
    struct bitmap *set; /* the state's, of a want that isn't by value */
    uint32_t value_count;
    struct crowd_value *values;
    struct bytes otherwise;
};

struct crowd_book {
    struct arena *arena; /* of this struct */
    struct arena *said;  /* of what was taken: emptied when it is dropped before anything is kept */
    const struct crowd_wants *wants;
    struct crowd *crowds;
    struct slab *slab;     /* of what is kept */
    struct bitmap *about;  /* NULL: everybody */
    bool is_kept;
};

struct crowd_book *crowd_book_create(const struct crowd_wants *wants)
{
    if (wants->count == 0)
        return NULL;
    struct arena *arena = arena_create(BOOK_BLOCK_BYTES);
    struct crowd_book *b = ARENA_NEW(arena, struct crowd_book);
    *b = (struct crowd_book){.arena = arena, .said = arena_create(BOOK_BLOCK_BYTES), .wants = wants, .slab = slab_create()};
    b->crowds = ARENA_ARRAY(arena, struct crowd, wants->count);
    return b;
}

void crowd_book_destroy(struct crowd_book *b)
{
    if (b == NULL)
        return;
    slab_destroy(b->slab); /* with all that is kept */
    arena_destroy(b->said);
    arena_destroy(b->arena);
}

/* --- taking --- */

/* As answers write it. */
static struct bytes text_of_value(struct arena *a, struct bytes packed)
{
    struct unpack u = unpack_of(packed);
    struct buf text = arena_buf(a, packed.size + NUMBER_TEXT_BYTES_MAX);
    char when[TIME_TEXT_BYTES];
    if (packed.size == 0)
        return BYTES_NONE;
    struct value v = unpack_value(&u);
    assert(unpack_finished(&u));
    if (v.kind == VALUE_TIME)
        return arena_copy(a, bytes_of_text(time_format(v.integer, when)));
    value_text(&v, &text);
    return buf_bytes(&text);
}

void crowd_book_take(struct crowd_book *b, uint32_t want, struct bytes value, struct bitmap *set)
{
    struct crowd *c = &b->crowds[want];
    assert(want < b->wants->count && set != NULL && !b->is_kept);
    if (!b->wants->list[want].by_value) {
        assert(c->set == NULL);
        c->set = set;
        return;
    }
    if (c->values == NULL)
        c->values = ARENA_ARRAY(b->said, struct crowd_value, CROWD_VALUES_MAX);
    assert(c->value_count < CROWD_VALUES_MAX);
    c->values[c->value_count++] = (struct crowd_value){.text = text_of_value(b->said, value), .set = set};
}

void crowd_book_otherwise(struct crowd_book *b, uint32_t want, struct bytes value)
{
    assert(want < b->wants->count);
    b->crowds[want].otherwise = text_of_value(b->said, value);
}

/* What is kept stays. */
static void sets_leave(struct crowd_book *b, void (*leave)(struct bitmap *set))
{
    for (uint32_t i = 0; i < b->wants->count; i++) {
        struct crowd *c = &b->crowds[i];
        leave(c->set);
        c->set = NULL;
        for (uint32_t k = 0; k < c->value_count; k++) {
            leave(c->values[k].set);
            c->values[k].set = NULL;
        }
    }
    if (b->is_kept)
        return;
    memset(b->crowds, 0, b->wants->count * sizeof *b->crowds);
    arena_reset(b->said);
}

void crowd_book_drop(struct crowd_book *b)
{
    sets_leave(b, bitmap_destroy);
}

static void set_forget(struct bitmap *set)
{
    (void)set;
}

void crowd_book_forget(struct crowd_book *b)
{
    sets_leave(b, set_forget);
}

/* --- keeping --- */

/* The term as an expression over the sets of its wants. */
static const struct bitmap_expr *expr_of(const struct crowd_book *b, const struct crowd_term *term, struct arena *a)
{
    struct bitmap_expr *x = ARENA_NEW(a, struct bitmap_expr);
    const struct bitmap_expr **of = ARENA_ARRAY(a, const struct bitmap_expr *, term->count + 1);
    for (uint32_t i = 0; i < term->count; i++)
        of[i] = expr_of(b, term->of[i], a);
    *x = (struct bitmap_expr){.op = term->op, .count = term->count, .of = of};
    if (term->op == BITMAP_SET)
        x->set = b->crowds[term->want].set;
    return x;
}

static struct bitmap *kept_of(struct crowd_book *b, const struct bitmap_expr *x, uint64_t end)
{
    struct bitmap_span span = bitmap_span_of(end);
    struct bitmap *out = bitmap_create(b->slab);
    (void)bitmap_eval(x, &span, out);
    return out;
}

static fallible book_roomy(const struct crowd_book *b, struct err *e)
{
    if (slab_bytes(b->slab) <= CROWD_BOOK_BYTES_MAX)
        return DONE;
    return FAIL(e, LIMIT, "the tags and segments of the question take more than %zu MiB: name fewer of them", CROWD_BOOK_BYTES_MAX >> 20);
}

fallible crowd_book_keep(struct crowd_book *b, uint64_t end, struct err *e)
{
    assert(!b->is_kept);
    b->is_kept = true;
    if (b->wants->about != NULL)
        b->about = kept_of(b, expr_of(b, b->wants->about, b->arena), end);
    if (b->about != NULL)
        (void)bitmap_remove(b->about, PERSON_NONE); /* nobody isn't somebody who is in none of them */
    for (uint32_t i = 0; i < b->wants->count; i++)
        for (uint32_t k = 0; k < b->crowds[i].value_count; k++) {
            struct crowd_value *v = &b->crowds[i].values[k];
            v->kept = kept_of(b, &(struct bitmap_expr){.op = BITMAP_SET, .set = v->set}, end);
            TRY(book_roomy(b, e));
        }
    return book_roomy(b, e);
}

/* --- asking --- */

static_assert((1u << BITMAP_KEY_BITS) % CHUNK_PEOPLE == 0, "a chunk's people are of one key");
static_assert(CROWD_VALUES_MAX < UINT16_MAX, "a place has two bytes");

bool crowd_book_narrows(const struct crowd_book *b)
{
    return b != NULL && b->wants->about != NULL;
}

void crowd_book_narrow(const struct crowd_book *b, uint32_t chunk, uint64_t io_bits[CHUNK_WORDS])
{
    uint64_t words[CHUNK_WORDS];
    if (!crowd_book_narrows(b))
        return;
    assert(b->is_kept);
    bitmap_words(b->about, chunk * CHUNK_PEOPLE, CHUNK_WORDS, words);
    for (uint32_t i = 0; i < CHUNK_WORDS; i++)
        io_bits[i] &= words[i];
}

/* Place 0 is what people have who are in none of the sets. */
uint32_t crowd_book_value_count(const struct crowd_book *b, uint32_t want)
{
    return b->crowds[want].value_count + 1;
}

struct bytes crowd_book_value(const struct crowd_book *b, uint32_t want, uint32_t place)
{
    const struct crowd *c = &b->crowds[want];
    assert(place <= c->value_count);
    return place == 0 ? c->otherwise : c->values[place - 1].text;
}

void crowd_book_places(const struct crowd_book *b, uint32_t want, uint32_t chunk, uint16_t out_places[CHUNK_PEOPLE])
{
    const struct crowd *c = &b->crowds[want];
    uint64_t words[CHUNK_WORDS];
    assert(b->is_kept && b->wants->list[want].by_value);
    memset(out_places, 0, CHUNK_PEOPLE * sizeof *out_places);
    for (uint32_t k = 0; k < c->value_count; k++) {
        bitmap_words(c->values[k].kept, chunk * CHUNK_PEOPLE, CHUNK_WORDS, words);
        for (uint32_t w = 0; w < CHUNK_WORDS; w++)
            for (uint64_t left = words[w]; left != 0; left &= left - 1)
                out_places[w * WORD_BITS + (uint32_t)__builtin_ctzll(left)] = (uint16_t)(k + 1);
    }
}
