#include "domain/change/book.h"

#include <string.h>

#include "base/time.h"

#define BOOK_FORMAT 1u
#define BOOK_BYTES_MAX 64u
#define PAGE_FORMAT 1u
#define PAGE_HEAD_BYTES_MAX (1u + 3u * VARINT_BYTES_MAX)
#define PAGE_CHANGE_BYTES_MAX (2u * VARINT_BYTES_MAX + 2u * 5u + 2u * 3u + 2u + 16u)
#define TRIM_PAGES_MAX 64u /* of a command: each is a row that it touches */
#define ROOM_PAGES_LEAST 4u
static_assert(PAGE_HEAD_BYTES_MAX + CHANGES_A_PAGE * PAGE_CHANGE_BYTES_MAX <= ROW_BYTES_MAX, "a page is a row");

const struct family fresh_change_family = {
    .id = 120, .kind = FAMILY_SERIES, .value_bytes = sizeof(struct kept_change), .name = "change_fresh"};
const struct family change_page_family = {
    .id = 121, .kind = FAMILY_NUMBERED, .value_bytes = ROW_BYTES_MAX, .name = "change_page"};
const struct family change_book_family = {
    .id = 122, .kind = FAMILY_KEYED, .value_bytes = BOOK_BYTES_MAX, .name = "change_book"};
#define BOOK_KEY BYTES_LIT("book")

const struct setting changes_kept = {
    "change.kept", 1000,
    1000000000,    10000000,
    "changes",     "How many changes are kept at most for those who read them; about 30 bytes of disk each."};
const struct setting change_hours = {
    "change.hours", 1, 8760, 168, "hours", "How long a change is kept, within change.kept."};

/* --- the book --- */

bool book_read(const struct view *v, struct book *out_book)
{
    struct bytes value;
    if (!view_keyed(v, &change_book_family, BOOK_KEY, &value))
        return false;
    struct unpack u = unpack_of(value);
    u.bad |= unpack_u8(&u) != BOOK_FORMAT;
    out_book->is_kept = unpack_u8(&u) != 0;
    out_book->first_page = unpack_varint32(&u);
    out_book->told_page = unpack_varint32(&u);
    out_book->fresh = unpack_varint(&u);
    out_book->oldest_us = unpack_signed(&u);
    out_book->begin.position = unpack_varint(&u);
    out_book->begin.index = unpack_varint32(&u);
    assert(unpack_finished(&u));
    return true;
}

static void book_write(struct step *s, const struct book *b)
{
    struct buf out = arena_buf(s->view.arena, BOOK_BYTES_MAX);
    pack_u8(&out, BOOK_FORMAT);
    pack_u8(&out, b->is_kept);
    pack_varint(&out, b->first_page);
    pack_varint(&out, b->told_page);
    pack_varint(&out, b->fresh);
    pack_signed(&out, b->oldest_us);
    pack_varint(&out, b->begin.position);
    pack_varint(&out, b->begin.index);
    assert(!out.overflowed && b->first_page <= b->told_page);
    step_keyed_put(s, &change_book_family, BOOK_KEY, buf_bytes(&out));
}

uint64_t book_end_place(const struct view *v)
{
    return rows_series_end(v->rows, &fresh_change_family);
}

/* Pages are counted back from the first change that is in none. */
static uint64_t page_place(const struct view *v, const struct book *b, uint32_t page)
{
    return b->fresh - (uint64_t)CHANGES_A_PAGE * (view_rows_end(v, &change_page_family) - page);
}

uint64_t book_first_place(const struct view *v, const struct book *b)
{
    return page_place(v, b, b->told_page);
}

/* --- pages --- */

struct page_head {
    struct change_cursor last;
    int64_t last_us;
};

/* false: it is cold, and noted. */
static bool page_open(const struct view *v, uint32_t page, struct page_head *out_head, struct unpack *out_rest)
{
    struct bytes row;
    if (!view_row(v, &change_page_family, page, &row))
        return false;
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != PAGE_FORMAT;
    out_head->last.position = unpack_varint(&u);
    out_head->last.index = unpack_varint32(&u);
    out_head->last_us = unpack_signed(&u);
    assert(unpack_good(&u));
    *out_rest = u;
    return true;
}

/* Against the one before it: changes of one position lie side by side. */
static void change_pack(struct buf *b, const struct kept_change *c, const struct kept_change *before)
{
    pack_varint(b, c->position - before->position);
    pack_signed(b, c->time_us - before->time_us);
    pack_u8(b, c->fact);
    pack_u8(b, c->cause);
    pack_varint(b, c->index);
    pack_varint(b, c->detail);
    pack_varint(b, c->subject);
    pack_varint(b, c->object);
    if (c->fact == CHANGE_EVENT)
        pack_raw(b, bytes_of(&c->owner, sizeof c->owner));
}

static void change_unpack(struct unpack *u, struct kept_change *io_change)
{
    struct kept_change c = {0};
    c.position = io_change->position + unpack_varint(u);
    c.time_us = io_change->time_us + unpack_signed(u);
    c.fact = unpack_u8(u);
    c.cause = unpack_u8(u);
    c.index = (uint16_t)unpack_varint32(u);
    c.detail = (uint16_t)unpack_varint32(u);
    c.subject = unpack_varint32(u);
    c.object = unpack_varint32(u);
    struct bytes owner = c.fact == CHANGE_EVENT ? unpack_raw(u, sizeof c.owner) : BYTES_NONE;
    assert(unpack_good(u));
    if (owner.size > 0)
        memcpy(&c.owner, owner.data, sizeof c.owner);
    *io_change = c;
}

static const struct kept_change *fresh_at(const struct view *v, uint64_t place)
{
    return rows_series_at(v->rows, &fresh_change_family, place);
}

static struct change_cursor cursor_of(const struct kept_change *c)
{
    return (struct change_cursor){c->position, c->index};
}

/* The oldest fresh changes become a page. */
static void page_write(struct step *s, const struct book *b, int64_t *out_last_us)
{
    struct buf row = arena_buf(s->view.arena, ROW_BYTES_MAX);
    struct kept_change before = {0};
    const struct kept_change *last = fresh_at(&s->view, b->fresh + CHANGES_A_PAGE - 1);
    pack_u8(&row, PAGE_FORMAT);
    pack_varint(&row, last->position);
    pack_varint(&row, last->index);
    pack_signed(&row, last->time_us);
    for (uint64_t place = b->fresh; place < b->fresh + CHANGES_A_PAGE; place++) {
        change_pack(&row, fresh_at(&s->view, place), &before);
        before = *fresh_at(&s->view, place);
    }
    assert(!row.overflowed);
    (void)step_row_create(s, &change_page_family, buf_bytes(&row));
    *out_last_us = last->time_us;
}

/* --- keeping --- */

/* Has the oldest page to go? */
static bool is_beyond(const struct view *v, const struct book *b)
{
    uint64_t room = (uint64_t)setting_int(v, &changes_kept) / CHANGES_A_PAGE;
    uint32_t end = view_rows_end(v, &change_page_family);
    room = room < ROOM_PAGES_LEAST ? ROOM_PAGES_LEAST : room;
    if (b->first_page < b->told_page)
        return true;
    return b->first_page < end &&
           (end - b->told_page > room || b->oldest_us < v->now_us - setting_int(v, &change_hours) * US_PER_HOUR);
}

/* Only what is committed can be read, so the newest change of all stands outside; the book, which is seen as this step wrote it, tells
 * what the step has moved already. */
static void page_turn(struct step *s, struct book *b)
{
    int64_t last_us;
    if (book_end_place(&s->view) - b->fresh < CHANGES_A_PAGE)
        return;
    page_write(s, b, &last_us);
    b->fresh += CHANGES_A_PAGE;
    b->oldest_us = b->oldest_us == PAGES_NONE_US ? last_us : b->oldest_us;
    step_series_drop(s, &fresh_change_family, b->fresh);
    if (is_beyond(&s->view, b))
        step_then(s, COMMAND_CHANGE_TRIM, BYTES_NONE);
    book_write(s, b);
}

void book_note(struct step *s, struct kept_change c)
{
    struct book b;
    if (!book_read(&s->view, &b) || !b.is_kept)
        return;
    page_turn(s, &b);
    struct kept_change *kept = ARENA_NEW(s->view.arena, struct kept_change);
    *kept = c;
    kept->position = s->view.position;
    kept->time_us = s->view.now_us;
    kept->index = (uint16_t)step_fact_index(s);
    kept->cause = (uint8_t)s->cause;
    (void)step_series_push(s, &fresh_change_family, kept);
}

void book_open(struct step *s)
{
    struct book b;
    bool is_there = book_read(&s->view, &b);
    if (is_there && b.is_kept)
        return;
    b.is_kept = true;
    b.told_page = view_rows_end(&s->view, &change_page_family);
    b.first_page = is_there ? b.first_page : b.told_page;
    b.fresh = book_end_place(&s->view);
    b.oldest_us = PAGES_NONE_US;
    b.begin = (struct change_cursor){s->view.position, CHANGE_INDEX_END};
    book_write(s, &b);
}

void book_close(struct step *s)
{
    struct book b;
    if (!book_read(&s->view, &b))
        return;
    b.is_kept = false;
    b.told_page = view_rows_end(&s->view, &change_page_family);
    b.fresh = book_end_place(&s->view);
    step_series_drop(s, &fresh_change_family, b.fresh);
    if (b.first_page == b.told_page) {
        step_keyed_remove(s, &change_book_family, BOOK_KEY);
        return;
    }
    book_write(s, &b);
    step_then(s, COMMAND_CHANGE_TRIM, BYTES_NONE);
}

/* --- letting go --- */

void book_trim_needs(const struct view *v, struct bytes payload)
{
    struct book b;
    struct page_head head;
    struct unpack rest;
    uint32_t end = view_rows_end(v, &change_page_family);
    (void)payload;
    if (!book_read(v, &b))
        return;
    for (uint32_t page = b.first_page; page < end && page <= b.first_page + TRIM_PAGES_MAX; page++)
        (void)page_open(v, page, &head, &rest);
}

static void page_drop(struct step *s, struct book *b)
{
    struct page_head head;
    struct unpack rest;
    uint32_t page = b->first_page++;
    bool is_there = page_open(&s->view, page, &head, &rest);
    assert(is_there);
    step_row_remove(s, &change_page_family, page);
    if (page < b->told_page)
        return;
    b->told_page = b->first_page;
    b->begin = head.last;
    b->oldest_us = b->first_page < view_rows_end(&s->view, &change_page_family) &&
                           page_open(&s->view, b->first_page, &head, &rest)
                       ? head.last_us
                       : PAGES_NONE_US;
}

const struct refusal *book_trim(struct step *s, struct bytes payload)
{
    struct book b;
    (void)payload;
    if (!book_read(&s->view, &b))
        return NULL; /* two followed one another */
    for (uint32_t i = 0; i < TRIM_PAGES_MAX && is_beyond(&s->view, &b); i++)
        page_drop(s, &b);
    bool is_over = !b.is_kept && b.first_page == b.told_page;
    if (is_over)
        step_keyed_remove(s, &change_book_family, BOOK_KEY);
    else
        book_write(s, &b);
    if (!is_over && is_beyond(&s->view, &b))
        step_then(s, COMMAND_CHANGE_TRIM, BYTES_NONE);
    return NULL;
}

/* --- reading --- */

bool changes_span(const struct view *v, struct changes_span *out_span)
{
    struct book b;
    if (!book_read(v, &b) || !b.is_kept)
        return false;
    out_span->begin = b.begin;
    out_span->end = (struct change_cursor){v->position - 1, CHANGE_INDEX_END};
    out_span->kept = book_end_place(v) - book_first_place(v, &b);
    return true;
}

/* The first page that ends behind the cursor; the end: none does. A cold one stops the search, which is made again. */
static uint32_t page_find(const struct view *v, const struct book *b, struct change_cursor after)
{
    uint32_t from = b->told_page, until = view_rows_end(v, &change_page_family);
    struct page_head head;
    struct unpack rest;
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (!page_open(v, middle, &head, &rest))
            return middle;
        if (change_cursor_compare(head.last, after) > 0)
            until = middle;
        else
            from = middle + 1;
    }
    return from;
}

static uint64_t fresh_find(const struct view *v, const struct book *b, struct change_cursor after)
{
    uint64_t from = b->fresh, until = book_end_place(v);
    while (from < until) {
        uint64_t middle = from + (until - from) / 2;
        if (change_cursor_compare(cursor_of(fresh_at(v, middle)), after) > 0)
            until = middle;
        else
            from = middle + 1;
    }
    return from;
}

/* On to the next page, while there is one; false: it is cold. */
static bool page_load(struct changes_walk *w)
{
    struct page_head head;
    if (!page_open(w->view, w->page, &head, &w->rest))
        return false;
    w->last = (struct kept_change){0};
    w->left = CHANGES_A_PAGE;
    w->page++;
    return true;
}

static void page_skip(struct changes_walk *w, struct change_cursor after)
{
    bool is_behind = false;
    while (!is_behind && (w->left > 0 || (w->place < w->fresh && page_load(w)))) {
        struct changes_walk next = *w;
        change_unpack(&next.rest, &next.last);
        next.left--;
        next.place++;
        is_behind = change_cursor_compare(cursor_of(&next.last), after) > 0;
        if (!is_behind)
            *w = next;
    }
}

void changes_walk_begin(const struct view *v, struct change_cursor after, struct changes_walk *out_walk)
{
    struct book b;
    struct changes_walk w = {.view = v, .place = book_end_place(v)};
    w.fresh = w.place;
    if (book_read(v, &b) && b.is_kept) {
        w.fresh = b.fresh;
        w.page = page_find(v, &b, after);
        w.place = page_place(v, &b, w.page);
        if (w.place < w.fresh)
            page_skip(&w, after);
        else
            w.place = fresh_find(v, &b, after);
    }
    *out_walk = w;
}

bool changes_walk_next(struct changes_walk *w, struct kept_change *out_change)
{
    if (w->place >= book_end_place(w->view))
        return false;
    if (w->place >= w->fresh) {
        *out_change = *fresh_at(w->view, w->place++);
        return true;
    }
    if (w->left == 0 && !page_load(w))
        return false;
    change_unpack(&w->rest, &w->last);
    w->left--;
    w->place++;
    *out_change = w->last;
    return true;
}
