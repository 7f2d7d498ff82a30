/* A route, and a request on its way through one. Private to the edge. */
#pragma once

#include "domain/collect/collect.h"
#include "edge/catalogue.h"
#include "edge/codec/codec.h"
#include "edge/door.h"
#include "edge/http/http.h"
#include "edge/http/problem.h"

struct request;

enum who {
    WHO_ANYBODY,   /* no token */
    WHO_TOKEN,     /* a token with the route's role that is not limited to a guide's own customers */
    WHO_GUIDE,     /* the same, also one that is limited to a guide's own customers: all persons told pass scope_sees_person */
    WHO_UNLIMITED, /* as WHO_TOKEN, unless it is limited to brands: this concerns the whole workspace */
    WHO_LOCAL,     /* anybody on this machine, else as WHO_UNLIMITED */
    WHO_SDK,       /* as WHO_TOKEN, but a write key may also stand in the query or the body; cross-origin allowed */
};

struct route {
    enum http_method method;
    /* "/api/v1/people/{person}/timeline": a step in braces matches any one step, "{file*}" all that is left. */
    const char *path;
    enum who who;
    enum role role;
    void (*handle)(struct request *r);
    const char *about, *about_zh; /* for the OpenAPI page */
    const char *query;            /* what the query may say: "limit, before"; NULL: nothing */
    const char *takes;            /* a body to learn from; NULL: none */
    const char *gives;            /* the members of the answer; NULL: not told */
    size_t body_bytes_max;        /* 0: BODY_BYTES_USUAL */
    int choice;                   /* the handler's own: which call of several */
};

#define BODY_BYTES_USUAL (64u << 10)
#define BODY_BYTES_COLLECTED (4u << 20) /* of events, as it came */

const struct route *routes(size_t *out_count); /* routes.c: the one table */

#define PATH_PARAMETERS_MAX 2u

/* Prints the answer over the durable state; may run twice (cold rows), each time into an empty answer. Instead of going on
 * it may set r->problem. */
typedef void (*request_printer)(struct request *r, const struct view *v, struct json_writer *w);

/* Lives in the exchange's arena; gone with the answer. */
struct request {
    struct door *door;
    struct http_exchange *x;
    const struct route *route;
    struct workspace *workspace;  /* NULL for routes that need none */
    struct catalogue *catalogue;  /* given back with the answer */
    const struct token *token;    /* NULL for WHO_ANYBODY; in the catalogue */
    struct bytes parameters[PATH_PARAMETERS_MAX];
    struct message message;       /* for request_read, with whom to call after it */
    void (*read_done)(struct request *r);
    request_printer print;        /* for request_print, with what it makes */
    struct buf json;              /* freed, or handed on, by whoever answers */
    struct json_writer writer;
    struct problem problem;       /* status 0: none */
    uint32_t person_read;         /* noted in the audit list when the answer goes out; PERSON_NONE: nobody */
    void *context;                /* the handler's own */
};

struct host *request_host(const struct request *r);
struct arena *request_arena(const struct request *r);

/* Each answers the request: it is gone afterwards. Any thread. */
void request_reply(struct request *r, const struct http_reply *reply);
void request_json(struct request *r, unsigned status, struct buf *json); /* takes the buffer's memory */
/* The same for an object: its members go to the writer returned, and the end closes and sends it. */
struct json_writer *request_object_begin(struct request *r);
void request_object_end(struct request *r, unsigned status);
void request_problem(struct request *r, const struct problem *p);
void request_failed(struct request *r, struct status s, const struct err *e);

/* Runs `read` (its context is the request; NULL: nothing) over the durable state on the engine's thread, then `done`
 * there too. A reader may run twice (cold rows), so it only fills in what `done` answers with. */
void request_read(struct request *r, engine_reader read, void (*done)(struct request *r));
/* Runs `done` on the engine's thread without waking a workspace. */
void request_visit(struct request *r, void (*done)(struct request *r));
/* As request_read, for one that prints its whole answer: opens no object, closes none. */
void request_print(struct request *r, request_printer print);
/* The same, with something left to do; `then` sees to the answer: request_printed, or r->json freed and a failure. */
void request_print_then(struct request *r, request_printer print, void (*then)(struct request *r));
/* Sends the answer that was printed: r->problem, or 200 with r->json. Any thread. */
void request_printed(struct request *r);
/* Sends one command and lets `answered` see what became of it. The payload is copied. */
void request_command(struct request *r, uint32_t command_id, struct bytes payload,
                     void (*answered)(struct request *r, const struct answer *a));
/* Answers 200 {"position":…, …reply} or the refusal as 409 in both languages. */
void request_answer(struct request *r, const struct answer *a);
/* Sends a command besides, whose outcome nobody waits for; `words` are for the journal when the log takes nothing now. `r` may be answered before it is. */
void request_note(const struct request *r, uint32_t command_id, struct bytes payload, const char *words);
/* Notes for the audit list that this token has read this person. Doesn't delay the answer. */
void request_note_read(struct request *r, const char *what, uint32_t person);

bool request_may(const struct request *r, enum role role);

const struct door_options *door_options_of(const struct door *d);
struct http_server *door_server(const struct door *d);
struct collect_counts;
void door_counts(struct door *d, struct collect_counts *out_counts); /* of events taken in so far */

/* Open event streams; one thread keeps them alive and drops who is too slow. */
struct streams;
fallible streams_create(struct streams **out_streams, struct err *e);
void streams_destroy(struct streams *s); /* ends all; no request may be on its way. NULL is fine */
struct streams *door_streams(struct door *d);

/* Exports that run; at most a few at once. */
struct exports;
fallible exports_create(struct exports **out_exports, struct err *e);
void exports_destroy(struct exports *s); /* waits for all to end: the server has closed by then. NULL is fine */
struct exports *door_exports(struct door *d);

/* Who waits for a change; one thread asks for them again and again. */
struct doorman;
fallible doorman_create(struct doorman **out_doorman, struct err *e);
void doorman_send_home(struct doorman *d); /* nobody waits from now on: all that wait are answered. NULL is fine */
void doorman_destroy(struct doorman *d);   /* sent home before. NULL is fine */
struct doorman *door_doorman(struct door *d);

/* Questions that wait, are worked on, or whose answers nobody has taken yet (api/study.h). */
struct studies;
fallible studies_create(struct studies **out_studies, struct err *e);
void studies_send_home(struct studies *s); /* takes none from now on; all that wait are answered, what works ends. NULL is fine */
void studies_destroy(struct studies *s);   /* sent home before. NULL is fine */
struct studies *door_studies(struct door *d);

/* Buffers of one request being collected; taken from and given back to the door. */
struct intake;
struct intake *intake_take(struct door *d);
void intake_give(struct door *d, struct intake *i);

/* Handlers, by file. */
void api_collect_native(struct request *r);
void api_collect_segment(struct request *r);
void api_segment_settings(struct request *r);
void api_rudder_config(struct request *r);

void api_person(struct request *r);       /* api/people.c */
void api_person_asked(struct request *r); /* the identifier stands in the query */
void api_timeline(struct request *r);
void api_find(struct request *r); /* api/find.c */

void api_type_set(struct request *r); /* api/types.c */
void api_types(struct request *r);
void api_act(struct request *r); /* api/identity.c; choice: the command */
void api_lookup(struct request *r);
void api_reviews(struct request *r);
void api_acts(struct request *r);

void api_imports(struct request *r); /* api/imports.c */

void api_blocked(struct request *r); /* api/blocked.c */
void api_blocked_set(struct request *r); /* choice: 1 blocks, 0 unblocks */

void api_token_make(struct request *r); /* api/admin.c */
void api_tokens(struct request *r);
void api_token_revoke(struct request *r);
void api_settings(struct request *r);
void api_setting_set(struct request *r);
void api_name_set(struct request *r);
void api_names(struct request *r);
void api_sources(struct request *r);
void api_source_put(struct request *r);
void api_reads(struct request *r);

void api_orders_put(struct request *r); /* api/orders.c */
void api_order(struct request *r);
void api_person_orders(struct request *r);
void api_order_act(struct request *r); /* api/order_acts.c; choice: the command */
void api_order_acts(struct request *r);
void api_orders_elsewhere(struct request *r); /* api/order_elsewhere.c */
void api_reconcile(struct request *r); /* api/order_books.c; choice of those that set: the command */
void api_reconcile_orders(struct request *r);
void api_declare(struct request *r);
void api_rate_set(struct request *r);
void api_rates(struct request *r);
void api_order_shops(struct request *r);
void api_order_shop_set(struct request *r);
void api_pulse_alarms(struct request *r); /* api/pulse.c */

void api_calendars(struct request *r); /* api/calendar.c */
void api_calendar_put(struct request *r);

void api_person_relations(struct request *r); /* api/relations.c */
void api_thing_people(struct request *r);
void api_person_relation(struct request *r); /* api/relation_acts.c */
void api_relations_put(struct request *r);
void api_hand_over(struct request *r);
void api_hand_overs(struct request *r);
void api_relation_types(struct request *r); /* api/relation_types.c */
void api_relation_type_put(struct request *r);

void api_thing(struct request *r); /* api/things.c */
void api_things(struct request *r);
void api_thing_put(struct request *r);
void api_thing_delete(struct request *r);
void api_things_put(struct request *r);
void api_kinds(struct request *r); /* api/kinds.c */
void api_kind_put(struct request *r);

void api_shares(struct request *r); /* api/scope.c */
void api_share_acts(struct request *r);
void api_share_set(struct request *r); /* choice: the command */
void api_suppress(struct request *r);
void api_stops(struct request *r);
void api_reach(struct request *r);
void api_person_reach(struct request *r);

void api_hooks(struct request *r); /* api/hooks.c */
void api_hook_make(struct request *r);
void api_hook_end(struct request *r);

void api_changes(struct request *r);   /* api/changes.c */
void api_consumers(struct request *r); /* api/consumers.c */
void api_consumer_put(struct request *r);
void api_consumer_end(struct request *r);

void api_dead_letters(struct request *r); /* api/dead.c */
void api_dead_act(struct request *r);     /* choice: the command */

void api_export(struct request *r); /* api/export.c; choice: enum export_what */

void api_backup(struct request *r); /* api/backup.c; POST opens one, DELETE closes it */
void api_ports(struct request *r);
enum ports_choice { PORTS_RESUME, PORTS_PAUSE };
void api_ports_set(struct request *r);

void api_copy(struct request *r); /* api/copy.c */
void api_copy_orders(struct request *r);
void api_custody_order(struct request *r); /* api/custody.c */

void api_erase(struct request *r); /* api/erase.c */
void api_erasures(struct request *r);
void api_purge(struct request *r); /* POST asks for it, GET tells how many rounds are left */

void api_questions(struct request *r); /* api/analytics.c */
enum question_choice { QUESTION_ANSWER, QUESTION_PEOPLE, QUESTION_TRAITS, QUESTION_REPORT, QUESTION_FIT, QUESTION_SCORE, QUESTION_SCORE_TRAITS };
void api_question(struct request *r); /* choice: its answer, or the people of a cell of it */
void api_kept_answer(struct request *r); /* of a report, or of a prediction: the choices behind QUESTION_TRAITS */
void api_study(struct request *r);
void api_study_cancel(struct request *r);
void api_reports(struct request *r); /* api/reports.c */
void api_report_put(struct request *r);
void api_ready_reports(struct request *r); /* api/ready_reports.c */
void api_report_end(struct request *r);
void api_predictions(struct request *r); /* api/predictions.c */
void api_prediction(struct request *r);
void api_prediction_put(struct request *r);
void api_prediction_end(struct request *r);
void api_audiences(struct request *r); /* api/audience.c; choice of these: enum audience_kind */
void api_audience(struct request *r);
void api_audience_put(struct request *r);
void api_audience_check(struct request *r);
void api_audience_preview(struct request *r);
void api_audience_end(struct request *r);
void api_audience_cancel(struct request *r);
void api_audience_freeze(struct request *r); /* api/audience_lists.c */
void api_person_listing(struct request *r);
void api_person_listings(struct request *r);
void api_listings_put(struct request *r);
void api_audience_people(struct request *r);  /* api/audience_people.c */
void api_audience_values(struct request *r);  /* the same */
void api_audience_reach(struct request *r);    /* api/audience_reach.c */
void api_audience_overlap(struct request *r);  /* api/audience_overlap.c */
void api_audience_portrait(struct request *r); /* api/audience_portrait.c */
void api_audience_growth(struct request *r);   /* api/audience_growth.c */
void api_audience_health(struct request *r);   /* api/audience_health.c */
void api_audience_explain(struct request *r); /* api/audience_explain.c */
void api_audience_then(struct request *r);    /* api/audience_then.c */
void api_person_audiences(struct request *r); /* of all kinds */
void api_properties(struct request *r); /* api/properties.c */
void api_property_put(struct request *r);

void api_health(struct request *r); /* api/ops.c */
void api_ready(struct request *r);
void api_stats(struct request *r);
void api_alarms(struct request *r);
void api_checkpoint(struct request *r); /* POST asks for one, GET tells how things stand */
void api_metrics(struct request *r); /* metrics.c */
void api_stream(struct request *r);  /* api/stream.c */
void api_openapi(struct request *r); /* openapi.c */
/* api/console.c; what the path's parameter is: nothing or a page of the console, a file of assets/, a file of its folder. */
enum console_choice { CONSOLE_PAGE, CONSOLE_ASSET, CONSOLE_FILE };
void api_console(struct request *r);
