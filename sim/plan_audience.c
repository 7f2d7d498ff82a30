#include "sim/plan_audience.h"

#include "base/time.h"
#include "domain/audience/audience.h"
#include "lib/value.h"

#define PAYLOAD_VALUE_BYTES 64u
#define LIST_NUMBERS \
    10u /* definitions are numbered as they come: an act may be of one that is no list, or isn't there */

struct planned_definition {
    enum audience_kind kind;
    enum audience_content content;
    const char *name;
    enum list_value value; /* of a list */
    const char *texts[4];  /* of a rule: what it may say */
};
#define RULE_SEGMENT AUDIENCE_SEGMENT, AUDIENCE_RULE
#define RULE_TAG AUDIENCE_TAG, AUDIENCE_RULE
static const struct planned_definition planned[] = {
    {AUDIENCE_SEGMENT, AUDIENCE_LIST, "invited", LIST_HOLDS, {NULL}},
    {AUDIENCE_TAG, AUDIENCE_LIST, "skin", LIST_TEXT, {NULL}},
    {AUDIENCE_TAG, AUDIENCE_LIST, "gold", LIST_HOLDS, {NULL}},
    {AUDIENCE_TAG, AUDIENCE_LIST, "silver", LIST_HOLDS, {NULL}},
    {AUDIENCE_TAG, AUDIENCE_GROUP, "tier", LIST_HOLDS, {NULL}},
    {RULE_SEGMENT,
     "fans",
     0,
     {"count(product_viewed in last 2 days) >= 2", "did(cart_added within 90 minutes)",
      "days(event in last 3 days) >= 2", "did(product_viewed then order_paid within 1 hour)"}},
    {RULE_SEGMENT,
     "quiet",
     0,
     {"not did(event in last 1 day)", "did(login then no logout within 2 hours)",
      "did(cart_added for the first time in last 7 days)", "not did(order_paid)"}},
    {RULE_SEGMENT,
     "known",
     0,
     {"friend of('G1', 'G2')", "consents('marketing')", "phone is known", "share('draw') < 0.5"}},
    {RULE_SEGMENT,
     "buyers",
     0,
     {"count(order) >= 1", "sum(order in last 1 day) > 10", "did(order within 3 hours)",
      "last(order).time > ago(1 day)"}},
    {RULE_SEGMENT,
     "chosen",
     0,
     {"segment('fans') and not segment('quiet')", "segment('invited') or tag('skin') = 'dry'", "tag('tier') = 'gold'",
      "segment('buyers') or tag('often') = 'app'"}},
    {RULE_TAG,
     "often",
     0,
     {"most_frequent(event.channel in last 2 days)", "last(product_viewed).channel", "first(cart_added).channel",
      "most_frequent(event.channel)"}},
    {RULE_TAG,
     "views",
     0,
     {"count(product_viewed)", "count(event within 30 minutes)", "sum(order)", "days(event in last 3 days)"}},
};
static const char *const values[] = {"dry", "oily"};

void audience_deed_make(struct rng *rng, struct deed *d, int64_t now_us)
{
    static const enum deed_kind kinds[] = {DEED_AUDIENCE_SAVE, DEED_AUDIENCE_END, DEED_AUDIENCE_CANCEL,
                                           DEED_AUDIENCE_FREEZE, DEED_LISTING};
    static const double weights[] = {5, 0.5, 0.5, 0.5, 5};
    d->kind = kinds[rng_pick(rng, weights, COUNT_OF(weights))];
    d->definition = (uint32_t)rng_below(rng, COUNT_OF(planned));
    d->text = (uint32_t)rng_below(rng, COUNT_OF(planned[0].texts));
    d->list = 1 + (uint32_t)rng_below(rng, LIST_NUMBERS);
    d->list_value = (uint32_t)rng_below(rng, COUNT_OF(values) + 1);
    d->ends = rng_chance(rng, 0.3);
    d->event_us = now_us - (int64_t)rng_below(rng, (uint64_t)US_PER_DAY);
    d->until_us = rng_chance(rng, 0.3) ? now_us + (int64_t)rng_below(rng, (uint64_t)US_PER_DAY) : LISTING_FOR_EVER;
}

const char *audience_deed_name(const struct deed *d)
{
    return planned[d->definition].name;
}

static void definition_pack(const struct deed *d, struct buf *out)
{
    const struct planned_definition *plan = &planned[d->definition];
    uint8_t room[PAYLOAD_VALUE_BYTES];
    struct buf members = {.data = room, .capacity = sizeof room, .size_max = sizeof room};
    if (plan->content == AUDIENCE_GROUP) {
        pack_bytes(&members, BYTES_LIT("gold"));
        pack_bytes(&members, BYTES_LIT("silver"));
    }
    struct audience said = {.kind = plan->kind,
                            .content = plan->content,
                            .name = bytes_of_text(plan->name),
                            .text = plan->content == AUDIENCE_RULE ? bytes_of_text(plan->texts[d->text]) : BYTES_NONE,
                            .value = plan->value,
                            .members = buf_bytes(&members)};
    audience_pack(&said, AUDIENCE_ANY_REVISION, out);
}

static void freeze_pack(const struct deed *d, struct buf *out)
{
    const struct planned_definition *source = &planned[d->definition];
    struct audience_freeze freeze = {
        .said = {.kind = AUDIENCE_SEGMENT, .content = AUDIENCE_LIST, .name = BYTES_LIT("frozen")},
        .source_kind = source->kind,
        .source = bytes_of_text(source->name),
        .by = BYTES_LIT("sim")};
    audience_freeze_pack(&freeze, out);
}

static void act_pack(const struct deed *d, const struct envelope_id *ids, struct buf *out)
{
    uint8_t room[PAYLOAD_VALUE_BYTES];
    struct buf value = {.data = room, .capacity = sizeof room, .size_max = sizeof room};
    if (d->list_value < COUNT_OF(values) && !d->ends)
        value_pack_text(&value, bytes_of_text(values[d->list_value]));
    struct listing_put put = {.id = ids[0],
                              .list = d->list,
                              .act = {.time_us = d->event_us,
                                      .is_off = d->ends,
                                      .value = buf_bytes(&value),
                                      .until_us = d->ends ? 0 : d->until_us,
                                      .by = {RELATION_BY_TOKEN, BYTES_LIT("sim")}}};
    listing_put_pack(&put, out);
}

void audience_deed_pack(const struct deed *d, const struct envelope_id *ids, struct buf *out)
{
    if (d->kind == DEED_AUDIENCE_SAVE)
        definition_pack(d, out);
    else if (d->kind == DEED_AUDIENCE_FREEZE)
        freeze_pack(d, out);
    else if (d->kind == DEED_LISTING)
        act_pack(d, ids, out);
    else
        audience_end_pack(planned[d->definition].kind, bytes_of_text(planned[d->definition].name), out);
}
