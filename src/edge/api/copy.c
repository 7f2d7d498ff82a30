/* A copy for the person (Personal Information Protection Law, articles 44, 45 and 48): all that is held of them, whence, what for, who
 * gets it, and how long it is kept. The head in one answer; orders and events page by page. */
#include "base/time.h"
#include "domain/hook/hook.h"
#include "domain/order/order.h"
#include "edge/api/api.h"
#include "edge/api/audience.h"
#include "edge/api/custody.h"
#include "edge/api/order_print.h"
#include "edge/api/profile_print.h"
#include "edge/scope.h"
#include "engine/registry.h"

#define COPY_ORDERS_USUAL 10u
#define COPY_ORDERS_MAX 20u /* whole ones, of which each may lie in many rows */
#define COPY_SOURCES_MAX 256u

static const struct problem masked_token = {
    .status = 403,
    .slug = "not-allowed",
    .title = "This token may not do that",
    .detail = "A copy for the person is whole: it needs a token that sees values in full."};

/* What is held, what for, and until when. */
static const struct copy_class {
    const char *name, *purpose_en, *purpose_zh, *kept_en, *kept_zh;
} copy_classes[] = {
    {"identifiers", "To know you again on each channel, and to reach you where you agreed to it",
     "在各渠道识别您,并在您同意的范围内联系您", "Until you ask to be erased", "直至您要求删除"},
    {"traits", "To serve you by what you told us and what follows from what you did",
     "依据您提供的信息与您的行为为您服务", "Until you ask to be erased", "直至您要求删除"},
    {"consents", "To keep to what you agreed to, and to prove it", "遵守并证明您的授权与撤回",
     "Until you ask to be erased", "直至您要求删除"},
    {"relations", "To keep you with the guide, group or programme that you are with",
     "维持您与导购、社群、会员计划等的关系", "Until you ask to be erased", "直至您要求删除"},
    {"listings", "To treat you as our staff decided: invitations, tags that they gave you",
     "依据工作人员的登记为您服务:名单、人工标签", "Until you ask to be erased", "直至您要求删除"},
    {"events", "To see what you did with us, and to answer by it", "了解您与我们的互动并据此响应",
     "Until you ask to be erased", "直至您要求删除"},
    {"orders", "To fulfil what you bought, and as the law asks for", "履行您的订单,并满足法定保存义务",
     "Until you ask to be erased; then locked, without your name, for the years that the law asks for",
     "直至您要求删除;其后按法定期限去标识化封存"},
};

/* --- the head --- */

static void put_classes(struct json_writer *w)
{
    json_key(w, "classes");
    json_array_begin(w);
    for (size_t i = 0; i < COUNT_OF(copy_classes); i++) {
        const struct copy_class *c = &copy_classes[i];
        json_object_begin(w);
        member_text(w, "class", c->name);
        member_text(w, "purpose", c->purpose_en);
        member_text(w, "purpose_zh", c->purpose_zh);
        member_text(w, "kept", c->kept_en);
        member_text(w, "kept_zh", c->kept_zh);
        json_object_end(w);
    }
    json_array_end(w);
}

struct source_list {
    size_t count;
    uint32_t numbers[COPY_SOURCES_MAX];
};

static void source_add(struct source_list *s, uint32_t source)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->numbers[i] == source)
            return;
    if (source != 0 && s->count < COPY_SOURCES_MAX)
        s->numbers[s->count++] = source;
}

/* Who told what is known; each event says its own source. */
static void put_sources(const struct view *v, uint32_t person, struct json_writer *w)
{
    struct source_list *s = ARENA_NEW(v->arena, struct source_list);
    const struct trait *traits;
    const struct consent *consents;
    size_t trait_count = people_traits(v, person, &traits), consent_count = people_consents(v, person, &consents);
    for (size_t i = 0; i < trait_count; i++)
        source_add(s, traits[i].source);
    for (size_t i = 0; i < consent_count; i++)
        source_add(s, consents[i].source);
    json_key(w, "sources");
    json_array_begin(w);
    for (size_t i = 0; i < s->count; i++)
        json_put_string(w, name_text(v, NAME_SOURCE, s->numbers[i]));
    json_array_end(w);
}

static void put_texts(struct json_writer *w, const char *key, const struct bytes *texts, uint32_t count)
{
    json_key(w, key);
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        json_put_string(w, texts[i]);
    json_array_end(w);
}

static void put_hooks(const struct view *v, struct json_writer *w)
{
    struct hook h;
    json_key(w, "hooks");
    json_array_begin(w);
    for (struct bytes after = BYTES_NONE; hook_next(v, after, &h); after = h.name) {
        json_object_begin(w);
        member_bytes(w, "name", h.name);
        member_bytes(w, "target", h.target);
        put_texts(w, "facts", h.facts, h.fact_count);
        json_object_end(w);
    }
    json_array_end(w);
}

static void put_shares(const struct view *v, struct json_writer *w)
{
    struct share share = {0};
    json_key(w, "shares");
    json_array_begin(w);
    for (bool first = true; share_next(v, &share, first, &share); first = false) {
        if (!share_is_live(v, &share))
            continue;
        json_object_begin(w);
        member_name(w, "from", v, NAME_ENTITY, share.from);
        member_name(w, "to", v, NAME_ENTITY, share.to);
        put_texts(w, "purposes", share.purposes, share.purpose_count);
        member_time(w, "until", share.until_us == 0 ? INT64_MIN : share.until_us);
        json_object_end(w);
    }
    json_array_end(w);
}

/* By which law something outlasts an erasure. */
static void put_custodies(const struct view *v, struct json_writer *w)
{
    json_key(w, "kept_by_law");
    json_array_begin(w);
    for (size_t i = 0; i < registry_domain_count(v->registry); i++) {
        const struct domain *d = registry_domain(v->registry, i);
        for (size_t k = 0; k < d->custody_count; k++) {
            json_object_begin(w);
            custody_put(v, d->custodies[k], w);
            json_object_end(w);
        }
    }
    json_array_end(w);
}

static void print_copy(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct person_ask *ask = r->context;
    uint32_t person = person_asked(r, v, ask);
    if (person == PERSON_NONE) {
        r->problem = problem_no_person;
        return;
    }
    r->person_read = person;
    json_object_begin(w);
    member_time(w, "made", v->now_us);
    member_text(w, "workspace", workspace_name(r->workspace));
    json_key(w, "profile");
    json_object_begin(w);
    put_profile(r, v, person, w);
    json_object_end(w);
    listings_put(r, v, person, w);
    put_classes(w);
    put_sources(v, person, w);
    json_key(w, "recipients");
    json_object_begin(w);
    put_hooks(v, w);
    put_shares(v, w);
    json_object_end(w);
    put_custodies(v, w);
    json_object_end(w);
}

static bool copy_is_whole(struct request *r)
{
    bool is_masked = r->token != NULL && r->token->masked;
    if (is_masked)
        request_problem(r, &masked_token);
    return !is_masked;
}

void api_copy(struct request *r)
{
    struct person_ask *ask = ARENA_NEW(request_arena(r), struct person_ask);
    struct err e = {0};
    if (!copy_is_whole(r))
        return;
    r->context = ask;
    struct status status = person_ask_read(r, r->parameters[0], ask, &e);
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_copy);
}

/* --- orders, whole --- */

struct copy_orders {
    struct person_ask ask;
    struct order_walk walk;
    uint64_t limit;
};

static void print_orders(struct request *r, const struct view *v, struct json_writer *w)
{
    const struct copy_orders *c = r->context;
    struct order_walk walk = c->walk;
    uint32_t numbers[COPY_ORDERS_MAX], person = person_asked(r, v, &c->ask);
    if (person == PERSON_NONE) {
        r->problem = problem_no_person;
        return;
    }
    r->person_read = person;
    size_t count = order_of_person(v, person, &walk, numbers, (size_t)c->limit);
    json_object_begin(w);
    json_key(w, "orders");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        struct order o;
        if (!order_numbered(v, numbers[i], &o))
            continue;
        json_object_begin(w);
        order_put(r, v, &o, ORDER_NOW, w);
        json_object_end(w);
    }
    json_array_end(w);
    order_walk_put(v, count < c->limit ? NULL : &walk, w);
    json_object_end(w);
}

void api_copy_orders(struct request *r)
{
    struct copy_orders *c = ARENA_NEW(request_arena(r), struct copy_orders);
    struct err e = {0};
    if (!copy_is_whole(r))
        return;
    r->context = c;
    struct status status = person_ask_read(r, r->parameters[0], &c->ask, &e);
    if (done(status))
        status = query_number(r, "limit", COPY_ORDERS_USUAL, COPY_ORDERS_MAX, &c->limit, &e);
    if (done(status))
        status = order_walk_read(r, &c->walk, &e);
    c->limit = c->limit == 0 ? 1 : c->limit;
    if (failed(status))
        request_failed(r, status, &e);
    else
        request_print(r, print_orders);
}
