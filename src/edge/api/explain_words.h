/* What an explanation (domain/rule/explain.h) says in a sentence, in Chinese and in English. */
#pragma once

#include "base/arena.h"
#include "domain/rule/rule.h"

struct explain_words {
    struct arena *arena;
    const struct civil *civil; /* of the workspace's days: times are said in its zone */
    bool in_chinese;
    bool is_masked; /* texts that are compared, and values that are texts, are left out */
};
/* What the part asks, what it finds, and when time alone changes that. */
const char *explain_sentence(const struct explain_words *w, const struct explained *x);
const char *explain_value(const struct explain_words *w, const struct rule_value *value);
/* "2026-12-03 00:00" */
const char *explain_time(const struct explain_words *w, int64_t us);
/* What is done: one event or several, with their condition. */
const char *explain_events(const struct explain_words *w, const struct expr_step *step);
/* In English with a space in front of it; NULL: nothing. */
const char *explain_window(const struct explain_words *w, const struct expr_window *window);
/* An aggregate over events or orders, with its window; else the term as it stands. */
const char *explain_tally(const struct explain_words *w, const struct expr *said);
/* What a feature is gathered of, and how far back: "order_paid.channel in last 91 days". */
const char *explain_gathered(const struct explain_words *w, const struct view *v, const struct feature *f);
/* The part as it stands in the rule, at most some hundred bytes of it; masked: nothing. */
#define EXPLAIN_TEXT_BYTES_MAX 400u
struct bytes explain_text(const struct explain_words *w, const struct expr *said);
