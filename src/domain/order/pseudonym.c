/* The person taken out of an order: pseudonyms where it said values, nothing where somebody used their own words. */
#include <sodium.h>
#include <string.h>

#include "domain/identity/identity.h"
#include "domain/order/custody.h"
#include "domain/order/fields.h"
#include "lib/phone.h"

#define WORDS_GONE BYTES_LIT("-") /* of free text, of which nothing is said; no longer than what stood there */
#define COUNTRY_USUAL "86"
#define PSEUDONYM_BYTES_MAX 32u /* "erased-" and 16 digits, with its size */

static struct hash128 pseudonym_key(struct hash128 salt, struct bytes value)
{
    struct hash128 key;
    static_assert(sizeof key >= crypto_generichash_BYTES_MIN && sizeof salt >= crypto_generichash_KEYBYTES_MIN,
                  "BLAKE2b");
    int rc = crypto_generichash((uint8_t *)&key, sizeof key, value.data, value.size, (const uint8_t *)&salt,
                                sizeof salt);
    assert(rc == 0);
    (void)rc;
    return key;
}

static struct hash128 pseudonym_of_key(struct hash128 salt, struct hash128 key)
{
    return pseudonym_key(salt, bytes_of(&key, sizeof key));
}

static struct bytes pseudonym_text(struct hash128 salt, struct bytes value, struct arena *arena)
{
    return bytes_of_text(arena_printf(arena, "erased-%016llx", (unsigned long long)pseudonym_key(salt, value).low));
}

/* --- identifiers --- */

static void id_pseudonymise(struct envelope_id *id, struct hash128 salt, struct arena *arena)
{
    id->value = pseudonym_text(salt, id->value, arena);
    id->key = pseudonym_of_key(salt, id->key);
}

static struct bytes buyer_pseudonymise(struct bytes body, struct hash128 salt, struct arena *arena)
{
    struct unpack u = unpack_of(body);
    struct buf b = arena_buf(arena, body.size + (size_t)ENVELOPE_IDS_MAX * PSEUDONYM_BYTES_MAX);
    for (struct envelope_id id; order_id_next(&u, &id);) {
        id_pseudonymise(&id, salt, arena);
        envelope_id_pack(&b, &id);
    }
    assert(!b.overflowed);
    return buf_bytes(&b);
}

/* --- fields --- */

/* "name" of a line is a product's. */
static bool tells_of_person(enum order_part_kind kind, const struct order_field *field)
{
    return field->privacy == ORDER_FREE || (field->privacy == ORDER_PERSONAL && kind == ORDER_RECEIVER);
}

static struct bytes body_pseudonymise(enum order_part_kind kind, struct bytes body, struct hash128 salt,
                                      struct arena *arena)
{
    struct unpack u = unpack_of(body);
    struct order_value value;
    struct bytes out = body;
    while (order_field_next(&u, &value)) {
        if (!tells_of_person(kind, value.field))
            continue;
        assert(value.field->type == ORDER_TEXT);
        struct buf field = arena_buf(arena, 1 + PSEUDONYM_BYTES_MAX);
        value.text = value.field->privacy == ORDER_FREE ? WORDS_GONE : pseudonym_text(salt, value.text, arena);
        order_value_pack(&field, &value);
        out = body_with(out, buf_bytes(&field), arena);
    }
    return out;
}

static void part_pseudonymise(struct order_part *p, struct hash128 salt, struct arena *arena)
{
    if (p->removed || p->kind == ORDER_STATE)
        return;
    p->body = p->kind == ORDER_BUYER ? buyer_pseudonymise(p->body, salt, arena)
                                     : body_pseudonymise(p->kind, p->body, salt, arena);
}

/* What an operator decided stays, and who; why may name anybody. */
static void act_pseudonymise(struct order_act *act, struct hash128 salt, struct arena *arena)
{
    struct buf b = arena_buf(arena, act->payload.size + PSEUDONYM_BYTES_MAX);
    act->ask.reason = BYTES_NONE;
    if (act->command == COMMAND_ORDER_REASSIGN) {
        id_pseudonymise(&act->ask.id, salt, arena);
        act->owner = pseudonym_of_key(salt, act->owner);
    }
    if (act->command == COMMAND_ORDER_CORRECT && act->ask.kind != ORDER_STATE)
        act->ask.value = body_pseudonymise(act->ask.kind, act->ask.value, salt, arena);
    struct status status = order_ask_pack(act->command, &act->ask, &b, NULL);
    assert(done(status)); /* what fitted fits with shorter words, and a pseudonym is one */
    act->payload = buf_bytes(&b);
}

/* The lists of a document are its view's. */
static void lists_own(struct document *d, struct arena *arena)
{
    struct order_part *parts = ARENA_ARRAY(arena, struct order_part, d->part_count + 1);
    struct order_act *acts = ARENA_ARRAY(arena, struct order_act, d->act_count + 1);
    for (uint32_t i = 0; i < d->part_count; i++)
        parts[i] = d->parts[i];
    for (uint32_t i = 0; i < d->act_count; i++)
        acts[i] = d->acts[i];
    d->parts = parts;
    d->acts = acts;
}

void document_pseudonymise(struct document *d, struct hash128 salt, struct arena *arena)
{
    lists_own(d, arena);
    for (uint32_t i = 0; i < d->part_count; i++)
        part_pseudonymise(&d->parts[i], salt, arena);
    for (uint32_t i = 0; i < d->act_count; i++)
        act_pseudonymise(&d->acts[i], salt, arena);
    if (d->has_heard)
        d->heard = pseudonym_of_key(salt, d->heard);
}

/* --- the person alone, in an order of somebody else --- */

bool erased_owns(const struct erasure *who, struct hash128 owner)
{
    bool found = false;
    for (uint32_t i = 0; i < who->owner_count && !found; i++)
        found = hash128_equal(who->owners[i], owner);
    return found;
}

/* By whichever holder's key. */
static bool erased_had(const struct erasure *who, struct hash128 plain)
{
    uint32_t holder;
    bool found = false;
    for (uint32_t i = 0; i < who->owner_count && !found; i++)
        found = hash128_equal(identifier_key_plain(who->owners[i], &holder), plain);
    return found;
}

static bool owner_has(const struct document *d, const struct erasure *who, struct hash128 plain)
{
    struct hash128 owner;
    uint32_t holder;
    return document_owner(d, &owner) && !erased_owns(who, owner) &&
           hash128_equal(identifier_key_plain(owner, &holder), plain);
}

static bool id_names(const struct document *d, const struct erasure *who, const struct envelope_id *id)
{
    return erased_had(who, id->key) && !owner_has(d, who, id->key);
}

static bool act_names(const struct document *d, const struct erasure *who, const struct order_act *act)
{
    return act->command == COMMAND_ORDER_REASSIGN && id_names(d, who, &act->ask.id);
}

static bool buyer_names(const struct document *d, const struct erasure *who, struct bytes body)
{
    struct unpack u = unpack_of(body);
    bool found = false;
    for (struct envelope_id id; !found && order_id_next(&u, &id);)
        found = id_names(d, who, &id);
    return found;
}

bool document_names(const struct document *d, const struct erasure *who)
{
    bool found = false;
    for (uint32_t i = 0; i < d->part_count && !found; i++)
        found = d->parts[i].kind == ORDER_BUYER && buyer_names(d, who, d->parts[i].body);
    for (uint32_t i = 0; i < d->act_count && !found; i++)
        found = act_names(d, who, &d->acts[i]);
    return found;
}

static struct bytes buyer_without(const struct document *d, const struct erasure *who, struct bytes body,
                                  struct arena *arena)
{
    struct unpack u = unpack_of(body);
    struct buf b = arena_buf(arena, body.size + 1);
    for (struct envelope_id id; order_id_next(&u, &id);)
        if (!id_names(d, who, &id))
            envelope_id_pack(&b, &id);
    assert(!b.overflowed);
    return buf_bytes(&b);
}

void named_take_out(struct document *d, const struct erasure *who, struct hash128 salt, struct arena *arena)
{
    lists_own(d, arena);
    for (uint32_t i = 0; i < d->part_count; i++)
        if (d->parts[i].kind == ORDER_BUYER)
            d->parts[i].body = buyer_without(d, who, d->parts[i].body, arena);
    for (uint32_t i = 0; i < d->act_count; i++)
        if (act_names(d, who, &d->acts[i]))
            act_pseudonymise(&d->acts[i], salt, arena);
    if (d->has_heard && erased_owns(who, d->heard))
        d->heard = pseudonym_of_key(salt, d->heard);
}

/* --- the receiver alone --- */

static bool is_of_receiver(const struct order_act *act)
{
    return act->command == COMMAND_ORDER_CORRECT && act->ask.kind == ORDER_RECEIVER;
}

void receiver_pseudonymise(struct document *d, struct hash128 salt, struct arena *arena)
{
    lists_own(d, arena);
    for (uint32_t i = 0; i < d->part_count; i++)
        if (d->parts[i].kind == ORDER_RECEIVER)
            part_pseudonymise(&d->parts[i], salt, arena);
    for (uint32_t i = 0; i < d->act_count; i++)
        if (is_of_receiver(&d->acts[i]))
            act_pseudonymise(&d->acts[i], salt, arena);
}

static bool body_has_phone(struct bytes body, struct bytes phone)
{
    struct order_value value;
    struct phone p;
    return order_value_find(body, FIELD_PHONE, &value) && phone_normalise(value.text, COUNTRY_USUAL, &p) == PHONE_OK &&
           bytes_equal(bytes_of(p.text, p.size), phone);
}

bool receiver_has_phone(const struct document *d, struct bytes phone)
{
    bool found = false;
    for (uint32_t i = 0; i < d->part_count && !found; i++)
        found = d->parts[i].kind == ORDER_RECEIVER && body_has_phone(d->parts[i].body, phone);
    for (uint32_t i = 0; i < d->act_count && !found; i++)
        found = is_of_receiver(&d->acts[i]) && body_has_phone(d->acts[i].ask.value, phone);
    return found;
}
