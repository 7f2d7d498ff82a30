/* An errand: one verb that asks the daemon something and shows the answer. */
#pragma once

#include "app/verbs/show.h"

struct errand {
    struct arguments *arguments;
    struct arena *arena;
    struct client *client;
    struct json_parser *parser;
    bool json;                 /* show the answer as it came */
    struct buf path, body;     /* of the call; the verb fills them */
    struct json_writer writer; /* into body */
    struct client_reply reply;
    struct json root;          /* of the reply; JSON_NOTHING when it is no JSON */
};

/* Asks for the options that all such verbs have. The verb then asks for its own, takes its words, and errand_ready says
 * whether the command line was understood; every verb ends with errand_end, which returns its code. */
void errand_begin(struct errand *d, struct arguments *a);
bool errand_ready(struct errand *d, bool has_words); /* false: said what is wrong */
/* Sends, and reads the answer. An exit code; EXIT_DONE: d->root is the answer of a success, still to be shown. */
int errand_send(struct errand *d, const char *method);
/* The same, and shows it: as it came, or by `show`. */
typedef void (*errand_show)(struct json root, struct arena *a, FILE *out);
int errand_run(struct errand *d, const char *method, errand_show show);
/* For an answer that is taken as it comes: an exit code, what is wrong has been said. */
int errand_stream(struct errand *d, const struct client_call *call, client_take take, void *context);
int errand_end(struct errand *d, int code);
/* Of what can't be taken back: `is_sure` (--yes), or somebody at the terminal says yes. false: nothing is to be done, which has been said. */
bool errand_is_agreed(bool is_sure, const char *question);
/* A whole errand: shows a page of a list. `cursor`: the option that takes what "next" gave, "before"; NULL: it has one page. */
int errand_list(struct arguments *a, const char *path, const char *cursor);

void errand_path_text(struct errand *d, const char *text);        /* as it is */
void errand_path_value(struct errand *d, const char *name, const char *value); /* "name=value" of a query; value NULL: nothing */

void errand_put_text(struct errand *d, const char *key, const char *text); /* a member of the body's open object; NULL: nothing */
void errand_put_list(struct errand *d, const char *key, const char *text); /* "a,b,c" as a list; NULL: nothing */
/* Members of all words that are left, NAME=VALUE each: what reads as JSON is what it says, anything else a text; false: a word isn't such. */
bool errand_put_members(struct errand *d, struct arguments *a);
/* The member "attributes" with these. */
bool errand_put_attributes(struct errand *d, struct arguments *a);

/* A verb of several words, `kith token add NAME`: the errand is found by its word, which it takes again once it has asked for its
 * options. */
struct errand_word {
    const char *word;
    int (*run)(struct errand *d, struct arguments *a);
};
const char *errand_word_peek(const struct arguments *a); /* the next word, which stays; NULL: no more */
int errand_run_word(struct arguments *a, const struct errand_word *rows, size_t count);

void show_done(struct json root, struct arena *a, FILE *out);  /* of a command: its position, and what it replied */
void show_fact(struct json fact, struct arena *a, FILE *out);  /* a line: when, what, and its members */
void show_stats(struct json root, struct arena *a, FILE *out); /* of GET /api/v1/stats */

int verb_get(struct arguments *a);
int verb_find(struct arguments *a);
int verb_stats(struct arguments *a);
int verb_alarms(struct arguments *a);
int verb_events(struct arguments *a);
int verb_orders(struct arguments *a);
int verb_order(struct arguments *a);
int get_order(struct errand *d, struct arguments *a); /* of verb_get */
int verb_reconcile(struct arguments *a);
int verb_relation(struct arguments *a);
int verb_customers(struct arguments *a);
int verb_hand_over(struct arguments *a);
int verb_reach(struct arguments *a);
int verb_share(struct arguments *a);
int verb_unshare(struct arguments *a);
int verb_shares(struct arguments *a);
int verb_suppress(struct arguments *a);
int verb_unsuppress(struct arguments *a);
int verb_suppressed(struct arguments *a);
int verb_export(struct arguments *a);
int verb_query(struct arguments *a); /* verbs/query.c */
int verb_report(struct arguments *a);
int verb_predict(struct arguments *a); /* verbs/predictions.c */
int verb_lookalike(struct arguments *a);
int verb_segment(struct arguments *a); /* verbs/segment.c */
int verb_tag(struct arguments *a);
int verb_sql(struct arguments *a);   /* verbs/sql.c */
int verb_properties(struct arguments *a); /* verbs/properties.c */
int verb_property(struct arguments *a);
int verb_put(struct arguments *a);
int verb_list(struct arguments *a);
int verb_find_thing(struct arguments *a);
int verb_kinds(struct arguments *a);
int get_thing(struct errand *d, struct arguments *a); /* of verb_get */
int verb_token(struct arguments *a);
int verb_hook(struct arguments *a);
int verb_changes(struct arguments *a); /* verbs/changes.c */
int verb_consumer(struct arguments *a);
int verb_settings(struct arguments *a);
int verb_apply(struct arguments *a); /* verbs/apply.c */
int verb_checkpoint(struct arguments *a);
int verb_ports(struct arguments *a);
int verb_erase(struct arguments *a);
int verb_custody(struct arguments *a);
int verb_names(struct arguments *a);
int verb_reads(struct arguments *a);
int verb_act(struct arguments *a); /* bind, unbind, merge, split, never-merge, block, unblock */
int verb_undo(struct arguments *a);
int verb_review(struct arguments *a);
int verb_reviews(struct arguments *a);
int verb_acts(struct arguments *a);
int verb_types(struct arguments *a);
