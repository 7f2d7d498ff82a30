#include "engine/roster.h"

#include <string.h>

#include "engine/domain.h"
#include "lib/pack.h"

/* A row begins with what it is. */
enum { FORM_NUMBERS = 1, FORM_DIRECTORY = 3 };

#define NUMBER_BYTES 4u
#define LISTING_BYTES 10u
/* Numbers most often grow, and a page is written anew with each one: so the last ones stand in the directory until they are so many. */
#define TAIL_MAX 128u
#define DIRECTORY_HEAD_BYTES 3u
#define PAGES_MAX ((ROW_BYTES_MAX - DIRECTORY_HEAD_BYTES - NUMBER_BYTES * TAIL_MAX) / LISTING_BYTES)

/* Two neighbours always have more numbers than this: those that have fewer become one page. */
#define PAIR_MIN (ROSTER_PAGE_MAX / 2)

static_assert(1 + NUMBER_BYTES * ROSTER_PAGE_MAX <= ROW_BYTES_MAX, "a page is a row");
static_assert(PAGES_MAX / 2 * PAIR_MIN >= ROSTER_NUMBERS_MAX,
              "however thin its pages are, a directory has room for the bound");

/* What a directory says of a page. */
struct listing {
    uint32_t first; /* what comes before belongs to the page before; of the first page it says nothing */
    uint32_t row;
    uint32_t count;
};

/* Where a number of a key belongs. */
struct place {
    uint32_t key_row;
    uint32_t page_count;   /* 0: the key's row has the numbers itself */
    struct listing *pages; /* with room for one more */
    uint32_t at;           /* the page that is meant, or the last one when the tail is */
    uint32_t tail_count;   /* in the directory, above all that pages have */
    uint32_t *tail;        /* with room for TAIL_MAX */
};

/* Numbers as they stand in a row, ascending. */
struct numbers {
    const uint8_t *data;
    uint32_t count;
};

static uint32_t number_at(struct numbers n, uint32_t at)
{
    uint32_t number;
    memcpy(&number, n.data + NUMBER_BYTES * at, sizeof number);
    return number;
}

/* How many are not above `number`. */
static uint32_t numbers_until(struct numbers n, uint32_t number)
{
    uint32_t low = 0, high = n.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (number_at(n, middle) <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool numbers_have(struct numbers n, uint32_t number)
{
    uint32_t until = numbers_until(n, number);
    return until > 0 && number_at(n, until - 1) == number;
}

/* --- reading --- */

static void directory_read(const struct view *v, struct bytes row, struct place *place)
{
    struct unpack u = unpack_of(bytes_slice(row, 1, row.size));
    place->tail = arena_take(v->arena, NUMBER_BYTES * TAIL_MAX, _Alignof(uint32_t));
    place->tail_count = unpack_u16(&u);
    assert(place->tail_count <= TAIL_MAX);
    struct bytes tail = unpack_raw(&u, NUMBER_BYTES * (size_t)place->tail_count);
    if (tail.size > 0)
        memcpy(place->tail, tail.data, tail.size);
    place->page_count = (uint32_t)(unpack_left(&u) / LISTING_BYTES);
    place->pages = ARENA_ARRAY(v->arena, struct listing, place->page_count + 1);
    for (uint32_t i = 0; i < place->page_count; i++) {
        place->pages[i].first = unpack_u32(&u);
        place->pages[i].row = unpack_u32(&u);
        place->pages[i].count = unpack_u16(&u);
    }
    assert(unpack_finished(&u) && place->page_count > 0);
}

static uint32_t page_of(const struct place *place, uint32_t number)
{
    uint32_t low = 0, high = place->page_count;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        if (place->pages[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* false: the key has no numbers (or its row is cold, and noted). */
static bool place_find(const struct view *v, const struct roster *r, struct hash128 key, uint32_t number,
                       struct place *out_place)
{
    struct bytes row;
    *out_place = (struct place){0};
    if (!view_index(v, r->index, key, &out_place->key_row) || !view_row(v, r->pages, out_place->key_row, &row))
        return false;
    assert(row.size > 1 && (row.data[0] == FORM_NUMBERS || row.data[0] == FORM_DIRECTORY));
    if (row.data[0] == FORM_DIRECTORY) {
        directory_read(v, row, out_place);
        out_place->at = page_of(out_place, number);
    }
    return true;
}

static uint32_t place_row(const struct place *place)
{
    return place->page_count == 0 ? place->key_row : place->pages[place->at].row;
}

static struct numbers tail_of(const struct place *place)
{
    return (struct numbers){(const uint8_t *)place->tail, place->tail_count};
}

/* Would the number stand in the tail? An empty one has room for none: what comes behind a page is the page's until it begins. */
static bool is_of_tail(const struct place *place, uint32_t number)
{
    return place->tail_count > 0 && number >= place->tail[0];
}

/* None when the row is cold, and noted. */
static struct numbers numbers_of(const struct view *v, const struct roster *r, uint32_t row_number)
{
    struct bytes row;
    if (!view_row(v, r->pages, row_number, &row))
        return (struct numbers){0};
    assert(row.size > 1 && row.data[0] == FORM_NUMBERS && row.size % NUMBER_BYTES == 1);
    return (struct numbers){row.data + 1, (uint32_t)(row.size / NUMBER_BYTES)};
}

/* A page that is fuller can only be joined after numbers were taken out of it, which touched it. One that a step may empty leaves its
 * numbers to the one before. */
void roster_touch(const struct view *v, const struct roster *r, struct hash128 key, uint32_t number)
{
    struct place place;
    struct bytes row;
    if (!place_find(v, r, key, number, &place))
        return;
    (void)view_row(v, r->pages, place_row(&place), &row);
    for (uint32_t i = place.at == 0 ? 0 : place.at - 1; i < place.page_count && i <= place.at + 1; i++)
        if (place.pages[i].count <= PAIR_MIN || (i < place.at && place.pages[place.at].count <= STEP_PEOPLE_MAX))
            (void)view_row(v, r->pages, place.pages[i].row, &row);
}

bool roster_has(const struct view *v, const struct roster *r, struct hash128 key, uint32_t number)
{
    struct place place;
    if (!place_find(v, r, key, number, &place))
        return false;
    return numbers_have(is_of_tail(&place, number) ? tail_of(&place) : numbers_of(v, r, place_row(&place)), number);
}

uint32_t roster_count(const struct view *v, const struct roster *r, struct hash128 key)
{
    struct place place;
    if (!place_find(v, r, key, 0, &place))
        return 0;
    if (place.page_count == 0)
        return numbers_of(v, r, place.key_row).count;
    uint32_t count = place.tail_count;
    for (uint32_t i = 0; i < place.page_count; i++)
        count += place.pages[i].count;
    return count;
}

/* Those above `after`, at most `max`. */
static uint32_t numbers_read(struct numbers n, uint32_t after, uint32_t *out_numbers, uint32_t max)
{
    uint32_t from = numbers_until(n, after), count = n.count - from < max ? n.count - from : max;
    if (count > 0)
        memcpy(out_numbers, n.data + NUMBER_BYTES * (size_t)from, NUMBER_BYTES * (size_t)count);
    return count;
}

uint32_t roster_read(const struct view *v, const struct roster *r, struct hash128 key, uint32_t after,
                     uint32_t *out_numbers, uint32_t max)
{
    struct place place;
    uint32_t count = 0;
    if (!place_find(v, r, key, after, &place))
        return 0;
    do
        count += numbers_read(numbers_of(v, r, place_row(&place)), after, out_numbers + count, max - count);
    while (++place.at < place.page_count && count < max);
    return count + numbers_read(tail_of(&place), after, out_numbers + count, max - count);
}

/* --- writing --- */

static struct bytes directory_row(struct step *s, const struct place *place)
{
    size_t tail_bytes = NUMBER_BYTES * (size_t)place->tail_count,
           size = DIRECTORY_HEAD_BYTES + tail_bytes + LISTING_BYTES * (size_t)place->page_count;
    struct buf b = arena_buf(s->view.arena, size);
    pack_u8(&b, FORM_DIRECTORY);
    pack_u16(&b, (uint16_t)place->tail_count);
    pack_raw(&b, bytes_of(place->tail, tail_bytes));
    for (uint32_t i = 0; i < place->page_count; i++) {
        pack_u32(&b, place->pages[i].first);
        pack_u32(&b, place->pages[i].row);
        pack_u16(&b, (uint16_t)place->pages[i].count);
    }
    assert(b.size == size);
    return buf_bytes(&b);
}

static void directory_put(struct step *s, const struct roster *r, const struct place *place)
{
    step_row_put(s, r->pages, place->key_row, directory_row(s, place));
}

static struct bytes numbers_row(struct step *s, const uint32_t *numbers, uint32_t count)
{
    size_t size = 1 + NUMBER_BYTES * (size_t)count;
    uint8_t *row = arena_take(s->view.arena, size, 1);
    row[0] = FORM_NUMBERS;
    memcpy(row + 1, numbers, size - 1);
    return bytes_of(row, size);
}

/* A copy with room for `more`. */
static uint32_t *numbers_copy(struct step *s, struct numbers n, uint32_t more)
{
    uint32_t *copy = arena_take(s->view.arena, NUMBER_BYTES * ((size_t)n.count + more), _Alignof(uint32_t));
    memcpy(copy, n.data, NUMBER_BYTES * (size_t)n.count);
    return copy;
}

/* What a place's row has now, and the directory's count of it. */
static void numbers_put(struct step *s, const struct roster *r, struct place *place, const uint32_t *numbers,
                        uint32_t count)
{
    step_row_put(s, r->pages, place_row(place), numbers_row(s, numbers, count));
    if (place->page_count == 0)
        return;
    place->pages[place->at].count = count;
    directory_put(s, r, place);
}

static void page_insert(struct place *place, uint32_t at, struct listing page)
{
    assert(at <= place->page_count && place->page_count < PAGES_MAX);
    memmove(place->pages + at + 1, place->pages + at, (place->page_count - at) * sizeof *place->pages);
    place->pages[at] = page;
    place->page_count++;
}

static void page_drop(struct step *s, const struct roster *r, struct place *place, uint32_t at)
{
    step_row_remove(s, r->pages, place->pages[at].row);
    place->page_count--;
    memmove(place->pages + at, place->pages + at + 1, (place->page_count - at) * sizeof *place->pages);
}

/* The key's own numbers become its first page. */
static void directory_begin(struct step *s, const struct roster *r, struct place *place, const uint32_t *numbers,
                            uint32_t count)
{
    place->pages = ARENA_ARRAY(s->view.arena, struct listing, 2);
    place->tail = arena_take(s->view.arena, NUMBER_BYTES * TAIL_MAX, _Alignof(uint32_t));
    page_insert(place, 0,
                (struct listing){.row = step_row_create(s, r->pages, numbers_row(s, numbers, count)), .count = count});
}

static void page_create(struct step *s, const struct roster *r, struct place *place, uint32_t at,
                        const uint32_t *numbers, uint32_t count)
{
    uint32_t row = step_row_create(s, r->pages, numbers_row(s, numbers, count));
    page_insert(place, at, (struct listing){.first = numbers[0], .row = row, .count = count});
}

/* A full page and one number more become two halves. */
static void page_split(struct step *s, const struct roster *r, struct place *place, const uint32_t *numbers)
{
    const uint32_t count = ROSTER_PAGE_MAX + 1, kept = count / 2;
    if (place->page_count == 0)
        directory_begin(s, r, place, numbers, kept);
    page_create(s, r, place, place->at + 1, numbers + kept, count - kept);
    numbers_put(s, r, place, numbers, kept);
}

/* --- the tail --- */

/* A full tail goes to the last page, or becomes one. false: there is no room for it. */
static bool tail_flush(struct step *s, const struct roster *r, struct place *place)
{
    struct listing *last = &place->pages[place->page_count - 1];
    if (last->count + place->tail_count <= ROSTER_PAGE_MAX) {
        uint32_t *all = numbers_copy(s, numbers_of(&s->view, r, last->row), place->tail_count);
        memcpy(all + last->count, place->tail, NUMBER_BYTES * (size_t)place->tail_count);
        last->count += place->tail_count;
        step_row_put(s, r->pages, last->row, numbers_row(s, all, last->count));
    } else if (place->page_count < PAGES_MAX) {
        page_create(s, r, place, place->page_count, place->tail, place->tail_count);
    } else {
        return false;
    }
    place->tail_count = 0;
    return true;
}

static void tail_insert(struct step *s, const struct roster *r, struct place *place, uint32_t number)
{
    uint32_t at = numbers_until(tail_of(place), number);
    assert(place->tail_count < TAIL_MAX);
    memmove(place->tail + at + 1, place->tail + at, NUMBER_BYTES * (size_t)(place->tail_count - at));
    place->tail[at] = number;
    place->tail_count++;
    directory_put(s, r, place);
}

static void tail_remove(struct step *s, const struct roster *r, struct place *place, uint32_t number)
{
    uint32_t until = numbers_until(tail_of(place), number);
    if (!numbers_have(tail_of(place), number))
        return;
    memmove(place->tail + until - 1, place->tail + until, NUMBER_BYTES * (size_t)(place->tail_count - until));
    place->tail_count--;
    directory_put(s, r, place);
}

/* --- adding --- */

/* false: there is no room. */
static bool page_add(struct step *s, const struct roster *r, struct place *place, uint32_t number)
{
    struct numbers old = numbers_of(&s->view, r, place_row(place));
    uint32_t at = numbers_until(old, number);
    if (at > 0 && number_at(old, at - 1) == number)
        return true;
    bool comes_last = at == old.count && place->at + 1 >= place->page_count && place->tail_count == 0;
    if (comes_last && old.count >= TAIL_MAX) {
        if (place->page_count == 0)
            directory_begin(s, r, place, numbers_copy(s, old, 0), old.count);
        tail_insert(s, r, place, number);
        return true;
    }
    if (old.count == ROSTER_PAGE_MAX && place->page_count == PAGES_MAX)
        return false;
    uint32_t *numbers = numbers_copy(s, old, 1);
    memmove(numbers + at + 1, numbers + at, NUMBER_BYTES * (size_t)(old.count - at));
    numbers[at] = number;
    if (old.count == ROSTER_PAGE_MAX)
        page_split(s, r, place, numbers);
    else
        numbers_put(s, r, place, numbers, old.count + 1);
    return true;
}

static bool tail_add(struct step *s, const struct roster *r, struct place *place, uint32_t number)
{
    uint32_t last = place->tail[place->tail_count - 1];
    if (numbers_have(tail_of(place), number))
        return true;
    bool is_full = place->tail_count == TAIL_MAX;
    if (is_full && !tail_flush(s, r, place))
        return false;
    if (!is_full || number > last) {
        tail_insert(s, r, place, number);
        return true;
    }
    place->at = place->page_count - 1; /* where those of the tail went */
    return page_add(s, r, place, number);
}

bool roster_add(struct step *s, const struct roster *r, struct hash128 key, uint32_t number)
{
    struct place place;
    assert(number != 0);
    if (!place_find(&s->view, r, key, number, &place)) {
        step_index_put(s, r->index, key, step_row_create(s, r->pages, numbers_row(s, &number, 1)));
        return true;
    }
    return is_of_tail(&place, number) ? tail_add(s, r, &place, number) : page_add(s, r, &place, number);
}

/* --- removing --- */

/* The place's numbers, and those of a page beside it, become the left one of the two. */
static void pages_join(struct step *s, const struct roster *r, struct place *place, const uint32_t *numbers,
                       uint32_t count, uint32_t beside)
{
    struct numbers other = numbers_of(&s->view, r, place->pages[beside].row);
    uint32_t *all = arena_take(s->view.arena, NUMBER_BYTES * (size_t)(count + other.count), _Alignof(uint32_t));
    bool other_first = beside < place->at;
    memcpy(all + (other_first ? other.count : 0), numbers, NUMBER_BYTES * (size_t)count);
    memcpy(all + (other_first ? 0 : count), other.data, NUMBER_BYTES * (size_t)other.count);
    page_drop(s, r, place, other_first ? place->at : beside);
    place->at -= other_first;
    numbers_put(s, r, place, all, count + other.count);
}

static void page_shrink(struct step *s, const struct roster *r, struct place *place, const uint32_t *numbers,
                        uint32_t count)
{
    if (place->at > 0 && place->pages[place->at - 1].count + count <= PAIR_MIN)
        pages_join(s, r, place, numbers, count, place->at - 1);
    else if (place->at + 1 < place->page_count && place->pages[place->at + 1].count + count <= PAIR_MIN)
        pages_join(s, r, place, numbers, count, place->at + 1);
    else
        numbers_put(s, r, place, numbers, count);
}

/* The last number of its row is gone. */
static void row_end(struct step *s, const struct roster *r, struct hash128 key, struct place *place)
{
    if (place->page_count > 0)
        page_drop(s, r, place, place->at);
    if (place->page_count > 0) {
        directory_put(s, r, place);
        return;
    }
    if (place->tail_count > 0) {
        step_row_put(s, r->pages, place->key_row, numbers_row(s, place->tail, place->tail_count));
        return;
    }
    step_row_remove(s, r->pages, place->key_row);
    step_index_remove(s, r->index, key);
}

void roster_remove(struct step *s, const struct roster *r, struct hash128 key, uint32_t number)
{
    struct place place;
    if (!place_find(&s->view, r, key, number, &place))
        return;
    if (is_of_tail(&place, number)) {
        tail_remove(s, r, &place, number);
        return;
    }
    struct numbers old = numbers_of(&s->view, r, place_row(&place));
    if (!numbers_have(old, number))
        return;
    uint32_t at = numbers_until(old, number) - 1, count = old.count - 1;
    uint32_t *numbers = numbers_copy(s, old, 0);
    memmove(numbers + at, numbers + at + 1, NUMBER_BYTES * (size_t)(count - at));
    if (count == 0)
        row_end(s, r, key, &place);
    else
        page_shrink(s, r, &place, numbers, count);
}

/* --- sets without a bound --- */

static_assert(ROSTER_SHARD_NUMBERS <= ROSTER_NUMBERS_MAX, "a shard is never full");

static struct hash128 shard_key(struct bytes set, uint32_t number)
{
    return hash128(set, number >> ROSTER_SHARD_BITS);
}

void roster_set_touch(const struct view *v, const struct roster *r, struct bytes set, uint32_t number)
{
    roster_touch(v, r, shard_key(set, number), number);
}

void roster_set_add(struct step *s, const struct roster *r, struct bytes set, uint32_t number)
{
    bool added = roster_add(s, r, shard_key(set, number), number);
    assert(added);
    (void)added;
}

void roster_set_remove(struct step *s, const struct roster *r, struct bytes set, uint32_t number)
{
    roster_remove(s, r, shard_key(set, number), number);
}

bool roster_set_has(const struct view *v, const struct roster *r, struct bytes set, uint32_t number)
{
    return roster_has(v, r, shard_key(set, number), number);
}

uint32_t roster_set_read(const struct view *v, const struct roster *r, struct bytes set, uint32_t after, uint32_t end,
                         uint32_t *out_numbers, uint32_t max)
{
    uint32_t count = 0;
    for (uint64_t from = after; from < end && count < max; from = (from | (ROSTER_SHARD_NUMBERS - 1)) + 1) {
        uint32_t behind = from > after ? (uint32_t)from - 1 : after;
        count += roster_read(v, r, shard_key(set, (uint32_t)from), behind, out_numbers + count, max - count);
    }
    return count;
}

uint64_t roster_set_count(const struct view *v, const struct roster *r, struct bytes set, uint32_t end)
{
    uint64_t count = 0;
    for (uint64_t from = 0; from < end; from += ROSTER_SHARD_NUMBERS)
        count += roster_count(v, r, shard_key(set, (uint32_t)from));
    return count;
}
