#include "domain/order/order.h"

#include "domain/identity/identity.h"
#include "domain/order/books.h"
#include "domain/order/change.h"
#include "domain/order/custody.h"
#include "domain/order/payload.h"
#include "lib/json.h"

/* --- reading --- */

static bool is_shown(const struct view *v, const struct document *d, bool with_kept)
{
    return with_kept || custody_lets_see(v, d);
}

static bool find(const struct view *v, struct order_key key, bool with_kept, struct order *out)
{
    struct document d;
    bool fits = key.shop.size <= ORDER_SHOP_BYTES_MAX && key.number.size <= ORDER_NUMBER_BYTES_MAX;
    if (!fits || !document_load(v, key, &d) || !is_shown(v, &d, with_kept))
        return false;
    document_in_force(&d, v->arena, out);
    return true;
}

static bool numbered(const struct view *v, uint32_t number, bool with_kept, struct order *out)
{
    struct document d;
    if (!document_numbered(v, number, &d) || !is_shown(v, &d, with_kept))
        return false;
    document_in_force(&d, v->arena, out);
    return true;
}

bool order_find(const struct view *v, struct order_key key, struct order *out)
{
    return find(v, key, false, out);
}

bool order_find_kept(const struct view *v, struct order_key key, struct order *out)
{
    return find(v, key, true, out);
}

bool order_numbered(const struct view *v, uint32_t number, struct order *out)
{
    return numbered(v, number, false, out);
}

bool order_numbered_kept(const struct view *v, uint32_t number, struct order *out)
{
    return numbered(v, number, true, out);
}

uint32_t orders_end(const struct view *v)
{
    return view_rows_end(v, &order_family);
}

size_t order_of_person(const struct view *v, uint32_t person, struct order_walk *io_walk, uint32_t *out_numbers,
                       size_t max)
{
    const struct hash128 *keys;
    size_t key_count = identity_owners(v, person, &keys), count = 0;
    assert(max <= UINT32_MAX);
    while (io_walk->key_at < key_count && count < max) {
        uint32_t wanted = (uint32_t)(max - count);
        uint32_t got = roster_read(v, &order_owner_roster, keys[io_walk->key_at], io_walk->after, out_numbers + count,
                                   wanted);
        count += got;
        io_walk->after = got < wanted ? 0 : out_numbers[count - 1];
        io_walk->key_at += got < wanted;
    }
    return count;
}

/* --- commands --- */

static void order_needs(const struct view *v, uint32_t command, struct bytes payload)
{
    struct change *c = arena_take(v->arena, sizeof *c, _Alignof(struct change));
    if (change_plan(v, command, payload, c) == NULL)
        change_touch(v, c);
}

static const struct refusal *order_apply(struct step *s, uint32_t command, struct bytes payload)
{
    struct change *c = arena_take(s->view.arena, sizeof *c, _Alignof(struct change));
    const struct refusal *refusal = change_plan(&s->view, command, payload, c);
    return refusal != NULL ? refusal : change_write(s, c);
}

/* A command that changes one order: all are planned and written alike. */
#define DEFINE_CHANGE(name, COMMAND)                                                \
    static void name##_needs(const struct view *v, struct bytes payload)            \
    {                                                                               \
        order_needs(v, COMMAND, payload);                                           \
    }                                                                               \
    static const struct refusal *name##_apply(struct step *s, struct bytes payload) \
    {                                                                               \
        return order_apply(s, COMMAND, payload);                                    \
    }
#define DEFINE_ACT(name, COMMAND)                                     \
    DEFINE_CHANGE(name, COMMAND)                                      \
    static fallible name##_check(struct bytes payload, struct err *e) \
    {                                                                 \
        struct order_ask ask;                                         \
        return order_ask_unpack(COMMAND, payload, &ask, e);           \
    }

DEFINE_ACT(correct, COMMAND_ORDER_CORRECT)
DEFINE_ACT(void, COMMAND_ORDER_VOID)
DEFINE_ACT(reassign, COMMAND_ORDER_REASSIGN)
DEFINE_ACT(undo, COMMAND_ORDER_UNDO)
DEFINE_CHANGE(tell, COMMAND_ORDER_TELL)

static void put_needs(const struct view *v, struct bytes payload)
{
    order_needs(v, COMMAND_ORDER_PUT, payload);
}

static const struct refusal *put_apply(struct step *s, struct bytes payload)
{
    struct order_version version;
    struct unpack parts;
    struct status status = order_version_open(payload, &version, &parts, NULL);
    assert(done(status)); /* version_check has seen it */
    if (version.import)
        s->cause = CAUSE_IMPORT;
    return order_apply(s, COMMAND_ORDER_PUT, payload);
}

/* What a put and the finding of an owner will read: the order, and the roster of who gets it. */
struct order_ahead {
    uint32_t count;
    struct indexed_row rows[2];
};
static_assert(sizeof(struct order_ahead) <= AHEAD_BYTES, "it is kept by the engine");

static bool order_prefetch(const struct view *v, int stage, struct order_ahead *a)
{
    bool more = false;
    for (uint32_t i = 0; i < a->count; i++)
        more |= indexed_row_prefetch(v, stage, &a->rows[i]);
    return more;
}

static bool put_prefetch(const struct view *v, struct bytes payload, int stage, struct ahead *io_ahead)
{
    struct order_ahead *a = (struct order_ahead *)io_ahead->kept;
    struct order_key key;
    if (stage == 0)
        a->count = version_key(payload, &key);
    if (stage == 0 && a->count > 0)
        a->rows[0] = document_ahead(key);
    return order_prefetch(v, stage, a);
}

static bool owned_prefetch(const struct view *v, struct bytes payload, int stage, struct ahead *io_ahead)
{
    struct order_ahead *a = (struct order_ahead *)io_ahead->kept;
    struct order_key key;
    struct hash128 owner;
    if (stage == 0)
        a->count = done(key_unpack(payload, &key, &owner, NULL)) ? 2 : 0;
    if (stage == 0 && a->count > 0) {
        a->rows[0] = document_ahead(key);
        a->rows[1] = (struct indexed_row){
            .index = order_owner_roster.index, .rows = order_owner_roster.pages, .key = owner};
    }
    return order_prefetch(v, stage, a);
}

static fallible tell_check(struct bytes payload, struct err *e)
{
    struct order_key key;
    return key_unpack(payload, &key, NULL, e);
}

/* A listener announces no rows, so it sends itself a command that does. */
static void hear_resolved(struct step *s, const void *fact)
{
    struct order_key key;
    const struct resolved *r = fact;
    if (tells_of_owner(r, &key))
        step_then(s, COMMAND_ORDER_OWNED, key_pack(key, &r->owner, s->view.arena));
}

/* --- the table --- */

static void changed_print(const struct view *v, const void *fact, struct json_writer *out)
{
    (void)v;
    const struct order_changed *f = fact;
    json_key(out, "shop");
    json_put_string(out, f->key.shop);
    json_key(out, "number");
    json_put_string(out, f->key.number);
    json_key(out, "new");
    json_put_bool(out, f->is_new);
}

const struct fact_kind fact_order_changed = {
    .id = 0x0901, .name = "order_changed", .print = changed_print, .about = "An order came, or is not what it was."};

/* Inward alone: rates are read as they are. */
const struct fact_kind fact_order_rates_changed = {
    .id = 0x0902, .name = "order_rates_changed", .about = "What a currency is in that of the group was said."};

static uint64_t orders_known(const struct view *v)
{
    return view_rows_end(v, &order_family) - 1;
}

static const struct family *const families[] = {
    &order_family,          &order_index_family,      &order_piece_family,
    &order_day_family,      &order_owner_page_family, &order_owner_index_family,
    &order_day_page_family, &order_day_index_family,  &order_declared_family,
    &order_rule_family,     &order_act_family,      &order_custody_family};
static const struct fact_kind *const says[] = {&fact_order_changed, &fact_order_rates_changed};
static const struct listener hears[] = {{&fact_resolved, hear_resolved}};
static const struct setting *const settings[] = {&order_group_currency_setting, &order_custody_years};
static const struct timer_kind *const timers[] = {&custody_timer};
static const struct custody *const custodies[] = {&order_custody};
static const struct metric metrics[] = {{"kith_orders", "Orders known.", orders_known}};

#define ASK_BYTES_MAX 8192u
#define KEY_BYTES_MAX 256u
static const struct command commands[] = {
    {COMMAND_ORDER_PUT, "order.put", ORDER_VERSION_BYTES_MAX, ROLE_WRITE, version_check, put_needs, put_apply,
     "Takes in a version of an order, whole or in part; what is older than what is there changes nothing.",
     put_prefetch},
    {COMMAND_ORDER_CORRECT, "order.correct", ASK_BYTES_MAX, ROLE_WRITE, correct_check, correct_needs, correct_apply,
     "Sets one field by hand, over whatever sources say, until it is undone.", NULL},
    {COMMAND_ORDER_VOID, "order.void", ASK_BYTES_MAX, ROLE_WRITE, void_check, void_needs, void_apply,
     "An order that counts for nothing.", NULL},
    {COMMAND_ORDER_REASSIGN, "order.reassign", ASK_BYTES_MAX, ROLE_WRITE, reassign_check, reassign_needs,
     reassign_apply, "Gives an order to the person who has an identifier.", NULL},
    {COMMAND_ORDER_UNDO, "order.undo", ASK_BYTES_MAX, ROLE_WRITE, undo_check, undo_needs, undo_apply,
     "Takes back what was decided on an order at a position.", NULL},
    {COMMAND_ORDER_OWNED, "order.owned", KEY_BYTES_MAX, ROLE_SYSTEM, owned_check, owned_needs, owned_apply,
     "An event of an order has found its owner.", owned_prefetch},
    {COMMAND_ORDER_TELL, "order.tell", KEY_BYTES_MAX, ROLE_SYSTEM, tell_check, tell_needs, tell_apply,
     "Derives the events that one step had no room for.", NULL},
    {COMMAND_ORDER_RATE, "order.rate", ORDER_RATE_BYTES_MAX, ROLE_WRITE, rate_check, NULL, rate_apply,
     "What one currency was in another, from a day on.", NULL},
    {COMMAND_ORDER_DECLARED, "order.declared", ORDER_VERSION_BYTES_MAX, ROLE_WRITE, declaration_check,
     declaration_needs, declaration_apply, "What a source says it has sent of a shop's day.", NULL},
    {COMMAND_ORDER_SHOP, "order.shop", KEY_BYTES_MAX, ROLE_WRITE, shop_check, NULL, shop_apply,
     "Whether a shop's orders derive events.", NULL},
    {COMMAND_ORDER_LOCK, "order.lock", FOLLOW_UP_BYTES_MAX, ROLE_SYSTEM, lock_check, lock_needs, lock_apply,
     "Some orders of who was erased come into custody.", NULL},
    {COMMAND_ORDER_EXPIRE, "order.expire", KEY_BYTES_MAX, ROLE_SYSTEM, expire_check, expire_needs, expire_apply,
     "An order goes whose years in custody are over.", NULL},
};

const struct domain order_domain = {
    .number = 0x09,
    .name = "order",
    .about = "Orders as documents: versions, sums, owners, the events they derive, reconciliation.",
    .families = families,
    .family_count = COUNT_OF(families),
    .commands = commands,
    .command_count = COUNT_OF(commands),
    .says = says,
    .say_count = COUNT_OF(says),
    .hears = hears,
    .hear_count = COUNT_OF(hears),
    .timers = timers,
    .timer_count = COUNT_OF(timers),
    .forget = custody_forget,
    .custodies = custodies,
    .custody_count = COUNT_OF(custodies),
    .settings = settings,
    .setting_count = COUNT_OF(settings),
    .metrics = metrics,
    .metric_count = COUNT_OF(metrics),
};
