/* Private to rule: looking at what rules say of a person, and writing down where it differs. */
#pragma once

#include "domain/rule/standing.h"

/* A turn on or before this is exact: the midnight after the next. The job of each day moves it on, with a day to do it in. */
int64_t turn_horizon_us(const struct civil *civil, int64_t now_us);

/* The person as rules read them, at v->now_us; then as one of them does, whose slots and brand count. */
struct reading person_reading(const struct view *v, const struct book *b, uint32_t person);
void reading_for(struct reading *r, const struct book_rule *rule);
void reading_from(struct reading *r, struct person_sheaves *sheaves); /* series out of these, where they were read already */
/* What readings share. Whether what belongs to `of` is read by a rule of this brand; either may be 0. */
static inline bool brand_takes(uint32_t brand, uint32_t of)
{
    return brand == 0 || of == 0 || brand == of;
}
/* false: the purpose or the channel was never heard of. */
struct consent_ask;
bool consent_ask_of(const struct view *v, uint32_t brand, struct bytes purpose, struct bytes channel,
                    struct consent_ask *out_ask);

/* Numbers of rules, gathered in any order and as often as they like. */
struct rule_numbers {
    uint32_t count, room;
    uint32_t *list;
};
void rule_numbers_add(struct rule_numbers *n, struct arena *a, struct book_list more);
/* All that read anything of a kind, such as identifiers of whatever type. */
void rule_numbers_add_all(struct rule_numbers *n, struct arena *a, const struct book *b, enum program_reads what);

/* Evaluates these rules of a person anew (of those that are gathering shadows, which are right once all is there), writes what differs in the section, sets and takes back timers, and says
 * fact_rule_turned of rules in force. The section is read and written once. Of a person who is pending nothing is done. O(entries of the person + the rules). */
void rules_look(struct step *s, const struct book *b, uint32_t person, struct rule_numbers *rules, bool by_time);
/* Rules that read things are put off: a follow-up looks at them, which announces what they read, since few steps do. The same of a step that has (person_things_touch). */
void rules_look_with_things(struct step *s, const struct book *b, uint32_t person, struct rule_numbers *rules,
                            bool by_time);
void rules_look_later(struct step *s, uint32_t person, bool by_time); /* at those that read things, by a follow-up */
/* Touches the things that rules read of the person, by relations of theirs. */
void person_things_touch(const struct view *v, const struct book *b, uint32_t person);
/* The same where entries came to the person's series (person_features_add), and nothing else happened: a turn that an entry only puts off is left as it stands. */
void rules_look_added(struct step *s, const struct book *b, uint32_t person, struct person_sheaves *sheaves,
                      struct rule_numbers *rules);
/* Every rule that may say anything of this person: what they have series of, what of them rules read, and what stands. */
void rules_look_all(struct step *s, const struct book *b, uint32_t person);
/* `pending`: nothing is said of the person until it is taken back, which looks at everything. */
void rules_pend(struct step *s, const struct book *b, uint32_t person, bool is_pending);
/* Takes all that stands of a number that lives no more, with its timers. */
void rules_forget(struct step *s, const struct book *b, uint32_t person);

/* Turns within the horizon have a timer each, those at a midnight and those behind it are looked at by the job of a day. */
extern const struct timer_kind turn_timer, day_timer;
extern const struct job_kind day_job;
extern const struct job_kind sweep_job; /* takes what stands of a rule that is over out of people's rows */
void turn_timer_set(struct step *s, uint32_t person, const struct stand *stand);
void turn_timer_cancel(struct step *s, uint32_t person, const struct stand *stand);
void days_begin(struct step *s, const struct book *b); /* sets the timer of the next midnight */
void sweep_begin(struct step *s, uint32_t rule);
