/* Private to audience: its rows. */
#pragma once

#include "domain/audience/audience.h"

extern const struct family audience_family; /* KEYED: kind (1), name -> what is said, what came of it */
extern const struct family
    audience_number_family; /* KEYED: number (4, BE) -> kind, name, for ever; 0 -> the next number */
extern const struct family
    audience_naming_family;                       /* KEYED: number of who is named, of who names it (4 each, BE) -> 1 */
extern const struct family audience_batch_family; /* KEYED: batch (8, BE), number (4, BE) -> 1 */
extern const struct family audience_rule_family;  /* KEYED: rule (4, BE) -> number (4, BE) */
extern const struct family audience_group_family; /* KEYED: number of a tag (4, BE) -> number of its group (4, BE) */

fallible audience_unpack(struct bytes payload, struct audience *out_said, uint64_t *out_expects,
                         struct err *e); /* borrows. INVALID, LIMIT */
void audience_put(struct step *s, const struct audience *a);
void audience_remove(struct step *s, const struct audience *a); /* its number stays taken */
uint32_t audience_number_next(const struct view *v);            /* that the next one will get */
uint32_t audience_number_take(struct step *s, const struct audience *a);
uint32_t audiences_count(const struct view *v);

void naming_put(struct step *s, uint32_t named, uint32_t namer);
void naming_remove(struct step *s, uint32_t named, uint32_t namer);
void audience_group_put(struct step *s, uint32_t tag, uint32_t group);
void audience_group_remove(struct step *s, uint32_t tag);
bool audience_has_member(const struct audience *group, struct bytes name);
void audience_rule_put(struct step *s, uint32_t rule, uint32_t number);
void audience_rule_remove(struct step *s, uint32_t rule);

/* Moves it into a batch, or with 0 out of the one that it is in. */
void batch_join(struct step *s, struct audience *io_audience, uint64_t batch);
uint32_t batch_next(const struct view *v, uint64_t batch, uint32_t after); /* a number; 0: no more */
bool batch_is_ready(const struct view *v, uint64_t batch);                 /* all of them: they are taking over */
/* Asks for the switch when all of the batch are ready. */
void batch_look(struct step *s, uint64_t batch);

/* The numbers of those that a text names, each once, ascending, in the arena; the text was read before, and they are there. */
size_t audience_named(const struct view *v, const struct audience *a, const uint32_t **out_list);
/* Everybody whose rule is another one when this is saved, itself in front (0: it is new): the tags that are or were in the group that it is, and who names any of
 * them, and who names those. At most `max`; returns how many there are, at most max + 1. */
size_t audience_changing(const struct view *v, const struct audience *said, uint32_t number, uint32_t *out_list,
                         size_t max);
/* As audience_tree, whoever of its group stands before it. */
fallible audience_own_tree(const struct audience_names *n, const struct audience *a, struct arena *arena,
                           const struct expr **out_tree, struct err *e);
/* Says what a list takes, or that it is over, to those who keep it and to those who keep a copy of which there are; of any other content nothing. */
void audience_list_open(struct step *s, const struct audience *a);
void audience_list_close(struct step *s, const struct audience *a);
/* A tag of a group by itself, whoever of the group stands before it, is named so: tag('=x'). Definitions have no such names, nor those of lists. */
bool audience_name_is_reserved(struct bytes name);
