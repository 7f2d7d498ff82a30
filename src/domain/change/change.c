#include "domain/change/change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "domain/audience/audience.h"
#include "domain/change/book.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/relation/relation.h"
#include "domain/scope/scope.h"
#include "domain/thing/thing.h"
#include "lib/text.h"

#define CONSUMER_FORMAT 1u
#define CONSUMER_BYTES_MAX 256u

static const struct family consumer_family = {
    .id = 123, .kind = FAMILY_KEYED, .value_bytes = CONSUMER_BYTES_MAX, .name = "change_consumer"};

static const struct refusal no_such_consumer = {
    "no_such_consumer", "There is no consumer of this name: make it by saying from where it begins.",
    "没有这个名称的消费者:请先以起点创建。"};
static const struct refusal too_many_consumers = {
    "too_many_consumers", "There are 64 consumers already: remove one first.", "已有 64 个消费者:请先删除一个。"};
static const struct refusal cursor_ahead = {"cursor_ahead",
                                            "No change has come so far yet: say the cursor of one that was told.",
                                            "该游标之后尚无变更:请使用已收到的游标。"};
static const struct refusal cursor_gone = {
    "cursor_gone", "Changes behind this cursor are not kept any more: begin at start, after an export.",
    "该游标之后的变更已不再保留:请先全量导出,再从 start 开始。"};

/* --- cursors --- */

int change_cursor_compare(struct change_cursor x, struct change_cursor y)
{
    if (x.position != y.position)
        return x.position < y.position ? -1 : 1;
    return (x.index > y.index) - (x.index < y.index);
}

const char *change_cursor_text(struct change_cursor c, char out_text[CHANGE_CURSOR_TEXT_BYTES])
{
    (void)snprintf(out_text, CHANGE_CURSOR_TEXT_BYTES, "%" PRIu64 "-%" PRIu32, c.position, c.index);
    return out_text;
}

/* Takes a number off the front. */
static bool number_take(struct bytes *text, uint64_t most, uint64_t *out_number)
{
    uint64_t number = 0;
    size_t size = 0;
    for (; size < text->size && text->data[size] >= '0' && text->data[size] <= '9'; size++) {
        uint64_t digit = (uint64_t)(text->data[size] - '0');
        if (number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *text = bytes_slice(*text, size, text->size);
    *out_number = number;
    return size > 0;
}

bool change_cursor_read(struct bytes text, struct change_cursor *out_cursor)
{
    uint64_t position, index;
    if (!number_take(&text, UINT64_MAX, &position) || text.size == 0 || text.data[0] != '-')
        return false;
    text = bytes_slice(text, 1, text.size);
    if (!number_take(&text, CHANGE_INDEX_END, &index) || text.size > 0)
        return false;
    *out_cursor = (struct change_cursor){position, (uint32_t)index};
    return true;
}

/* --- what is heard --- */

/* An event is told once it has found its person. */
static const struct fact_kind *const fact_kinds[CHANGE_FACT_END] = {
    [CHANGE_EVENT] = &fact_arrived,
    [CHANGE_MERGED] = &fact_merged,
    [CHANGE_SPLIT] = &fact_split,
    [CHANGE_ERASED] = &fact_person_erased,
    [CHANGE_IDENTIFIERS] = &fact_identifiers_changed,
    [CHANGE_PROFILE] = &fact_profile_changed,
    [CHANGE_RELATION] = &fact_relation_changed,
    [CHANGE_THING] = &fact_thing_changed,
    [CHANGE_ORDER] = &fact_order_changed,
    [CHANGE_SCOPE] = &fact_scope_changed,
    [CHANGE_SEGMENT_ENTERED] = &fact_segment_entered,
    [CHANGE_SEGMENT_LEFT] = &fact_segment_left,
    [CHANGE_TAG] = &fact_tag_changed,
};

const char *change_fact_name(enum change_fact fact)
{
    assert(fact >= CHANGE_EVENT && fact < CHANGE_FACT_END);
    return fact_kinds[fact]->name;
}

static void hear_resolved(struct step *s, const void *said)
{
    const struct resolved *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_EVENT, .subject = f->person, .owner = f->owner});
}

static void hear_merged(struct step *s, const void *said)
{
    const struct merged *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_MERGED, .subject = f->survivor, .object = f->absorbed});
}

static void hear_split(struct step *s, const void *said)
{
    const struct split *f = said;
    for (uint32_t i = 0; i < f->part_count; i++)
        book_note(s, (struct kept_change){.fact = CHANGE_SPLIT, .subject = f->person, .object = f->parts[i].person});
}

static void hear_person_erased(struct step *s, const void *said)
{
    (void)said;
    book_note(s, (struct kept_change){.fact = CHANGE_ERASED});
}

static void hear_identifiers_changed(struct step *s, const void *said)
{
    const struct identifiers_changed *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_IDENTIFIERS, .subject = f->person});
}

static void hear_profile_changed(struct step *s, const void *said)
{
    const struct profile_changed *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_PROFILE,
                                      .subject = f->person,
                                      .object = profile_object(f->trait, f->entity),
                                      .detail = (uint16_t)f->brand});
}

static void hear_relation_changed(struct step *s, const void *said)
{
    const struct relation_changed *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_RELATION,
                                      .subject = f->person,
                                      .object = f->brand,
                                      .detail = relation_detail(f->type->number, f->change)});
}

static void hear_thing_changed(struct step *s, const void *said)
{
    const struct thing_changed *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_THING, .subject = f->thing, .detail = (uint16_t)f->change});
}

static void hear_order_changed(struct step *s, const void *said)
{
    const struct order_changed *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_ORDER, .subject = f->order, .detail = f->is_new});
}

static void hear_scope_changed(struct step *s, const void *said)
{
    const struct scope_changed *f = said;
    book_note(s, (struct kept_change){.fact = CHANGE_SCOPE, .subject = f->from, .object = f->to, .detail = f->is_end});
}

static void turned_note(struct step *s, const void *said, enum change_fact fact)
{
    const struct audience_turned *f = said;
    book_note(s, (struct kept_change){.fact = (uint8_t)fact, .subject = f->person, .object = f->number});
}

static void hear_segment_entered(struct step *s, const void *said)
{
    turned_note(s, said, CHANGE_SEGMENT_ENTERED);
}

static void hear_segment_left(struct step *s, const void *said)
{
    turned_note(s, said, CHANGE_SEGMENT_LEFT);
}

static void hear_tag_changed(struct step *s, const void *said)
{
    turned_note(s, said, CHANGE_TAG);
}

/* --- consumers --- */

void consumer_ask_pack(const struct consumer_ask *ask, struct buf *out)
{
    pack_u8(out, CONSUMER_FORMAT);
    pack_bytes(out, ask->name);
    pack_bytes(out, ask->by);
    pack_u8(out, (uint8_t)ask->act);
    pack_varint(out, ask->cursor.position);
    pack_varint(out, ask->cursor.index);
}

static fallible consumer_ask_unpack(struct bytes payload, struct consumer_ask *out_ask, struct err *e)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != CONSUMER_FORMAT;
    out_ask->name = unpack_bytes(&u);
    out_ask->by = unpack_bytes(&u);
    uint8_t act = unpack_u8(&u);
    u.bad |= act >= CONSUMER_ACT_COUNT;
    out_ask->act = (enum consumer_act)act;
    out_ask->cursor.position = unpack_varint(&u);
    out_ask->cursor.index = unpack_varint32(&u);
    return unpack_finished(&u) ? DONE : FAIL(e, INVALID, "a consumer's command is cut short");
}

static bool consumer_unpack(struct bytes name, struct bytes value, struct consumer *out_consumer)
{
    struct unpack u = unpack_of(value);
    u.bad |= unpack_u8(&u) != CONSUMER_FORMAT;
    out_consumer->name = name;
    out_consumer->by = unpack_bytes(&u);
    out_consumer->acknowledged.position = unpack_varint(&u);
    out_consumer->acknowledged.index = unpack_varint32(&u);
    out_consumer->place = unpack_varint(&u);
    out_consumer->time_us = unpack_signed(&u);
    return unpack_finished(&u);
}

static void consumer_write(struct step *s, const struct consumer *c)
{
    struct buf b = arena_buf(s->view.arena, CONSUMER_BYTES_MAX);
    pack_u8(&b, CONSUMER_FORMAT);
    pack_bytes(&b, c->by);
    pack_varint(&b, c->acknowledged.position);
    pack_varint(&b, c->acknowledged.index);
    pack_varint(&b, c->place);
    pack_signed(&b, c->time_us);
    assert(!b.overflowed);
    step_keyed_put(s, &consumer_family, c->name, buf_bytes(&b));
}

bool consumer_find(const struct view *v, struct bytes name, struct consumer *out_consumer)
{
    struct bytes value;
    return name.size <= CONSUMER_NAME_BYTES_MAX && view_keyed(v, &consumer_family, name, &value) &&
           consumer_unpack(name, value, out_consumer);
}

bool consumer_next(const struct view *v, struct bytes after, struct consumer *out_consumer)
{
    struct bytes key, value;
    return view_keyed_next(v, &consumer_family, after.size == 0 ? BYTES_LIT("\0") : after, true, &key, &value) &&
           consumer_unpack(key, value, out_consumer);
}

uint64_t consumers_count(const struct view *v)
{
    struct consumer c;
    uint64_t count = 0;
    for (struct bytes after = BYTES_NONE; consumer_next(v, after, &c); after = c.name)
        count++;
    return count;
}

struct consumer_lag consumer_lag(const struct view *v, const struct consumer *c)
{
    struct book b;
    bool is_there = book_read(v, &b);
    assert(is_there);
    uint64_t first = book_first_place(v, &b);
    return (struct consumer_lag){.changes = book_end_place(v) - c->place,
                                 .lost = first > c->place ? first - c->place : 0};
}

/* --- commands on them --- */

/* A consumer is ended by its name as a step of a path. */
static fallible consumer_check(struct bytes payload, struct err *e)
{
    struct consumer_ask ask;
    TRY(consumer_ask_unpack(payload, &ask, e));
    if (ask.name.size > CONSUMER_NAME_BYTES_MAX || ask.by.size > CONSUMER_NAME_BYTES_MAX || !text_fits_a_path(ask.name))
        return FAIL(
            e, INVALID,
            "a consumer's name is plain text of at most %u bytes without \"/\" and control characters, and not . or ..",
            CONSUMER_NAME_BYTES_MAX);
    return DONE;
}

static uint64_t place_behind(const struct view *v, struct change_cursor after)
{
    struct changes_walk w;
    changes_walk_begin(v, after, &w);
    return w.place;
}

/* Finding the place of a cursor reads pages. */
static void consumer_needs(const struct view *v, struct bytes payload)
{
    struct consumer_ask ask;
    struct status status = consumer_ask_unpack(payload, &ask, NULL);
    assert(done(status));
    if (ask.act <= CONSUMER_FROM_CURSOR)
        (void)place_behind(v, ask.cursor);
}

/* From now on; changes are kept. */
static void consumer_move(const struct view *v, const struct consumer_ask *ask, struct consumer *io_consumer)
{
    struct book b;
    bool is_there = book_read(v, &b);
    assert(is_there);
    switch (ask->act) {
    case CONSUMER_FROM_START:
        io_consumer->acknowledged = b.begin;
        io_consumer->place = book_first_place(v, &b);
        break;
    case CONSUMER_FROM_NOW:
        io_consumer->acknowledged = (struct change_cursor){v->position, CHANGE_INDEX_END};
        io_consumer->place = book_end_place(v);
        break;
    case CONSUMER_ACKNOWLEDGES:
    case CONSUMER_FROM_CURSOR:
    case CONSUMER_ACT_COUNT:
        io_consumer->acknowledged = ask->cursor;
        io_consumer->place = place_behind(v, ask->cursor);
    }
}

static const struct refusal *refusal_of(const struct step *s, const struct consumer_ask *ask)
{
    struct changes_span span;
    struct consumer c;
    bool is_there = consumer_find(&s->view, ask->name, &c), are_kept = changes_span(&s->view, &span);
    bool has_cursor = ask->act == CONSUMER_ACKNOWLEDGES || ask->act == CONSUMER_FROM_CURSOR;
    if (!is_there && ask->act == CONSUMER_ACKNOWLEDGES)
        return &no_such_consumer;
    if (!is_there && consumers_count(&s->view) >= CONSUMERS_MAX)
        return &too_many_consumers;
    if (has_cursor && ask->cursor.position >= s->view.position)
        return &cursor_ahead;
    if (ask->act == CONSUMER_FROM_CURSOR && (!are_kept || change_cursor_compare(ask->cursor, span.begin) < 0))
        return &cursor_gone;
    return NULL;
}

static const struct refusal *consumer_apply(struct step *s, struct bytes payload)
{
    struct consumer_ask ask;
    struct consumer c = {0};
    struct status status = consumer_ask_unpack(payload, &ask, NULL);
    assert(done(status));
    const struct refusal *refusal = refusal_of(s, &ask);
    if (refusal != NULL)
        return refusal;
    bool is_there = consumer_find(&s->view, ask.name, &c), moves = ask.act != CONSUMER_ACKNOWLEDGES;
    book_open(s);
    c.name = ask.name;
    c.by = is_there && !moves ? c.by : ask.by;
    c.time_us = s->view.now_us;
    if (moves || change_cursor_compare(ask.cursor, c.acknowledged) > 0)
        consumer_move(&s->view, &ask, &c);
    consumer_write(s, &c);
    return NULL;
}

static fallible end_check(struct bytes payload, struct err *e)
{
    return payload.size > 0 ? DONE : FAIL(e, INVALID, "which consumer? give its name");
}

static const struct refusal *end_apply(struct step *s, struct bytes name)
{
    struct consumer c;
    if (!consumer_find(&s->view, name, &c))
        return &no_such_consumer;
    step_keyed_remove(s, &consumer_family, name);
    if (!consumer_next(&s->view, BYTES_NONE, &c))
        book_close(s);
    return NULL;
}

static fallible trim_check(struct bytes payload, struct err *e)
{
    return payload.size == 0 ? DONE : FAIL(e, INVALID, "trimming says nothing");
}

/* --- figures --- */

static uint64_t kept_count(const struct view *v)
{
    struct changes_span span;
    return changes_span(v, &span) ? span.kept : 0;
}

uint64_t consumers_lag(const struct view *v)
{
    struct consumer c;
    uint64_t most = 0;
    for (struct bytes after = BYTES_NONE; consumer_next(v, after, &c); after = c.name) {
        uint64_t lag = consumer_lag(v, &c).changes;
        most = lag > most ? lag : most;
    }
    return most;
}

/* Half of what is kept at most has not been acknowledged, or the oldest page, of which the same is true of the time. */
static bool falls_behind(const struct view *v)
{
    struct consumer c;
    struct book b;
    bool behind = false;
    if (!book_read(v, &b))
        return false;
    uint64_t most = (uint64_t)setting_int(v, &changes_kept) / 2, first = book_first_place(v, &b);
    bool is_old = b.oldest_us < v->now_us - setting_int(v, &change_hours) * US_PER_HOUR / 2;
    for (struct bytes after = BYTES_NONE; !behind && consumer_next(v, after, &c); after = c.name) {
        struct consumer_lag lag = consumer_lag(v, &c);
        behind = lag.lost > 0 || lag.changes > most || (is_old && c.place < first + CHANGES_A_PAGE);
    }
    return behind;
}

/* --- the table --- */

static const struct family *const families[] = {&fresh_change_family, &change_page_family, &change_book_family,
                                                &consumer_family};
static const struct setting *const settings[] = {&changes_kept, &change_hours};
static const struct listener hears[] = {
    {&fact_resolved, hear_resolved},
    {&fact_merged, hear_merged},
    {&fact_split, hear_split},
    {&fact_person_erased, hear_person_erased},
    {&fact_identifiers_changed, hear_identifiers_changed},
    {&fact_profile_changed, hear_profile_changed},
    {&fact_relation_changed, hear_relation_changed},
    {&fact_thing_changed, hear_thing_changed},
    {&fact_order_changed, hear_order_changed},
    {&fact_scope_changed, hear_scope_changed},
    {&fact_segment_entered, hear_segment_entered},
    {&fact_segment_left, hear_segment_left},
    {&fact_tag_changed, hear_tag_changed},
};
static const struct command commands[] = {
    {COMMAND_CONSUMER, "change.consumer", CONSUMER_BYTES_MAX, ROLE_READ, consumer_check, consumer_needs, consumer_apply,
     "Makes a consumer of changes, moves it, or notes how far it has come.", NULL},
    {COMMAND_CONSUMER_END, "change.consumer_end", CONSUMER_NAME_BYTES_MAX, ROLE_ADMIN, end_check, NULL, end_apply,
     "Ends a consumer; behind the last one no changes are kept.", NULL},
    {COMMAND_CHANGE_TRIM, "change.trim", 0, ROLE_SYSTEM, trim_check, book_trim_needs, book_trim,
     "Lets go of the oldest changes.", NULL},
};
static const struct metric metrics[] = {
    {"kith_changes_kept", "Changes that consumers can read.", kept_count},
    {"kith_consumers", "Consumers of changes.", consumers_count},
    {"kith_consumer_lag", "Changes that the consumer furthest behind has not acknowledged.", consumers_lag},
};
static const struct alarm alarms[] = {
    {"consumer_behind",
     "a consumer of changes has not acknowledged half of what is kept, or has missed some: look at `kith consumer "
     "list`",
     "no consumer of changes is far behind any more", falls_behind,
     "有变更消费者落后超过保留量的一半,或已有丢失:见 `kith consumer list`"},
};

const struct domain change_domain = {
    .number = 0x0C,
    .name = "change",
    .about = "What others need to hear to keep a copy, and how far they have come.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
    .alarms = alarms,
    .alarm_count = COUNT_OF(alarms),
};
