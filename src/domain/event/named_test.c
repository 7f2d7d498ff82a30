/* Whom events name beside their own person, and what is left of events of who was erased. Covers: erased.c, named.c */
#include "domain/event/named.h"

#include "domain/identity/identity.h"
#include "engine/engine_domain.h"
#include "testing/harness.h"

#define SECRET UINT64_C(0x5ec7e7)

struct rig {
    struct t *t;
    struct harness *h;
    struct buf payload;
    uint64_t messages;
};

static void begin(struct rig *r, struct t *t)
{
    static const struct domain *const domains[] = {&engine_domain, &collect_domain, &identity_domain, &event_domain};
    *r = (struct rig){.t = t, .h = harness_create(domains, COUNT_OF(domains))};
    buf_init(&r->payload, ENVELOPE_BYTES_MAX);
}

static void end(struct rig *r)
{
    harness_destroy(r->h);
    buf_fini(&r->payload);
}

static struct envelope_id id_of(const char *phone, enum id_role role)
{
    struct envelope_id id = {.type = TYPE_PHONE, .role = role, .value = bytes_of_text(phone)};
    id.key = identifier_key(SECRET, id.type, id.ns, id.value);
    return id;
}

/* Of the first id's person; the last `others` of them are of another one. */
static void send(struct rig *r, const struct envelope_id *ids, uint32_t count, uint32_t others)
{
    struct err e = {0};
    struct envelope v = {.event = BYTES_LIT("gift_sent"),
                         .source = BYTES_LIT("app"),
                         .message = {++r->messages, 1},
                         .event_us = 1,
                         .received_us = 1,
                         .id_count = count - others,
                         .other_count = others};
    for (uint32_t i = 0; i < count; i++)
        v.ids[i] = ids[i];
    buf_clear(&r->payload);
    CHECK_DONE(r->t, envelope_pack(&v, &r->payload, &e), &e);
    CHECK(r->t, harness_apply(r->h, COMMAND_COLLECT_EVENT, buf_bytes(&r->payload)) == NULL);
}

static uint32_t person_of(struct rig *r, const char *phone)
{
    struct view v = harness_view(r->h);
    struct envelope_id id = id_of(phone, ID_OWN);
    return identity_find(&v, id.type, id.ns, id.value, id.key);
}

static struct erasure erase(struct rig *r, const char *phone)
{
    struct view v = harness_view(r->h);
    struct err e = {0};
    struct erasure x = {.position = 0};
    struct erase_ask ask = {.public_id = identity_public_id(&v, person_of(r, phone)), .by = BYTES_LIT("lin")};
    uint64_t position = harness_position(r->h);
    buf_clear(&r->payload);
    CHECK_DONE(r->t, identity_erase_pack(&ask, &r->payload, &e), &e);
    CHECK(r->t, harness_apply(r->h, COMMAND_ERASE, buf_bytes(&r->payload)) == NULL);
    v = harness_view(r->h);
    CHECK(r->t, identity_erasure_next(&v, position, r->t->arena, &x));
    return x;
}

static bool has_number(const struct erasure *x, uint32_t number)
{
    for (uint32_t i = 0; i < x->number_count; i++)
        if (x->numbers[i] == number)
            return true;
    return false;
}

static void an_erasure_knows_where_others_name_the_person(struct t *t)
{
    struct rig r;
    begin(&r, t);
    send(&r, (struct envelope_id[]){id_of("+8613800000001", ID_OWN)}, 1, 0);
    send(&r, (struct envelope_id[]){id_of("+8613800000002", ID_OWN), id_of("+8613800000001", ID_RECEIVER)}, 2, 0);
    send(&r, (struct envelope_id[]){id_of("+8613800000003", ID_OWN), id_of("+8613800000001", ID_OWN)}, 2, 1);
    send(&r, (struct envelope_id[]){id_of("+8613800000004", ID_OWN), id_of("+8613800000002", ID_PAYER)}, 2, 0);
    uint32_t receives = person_of(&r, "+8613800000002"), refers = person_of(&r, "+8613800000003"),
             pays = person_of(&r, "+8613800000004");
    struct erasure x = erase(&r, "+8613800000001");
    CHECK_EQ(t, x.named_count, 1);
    CHECK(t, hash128_equal(x.named[0], id_of("+8613800000001", ID_OWN).key));
    CHECK(t, has_number(&x, receives) && has_number(&x, refers) && !has_number(&x, pays));
    CHECK(t, !x.everywhere && x.own_count == 1);
    struct erasure nobody_names = erase(&r, "+8613800000003");
    CHECK_EQ(t, nobody_names.named_count, 0);
    CHECK_EQ(t, nobody_names.number_count, 1);
    end(&r);
}

static void an_envelope_loses_whom_it_names_beside_its_own(struct t *t)
{
    struct envelope v = {.id_count = 3, .other_count = 1};
    struct hash128 gone = id_of("+8613800000001", ID_OWN).key, absent = id_of("+8613800000009", ID_OWN).key;
    v.ids[0] = id_of("+8613800000001", ID_OWN); /* its own: whoever has it is not named beside */
    v.ids[1] = id_of("+8613800000001", ID_RECEIVER);
    v.ids[2] = id_of("+8613800000002", ID_PAYER);
    v.ids[3] = id_of("+8613800000001", ID_OWN);
    CHECK(t, !naming_cut(&v, &absent, 1));
    CHECK(t, naming_cut(&v, &gone, 1));
    CHECK(t, v.id_count == 2 && v.other_count == 0);
    CHECK(t, v.ids[0].role == ID_OWN && v.ids[1].role == ID_PAYER);
}

static void gather_all(struct rig *r, struct erased *x)
{
    struct view v = harness_view(r->h);
    struct err e = {0};
    while (erased_gather(x, &v))
        continue;
    CHECK_DONE(r->t, erased_settle(x, &e), &e);
}

static bool has_hash(const struct hash128 *list, uint32_t count, struct hash128 hash)
{
    for (uint32_t i = 0; i < count; i++)
        if (hash128_equal(list[i], hash))
            return true;
    return false;
}

/* A scan of all erasures: is a key among what they have of owners, or else of names, behind a position? */
static bool is_erased_naively(const struct erasure *list, size_t count, struct hash128 key, uint64_t position,
                              bool is_owner)
{
    for (size_t i = 0; i < count; i++) {
        const struct erasure *x = &list[i];
        if (x->position > position &&
            (is_owner ? has_hash(x->owners, x->owner_count, key) : has_hash(x->named, x->named_count, key)))
            return true;
    }
    return false;
}

static const char *phone_of(struct t *t, int n)
{
    return arena_printf(t->arena, "+86138%08d", n);
}

/* More erasures than a slice; some come again, and are erased again. */
static void what_is_left_is_what_a_purge_leaves(struct t *t)
{
    enum { PEOPLE = 80, ERASURES = PEOPLE + 10, KEPT = PEOPLE };
    struct rig r;
    struct erased x;
    struct erasure list[ERASURES];
    begin(&r, t);
    erased_init(&x, 0);
    for (int i = 0; i < ERASURES; i++) {
        struct envelope_id own = id_of(phone_of(t, i % PEOPLE), ID_OWN), named = own;
        named.role = ID_RECEIVER;
        send(&r, &own, 1, 0);
        send(&r, (struct envelope_id[]){id_of(phone_of(t, KEPT), ID_OWN), named}, 2, 0);
        list[i] = erase(&r, phone_of(t, i % PEOPLE));
        CHECK(t, list[i].owner_count > 0 && list[i].named_count == 1);
        if (i == ERASURES / 2)
            gather_all(&r, &x); /* so that it goes on */
    }
    gather_all(&r, &x);
    for (int i = 0; i < ERASURES; i++)
        for (int other = 0; other < ERASURES; other++)
            for (uint64_t position = list[other].position - 1; position <= list[other].position + 1; position++) {
                struct envelope v = {.id_count = 2};
                struct hash128 owner = list[i].owners[0], named = list[i].named[0];
                v.ids[0] = id_of(phone_of(t, KEPT), ID_OWN);
                v.ids[1] = (struct envelope_id){.type = TYPE_PHONE, .role = ID_RECEIVER, .key = named};
                CHECK(t, erased_leave(&x, position, v.ids[0].key, &v));
                CHECK_EQ(t, v.id_count, is_erased_naively(list, ERASURES, named, position, false) ? 1 : 2);
                CHECK(t, erased_leave(&x, position, owner, &v) !=
                             is_erased_naively(list, ERASURES, owner, position, true));
            }
    erased_fini(&x);
    end(&r);
}

static const struct test tests[] = {
    {"an erasure knows where others name the person", an_erasure_knows_where_others_name_the_person, 1},
    {"an envelope loses whom it names beside its own", an_envelope_loses_whom_it_names_beside_its_own, 1},
    {"what is left is what a purge leaves", what_is_left_is_what_a_purge_leaves, 1},
};
TEST_MAIN(tests)
