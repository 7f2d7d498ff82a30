/* A synthetic brand group: the same people on many channels, told as things, events and orders, with the truth beside
 * them.
 *
 * Three invented brands in two legal entities, forty stores, three hundred guides, and `people` shoppers who browse,
 * buy, complain and come back. No channel shows all of a person: identifiers are joined bit by bit by log-ins,
 * authorised phones, member bindings and orders, and the world is as untidy as the real one (see the rates below).
 *
 * The stream comes in order of arrival. Memory grows with people, orders under way and lines under way (a till that
 * is offline, a duplicate yet to come), never with the number of events: about 60 bytes a person, and 480 a day for
 * what the shops sold.
 * The same options give the same bytes. Not safe for two threads. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define SYNTH_PEOPLE_MAX 4000000u /* beyond it the invented Macao numbers run out */
#define SYNTH_DAYS_MAX 3660u
#define SYNTH_LINE_BYTES_MAX 65536 /* an event line, and a truth line, are never longer */
#define SYNTH_NOBODY UINT32_MAX

/* The same world can be told in two ways, and what happens in it is the same in both. */
enum synth_stream {
    SYNTH_EVENTS,
    SYNTH_ORDERS, /* its orders as documents, in several versions, as POST /api/v1/orders takes them */
};

/* All rates are shares in [0, 1]. */
struct synth_options {
    uint64_t seed;
    enum synth_stream tells;
    uint32_t people;      /* 1..SYNTH_PEOPLE_MAX */
    uint32_t days;        /* 1..SYNTH_DAYS_MAX */
    int64_t end_us;       /* nothing arrives at or after this; the span is [end_us - days, end_us) */
    double activity;      /* scales how often people come, (0, 100]; 1 gives about 35 events a person in 120 days */
    double shared_device; /* of people: two use one browser, each with log-in and log-out */
    double recycled_phone; /* of people: give their number back, or are given such a number weeks later */
    double staff_phone;   /* of people: signed up at the till with the phone of the guide */
    double family;        /* of people: live with another; orders go to the other, some give the other's phone */
    double late_till;     /* of store days: a till goes offline, for one to four days */
    double duplicate;     /* of events: delivered twice */
    double out_of_order;  /* of events: arrive seconds to minutes late */
    double anonymous;     /* of people: never identified */
    double junk_id;       /* of events: carry a worthless identifier ("null", 13800000000, a device of zeroes) */
    double clock_skew;    /* of people: their devices' clocks are wrong by hours to decades */
    double odd_phone;     /* of phones shown: written as +86, with spaces, in full-width digits */
};

/* Seed 1, 2,000 people, 120 days up to 2026-11-22T00:00+08:00, moderate rates. */
struct synth_options synth_options_default(void);

/* What is really so about an event line, or a version of an order. */
struct synth_fact {
    int64_t arrival_us; /* never goes back from one line to the next */
    int64_t time_us;    /* when it happened, by a right clock; never after arrival */
    uint32_t person;    /* 0-based, who did it; SYNTH_NOBODY: nobody we could ever know */
    const char *event;  /* of a version the one that tells the same; lives as long as the program */
    bool duplicate;     /* this very line came before */
};

struct synth;

/* LIMIT: people or days out of range. INVALID: another option is. FULL: no memory. */
fallible synth_create(const struct synth_options *options, struct synth **out_synth, struct err *e);
void synth_destroy(struct synth *s); /* NULL is fine */

/* Puts the next event, or version, into `out_line` (cleared first; JSON without a line end; its size_max is at least
 * SYNTH_LINE_BYTES_MAX) and what is true about it into *out. False, and nothing written: the world has ended. */
bool synth_next(struct synth *s, struct buf *out_line, struct synth_fact *out);

/* One JSON object: group, legal entities, brands, apps of WeChat, regions (GB/T 2260), stores, staff, channels, shops, products.
 * Up to 200 KB; the same for all options. */
void synth_world_json(const struct synth *s, struct buf *out);

/* The brand group as things, as POST /api/v1/things takes them: legal entities, brands, regions with their stores and
 * guides, channels, shops, group chats, categories with products and SKUs. Puts the next one into `out_line` (cleared
 * first), parents before children; *cursor is 0 at first. False: there are no more. The same for all options. */
bool synth_thing_next(const struct synth *s, uint32_t *cursor, struct buf *out_line);

/* The next line of the truth; false at its end (and the next call starts again). First a line for each person who was
 * seen: {"person":"P000001","name":"…","ids":[{"type":"openid","ns":"wxa1","value":"…"}]} with those identifiers that
 * the person, and nobody else, showed as a buyer; then a line for each identifier that several people showed:
 * {"shared":{"type":…,"value":…},"kind":"recycled_phone|shared_device|staff_phone|family","people":["P000007",…]}.
 * Then what each shop sold: {"shop":"tm_muchu","brand":"muchu","orders":2,"gross":…,"refunded":…,"net":…}, of all its
 * orders (a net counts when an order was paid), and of each day of a shop on which orders were made
 * {"shop":"tm_muchu","day":"2026-11-11","orders":2,"amount":…}, which POST /api/v1/reconcile takes.
 * Phones stand in their plain form. Identifiers of lines that are still under way count as shown: ask after the end. */
bool synth_truth_next(struct synth *s, struct buf *out_line);
