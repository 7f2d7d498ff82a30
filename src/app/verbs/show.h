/* What the daemon says, for people: any JSON as aligned lines and tables, a profile as a card, a problem as a sentence. */
#pragma once

#include "app/client.h"
#include "app/terminal.h"
#include "lib/json.h"

/* Members one a line; a list of objects as a table of their plain members; what is inside, indented. */
void show_json(struct json j, struct arena *a, FILE *out);

/* A profile as GET /api/v1/people/{person} gives it: who, why one person, what is known, what happened. */
void show_profile(struct json profile, struct arena *a, FILE *out); /* of long lists the first ones */
void show_whole_profile(struct json profile, struct arena *a, FILE *out);
void show_briefs(struct json people, struct arena *a, FILE *out); /* people of a list, a line each: as find and segments tell them */
void show_relations(struct json root, struct arena *a, FILE *out); /* of a profile: relations, and how far with each brand */

void show_customers(struct json root, struct arena *a, FILE *out); /* as GET /api/v1/things/{kind}/{id}/people gives them */
void show_reach(struct json root, struct arena *a, FILE *out);     /* figures by channel, as GET /api/v1/reach gives them; verbs/scope.c */
void show_order(struct json order, struct arena *a, FILE *out);    /* with its lines, sums and refunds; verbs/orders.c */
void show_days(struct json root, struct arena *a, FILE *out);      /* of a shop, as GET /api/v1/reconcile gives them */

/* "2026-11-22T03:04:05.678Z" -> "2026-11-22 11:04" in Shanghai: by the clocks of the workspace that answered last, as it reads times too and as its own sentences tell
 * them; of one that didn't say by those of who looks (TZ). In the arena; anything else as it is. */
struct bytes short_time(struct json j, struct arena *a);
void times_go_by(const char *zone);   /* of an answer; NULL: it didn't say. Copied. One thread */
const char *times_zone(void);         /* its name; empty: the machine's */

struct json member(struct json j, const char *name);   /* of an object; absent: JSON_NOTHING */
struct bytes text_of(struct json j, const char *name); /* a member that is a text; else no bytes */
void heading(const char *en, const char *zh, FILE *out);
void show_next(struct json root, const char *cursor, FILE *out); /* "More: --after 7", by the member `next` of a page; nothing of the last one */
/* A member of an object as a number; 0: there is no such number. */
uint64_t number_in(struct json j, const char *name);

/* Prints a problem (an answer of 400 or more) to standard error and returns what to tell the shell. */
int show_problem(const struct client_reply *reply, struct json problem);
