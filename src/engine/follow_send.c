/* Sending follow-ups: which of them are on their way is known in memory alone; what must be sent at all, by the rows. */
#include "engine/engine_priv.h"

#define SENT_AT_ONCE_MAX 4096u
#define SENT_BYTES_MAX (LOG_GROUP_BYTES_MAX / 4)
#define ROWS_TOO_MANY 16384u

/* One that was turned away for lack of room goes again, and those behind it with it, so that they keep their order: first all that
 * are on their way must be done or turned away too. */
static void sent_over(struct engine *g, struct status status)
{
    assert(g->follow_ups.under_way > 0);
    g->follow_ups.turned_away |= failed(status);
    g->follow_ups.under_way--;
}

/* The next one to send, or false. */
static bool next_to_send(struct engine *g, struct follow_up *out_follow_up)
{
    struct follow_ups *f = &g->follow_ups;
    if (f->turned_away && f->under_way == 0) {
        f->sent = (struct log_follows){0};
        f->turned_away = false;
    }
    struct view v = engine_view(g);
    return g->accepting && !g->room.wanted && !f->turned_away && follow_up_next(&v, f->sent, out_follow_up);
}

bool follow_ups_due(struct engine *g)
{
    struct follow_up next;
    return next_to_send(g, &next);
}

struct submission *follow_ups_take(struct engine *g, size_t *out_count)
{
    struct follow_ups *f = &g->follow_ups;
    struct submission *first = NULL, **end = &first;
    struct follow_up next;
    size_t count = 0, bytes = 0, most = WAITING_MAX - waiting_count(g->waiting);
    most = most < SENT_AT_ONCE_MAX ? most : SENT_AT_ONCE_MAX;
    while (count < most && bytes < SENT_BYTES_MAX && next_to_send(g, &next)) {
        struct submission *s = own_submission_create(g, next.command, next.payload, sent_over);
        s->follows = f->sent = next.name;
        f->under_way++;
        *end = s;
        end = &s->next;
        bytes += next.payload.size;
        count++;
    }
    *out_count = count;
    return first;
}

static uint64_t rows_left(const struct engine *g)
{
    struct rows_usage usage;
    rows_usage(g->rows, &usage);
    return g->accepting ? usage.rows[follow_up_family.id] : 0; /* else they stay where they are */
}

bool follow_ups_left(const struct engine *g)
{
    return rows_left(g) > 0;
}

bool follow_ups_hold(const struct engine *g)
{
    return rows_left(g) >= ROWS_TOO_MANY;
}
