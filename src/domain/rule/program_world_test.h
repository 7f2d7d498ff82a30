/* For tests of programs: a workspace in which some traits, events, properties, tags and relations are known, and rules compiled in it. */
#pragma once

#include "domain/analytics/analytics.h"
#include "domain/relation/relation_test.h"
#include "domain/rule/program.h"

struct program_world {
    struct rig rig;
    struct view view;
    struct name_book *book;
    struct civil *civil;
    struct program_ask ask;
};

/* Somebody whose traits have been sent: so their names are known. */
static inline void program_world_traits(struct rig *s)
{
    static const char *const names[] = {"city", "birthday", "score", "due", "birthday_lunar", "address"};
    struct envelope v = {.event = BYTES_LIT("login"), .source = BYTES_LIT("test"), .message = {1, 1}};
    struct buf record = arena_buf(s->arena, 512);
    struct err e = {0};
    v.event_us = v.received_us = harness_now_us(s->h);
    v.id_count = relation_ids(s, "p1", v.ids);
    pack_varint(&record, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        pack_bytes(&record, bytes_of_text(names[i]));
        value_pack_text(&record, BYTES_LIT("x"));
    }
    v.traits = buf_bytes(&record);
    v.reference[REF_CHANNEL] = BYTES_LIT("sms");
    v.consent_count = 1;
    struct buf consent = arena_buf(s->arena, 128);
    envelope_consent_pack(&consent, &(struct envelope_consent){
                                        .purpose = BYTES_LIT("marketing"), .channel = BYTES_LIT("sms"), .given = true});
    v.consents = buf_bytes(&consent);
    buf_clear(&s->payload);
    REQUIRE_DONE(s->t, envelope_pack(&v, &s->payload, &e), &e);
    CHECK(s->t, relation_send(s, COMMAND_COLLECT_EVENT) == NULL);
}

static inline void program_world_open(struct program_world *w, struct t *t, const char *zone)
{
    struct err e = {0};
    *w = (struct program_world){0};
    relation_begin(&w->rig, t);
    program_world_traits(&w->rig);
    w->view = harness_view(w->rig.h);
    w->book = name_book_create();
    name_book_property_add(w->book, COLUMN_PROPERTY, BYTES_LIT("amount"));
    name_book_property_add(w->book, COLUMN_PROPERTY, BYTES_LIT("coupon"));
    name_book_property_add(w->book, COLUMN_ITEM, BYTES_LIT("sku"));
    CHECK_DONE(t,
               civil_create(bytes_of_text(zone), INT64_C(946684800000000), INT64_C(2208988800000000), 1, &w->civil, &e),
               &e);
    w->ask = (struct program_ask){.view = &w->view, .civil = w->civil, .book = w->book};
}

static inline void program_world_close(struct program_world *w)
{
    civil_destroy(w->civil);
    name_book_destroy(w->book);
    relation_finish(&w->rig);
}

/* A condition, else a term. */
static inline struct status program_of(struct program_world *w, const char *text, const struct expr **out_tree,
                                       const struct program **out_program, struct err *e)
{
    struct arena *a = w->rig.t->arena;
    struct status s = expr_read(a, bytes_of_text(text), out_tree, e);
    if (failed(s) && failed(expr_read_term(a, bytes_of_text(text), out_tree, NULL)))
        return s;
    return program_compile(&w->ask, *out_tree, a, out_program, e);
}
