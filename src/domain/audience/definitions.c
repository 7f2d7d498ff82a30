#include "domain/audience/definitions.h"

#include "lib/pack.h"
#include "lib/text.h"

#define SAID_FORMAT 2u
#define ROW_FORMAT 2u
#define ROW_BYTES (AUDIENCE_SAVE_BYTES_MAX + 160u)
#define NUMBER_BYTES 4u
#define BATCH_KEY_BYTES 12u

const struct family audience_family = {.id = 76, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES, .name = "audience"};
const struct family audience_number_family = {
    .id = 77, .kind = FAMILY_KEYED, .value_bytes = AUDIENCE_END_BYTES_MAX, .name = "audience_number"};
const struct family audience_naming_family = {
    .id = 78, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "audience_naming"};
const struct family audience_batch_family = {
    .id = 79, .kind = FAMILY_KEYED, .value_bytes = 1, .name = "audience_batch"};
const struct family audience_rule_family = {
    .id = 69, .kind = FAMILY_KEYED, .value_bytes = NUMBER_BYTES, .name = "audience_rule"};

const struct family audience_group_family = {
    .id = 38, .kind = FAMILY_KEYED, .value_bytes = NUMBER_BYTES, .name = "audience_group"};

const char *const audience_kind_names[AUDIENCE_KIND_COUNT] = {"segment", "tag"};
const char *const audience_state_names[AUDIENCE_STATE_COUNT] = {"gathering", "waiting", "in_force", "refused"};

const char *const audience_content_names[AUDIENCE_CONTENT_COUNT] = {"rule", "list", "group"};

static const struct bytes there = BYTES_INIT("\1"); /* all that a row says whose key says everything */

enum audience_state audience_state(const struct audience *a)
{
    if (a->is_refused)
        return AUDIENCE_REFUSED;
    if (a->asked == 0)
        return AUDIENCE_IN_FORCE;
    return a->next_is_ready ? AUDIENCE_WAITING : AUDIENCE_GATHERING;
}

/* --- what is said --- */

static void said_put(struct buf *b, const struct audience *a)
{
    pack_u8(b, (uint8_t)a->kind);
    pack_u8(b, (uint8_t)a->content);
    pack_bytes(b, a->name);
    pack_bytes(b, a->label_zh);
    pack_bytes(b, a->label_en);
    pack_bytes(b, a->owner);
    pack_bytes(b, a->about);
    pack_bytes(b, a->brand);
    pack_bytes(b, a->category);
    pack_bytes(b, a->until);
    pack_bytes(b, a->text);
    pack_bytes(b, a->levels);
    pack_u8(b, (uint8_t)a->value);
    pack_varint(b, a->lasts_days);
    pack_bytes(b, a->members);
}

static void said_take(struct unpack *u, struct audience *out)
{
    uint8_t kind = unpack_u8(u), content = unpack_u8(u);
    u->bad |= kind >= AUDIENCE_KIND_COUNT || content >= AUDIENCE_CONTENT_COUNT;
    *out = (struct audience){.kind = (enum audience_kind)kind, .content = (enum audience_content)content};
    out->name = unpack_bytes(u);
    out->label_zh = unpack_bytes(u);
    out->label_en = unpack_bytes(u);
    out->owner = unpack_bytes(u);
    out->about = unpack_bytes(u);
    out->brand = unpack_bytes(u);
    out->category = unpack_bytes(u);
    out->until = unpack_bytes(u);
    out->text = unpack_bytes(u);
    out->levels = unpack_bytes(u);
    uint8_t value = unpack_u8(u);
    u->bad |= value >= LIST_VALUE_COUNT;
    out->value = (enum list_value)value;
    out->lasts_days = unpack_varint32(u);
    out->members = unpack_bytes(u);
}

bool audience_level_next(struct unpack *u, struct audience_level *out)
{
    if (unpack_left(u) == 0 || !unpack_good(u))
        return false;
    *out = (struct audience_level){.value = unpack_value_bytes(u)};
    out->label_zh = unpack_bytes(u);
    out->label_en = unpack_bytes(u);
    return unpack_good(u);
}

void audience_level_pack(const struct audience_level *level, struct buf *out)
{
    pack_raw(out, level->value);
    pack_bytes(out, level->label_zh);
    pack_bytes(out, level->label_en);
}

bool audience_member_next(struct unpack *u, struct bytes *out_name)
{
    if (unpack_left(u) == 0 || !unpack_good(u))
        return false;
    *out_name = unpack_bytes(u);
    return unpack_good(u);
}

bool audience_has_member(const struct audience *group, struct bytes name)
{
    struct bytes member;
    for (struct unpack u = unpack_of(group->members); audience_member_next(&u, &member);)
        if (bytes_equal(member, name))
            return true;
    return false;
}

void audience_pack(const struct audience *a, uint64_t expects, struct buf *out)
{
    pack_u8(out, SAID_FORMAT);
    said_put(out, a);
    pack_u64(out, expects);
}

/* --- what may be said --- */

static fallible lengths_check(const struct audience *a, struct err *e)
{
    const struct bytes labels[] = {a->label_zh, a->label_en, a->owner, a->brand, a->category};
    for (size_t i = 0; i < COUNT_OF(labels); i++)
        if (labels[i].size > AUDIENCE_LABEL_BYTES_MAX)
            return FAIL(e, LIMIT, "a label, an owner, a brand and a category have at most %u bytes each",
                        AUDIENCE_LABEL_BYTES_MAX);
    if (a->about.size > AUDIENCE_ABOUT_BYTES_MAX)
        return FAIL(e, LIMIT, "a description has at most %u bytes", AUDIENCE_ABOUT_BYTES_MAX);
    if (a->text.size + a->levels.size + a->members.size > AUDIENCE_TEXT_BYTES_MAX)
        return FAIL(e, LIMIT, "an expression has at most %u bytes", AUDIENCE_TEXT_BYTES_MAX);
    return DONE;
}

static bool is_digits(struct bytes text, size_t from, size_t until)
{
    for (size_t i = from; i < until; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* Which days there are the calendar of the expression knows. */
static fallible until_check(struct bytes until, struct err *e)
{
    bool is_date = until.size == AUDIENCE_DATE_BYTES && is_digits(until, 0, 4) && until.data[4] == '-' &&
                   is_digits(until, 5, 7) && until.data[7] == '-' && is_digits(until, 8, AUDIENCE_DATE_BYTES);
    return until.size == 0 || is_date ? DONE : FAIL(e, INVALID, "until: want a day, as 2026-12-31");
}

static fallible levels_check(const struct audience *a, struct err *e)
{
    struct audience_level level;
    struct unpack u = unpack_of(a->levels);
    const struct list list = {.value = a->value};
    uint32_t count = 0;
    for (; audience_level_next(&u, &level); count++) {
        if (a->content == AUDIENCE_LIST)
            TRY(list_takes(&list, level.value, e));
        if (level.label_zh.size > AUDIENCE_LABEL_BYTES_MAX || level.label_en.size > AUDIENCE_LABEL_BYTES_MAX)
            return FAIL(e, LIMIT, "a label has at most %u bytes", AUDIENCE_LABEL_BYTES_MAX);
    }
    if (!unpack_finished(&u) || count > AUDIENCE_LEVELS_MAX || a->levels.size > LIST_LEVELS_BYTES_MAX)
        return FAIL(e, LIMIT, "values: at most %u, of %u bytes in all", AUDIENCE_LEVELS_MAX, LIST_LEVELS_BYTES_MAX);
    return DONE;
}

static bool stands_before(struct bytes members, struct unpack until, struct bytes name)
{
    struct bytes other;
    for (struct unpack u = unpack_of(members);
         u.at != until.at && audience_member_next(&u, &other) && u.at != until.at;)
        if (bytes_equal(other, name))
            return true;
    return false;
}

static fallible members_check(const struct audience *a, struct err *e)
{
    struct bytes name;
    uint32_t count = 0;
    struct unpack u = unpack_of(a->members);
    for (; audience_member_next(&u, &name); count++)
        if (stands_before(a->members, u, name))
            return FAIL(e, INVALID, "tag '%.*s' stands twice in the group", BYTES_ARG(name));
    if (!unpack_finished(&u) || count == 0 || count > AUDIENCE_GROUP_MAX)
        return FAIL(e, INVALID, "a group has 1 to %u tags", AUDIENCE_GROUP_MAX);
    return DONE;
}

/* Each content says its own, and nothing of the others. */
static fallible content_check(const struct audience *a, struct err *e)
{
    bool is_list = a->content == AUDIENCE_LIST, is_group = a->content == AUDIENCE_GROUP;
    if ((a->content == AUDIENCE_RULE) != (a->text.size > 0))
        return FAIL(e, INVALID, "want an expression, or a list, or a group: one of them");
    if (!is_list && (a->value != LIST_HOLDS || a->lasts_days > 0))
        return FAIL(e, INVALID, "only a list has values that are put, and listings that end");
    if (is_list && a->kind == AUDIENCE_SEGMENT && a->value != LIST_HOLDS)
        return FAIL(e, INVALID, "somebody is in a segment or isn't: of a tag ask for values");
    if (a->lasts_days > LIST_LASTS_DAYS_MAX)
        return FAIL(e, LIMIT, "a listing lasts at most %u days", LIST_LASTS_DAYS_MAX);
    if (is_group != (a->members.size > 0) || (is_group && a->kind != AUDIENCE_TAG))
        return FAIL(e, INVALID, "a group is a tag of tags: name them");
    TRY(until_check(a->until, e));
    TRY(levels_check(a, e));
    return is_group ? members_check(a, e) : DONE;
}

bool audience_name_is_reserved(struct bytes name)
{
    return name.size > 0 && (name.data[0] == '#' || name.data[0] == '=');
}

fallible audience_unpack(struct bytes payload, struct audience *out_said, uint64_t *out_expects, struct err *e)
{
    struct audience a;
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != SAID_FORMAT;
    said_take(&u, &a);
    uint64_t expects = unpack_u64(&u);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "a definition is cut short");
    if (a.name.size > AUDIENCE_NAME_BYTES_MAX || !text_fits_a_path(a.name) || audience_name_is_reserved(a.name))
        return FAIL(e, INVALID,
                    "a name is plain text of at most %u bytes without \"/\" and control characters, not . or .., and "
                    "doesn't begin with # or =",
                    AUDIENCE_NAME_BYTES_MAX);
    TRY(lengths_check(&a, e));
    TRY(content_check(&a, e));
    *out_said = a;
    *out_expects = expects;
    return DONE;
}

void audience_end_pack(enum audience_kind kind, struct bytes name, struct buf *out)
{
    pack_u8(out, (uint8_t)kind);
    pack_raw(out, name);
}

/* --- rows --- */

static struct bytes name_key(struct arena *a, enum audience_kind kind, struct bytes name)
{
    struct buf b = arena_buf(a, AUDIENCE_END_BYTES_MAX);
    audience_end_pack(kind, name, &b);
    return buf_bytes(&b);
}

static struct bytes numbers_key(struct arena *a, uint32_t first, uint32_t second)
{
    uint8_t *key = arena_take(a, 2 * NUMBER_BYTES, 1);
    (void)put_key(put_key(key, first, NUMBER_BYTES), second, NUMBER_BYTES);
    return bytes_of(key, 2 * NUMBER_BYTES);
}

static struct bytes number_key(struct arena *a, uint32_t number)
{
    return bytes_slice(numbers_key(a, number, 0), 0, NUMBER_BYTES);
}

static struct bytes batch_key(struct arena *a, uint64_t batch, uint32_t number)
{
    uint8_t *key = arena_take(a, BATCH_KEY_BYTES, 1);
    (void)put_key(put_key(key, batch, 8), number, NUMBER_BYTES);
    return bytes_of(key, BATCH_KEY_BYTES);
}

enum row_flag { ROW_NEXT_IS_READY = 1, ROW_IS_REFUSED = 2 };

static struct audience audience_of_row(struct bytes row)
{
    struct audience a;
    struct unpack u = unpack_of(row);
    u.bad |= unpack_u8(&u) != ROW_FORMAT;
    said_take(&u, &a);
    uint8_t flags = unpack_u8(&u);
    a.next_is_ready = (flags & ROW_NEXT_IS_READY) != 0;
    a.is_refused = (flags & ROW_IS_REFUSED) != 0;
    a.number = unpack_varint32(&u);
    a.revision = unpack_varint(&u);
    a.saved_us = unpack_signed(&u);
    a.rule = unpack_varint32(&u);
    a.next = unpack_varint32(&u);
    a.asked = unpack_varint(&u);
    a.batch = unpack_varint(&u);
    a.frozen = unpack_varint(&u);
    a.source_kind = (enum audience_kind)unpack_u8(&u);
    a.source = unpack_bytes(&u);
    assert(unpack_finished(&u)); /* rows are our own bytes */
    return a;
}

void audience_put(struct step *s, const struct audience *a)
{
    struct buf b = arena_buf(s->view.arena, ROW_BYTES);
    pack_u8(&b, ROW_FORMAT);
    said_put(&b, a);
    pack_u8(&b, (uint8_t)((a->next_is_ready ? ROW_NEXT_IS_READY : 0) | (a->is_refused ? ROW_IS_REFUSED : 0)));
    pack_varint(&b, a->number);
    pack_varint(&b, a->revision);
    pack_signed(&b, a->saved_us);
    pack_varint(&b, a->rule);
    pack_varint(&b, a->next);
    pack_varint(&b, a->asked);
    pack_varint(&b, a->batch);
    pack_varint(&b, a->frozen);
    pack_u8(&b, (uint8_t)a->source_kind);
    pack_bytes(&b, a->source);
    assert(!b.overflowed && a->number != 0);
    step_keyed_put(s, &audience_family, name_key(s->view.arena, a->kind, a->name), buf_bytes(&b));
}

void audience_remove(struct step *s, const struct audience *a)
{
    step_keyed_remove(s, &audience_family, name_key(s->view.arena, a->kind, a->name));
}

bool audience_find(const struct view *v, enum audience_kind kind, struct bytes name, struct audience *out_audience)
{
    struct bytes row;
    if (name.size == 0 || name.size > AUDIENCE_NAME_BYTES_MAX ||
        !view_keyed(v, &audience_family, name_key(v->arena, kind, name), &row))
        return false;
    *out_audience = audience_of_row(row);
    return true;
}

bool audience_next(const struct view *v, enum audience_kind kind, struct bytes after, struct audience *out_audience)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &audience_family, name_key(v->arena, kind, after), true, &key, &row) ||
        key.data[0] != (uint8_t)kind)
        return false;
    *out_audience = audience_of_row(row);
    return true;
}

uint32_t audiences_count(const struct view *v)
{
    struct audience a;
    uint32_t count = 0;
    for (enum audience_kind kind = AUDIENCE_SEGMENT; kind < AUDIENCE_KIND_COUNT; kind++)
        for (struct bytes after = BYTES_NONE; audience_next(v, kind, after, &a); after = a.name)
            count++;
    return count;
}

/* --- numbers --- */

uint32_t audience_number_next(const struct view *v)
{
    struct bytes value;
    bool any = view_keyed(v, &audience_number_family, number_key(v->arena, 0), &value);
    return any ? (uint32_t)key_number(value.data, NUMBER_BYTES) : 1;
}

uint32_t audience_number_take(struct step *s, const struct audience *a)
{
    const struct view *v = &s->view;
    uint32_t number = audience_number_next(v);
    step_keyed_put(s, &audience_number_family, number_key(v->arena, 0), number_key(v->arena, number + 1));
    step_keyed_put(s, &audience_number_family, number_key(v->arena, number), name_key(v->arena, a->kind, a->name));
    return number;
}

/* A name that was ended and begun again has another number. */
bool audience_numbered(const struct view *v, uint32_t number, struct audience *out_audience)
{
    struct bytes key;
    struct audience a;
    if (number == 0 || !view_keyed(v, &audience_number_family, number_key(v->arena, number), &key))
        return false;
    assert(key.size > 1 && key.data[0] < AUDIENCE_KIND_COUNT);
    if (!audience_find(v, (enum audience_kind)key.data[0], bytes_slice(key, 1, key.size), &a) || a.number != number)
        return false;
    *out_audience = a;
    return true;
}

void audience_rule_put(struct step *s, uint32_t rule, uint32_t number)
{
    struct arena *a = s->view.arena;
    step_keyed_put(s, &audience_rule_family, number_key(a, rule), number_key(a, number));
}

void audience_rule_remove(struct step *s, uint32_t rule)
{
    step_keyed_remove(s, &audience_rule_family, number_key(s->view.arena, rule));
}

bool audience_of_rule(const struct view *v, uint32_t rule, struct audience *out_audience)
{
    struct bytes value;
    return view_keyed(v, &audience_rule_family, number_key(v->arena, rule), &value) &&
           audience_numbered(v, (uint32_t)key_number(value.data, NUMBER_BYTES), out_audience);
}

/* --- who names whom --- */

void naming_put(struct step *s, uint32_t named, uint32_t namer)
{
    step_keyed_put(s, &audience_naming_family, numbers_key(s->view.arena, named, namer), there);
}

void naming_remove(struct step *s, uint32_t named, uint32_t namer)
{
    step_keyed_remove(s, &audience_naming_family, numbers_key(s->view.arena, named, namer));
}

uint32_t audience_namer_next(const struct view *v, uint32_t number, uint32_t after)
{
    struct bytes key, value;
    if (!view_keyed_next(v, &audience_naming_family, numbers_key(v->arena, number, after), true, &key, &value) ||
        key_number(key.data, NUMBER_BYTES) != number)
        return 0;
    return (uint32_t)key_number(key.data + NUMBER_BYTES, NUMBER_BYTES);
}

static bool is_among(const uint32_t *list, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == number)
            return true;
    return false;
}

/* What grows, until it is as long as it may be. */
struct changing {
    const struct view *view;
    uint32_t *list;
    size_t count, max; /* max + 1: there are more */
};

static void changing_add(struct changing *c, uint32_t number)
{
    if (c->count > c->max || is_among(c->list, c->count, number))
        return;
    if (c->count < c->max)
        c->list[c->count] = number;
    c->count++;
}

static void changing_add_members(struct changing *c, const struct audience *group)
{
    struct audience tag;
    struct bytes name;
    for (struct unpack u = unpack_of(group->members); audience_member_next(&u, &name);)
        if (audience_find(c->view, AUDIENCE_TAG, name, &tag))
            changing_add(c, tag.number);
}

size_t audience_changing(const struct view *v, const struct audience *said, uint32_t number, uint32_t *out_list,
                         size_t max)
{
    struct changing c = {.view = v, .list = out_list, .max = max};
    struct audience standing;
    changing_add(&c, number);
    changing_add_members(&c, said);
    if (audience_numbered(v, number, &standing))
        changing_add_members(&c, &standing);
    for (size_t at = 0; at < c.count && c.count <= max; at++)
        for (uint32_t namer = audience_namer_next(v, out_list[at], 0); namer != 0;
             namer = audience_namer_next(v, out_list[at], namer))
            changing_add(&c, namer);
    return c.count;
}

/* --- groups --- */

void audience_group_put(struct step *s, uint32_t tag, uint32_t group)
{
    struct arena *a = s->view.arena;
    step_keyed_put(s, &audience_group_family, number_key(a, tag), number_key(a, group));
}

void audience_group_remove(struct step *s, uint32_t tag)
{
    step_keyed_remove(s, &audience_group_family, number_key(s->view.arena, tag));
}

uint32_t audience_group_of(const struct view *v, uint32_t number)
{
    struct bytes value;
    bool is_in = view_keyed(v, &audience_group_family, number_key(v->arena, number), &value);
    return is_in ? (uint32_t)key_number(value.data, NUMBER_BYTES) : 0;
}

/* --- batches --- */

void batch_join(struct step *s, struct audience *io_audience, uint64_t batch)
{
    struct arena *a = s->view.arena;
    if (io_audience->batch != 0)
        step_keyed_remove(s, &audience_batch_family, batch_key(a, io_audience->batch, io_audience->number));
    if (batch != 0)
        step_keyed_put(s, &audience_batch_family, batch_key(a, batch, io_audience->number), there);
    io_audience->batch = batch;
}

uint32_t batch_next(const struct view *v, uint64_t batch, uint32_t after)
{
    struct bytes key, value;
    if (!view_keyed_next(v, &audience_batch_family, batch_key(v->arena, batch, after), true, &key, &value) ||
        key_number(key.data, 8) != batch)
        return 0;
    return (uint32_t)key_number(key.data + 8, NUMBER_BYTES);
}

bool batch_is_ready(const struct view *v, uint64_t batch)
{
    struct audience a;
    for (uint32_t number = batch_next(v, batch, 0); number != 0; number = batch_next(v, batch, number))
        if (!audience_numbered(v, number, &a) || !a.next_is_ready)
            return false;
    return true;
}

void batch_look(struct step *s, uint64_t batch)
{
    const struct view *v = &s->view;
    struct rule_pair *pairs = ARENA_ARRAY(v->arena, struct rule_pair, AUDIENCE_SWITCH_MAX);
    struct buf packed = arena_buf(v->arena, AUDIENCE_SWITCH_MAX * 2 * VARINT_BYTES_MAX);
    size_t count = 0;
    struct audience a;
    for (uint32_t number = batch_next(v, batch, 0); number != 0; number = batch_next(v, batch, number)) {
        bool is_there = audience_numbered(v, number, &a);
        assert(is_there && count < AUDIENCE_SWITCH_MAX);
        if (!is_there || !a.next_is_ready)
            return;
        pairs[count++] = (struct rule_pair){.old = a.rule, .new = a.next};
    }
    if (count == 0)
        return;
    rule_switch_pack(pairs, count, &packed);
    step_then(s, COMMAND_RULE_SWITCH, buf_bytes(&packed));
}
