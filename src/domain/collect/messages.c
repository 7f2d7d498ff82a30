#include "domain/collect/messages.h"

#include <string.h>

#include "base/time.h"
#include "engine/shelf.h"

#define FORGET_EVERY 4096u /* messages */
#define MARK_ROW_FORMAT 1u
#define DAY_S (US_PER_DAY / US_PER_SECOND)

const struct family message_family = {.id = 13,
                                      .kind = FAMILY_SERIES,
                                      .value_bytes = sizeof(struct message_seen),
                                      .name = "message",
                                      .found_by_hash = true};

struct mark_row {
    uint8_t format;
    uint8_t zero[3];
    uint32_t forgotten_s; /* when the newest id that was let go came */
};
static_assert(sizeof(struct mark_row) == 8, "rows are on disk");
const struct family message_mark_family = {
    .id = 16, .kind = FAMILY_KEYED, .value_bytes = sizeof(struct mark_row), .name = "message_mark"};
#define MARK_KEY BYTES_LIT("mark")

const struct setting dedup_days = {
    "collect.dedup_days", 1, 30, 7, "days", "How long a message id is remembered, so that a second one is refused."};
const struct setting dedup_ids = {"collect.dedup_ids", 1000,  200000000,
                                  200000000,           "ids", "How many message ids are remembered at most."};

struct hash128 message_hash(const struct message_seen *m)
{
    struct hash128 hash;
    memcpy(&hash, m->hash, sizeof hash);
    return hash;
}

uint32_t message_seen_s(const struct message_seen *m)
{
    uint32_t seen_s;
    memcpy(&seen_s, m->seen_s, sizeof seen_s);
    return seen_s;
}

/* --- what counts --- */

struct message_bounds message_bounds_of(const struct view *v)
{
    return (struct message_bounds){.days_s = setting_int(v, &dedup_days) * DAY_S,
                                   .now_s = v->now_us / US_PER_SECOND,
                                   .ids = (uint64_t)setting_int(v, &dedup_ids),
                                   .end = rows_series_end(v->rows, &message_family)};
}

bool message_value_counts(const struct message_bounds *b, uint64_t value)
{
    uint32_t newer = (uint32_t)b->end - (uint32_t)value;
    return b->now_s - (int64_t)(value >> 32) < b->days_s && newer <= b->ids;
}

bool message_value_is_newer(uint64_t a, uint64_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b) > 0;
}

static const struct message_seen *message_at(const struct view *v, uint64_t place)
{
    return rows_series_at(v->rows, &message_family, place);
}

static bool place_counts(const struct view *v, const struct message_bounds *b, uint64_t place)
{
    return message_value_counts(b, message_value(message_seen_s(message_at(v, place)), place));
}

/* An id in memory is newer than the same one in a file: when it doesn't count, nor do they. Yet a command's needs look
 * everywhere, for until the command is applied, others of its group may let the one in memory go. */
bool message_is_known(const struct view *v, struct hash128 message)
{
    uint64_t place, values[SHELF_SIEVES_MAX];
    bool in_memory = rows_series_find(v->rows, &message_family, message, &place);
    size_t count = in_memory && v->touched == NULL ? 0 : view_sieves_find(v, message, values);
    if (LIKELY(!in_memory && count == 0))
        return false;
    struct message_bounds bounds = message_bounds_of(v);
    bool counts = in_memory && place_counts(v, &bounds, place);
    for (size_t i = 0; i < count; i++)
        counts |= message_value_counts(&bounds, values[i]);
    return counts;
}

void message_prefetch(const struct view *v, struct hash128 message)
{
    rows_series_prefetch(v->rows, &message_family, message);
    view_sieves_prefetch(v, message);
}

/* --- coming and going --- */

/* Both bounds go up with the place, so those that count are a stretch at the end. */
uint64_t message_first_counting(const struct view *v)
{
    struct message_bounds bounds = message_bounds_of(v);
    uint64_t from = rows_series_first(v->rows, &message_family), until = bounds.end;
    while (from < until) {
        uint64_t middle = from + (until - from) / 2;
        if (place_counts(v, &bounds, middle))
            until = middle;
        else
            from = middle + 1;
    }
    return from;
}

static uint32_t forgotten_s(const struct view *v)
{
    struct bytes value;
    struct mark_row row = {0};
    if (!view_keyed(v, &message_mark_family, MARK_KEY, &value))
        return 0;
    assert(value.size == sizeof row);
    memcpy(&row, value.data, sizeof row);
    assert(row.format == MARK_ROW_FORMAT);
    return row.forgotten_s;
}

void message_mark_forgotten(struct step *s, uint32_t seen_s)
{
    struct mark_row row = {.format = MARK_ROW_FORMAT, .forgotten_s = seen_s};
    if (seen_s > forgotten_s(&s->view))
        step_keyed_put(s, &message_mark_family, MARK_KEY, arena_copy(s->view.arena, bytes_of(&row, sizeof row)));
}

static void messages_forget(struct step *s)
{
    uint64_t counting = message_first_counting(&s->view);
    if (counting == rows_series_first(s->view.rows, &message_family))
        return;
    message_mark_forgotten(s, message_seen_s(message_at(&s->view, counting - 1)));
    step_series_drop(s, &message_family, counting);
}

void message_remember(struct step *s, struct hash128 message)
{
    struct message_seen *seen = arena_take(s->view.arena, sizeof *seen, _Alignof(struct message_seen));
    uint32_t now_s = (uint32_t)(s->view.now_us / US_PER_SECOND);
    memcpy(seen->hash, &message, sizeof seen->hash);
    memcpy(seen->seen_s, &now_s, sizeof seen->seen_s);
    uint64_t place = step_series_push(s, &message_family, seen);
    if (place % FORGET_EVERY == FORGET_EVERY - 1)
        messages_forget(s);
}

/* --- how far back it is certain --- */

/* When the id of this place came; within a file in proportion, since it is sorted otherwise. 0: it is kept nowhere. */
static int64_t place_seen_s(const struct view *v, uint64_t place)
{
    struct message_file f;
    if (place >= rows_series_first(v->rows, &message_family))
        return message_seen_s(message_at(v, place));
    for (uint64_t from = 0; message_file_next(v, from, &f); from = f.first + 1) {
        if (place >= f.first && place < f.until)
            return f.oldest_s + (int64_t)((double)(f.newest_s - f.oldest_s) * (double)(place - f.first) /
                                          (double)(f.until - f.first));
    }
    return 0;
}

int64_t messages_horizon_us(const struct view *v)
{
    struct message_bounds b = message_bounds_of(v);
    int64_t horizon_s = b.days_s, kept_s = b.now_s - forgotten_s(v);
    if (kept_s < horizon_s)
        horizon_s = kept_s;
    if (b.end > b.ids) {
        int64_t age_s = b.now_s - place_seen_s(v, b.end - b.ids);
        horizon_s = age_s < horizon_s ? age_s : horizon_s;
    }
    return horizon_s * US_PER_SECOND;
}

uint64_t messages_in_memory(const struct view *v)
{
    return rows_series_end(v->rows, &message_family) - rows_series_first(v->rows, &message_family);
}
