/* A change that hasn't taken over yet is taken back: what answers goes on answering, and is what is said again. */
#include "domain/audience/cancel.h"

#include "base/hash.h"
#include "domain/audience/commands.h"
#include "domain/calendar/calendar.h"
#include "lib/pack.h"

#define KEY_BYTES 12u
#define ROW_FORMAT 1u
#define ROW_BYTES (AUDIENCE_SAVE_BYTES_MAX + 17u)
#define TEXT_SEED 0x61736b64u

const struct family audience_asked_family = {
    .id = 125, .kind = FAMILY_KEYED, .value_bytes = ROW_BYTES, .name = "audience_asked"};

static const struct refusal nothing_changes = {"definition_settled",
                                               "Nothing of it is changing: what it says is in force.",
                                               "没有正在进行的变更:现有内容已生效。"};
static const struct refusal change_takes_over = {"definition_takes_over",
                                                 "The change is taking over at this moment: save what it said before.",
                                                 "变更正在生效:如需恢复,请重新保存原内容。"};
static const struct refusal changes_with_others = {"definition_follows",
                                                   "It changes with what it names: cancel that, or wait.",
                                                   "它随所引用的定义一起变更:请取消那一项,或等待完成。"};

/* --- what each of its rules was asked to say --- */

static struct bytes asked_key(struct arena *a, uint32_t number, uint64_t asked)
{
    struct buf key = arena_buf(a, KEY_BYTES);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_push_byte(&key, (uint8_t)(number >> shift));
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_push_byte(&key, (uint8_t)(asked >> shift));
    return buf_bytes(&key);
}

struct asked {
    uint64_t position;
    struct hash128 text; /* of the rule: of all that it names too, and of the zone */
    struct bytes said;
};

/* The next one behind a position; false: no more. */
static bool asked_next(const struct view *v, uint32_t number, uint64_t after, struct asked *out)
{
    struct bytes key, row;
    if (!view_keyed_next(v, &audience_asked_family, asked_key(v->arena, number, after), true, &key, &row) ||
        !bytes_starts_with(key, bytes_slice(asked_key(v->arena, number, 0), 0, sizeof number)))
        return false;
    struct unpack u = unpack_of(row);
    uint8_t format = unpack_u8(&u);
    assert(format == ROW_FORMAT);
    (void)format;
    *out = (struct asked){.text.high = unpack_u64(&u)};
    out->text.low = unpack_u64(&u);
    out->said = unpack_rest(&u);
    for (size_t i = sizeof number; i < KEY_BYTES; i++)
        out->position = out->position << 8 | key.data[i];
    return true;
}

/* The same words say something else in another zone. */
static struct hash128 text_hash(const struct view *v, struct bytes text)
{
    struct hash128 plain = hash128(text, TEXT_SEED);
    const uint64_t parts[] = {plain.high, plain.low, calendar_zone_since(v)};
    return hash128(bytes_of(parts, sizeof parts), TEXT_SEED);
}

void asked_put(struct step *s, const struct audience *a, struct bytes text)
{
    struct buf row = arena_buf(s->view.arena, ROW_BYTES);
    struct hash128 hash = text_hash(&s->view, text);
    pack_u8(&row, ROW_FORMAT);
    pack_u64(&row, hash.high);
    pack_u64(&row, hash.low);
    audience_pack(a, AUDIENCE_ANY_REVISION, &row);
    step_keyed_put(s, &audience_asked_family, asked_key(s->view.arena, a->number, a->asked), buf_bytes(&row));
}

void asked_settle(struct step *s, uint32_t number, uint64_t in_force, uint64_t asked)
{
    struct asked row;
    for (uint64_t after = 0; asked_next(&s->view, number, after, &row); after = row.position)
        if (row.position != in_force && row.position != asked)
            step_keyed_remove(s, &audience_asked_family, asked_key(s->view.arena, number, row.position));
}

/* Of what answers: the only one that isn't being made. */
static bool answer_find(const struct view *v, const struct audience *a, struct asked *out, struct audience *out_said)
{
    uint64_t expects;
    bool found = a->rule != RULE_NONE && asked_next(v, a->number, 0, out);
    if (found && out->position == a->asked)
        found = asked_next(v, a->number, a->asked, out);
    return found && done(audience_unpack(out->said, out_said, &expects, NULL));
}

bool answer_says(const struct view *v, const struct audience *a, struct bytes text)
{
    struct asked answer;
    struct audience said;
    bool takes_over = a->batch != 0 && batch_is_ready(v, a->batch);
    return !takes_over && answer_find(v, a, &answer, &said) && bytes_equal(said.brand, a->brand) &&
           hash128_equal(answer.text, text_hash(v, text));
}

bool asked_says(const struct view *v, const struct audience *a, struct bytes text)
{
    struct asked row;
    bool found = false;
    for (uint64_t after = 0; asked_next(v, a->number, after, &row) && !found; after = row.position)
        found = (a->asked == 0 || row.position == a->asked) && hash128_equal(row.text, text_hash(v, text));
    return found;
}

/* --- the command --- */

/* What it is called and who owns it stays as it was said last. */
static struct audience said_again(const struct audience *a, const struct audience *answer)
{
    struct audience said = *a;
    said.brand = answer->brand;
    said.text = answer->text;
    said.until = answer->until;
    said.members = answer->members;
    return said;
}

const struct refusal *audience_cancel_apply(struct step *s, struct bytes payload)
{
    const struct view *v = &s->view;
    struct audience a, before;
    struct asked answer;
    if (!audience_find(v, (enum audience_kind)payload.data[0], bytes_slice(payload, 1, payload.size), &a))
        return &refuse_no_audience;
    if (a.asked == 0 && !a.is_refused)
        return &nothing_changes;
    if (a.rule == RULE_NONE) /* it never was in force: nothing is left of it */
        return audience_end_apply(s, payload);
    if (a.batch != 0 && batch_is_ready(v, a.batch))
        return &change_takes_over;
    if (!answer_find(v, &a, &answer, &before))
        return &nothing_changes;
    struct audience said = said_again(&a, &before);
    bool is_of_others = bytes_equal(said.text, a.text) && bytes_equal(said.brand, a.brand) &&
                        bytes_equal(said.until, a.until) && bytes_equal(said.members, a.members);
    return is_of_others && !a.is_refused ? &changes_with_others : audience_save(s, &said, AUDIENCE_ANY_REVISION);
}
