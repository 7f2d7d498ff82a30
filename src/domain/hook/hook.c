#include "domain/hook/hook.h"

#include <string.h>

#include "base/time.h"
#include "domain/access/access.h"
#include "domain/audience/audience.h"
#include "domain/identity/identity.h"
#include "domain/order/order.h"
#include "domain/people/people.h"
#include "domain/thing/thing.h"
#include "lib/json.h"
#include "lib/pack.h"
#include "lib/text.h"

#define HOOK_FORMAT 1u
#define HOOK_BYTES_MAX 4096u
#define BODY_BYTES_MAX 16000u
#define HOOKS_MAX 64u /* of a workspace: each costs a look at every fact */
#define CAUSES_ALL ((1u << CAUSE_COUNT) - 1)

static const struct family hook_family = {.id = 60, .kind = FAMILY_KEYED, .value_bytes = HOOK_BYTES_MAX, .name = "hook"};

const struct effect_kind effect_web = {.id = 0x0710, .name = "hook.web", .payload_bytes_max = EFFECT_BYTES_MAX};
const struct effect_kind effect_file = {.id = 0x0711, .name = "hook.file", .payload_bytes_max = EFFECT_BYTES_MAX};

static const struct refusal no_such_hook = {"no_such_hook", "There is no hook of this name.", "没有这个名称的推送。"};
static const struct refusal too_many_hooks = {"too_many_hooks", "There are 64 hooks already: remove one first.", "已有 64 个推送:请先删除一个。"};

enum hook_kind hook_kind_of(struct bytes target)
{
    bool is_web = bytes_starts_with(target, BYTES_LIT("http://")) || bytes_starts_with(target, BYTES_LIT("https://"));
    return is_web ? HOOK_WEB : HOOK_FILE;
}

void hook_pack(struct buf *b, const struct hook *h)
{
    pack_u8(b, HOOK_FORMAT);
    pack_bytes(b, h->name);
    pack_u8(b, (uint8_t)h->kind);
    pack_bytes(b, h->target);
    pack_bytes(b, h->secret);
    pack_varint(b, h->causes);
    pack_varint(b, h->fact_count);
    for (uint32_t i = 0; i < h->fact_count; i++)
        pack_bytes(b, h->facts[i]);
}

/* A file's name stays inside its folder. */
static bool target_is_good(const struct hook *h)
{
    if (h->target.size == 0 || h->target.size > HOOK_TARGET_BYTES_MAX)
        return false;
    if (h->kind == HOOK_WEB)
        return hook_kind_of(h->target) == HOOK_WEB;
    return memchr(h->target.data, '/', h->target.size) == NULL && h->target.data[0] != '.';
}

fallible hook_unpack(struct bytes payload, struct hook *out_hook, struct err *e)
{
    struct hook h = {0};
    struct unpack u = unpack_of(payload);
    u.bad |= unpack_u8(&u) != HOOK_FORMAT;
    h.name = unpack_bytes(&u);
    uint8_t kind = unpack_u8(&u);
    u.bad |= kind >= HOOK_KIND_COUNT;
    h.kind = (enum hook_kind)kind;
    h.target = unpack_bytes(&u);
    h.secret = unpack_bytes(&u);
    h.causes = unpack_varint32(&u);
    h.fact_count = unpack_varint32(&u);
    u.bad |= h.fact_count > HOOK_FACTS_MAX;
    for (uint32_t i = 0; i < h.fact_count && unpack_good(&u); i++)
        h.facts[i] = unpack_bytes(&u);
    if (!unpack_finished(&u))
        return FAIL(e, INVALID, "a hook is cut short, or names more than %u facts", HOOK_FACTS_MAX);
    if (h.name.size == 0 || h.name.size > 64 || h.secret.size > 128 || h.causes == 0 || (h.causes & ~CAUSES_ALL) != 0)
        return FAIL(e, INVALID, "a hook has a name of at most 64 bytes, a secret of at most 128, and at least one cause");
    if (!target_is_good(&h))
        return FAIL(e, INVALID, "a hook goes to http://…, https://…, or to the plain name of a file");
    *out_hook = h;
    return DONE;
}

bool hook_next(const struct view *v, struct bytes after, struct hook *out_hook)
{
    struct bytes key, value;
    return view_keyed_next(v, &hook_family, after.size == 0 ? BYTES_LIT("\0") : after, true, &key, &value) &&
           done(hook_unpack(value, out_hook, NULL));
}

/* --- telling --- */

static bool wants(const struct hook *h, const struct fact_kind *kind, enum cause cause)
{
    if ((h->causes >> cause & 1) == 0)
        return false;
    for (uint32_t i = 0; i < h->fact_count; i++)
        if (bytes_equal(h->facts[i], bytes_of_text(kind->name)))
            return true;
    return h->fact_count == 0;
}

/* {"id":…,"fact":…,"cause":…,"time":…,"position":…,"data":{…}} */
static struct bytes body_of(struct step *s, const struct fact_kind *kind, const void *fact, const char *id)
{
    struct buf b;
    struct json_writer w;
    char when[TIME_TEXT_BYTES];
    buf_init(&b, BODY_BYTES_MAX);
    json_writer_init(&w, &b, false);
    json_object_begin(&w);
    json_key(&w, "id");
    json_put_text(&w, id);
    json_key(&w, "fact");
    json_put_text(&w, kind->name);
    json_key(&w, "cause");
    json_put_text(&w, cause_name(s->cause));
    json_key(&w, "time");
    json_put_text(&w, time_format(s->view.now_us, when));
    json_key(&w, "position");
    json_put_uint64(&w, s->view.position);
    json_key(&w, "data");
    json_object_begin(&w);
    kind->print(&s->view, fact, &w);
    json_object_end(&w);
    json_object_end(&w);
    struct bytes body = b.overflowed ? BYTES_NONE : arena_copy(s->view.arena, buf_bytes(&b));
    buf_fini(&b);
    return body;
}

static void ask(struct step *s, const struct hook *h, struct bytes body, const char *id)
{
    struct buf b;
    buf_init(&b, EFFECT_BYTES_MAX);
    pack_bytes(&b, h->target);
    pack_bytes(&b, h->secret);
    pack_raw(&b, body);
    if (!b.overflowed)
        step_ask(s, h->kind == HOOK_WEB ? &effect_web : &effect_file, arena_copy(s->view.arena, bytes_of_text(id)), arena_copy(s->view.arena, buf_bytes(&b)));
    buf_fini(&b);
}

struct bytes hook_target(struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    return unpack_bytes(&u);
}

/* The n-th fact of a position, to one hook: the same id for ever, so that who hears it twice can tell. Returns whether any was told. */
static bool tell(struct step *s, const struct fact_kind *kind, const void *fact)
{
    struct hook h;
    bool is_told = false;
    struct bytes after = BYTES_NONE;
    while (hook_next(&s->view, after, &h)) {
        after = h.name;
        if (!wants(&h, kind, s->cause))
            continue;
        const char *id = arena_printf(s->view.arena, "%.*s-%llu-%u", BYTES_ARG(h.name), (unsigned long long)s->view.position, step_fact_index(s));
        struct bytes body = body_of(s, kind, fact, id);
        if (body.size == 0)
            continue;
        ask(s, &h, body, id);
        is_told = true;
    }
    return is_told;
}

/* Once a day: whoever looks at the health of tags and segments sees that this one is listened to. */
static void tell_of_audience(struct step *s, const struct fact_kind *kind, const void *fact)
{
    const struct audience_turned *f = fact;
    if (tell(s, kind, fact))
        audience_used_note(s, f->number, AUDIENCE_USE_HOOK);
}

#define DEFINE_HEAR(fact)                                     \
    static void hear_##fact(struct step *s, const void *said) \
    {                                                         \
        (void)tell(s, &fact_##fact, said);                    \
    }
#define DEFINE_HEAR_OF_AUDIENCE(fact)                         \
    static void hear_##fact(struct step *s, const void *said) \
    {                                                         \
        tell_of_audience(s, &fact_##fact, said);              \
    }

DEFINE_HEAR(merged)
DEFINE_HEAR(split)
DEFINE_HEAR(quarantined)
DEFINE_HEAR(person_erased)
DEFINE_HEAR(profile_changed)
DEFINE_HEAR(token_changed)
DEFINE_HEAR(thing_changed)
DEFINE_HEAR(order_changed)
DEFINE_HEAR_OF_AUDIENCE(segment_entered)
DEFINE_HEAR_OF_AUDIENCE(segment_left)
DEFINE_HEAR_OF_AUDIENCE(tag_changed)

/* --- commands --- */

/* A hook is ended by its name as a step of a path. */
static fallible put_check(struct bytes payload, struct err *e)
{
    struct hook h;
    TRY(hook_unpack(payload, &h, e));
    return text_fits_a_path(h.name) ? DONE : FAIL(e, INVALID, "a hook's name is plain text without \"/\" and control characters, and not . or ..");
}

static const struct refusal *put(struct step *s, struct bytes payload)
{
    struct hook h, other;
    struct bytes there, after = BYTES_NONE;
    uint32_t count = 0;
    struct status status = hook_unpack(payload, &h, NULL);
    assert(done(status));
    for (; hook_next(&s->view, after, &other); count++)
        after = other.name;
    if (count >= HOOKS_MAX && !view_keyed(&s->view, &hook_family, h.name, &there))
        return &too_many_hooks;
    step_keyed_put(s, &hook_family, h.name, payload);
    return NULL;
}

static fallible remove_check(struct bytes payload, struct err *e)
{
    return payload.size > 0 ? DONE : FAIL(e, INVALID, "which hook? give its name");
}

static const struct refusal *remove_hook(struct step *s, struct bytes name)
{
    struct bytes there;
    if (!view_keyed(&s->view, &hook_family, name, &there))
        return &no_such_hook;
    step_keyed_remove(s, &hook_family, name);
    return NULL;
}

static const struct family *const families[] = {&hook_family};
static const struct effect_kind *const effects[] = {&effect_web, &effect_file};
static const struct listener hears[] = {
    {&fact_merged, hear_merged},
    {&fact_split, hear_split},
    {&fact_person_erased, hear_person_erased},
    {&fact_quarantined, hear_quarantined},
    {&fact_profile_changed, hear_profile_changed},
    {&fact_token_changed, hear_token_changed},
    {&fact_thing_changed, hear_thing_changed},
    {&fact_order_changed, hear_order_changed},
    {&fact_segment_entered, hear_segment_entered},
    {&fact_segment_left, hear_segment_left},
    {&fact_tag_changed, hear_tag_changed},
};
static const struct command commands[] = {
    {COMMAND_HOOK, "hook.put", HOOK_BYTES_MAX, ROLE_ADMIN, put_check, NULL, put, "Makes a hook, or replaces the one of its name.", NULL},
    {COMMAND_HOOK_REMOVE, "hook.remove", 64, ROLE_ADMIN, remove_check, NULL, remove_hook, "Ends a hook; what it asked for already still goes out.", NULL},
};

const struct domain hook_domain = {
    .number = 0x07,
    .name = "hook",
    .about = "What others are told as it happens.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .effects = effects,
    .effect_count = COUNT_OF(effects),
};
