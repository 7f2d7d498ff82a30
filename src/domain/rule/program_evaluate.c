/* Evaluating: what each kind of node says of a person. Nesting is bounded (EXPR_DEPTH_MAX, PROGRAM_NESTED_MAX), so recursion is. */
#include "base/hash.h"
#include "base/time.h"
#include "domain/rule/program_inside.h"

#define SECONDS_A_DAY 86400 /* microseconds that a millionth of a day has, too */
#define MONTH_DAY_BYTES 5u  /* "05-20", a birthday without its year */

static struct rule_value or_value(const struct evaluation *ev, const struct node *n)
{
    bool is_unsure = false;
    for (uint32_t i = 0; i < n->count; i++) {
        struct rule_value part = node_value(ev, n->parts[i]);
        if (part.is_known && part.truth)
            return rule_truth(true);
        is_unsure |= !part.is_known;
    }
    return is_unsure ? rule_unknown : rule_truth(false);
}

static struct rule_value and_value(const struct evaluation *ev, const struct node *n)
{
    bool is_unsure = false;
    for (uint32_t i = 0; i < n->count; i++) {
        struct rule_value part = node_value(ev, n->parts[i]);
        if (part.is_known && !part.truth)
            return rule_truth(false);
        is_unsure |= !part.is_known;
    }
    return is_unsure ? rule_unknown : rule_truth(true);
}

static struct rule_value not_value(const struct evaluation *ev, const struct node *n)
{
    struct rule_value part = node_value(ev, n->parts[0]);
    return part.is_known ? rule_truth(!part.truth) : rule_unknown;
}

static struct rule_value each_value(const struct evaluation *ev, const struct node *n)
{
    struct evaluation one = *ev;
    bool is_unsure = false;
    for (one.unit = 0; one.unit < n->number; one.unit++) {
        struct rule_value part = node_value(&one, n->parts[0]);
        if (part.is_known && !part.truth)
            return rule_truth(false);
        is_unsure |= !part.is_known;
    }
    return is_unsure ? rule_unknown : rule_truth(true);
}

static struct rule_value known_value(const struct evaluation *ev, const struct node *n)
{
    struct value raw;
    bool is_known = node_raw(ev, n->parts[0], &raw) ? raw.kind != VALUE_NULL : node_value(ev, n->parts[0]).is_known;
    return rule_truth(is_known == (n->expr == EXPR_KNOWN));
}

static struct rule_value during_value(const struct evaluation *ev, const struct node *n)
{
    struct rule_value time = node_value(ev, n->parts[0]);
    struct span_us window = window_instants(ev, n, ev->now_us);
    return time.is_known ? rule_truth(time.time_us >= window.from_us && time.time_us < window.until_us) : rule_unknown;
}

/* --- what is known besides events --- */

size_t open_relations(const struct evaluation *ev, const struct node *n, const struct rule_relation **out_list)
{
    const struct reading *r = ev->reading;
    return r->relations == NULL ? 0 : r->relations(r->context, n->number, out_list);
}

static struct rule_value has_value(const struct evaluation *ev, const struct node *n)
{
    struct evaluation inside = *ev;
    const struct rule_relation *list;
    size_t count = open_relations(ev, n, &list);
    for (size_t i = 0; i < count; i++) {
        inside.relation = &list[i];
        if (list[i].since_us > ev->now_us)
            continue;
        struct rule_value part = n->count == 0 ? rule_truth(true) : node_value(&inside, n->parts[0]);
        if (part.is_known && part.truth)
            return rule_truth(true);
    }
    return rule_truth(false);
}

static struct rule_value consent_value(const struct evaluation *ev, const struct node *n)
{
    const struct reading *r = ev->reading;
    int64_t turn_us;
    return rule_truth(r->consents != NULL && r->consents(r->context, n->name, n->second, ev->now_us, &turn_us));
}

static struct rule_value listed_value(const struct evaluation *ev, const struct node *n)
{
    const struct reading *r = ev->reading;
    struct value value;
    int64_t turn_us;
    return rule_truth(r->list != NULL && r->list(r->context, n->number, ev->now_us, &value, &turn_us));
}

static struct rule_value identifier_value(const struct evaluation *ev, const struct node *n)
{
    const struct reading *r = ev->reading;
    struct bytes text;
    return r->identifier != NULL && r->identifier(r->context, n->number, &text) ? rule_text(text) : rule_unknown;
}

/* A value by chance, but always the same: the fraction that the hash is of 2^64. */
static struct rule_value share_value(const struct evaluation *ev, const struct node *n)
{
    struct buf salted = arena_buf(ev->scratch, n->name.size + sizeof ev->reading->public_id);
    buf_push(&salted, n->name);
    pack_u64(&salted, ev->reading->public_id.low);
    pack_u64(&salted, ev->reading->public_id.high);
    series_wide low = (series_wide)hash128(buf_bytes(&salted), 0).low;
    return rule_number((low * NUMBER_ONE) >> 64);
}

/* Into the members of objects: "city" of the trait "address". */
static bool raw_member(struct value *io, struct bytes path)
{
    struct unpack u = unpack_of(io->body);
    struct bytes key;
    for (uint32_t i = io->count; io->kind == VALUE_OBJECT && i > 0 && unpack_good(&u); i--) {
        struct value v = unpack_member(&u, &key);
        if (bytes_equal(key, path)) {
            *io = v;
            return true;
        }
        bool is_around = v.kind == VALUE_OBJECT && bytes_starts_with(path, key) && path.size > key.size &&
                         path.data[key.size] == '.';
        if (is_around) {
            *io = v;
            return raw_member(io, bytes_slice(path, key.size + 1, path.size));
        }
    }
    return false;
}

static bool relation_raw(const struct rule_relation *r, const struct node *n, struct value *out)
{
    switch (n->member) {
    case MEMBER_BEGUN:
        *out = (struct value){.kind = VALUE_TIME, .integer = r->since_us};
        return r->since_us != INT64_MIN;
    case MEMBER_ID:
        *out = (struct value){.kind = VALUE_TEXT, .body = r->id};
        return r->id.size > 0;
    case MEMBER_KIND:
        *out = (struct value){.kind = VALUE_TEXT, .body = r->kind};
        return r->kind.size > 0;
    default:
        return r->member != NULL && r->member(r->context, n->name, out);
    }
}

bool node_raw(const struct evaluation *ev, const struct node *n, struct value *out_value)
{
    const struct reading *r = ev->reading;
    if (n->op == NODE_TRAIT)
        return r->trait != NULL && r->trait(r->context, n->number, out_value) &&
               (n->name.size == 0 || raw_member(out_value, n->name));
    int64_t turn_us;
    if (n->op == NODE_LIST_VALUE)
        return r->list != NULL && r->list(r->context, n->number, ev->now_us, out_value, &turn_us);
    return n->op == NODE_MEMBER && relation_raw(ev->relation, n, out_value);
}

/* Of a list the first one. */
static struct rule_value raw_value(const struct evaluation *ev, const struct node *n)
{
    struct value v;
    if (!node_raw(ev, n, &v))
        return rule_unknown;
    if (v.kind == VALUE_LIST && v.count > 0) {
        struct unpack u = unpack_of(v.body);
        v = unpack_value(&u);
    }
    return rule_value_of(&v);
}

/* --- terms --- */

static struct rule_value constant_value(const struct evaluation *ev, const struct node *n)
{
    (void)ev;
    return n->value;
}

static struct rule_value time_within(series_wide us)
{
    return us >= TIME_US_MIN && us < TIME_US_END ? rule_time((int64_t)us) : rule_unknown;
}

/* A time and a number of days, or two numbers. */
static struct rule_value added(const struct rule_value *x, const struct rule_value *y, int sign)
{
    if (x->type == RULE_TIME && y->type == RULE_TIME)
        return rule_number(wide_divided((series_wide)x->time_us - y->time_us, SECONDS_A_DAY));
    if (x->type == RULE_TIME)
        return time_within(x->time_us + sign * y->number * SECONDS_A_DAY);
    if (y->type == RULE_TIME)
        return time_within(y->time_us + x->number * SECONDS_A_DAY);
    return rule_number(x->number + sign * y->number);
}

/* Without passing what 128 bits hold. */
static struct rule_value multiplied(series_wide x, series_wide y)
{
    series_wide size = x < 0 ? -x : x, by = y < 0 ? -y : y;
    series_wide whole = size / NUMBER_ONE, rest = size % NUMBER_ONE;
    if (whole > 0 && by > ((series_wide)1 << NUMBER_BITS) / whole)
        return rule_unknown;
    series_wide product = whole * by + wide_divided(rest * by, NUMBER_ONE);
    return rule_number((x < 0) == (y < 0) ? product : -product);
}

static struct rule_value joined(enum expr_op op, const struct rule_value *x, const struct rule_value *y)
{
    if (!x->is_known || !y->is_known)
        return rule_unknown;
    switch (op) {
    case EXPR_ADD:
        return added(x, y, 1);
    case EXPR_SUBTRACT:
        return added(x, y, -1);
    case EXPR_MULTIPLY:
        return multiplied(x->number, y->number);
    default:
        assert(op == EXPR_DIVIDE);
        return y->number == 0 ? rule_unknown : rule_number(wide_divided(x->number * NUMBER_ONE, y->number));
    }
}

static struct rule_value sum_value(const struct evaluation *ev, const struct node *n)
{
    struct rule_value value = node_value(ev, n->parts[0]);
    for (uint32_t i = 1; i < n->count; i++) {
        struct rule_value part = node_value(ev, n->parts[i]);
        value = joined(n->expr, &value, &part);
    }
    return value;
}

static struct rule_value minus_value(const struct evaluation *ev, const struct node *n)
{
    struct rule_value part = node_value(ev, n->parts[0]);
    return part.is_known ? rule_number(-part.number) : part;
}

static struct rule_value case_value(const struct evaluation *ev, const struct node *n)
{
    for (uint32_t i = 0; i + 1 < n->count; i += 2) {
        struct rule_value condition = node_value(ev, n->parts[i]);
        if (condition.is_known && condition.truth)
            return node_value(ev, n->parts[i + 1]);
    }
    return n->count % 2 == 1 ? node_value(ev, n->parts[n->count - 1]) : rule_unknown;
}

static struct rule_value cast_value(const struct evaluation *ev, const struct node *n)
{
    struct rule_value part = node_value(ev, n->parts[0]);
    return rule_value_as(&part, n->type, ev->reading->civil, ev->scratch);
}

static struct rule_value now_value(const struct evaluation *ev, const struct node *n)
{
    (void)n;
    return rule_time(ev->now_us);
}

static struct rule_value today_value(const struct evaluation *ev, const struct node *n)
{
    (void)n;
    return rule_time(day_begin_us(ev, today_of(ev)));
}

static struct rule_value ago_value(const struct evaluation *ev, const struct node *n)
{
    return rule_time(ago_us(ev->reading->civil, n->ago, ev->now_us));
}

/* --- days --- */

static bool month_day_read(struct bytes text, struct civil_date *out_date)
{
    int64_t us;
    char leap[] = "2000-00-00";
    if (text.size == MONTH_DAY_BYTES + 2 && bytes_starts_with(text, BYTES_LIT("--")))
        text = bytes_slice(text, 2, text.size);
    if (text.size != MONTH_DAY_BYTES)
        return false;
    memcpy(leap + sizeof leap - 1 - MONTH_DAY_BYTES, text.data, MONTH_DAY_BYTES);
    if (failed(time_parse(bytes_of_text(leap), &us, NULL)))
        return false;
    *out_date = civil_of_day(day_of_time(us, 0));
    return true;
}

/* A date without its year has anniversaries, and nothing else. */
static bool date_of(const struct evaluation *ev, enum days_of days, const struct rule_value *v,
                    struct civil_date *out_date)
{
    struct rule_value time = rule_value_as(v, RULE_TIME, ev->reading->civil, ev->scratch);
    if (days == DAYS_TO_ANNIVERSARY && v->is_known && v->type == RULE_TEXT && month_day_read(v->text, out_date))
        return true;
    if (!time.is_known || time.type != RULE_TIME)
        return false;
    *out_date = civil_of_day((int32_t)civil_number(ev->reading->civil, CIVIL_DAY, time.time_us));
    return true;
}

static struct rule_value days_value(const struct evaluation *ev, const struct node *n)
{
    struct rule_value part = node_value(ev, n->parts[0]);
    struct civil_date date;
    int64_t today = today_of(ev), days;
    if (!date_of(ev, n->days, &part, &date))
        return rule_unknown;
    if (n->days == DAYS_TO_ANNIVERSARY) {
        days = anniversary_from(today, date.month, date.day) - today;
    } else if (n->days == YEARS_SINCE) {
        int64_t next = anniversary_from(today + 1, date.month, date.day);
        days = civil_of_day((int32_t)next).year - 1 - date.year;
    } else {
        days = today - day_of_civil(date);
        days = n->days == DAYS_SINCE ? days : -days;
    }
    return rule_number((series_wide)days * NUMBER_ONE);
}

/* --- all of them --- */

struct rule_value node_value(const struct evaluation *ev, const struct node *n)
{
    static struct rule_value (*const ways[NODE_OP_COUNT])(const struct evaluation *, const struct node *) = {
        [NODE_OR] = or_value,
        [NODE_AND] = and_value,
        [NODE_NOT] = not_value,
        [NODE_EACH] = each_value,
        [NODE_COMPARE] = compare_value,
        [NODE_KNOWN] = known_value,
        [NODE_DURING] = during_value,
        [NODE_SEQUENCE] = sequence_value,
        [NODE_HAS] = has_value,
        [NODE_CONSENT] = consent_value,
        [NODE_LISTED] = listed_value,
        [NODE_CONSTANT] = constant_value,
        [NODE_SUM] = sum_value,
        [NODE_MINUS] = minus_value,
        [NODE_CASE] = case_value,
        [NODE_CAST] = cast_value,
        [NODE_NOW] = now_value,
        [NODE_TODAY] = today_value,
        [NODE_AGO] = ago_value,
        [NODE_DAYS] = days_value,
        [NODE_TALLY] = tally_value,
        [NODE_TRAIT] = raw_value,
        [NODE_IDENTIFIER] = identifier_value,
        [NODE_LIST_VALUE] = raw_value,
        [NODE_MEMBER] = raw_value,
        [NODE_SHARE] = share_value,
    };
    return ways[n->op](ev, n);
}

static struct rule_value root_value(const struct program *p, const struct evaluation *ev)
{
    struct rule_value value = node_value(ev, p->root);
    value.type = value.is_known ? value.type : p->root->type;
    assert(value.type == p->root->type);
    return value;
}

struct rule_value program_value_at(const struct program *p, const struct reading *r, int64_t now_us,
                                   struct arena *scratch)
{
    const struct evaluation ev = {.reading = r, .now_us = now_us, .scratch = scratch, .unit = UNIT_ALL};
    return root_value(p, &ev);
}

struct rule_value program_value(const struct program *p, const struct reading *r, struct arena *scratch)
{
    return program_value_at(p, r, r->now_us, scratch);
}
