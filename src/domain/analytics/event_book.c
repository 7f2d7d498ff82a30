#include "domain/analytics/event_book.h"

#include <stdatomic.h>

#define TABLE_BLOCK_BYTES (64u << 10)
#define TEXT_BLOCK_BYTES (16u << 10)

/* Where names and labels lie: only the engine's thread adds to them, behind what others read. */
struct event_texts {
    struct arena *arena; /* holds this struct */
    atomic_uint holders; /* books */
};

struct event_book {
    struct arena *arena; /* of the tables; holds this struct */
    atomic_uint holders;
    struct event_texts *texts;
    struct names_mark mark; /* of the view that it was made of */
    struct words words;
    const char **names; /* by number; NULL: none */
    uint32_t room;
};

static struct event_texts *texts_create(void)
{
    struct arena *arena = arena_create(TEXT_BLOCK_BYTES);
    struct event_texts *t = ARENA_NEW(arena, struct event_texts);
    t->arena = arena;
    atomic_init(&t->holders, 1);
    return t;
}

static void texts_release(struct event_texts *t)
{
    if (atomic_fetch_sub(&t->holders, 1) == 1)
        arena_destroy(t->arena);
}

/* Takes the caller's hold of the texts. */
static struct event_book *book_over(struct event_texts *texts)
{
    struct arena *arena = arena_create(TABLE_BLOCK_BYTES);
    struct event_book *b = ARENA_NEW(arena, struct event_book);
    b->arena = arena;
    atomic_init(&b->holders, 1);
    b->texts = texts;
    return b;
}

struct event_book *event_book_create(void)
{
    return book_over(texts_create());
}

struct event_book *event_book_share(struct event_book *b)
{
    (void)atomic_fetch_add(&b->holders, 1);
    return b;
}

void event_book_release(struct event_book *b)
{
    if (b == NULL || atomic_fetch_sub(&b->holders, 1) != 1)
        return;
    texts_release(b->texts);
    arena_destroy(b->arena);
}

static void names_widen(struct event_book *b, uint32_t number)
{
    uint32_t room = b->room == 0 ? NAME_EVENT_CUSTOM : b->room;
    while (room <= number)
        room *= 2;
    if (room == b->room)
        return;
    const char **names = ARENA_ARRAY(b->arena, const char *, room);
    if (b->room > 0)
        memcpy(names, b->names, b->room * sizeof *names);
    b->names = names;
    b->room = room;
}

void event_book_add(struct event_book *b, uint32_t number, struct bytes name, uint32_t alias_of, struct bytes label_zh)
{
    struct arena *texts = b->texts->arena;
    const char *label = arena_text(texts, name), *zh = label_zh.size > 0 ? arena_text(texts, label_zh) : NULL;
    struct word said = {.number = number, .alias_of = alias_of, .label = label, .label_zh = zh};
    word_add(&b->words, b->arena, texts, name, said);
    word_add(&b->words, b->arena, texts, label_zh, said);
    names_widen(b, number);
    b->names[number] = label;
}

static void name_take(struct event_book *b, const struct view *v, uint32_t number)
{
    const struct standard_event *standard = standard_event_numbered(number);
    struct bytes name = name_text(v, NAME_EVENT, number), zh = BYTES_NONE;
    struct value label = {0};
    if (record_find(name_attributes(v, NAME_EVENT, number), BYTES_LIT("label_zh"), &label) && label.kind == VALUE_TEXT)
        zh = label.body;
    else if (standard != NULL)
        zh = bytes_of_text(standard->zh);
    event_book_add(b, number, name, name_alias(v, NAME_EVENT, name), zh);
}

/* The tables of `before`, to which more may be added. */
static struct event_book *book_behind(const struct event_book *before)
{
    (void)atomic_fetch_add(&before->texts->holders, 1);
    struct event_book *b = book_over(before->texts);
    b->words = words_copy(&before->words, b->arena);
    b->room = before->room;
    b->names = arena_take(b->arena, b->room * sizeof *b->names, sizeof *b->names);
    if (b->room > 0)
        memcpy(b->names, before->names, b->room * sizeof *b->names);
    return b;
}

struct event_book *event_book_of_view(const struct view *v, struct event_book *before)
{
    const struct names_mark mark = names_marked(v, NAME_EVENT);
    bool is_behind = before != NULL && before->mark.described == mark.described && before->mark.last <= mark.last;
    if (is_behind && before->mark.last == mark.last)
        return event_book_share(before);
    struct event_book *b = is_behind ? book_behind(before) : event_book_create();
    for (uint32_t number = is_behind ? before->mark.last : 0; (number = name_next(v, NAME_EVENT, number)) != 0;)
        name_take(b, v, number);
    b->mark = mark;
    return b;
}

const struct words *event_book_words(const struct event_book *b)
{
    return &b->words;
}

const char *event_book_name(const struct event_book *b, uint32_t number)
{
    return number < b->room ? b->names[number] : NULL;
}

uint32_t event_book_end(const struct event_book *b)
{
    return b->room;
}
