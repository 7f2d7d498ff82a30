/* A question: read out of JSON, asked over all subjects in any order and by several threads at once, answered as JSON.
 *
 * A kind of question is a row of the table in questions.c. It says in its plan what it must see of events; whoever runs it (scan.h) calls
 * `take` for each subject that has any such event, on one tally a thread, and `join` makes them one. Semantics and defaults:
 * docs/guide/analytics.md. */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "domain/analytics/sequence.h"
#include "lib/civil.h"
#include "lib/effort.h"
#include "lib/json.h"

struct filter;    /* filter.h: a condition on one event */
struct person_wants; /* person_book.h: what a question asks of people beside their events */
struct person_book;
struct crowd_wants; /* crowd.h: tags and segments that it names */
struct crowd_book;
struct path;      /* filter.h: a value of an event: "amount", "item.category", "store.region" */
struct name_book; /* names of events and properties, to look up and to propose the nearest */

/* Some events: of any of these names, and for which the filter holds. */
struct pick {
    const char *label;            /* for people: "product_viewed", or what the asker calls it */
    const char *label_zh;
    uint32_t event_count;         /* 0: any event of the universe */
    const uint16_t *events;       /* NAME_EVENT */
    const struct filter *filter;  /* NULL: none */
};

enum lane_of {
    LANE_VALUE,     /* the value itself: of a list or of items the first one */
    LANE_SUM,       /* of items and lists: their sum */
    LANE_EVENT,     /* the event's own name, as LANE_CODES; the path is NULL */
    LANE_CROWD,     /* what a tag or segment says of whose event it is, as LANE_CODES; the path is NULL */
};
struct lane_ask {
    const struct path *path;
    enum lane_kind kind;
    enum lane_of of;
    uint32_t picks; /* only events of these picks are looked at; 0: all */
    bool is_money;  /* its amounts are put into the question's currency (exchange.h) */
    uint32_t crowd; /* of LANE_CROWD: the question's want */
};

enum subject_kind { SUBJECT_PERSON, SUBJECT_ORDER, SUBJECT_CONVERSATION, SUBJECT_STAFF, SUBJECT_KIND_COUNT };

struct plan {
    enum subject_kind subject;
    int64_t from_us, until_us;          /* events that are wanted: may reach beyond the range that was asked for */
    const struct filter *universe;      /* events that are there at all; NULL: all */
    bool wants_all;                     /* also those that match no pick */
    bool by_item;                       /* a moment an item: same time, in their order; events without items are one moment */
    bool wants_nobody;                  /* events of nobody too, as one subject PERSON_NONE */
    uint32_t pick_count;
    struct pick picks[PICKS_MAX];
    uint32_t lane_count;
    struct lane_ask lanes[LANES_MAX];
};

/* What is the same for all kinds, read before the kind's own members. */
struct question {
    const struct question_kind *kind;
    struct arena *arena;             /* of all that the question is; lives until it is closed */
    struct civil *civil;             /* zone, and how weeks begin */
    uint16_t currency;               /* of its amounts; CURRENCY_NONE: they are taken as they are */
    int64_t from_us, until_us;       /* the range that was asked for: [from, until) in local civil time */
    bool tells_arrivals;             /* asked what has arrived from position `since` on (arrivals.h) */
    uint64_t since;
    int64_t now_us;                  /* log time of the view: buckets that have not ended by then are incomplete */
    struct plan plan;
    bool tells_people;               /* the answer has a column of kind "person" (answer.h) */
    void *own;                       /* the kind's */
    const struct name_book *names;
    struct thing_wants *wants;       /* of things (thing_book.h) */
    struct crowd_wants *crowds;           /* tags and segments that it names (crowd.h) */
    const struct crowd_book *crowd_book;  /* what came of them, set before anybody works; NULL: it names none */
    const struct person_wants *person_wants; /* of people (person_book.h); NULL: nothing */
    const struct person_book *persons;       /* what came of that, set before anybody works; outlives the question's work */
};

struct member_rule {
    const char *name, *about, *about_zh;
};

/* Reads members of a question's body; each says what is wrong with the place ("steps[2].event") and the nearest name. The body may be an object
 * anywhere in what was sent. */
struct asked {
    struct question *question;
    struct json body;
};
/* Always INVALID: the words, with the place of `at` in what was sent in front. */
fallible asked_wrong(struct json at, struct err *e, const char *format, ...) PRINTF_LIKE(3, 4);
fallible asked_missing(const struct asked *a, const char *member, struct err *e);
/* INVALID: the body is no object, or has a member that is none of these rows. */
fallible asked_members(const struct asked *a, const struct member_rule *rules, size_t count, struct err *e);
/* "product_viewed", "*" (any event), {"event": "product_viewed", "where": "amount > 100", "as": "看过"}, or {"any": [of these], "where", "as"}
 * -> its number among the plan's picks. */
fallible asked_pick(struct asked *a, struct json from, uint32_t *out_pick, struct err *e);
/* Of a member that is the event `otherwise` when it is absent. */
fallible asked_pick_or(struct asked *a, const char *member, const char *otherwise, uint32_t *out_pick, struct err *e);
fallible asked_picks(struct asked *a, const char *member, uint32_t least, uint32_t most, uint32_t *out_picks, uint32_t *out_count, struct err *e);
/* A path as text, or of quantities {"property": the text, "money": true or false} -> the number of a lane of the plan. `otherwise` false: INVALID when the member is absent. */
fallible asked_lane(struct asked *a, const char *member, enum lane_kind kind, enum lane_of of, bool must, bool *out_given, uint32_t *out_lane, struct err *e);
/* The same of a value anywhere in the body, such as an item of a list. */
fallible asked_lane_of(struct asked *a, struct json from, enum lane_kind kind, enum lane_of of, uint32_t *out_lane, struct err *e);
/* The same of a member that is the path `otherwise` when it is absent. */
fallible asked_lane_or(struct asked *a, const char *member, const char *otherwise, enum lane_kind kind, enum lane_of of, uint32_t *out_lane, struct err *e);
/* "7d", "30m", "12h", "2w" -> microseconds. */
fallible asked_span(struct asked *a, const char *member, int64_t otherwise_us, int64_t most_us, int64_t *out_us, struct err *e);
fallible asked_number(struct asked *a, const char *member, int64_t otherwise, int64_t least, int64_t most, int64_t *out, struct err *e);
fallible asked_flag(struct asked *a, const char *member, bool otherwise, bool *out, struct err *e);
fallible asked_text(struct asked *a, const char *member, struct bytes otherwise, struct bytes *out, struct err *e);
/* One of `count` names; out is its place. */
fallible asked_choice(struct asked *a, const char *member, const char *const *names, size_t count, size_t otherwise, size_t *out, struct err *e);

/* Texts behind codes, the same for all threads of a question. */
struct texts;
struct bytes texts_get(const struct texts *t, uint32_t code); /* CODE_NONE: no bytes */

/* Where a kind's `gather` puts who it finds. */
struct gathering {
    void (*add)(struct gathering *to, uint32_t person);
};

struct shortcut; /* shortcut.h */

struct question_kind {
    const char *name;             /* "funnel" */
    const char *about, *about_zh; /* a sentence */
    const struct member_rule *members; /* of the body, beside the common ones: unknown ones are refused with the nearest */
    size_t member_count;
    /* Fills in plan and own. INVALID, LIMIT: what the asker is to change. */
    fallible (*read)(struct asked *a, struct err *e);
    /* A thread's count, in `arena`, which is the thread's own and grows without bound but for `join`'s sake. */
    void *(*tally)(const struct question *q, struct arena *arena);
    void (*take)(const struct question *q, void *tally, const struct sequence *s);
    const struct shortcut *shortcut; /* NULL, or a faster way to count than by `take`, for those questions that it fits */
    void (*join)(const struct question *q, void *into, void *from); /* the arena of `from` outlives both */
    /* NULL, or what takes long between counting and telling, such as a fit: of all tallies joined, on one thread, before print and gather. Says how far it is
     * and what it takes of the tally's arena. CANCELLED, LIMIT: the effort's. */
    fallible (*conclude)(const struct question *q, const struct texts *texts, void *tally, struct effort *effort, struct err *e);
    /* Members of the answer into an open object: always "columns" ([{name, title, kind}]: kind as of answer.h) and "rows" ([[…]]), which
     * tables and files are made of; beside them what pictures and programs want. */
    void (*print)(const struct question *q, const struct texts *texts, void *tally, struct json_writer *w);
    /* Is the subject in the cell that `cell` (a JSON object of the answer's own names, such as {"step": 2, "value": "上海"}) speaks of? Drill-down: the
     * same pass again. cell_read checks it once; its result comes to every in_cell. */
    fallible (*cell_read)(struct question *q, struct json cell, void **out_cell, struct err *e);
    bool (*in_cell)(const struct question *q, const struct texts *texts, const void *cell, const struct sequence *s);
    /* Of a kind whose cells depend on everybody (rfm: a fifth of all), instead of in_cell, which is NULL: when all is taken and joined, tells the people of
     * the cell, each once, in any order. */
    void (*gather)(const struct question *q, void *tally, const void *cell, struct gathering *to);
    /* NULL, or lets go of what `read` took beside the arena. */
    void (*close)(struct question *q);
};
extern const struct question_kind *const question_kinds[]; /* questions.c */
extern const size_t question_kind_count;
#define QUESTION_KINDS_MAX 64u
/* Members that all kinds have. */
const struct member_rule *question_members(size_t *out_count);
/* INVALID: the body is no object, or has a member that no question of this kind has, with the nearest name. Needs no names. */
fallible question_members_check(const struct question_kind *kind, struct json body, struct err *e);
/* INVALID: no such kind, with the nearest name. */
fallible question_kind_find(struct bytes name, const struct question_kind **out_kind, struct err *e);

/* Reads the common members ("from", "until" or "last", "zone", "week_begins", "currency", "where", "subject", "people", "segment"), then the kind's. `now_us`: of the view; a range
 * that is not given is the last 30 days, today included. "people" is for whoever asks to read (inquiry_ask). The question keeps what it needs of the
 * body's bytes. `zone`: where the body says none. */
fallible question_read(const struct question_kind *kind, struct json body, const struct name_book *names, struct bytes zone, int64_t now_us,
                       struct question **out_question, struct err *e);
void question_close(struct question *q); /* NULL is fine */
