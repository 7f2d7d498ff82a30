#include "domain/rule/gather.h"

#include "domain/identity/identity.h"
#include "domain/rule/commands.h"
#include "domain/rule/listen.h"
#include "domain/rule/orders.h"
#include "domain/rule/parted.h"
#include "lib/list.h"
#include "lib/pack.h"

#define ROW_FORMAT 2u
#define PAYLOAD_FORMAT 1u
#define GATHER_BYTES_MAX 96u
#define PASS_KEY BYTES_LIT("pass")
#define UNTIL_KEY BYTES_LIT("until")
#define WANTED_KEY BYTES_LIT("wanted")

const struct family gather_family = {
    .id = 107, .kind = FAMILY_KEYED, .value_bytes = GATHER_BYTES_MAX, .name = "rule_gather"};

static const struct refusal gather_over = {"gather_over", "This part of a rule's past isn't waited for any more.",
                                           "规则的这部分历史已无需要。"};

/* --- rows --- */

static bool number_find(const struct view *v, struct bytes key, int64_t *out_number)
{
    struct bytes value;
    if (!view_keyed(v, &gather_family, key, &value))
        return false;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    *out_number = unpack_signed(&u);
    assert(format == ROW_FORMAT && unpack_finished(&u));
    (void)format;
    return true;
}

static void number_put(struct step *s, struct bytes key, int64_t number)
{
    struct buf b = arena_buf(s->view.arena, 1 + VARINT_BYTES_MAX);
    pack_u8(&b, ROW_FORMAT);
    pack_signed(&b, number);
    step_keyed_put(s, &gather_family, key, buf_bytes(&b));
}

uint64_t gathered_until(const struct view *v)
{
    int64_t until;
    return number_find(v, UNTIL_KEY, &until) ? (uint64_t)until : 0;
}

/* What is dated later than this stands by itself: of whoever is parted before the pass begins, some of it may be read for that. */
void gather_want(struct step *s)
{
    int64_t wanted_us;
    if (!number_find(&s->view, WANTED_KEY, &wanted_us))
        number_put(s, WANTED_KEY, s->view.now_us);
}

bool gather_pass_find(const struct view *v, struct gather_pass *out_pass)
{
    struct bytes value;
    if (!view_keyed(v, &gather_family, PASS_KEY, &value))
        return false;
    struct unpack u = unpack_of(value);
    uint8_t format = unpack_u8(&u);
    struct gather_pass pass = {.phase = (enum gather_phase)unpack_u8(&u)};
    pass.position = unpack_varint(&u);
    pass.wanted_us = unpack_signed(&u);
    pass.round = unpack_varint32(&u);
    pass.offset = unpack_varint(&u);
    pass.size = unpack_varint(&u);
    pass.order = unpack_varint32(&u);
    pass.person = unpack_varint32(&u);
    assert(format == ROW_FORMAT && unpack_finished(&u) && pass.phase < GATHER_PHASE_COUNT);
    (void)format;
    *out_pass = pass;
    return true;
}

static void pass_put(struct step *s, const struct gather_pass *pass)
{
    struct buf b = arena_buf(s->view.arena, GATHER_BYTES_MAX);
    pack_u8(&b, ROW_FORMAT);
    pack_u8(&b, (uint8_t)pass->phase);
    pack_varint(&b, pass->position);
    pack_signed(&b, pass->wanted_us);
    pack_varint(&b, pass->round);
    pack_varint(&b, pass->offset);
    pack_varint(&b, pass->size);
    pack_varint(&b, pass->order);
    pack_varint(&b, pass->person);
    assert(!b.overflowed);
    step_keyed_put(s, &gather_family, PASS_KEY, buf_bytes(&b));
}

/* --- which rules --- */

bool gather_is_of(const struct gather_pass *pass, const struct book_rule *r)
{
    return r != NULL && r->row.state == RULE_GATHERING && r->row.position < pass->position;
}

bool gather_wants_orders(const void *pass, const struct book_feature *f)
{
    return !f->is_whole && f->since < ((const struct gather_pass *)pass)->position;
}

bool gather_looks_at_all(const struct gather_pass *pass, const struct book_rule *r)
{
    const struct program_place *places;
    if (!gather_is_of(pass, r) || r->program == NULL)
        return false;
    bool looks = program_places(r->program, &places) > 0;
    for (uint32_t i = 0; i < r->row.slot_count; i++)
        looks |= r->row.slots[i].since < r->row.position;
    return looks;
}

/* Where each phase begins on the way, of RULE_PROGRESS_WHOLE, and where the last one ends. */
static const uint32_t phases_at[GATHER_PHASE_COUNT + 1] = {[GATHER_INSTALLING] = RULE_PROGRESS_READ,
                                                           [GATHER_ORDERS] = 800,
                                                           [GATHER_LOOKING] = 900,
                                                           [GATHER_PHASE_COUNT] = RULE_PROGRESS_WHOLE};

static uint32_t phase_share(const struct gather_pass *pass, uint64_t behind, uint64_t all)
{
    uint64_t from = phases_at[pass->phase], room = phases_at[pass->phase + 1] - from;
    assert(behind <= all);
    return (uint32_t)(from + (all == 0 ? 0 : room * behind / all));
}

static uint32_t pass_share(const struct view *v, const struct book *b, const struct gather_pass *pass)
{
    switch (pass->phase) {
    case GATHER_READING:
        return phase_share(pass, atomic_load_explicit(book_read_share(b), memory_order_relaxed), RULE_PROGRESS_WHOLE);
    case GATHER_INSTALLING:
        return phase_share(pass, pass->offset, pass->size);
    case GATHER_ORDERS:
        return phase_share(pass, pass->order, orders_end(v) + UINT64_C(1));
    default:
        return phase_share(pass, pass->person, view_rows_end(v, &person_family) + UINT64_C(1));
    }
}

struct rule_progress rule_progress(const struct view *v, uint32_t rule)
{
    const struct book *b = book_of(v);
    const struct book_rule *r = b == NULL ? NULL : book_rule(b, rule);
    struct rule_progress progress = {.share = RULE_PROGRESS_WHOLE, .begun_us = v->now_us};
    struct gather_pass pass;
    if (r == NULL || r->row.state != RULE_GATHERING)
        return progress;
    bool is_under_way = gather_pass_find(v, &pass) && gather_is_of(&pass, r);
    progress.share = is_under_way ? pass_share(v, b, &pass) : 0;
    if (is_under_way)
        progress.begun_us = pass.wanted_us;
    return progress;
}

/* --- what comes from background work --- */

static enum gathered gathered_open(struct bytes payload, struct unpack *out_rest)
{
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != PAYLOAD_FORMAT;
    uint8_t what = unpack_u8(&u);
    *out_rest = u;
    return unpack_good(&u) && what < GATHERED_COUNT ? (enum gathered)what : GATHERED_COUNT;
}

fallible rule_gathered_check(struct bytes payload, struct err *e)
{
    struct unpack u;
    return gathered_open(payload, &u) == GATHERED_COUNT
               ? FAIL(e, INVALID, "not what background work read of a rule's past")
               : DONE;
}

/* Whose it is now; PERSON_NONE: erased meanwhile. */
static uint32_t person_of_place(const struct view *v, const struct past_place *place)
{
    return place->person == PERSON_NONE ? identity_of_owner(v, place->owner) : identity_living(v, place->person);
}

/* A slice: where it begins in the file, where the next one does (0: it is the last), and what it has. */
struct slice {
    uint64_t offset, next;
    size_t count, room;
    struct past_item *items;
};

static struct slice slice_open(const struct view *v, struct unpack *u)
{
    struct slice slice = {.offset = unpack_varint(u), .next = unpack_varint(u)};
    for (struct past_item item; past_item_unpack(u, v->arena, &item);) {
        LIST_OPEN(v->arena, slice.items, slice.count, slice.room, slice.count);
        slice.items[slice.count - 1] = item;
    }
    return slice;
}

/* Where all people are in memory, so are those whom an owner or a number leads to. */
static void slice_needs(const struct view *v, struct unpack *u)
{
    struct past_place before = {0};
    if (!view_people_matter(v))
        return;
    struct slice slice = slice_open(v, u);
    for (size_t i = 0; i < slice.count; before = slice.items[i++].place) {
        const struct past_place *place = &slice.items[i].place;
        uint32_t person = past_place_same(place, &before) ? PERSON_NONE : person_of_place(v, place);
        if (person != PERSON_NONE && person != place->person) /* else it was just looked at */
            (void)view_person(v, person);
    }
}

/* Cache misses on rows overlap: before an item's turn comes its person's row is touched, in stages, of which each reads what the one before has touched. Of who is
 * told by an owner nothing is known yet. */
static void (*const touches[])(const struct rows *r, const struct family *f, uint32_t number) = {
    rows_numbered_prefetch_slot, rows_numbered_prefetch_page, rows_numbered_prefetch_row};
#define TOUCH_APART 6u /* items: some microseconds, and few enough for the first level of the cache */
#define TOUCH_AHEAD (COUNT_OF(touches) * TOUCH_APART)

static void items_touch(const struct view *v, const struct slice *slice, size_t turn)
{
    for (size_t i = 0; i < COUNT_OF(touches); i++) {
        size_t at = turn - i * TOUCH_APART; /* beyond all of them before the first one's turn */
        if (at < slice->count && slice->items[at].place.person != PERSON_NONE)
            touches[i](v->rows, &person_family, slice->items[at].place.person);
    }
}

static uint32_t orders_of(struct unpack *u, uint32_t out_numbers[GATHERED_ORDERS_MAX])
{
    uint32_t count = 0, from = unpack_varint32(u), until = unpack_varint32(u);
    while (from < until && count < GATHERED_ORDERS_MAX)
        out_numbers[count++] = from++;
    return count;
}

static void orders_needs(const struct view *v, struct unpack *u)
{
    struct gather_pass pass;
    uint32_t numbers[GATHERED_ORDERS_MAX], count = orders_of(u, numbers);
    const struct order_looks how = {.book = book_of(v), .wants = gather_wants_orders, .context = &pass};
    if (gather_pass_find(v, &pass))
        orders_touch(v, &how, numbers, count);
}

void rule_gathered_needs(const struct view *v, struct bytes payload)
{
    struct unpack u;
    struct bytes row;
    switch (gathered_open(payload, &u)) {
    case GATHERED_SLICE:
        slice_needs(v, &u);
        return;
    case GATHERED_LOOK:
        for (uint32_t person = unpack_varint32(&u), until = unpack_varint32(&u); person < until; person++) {
            (void)view_person(v, person);
            person_things_touch(v, book_of(v), person);
        }
        return;
    case GATHERED_ORDERS:
        orders_needs(v, &u);
        return;
    case GATHERED_AGAIN:
        rules_renew_touch(v, book_of(v));
        return;
    case GATHERED_END:
        while (unpack_left(&u) > 0 && unpack_good(&u))
            (void)view_row(v, &rule_family, unpack_varint32(&u), &row);
        return;
    default:
        return;
    }
}

/* --- a slice --- */

/* What is being installed of one person or owner. */
struct installing {
    struct step *step;
    const struct book *book;
    struct past_place place;
    uint32_t person; /* whose it is now; PERSON_NONE: nobody's */
    bool is_parted;
    struct parted parted;
    struct rule_numbers rules;
    struct slot_series *list;
    size_t count, room;
};

/* Who is a part of a split that came after the feature was gathered live has all of before from the reading for that split. */
static bool is_read_elsewhere(const struct installing *i, const struct book_feature *f)
{
    return i->is_parted && i->parted.since >= f->since;
}

static void ahead_install(struct installing *i, const struct book_feature *f, const struct past_item *item)
{
    for (size_t k = 0; k < item->ahead_count; k++) {
        const struct past_ahead *ahead = &item->ahead[k];
        struct slot_entries entries = {.slot = f->slot, .count = ahead->count, .entries = ahead->entries};
        struct future_event event = {
            .owner = item->place.owner, .message = ahead->message, .event_us = ahead->event_us};
        if (is_read_elsewhere(i, f) && ahead->event_us <= i->parted.since_us)
            continue;
        if (ahead->event_us > i->step->view.now_us)
            future_put(i->step, &event, &entries, 1);
        else
            entries_gather(i->step, i->book, i->person, &entries, 1);
    }
}

static void item_install(struct installing *i, const struct past_item *item)
{
    const struct book_feature *f = book_feature(i->book, item->place.slot);
    if (f == NULL) /* its rules ended meanwhile */
        return;
    ahead_install(i, f, item);
    if (item->series.size == 0 || is_read_elsewhere(i, f))
        return;
    LIST_OPEN(i->step->view.arena, i->list, i->count, i->room, i->count);
    i->list[i->count - 1] = (struct slot_series){.slot = f->slot, .series = item->series};
    rule_numbers_add(&i->rules, i->step->view.arena, (struct book_list){.count = f->rule_count, .list = f->rules});
}

static void installing_end(struct installing *i)
{
    struct book_shapes shapes = {.book = i->book, .now_us = i->step->view.now_us};
    struct slot_rules rules = book_slots(&shapes);
    if (i->count == 0)
        return;
    (void)person_features_join(i->step, i->person, &rules, i->list, i->count);
    rules_look(i->step, i->book, i->person, &i->rules, false);
    i->count = i->rules.count = 0;
}

static void item_take(struct installing *i, const struct past_item *item)
{
    if (!past_place_same(&item->place, &i->place)) {
        installing_end(i);
        i->place = item->place;
        i->person = person_of_place(&i->step->view, &item->place);
        i->is_parted = i->person != PERSON_NONE && parted_find(&i->step->view, i->person, &i->parted);
    }
    if (i->person != PERSON_NONE)
        item_install(i, item);
}

static bool slice_apply(struct step *s, struct unpack *u, struct gather_pass *pass)
{
    struct installing i = {.step = s, .book = book_of(&s->view)};
    struct slice slice = slice_open(&s->view, u);
    if (slice.offset != pass->offset)
        return false; /* one before it waited for cold rows: it comes again */
    pass->offset = slice.next;
    for (size_t turn = 0; turn < slice.count + TOUCH_AHEAD; turn++) {
        items_touch(&s->view, &slice, turn);
        if (turn >= TOUCH_AHEAD)
            item_take(&i, &slice.items[turn - TOUCH_AHEAD]);
    }
    installing_end(&i);
    if (pass->offset == 0) {
        pass->phase = GATHER_ORDERS;
        pass->order = 1;
    }
    return true;
}

static bool orders_apply(struct step *s, struct unpack *u, struct gather_pass *pass)
{
    struct unpack bounds = *u;
    uint32_t numbers[GATHERED_ORDERS_MAX], count = orders_of(u, numbers);
    const struct order_looks how = {.book = book_of(&s->view), .wants = gather_wants_orders, .context = pass};
    if (unpack_varint32(&bounds) != pass->order)
        return false; /* one before it waited for cold rows: it comes again */
    orders_look(s, &how, numbers, count);
    pass->order = unpack_varint32(&bounds);
    if (unpack_u8(u) != 0) {
        pass->phase = GATHER_LOOKING;
        pass->person = 1;
    }
    return true;
}

/* --- the rest --- */

/* Of what is half installed nobody can tell which half: then it is as if the rules were made now. */
static void again_apply(struct step *s, struct gather_pass *pass)
{
    if (pass->offset == 0) {
        pass->phase = GATHER_READING;
        pass_put(s, pass);
        return;
    }
    rules_renew(s, book_of(&s->view), pass->position);
    step_keyed_remove(s, &gather_family, PASS_KEY);
    gather_want(s);
}

static bool look_apply(struct step *s, struct unpack *u, struct gather_pass *pass)
{
    const struct book *b = book_of(&s->view);
    struct rule_numbers all = {0};
    for (uint32_t rule = book_next(b, RULE_NONE); rule != RULE_NONE; rule = book_next(b, rule))
        if (gather_looks_at_all(pass, book_rule(b, rule)))
            rule_numbers_add(&all, s->view.arena, (struct book_list){.count = 1, .list = &rule});
    if (unpack_varint32(u) != pass->person)
        return false;
    for (uint32_t until = unpack_varint32(u); pass->person < until; pass->person++)
        if (identity_section_lives(view_section(&s->view, pass->person, &identity_section)))
            rules_look_with_things(s, b, pass->person, &all, false);
    return true;
}

/* A pass is over when none of its rules is left; what was gathered since it began is whole. */
static void end_apply(struct step *s, struct unpack *u, const struct gather_pass *pass)
{
    const struct book *b = book_of(&s->view);
    uint32_t left = book_count(b, RULE_GATHERING), of_pass = 0, moved = 0;
    for (uint32_t rule = book_next(b, RULE_NONE); rule != RULE_NONE; rule = book_next(b, rule))
        of_pass += gather_is_of(pass, book_rule(b, rule));
    while (unpack_left(u) > 0) {
        const struct book_rule *r = book_rule(b, unpack_varint32(u));
        if (!gather_is_of(pass, r))
            continue;
        rule_move(s, r, RULE_READY);
        moved++;
    }
    if (moved < of_pass)
        return;
    number_put(s, UNTIL_KEY, (int64_t)pass->position);
    step_keyed_remove(s, &gather_family, PASS_KEY);
    if (moved == left)
        parted_end(s);
}

static bool is_awaited(const struct view *v, enum gathered what, struct gather_pass *out_pass)
{
    static const enum gather_phase phases[GATHERED_COUNT] = {
        [GATHERED_READ] = GATHER_READING,  [GATHERED_SLICE] = GATHER_INSTALLING, [GATHERED_AGAIN] = GATHER_INSTALLING,
        [GATHERED_ORDERS] = GATHER_ORDERS, [GATHERED_LOOK] = GATHER_LOOKING,     [GATHERED_END] = GATHER_LOOKING};
    bool is_under_way = gather_pass_find(v, out_pass);
    return what == GATHERED_BEGIN ? !is_under_way : is_under_way && out_pass->phase == phases[what];
}

const struct refusal *rule_gathered_apply(struct step *s, struct bytes payload)
{
    struct unpack u;
    struct gather_pass pass;
    enum gathered what = gathered_open(payload, &u);
    assert(what < GATHERED_COUNT);
    if (!is_awaited(&s->view, what, &pass))
        return &gather_over;
    if (what == GATHERED_END || what == GATHERED_AGAIN) {
        if (what == GATHERED_END)
            end_apply(s, &u, &pass);
        else
            again_apply(s, &pass);
        return NULL;
    }
    if (what == GATHERED_BEGIN) {
        pass = (struct gather_pass){.phase = GATHER_READING, .position = s->view.position, .wanted_us = s->view.now_us};
        (void)number_find(&s->view, WANTED_KEY, &pass.wanted_us);
        step_keyed_remove(s, &gather_family, WANTED_KEY);
    } else if (what == GATHERED_READ) {
        pass.phase = GATHER_INSTALLING;
        pass.round++;
        pass.offset = 0;
        pass.size = unpack_varint(&u);
    } else if (!(what == GATHERED_SLICE    ? slice_apply(s, &u, &pass)
                 : what == GATHERED_ORDERS ? orders_apply(s, &u, &pass)
                                           : look_apply(s, &u, &pass))) {
        return &gather_over;
    }
    pass_put(s, &pass);
    return NULL;
}
