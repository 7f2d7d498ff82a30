/* Private to rule: the past of rules that were made of late. A pass is for all of them at once: background work reads what happened before the pass began, once, puts
 * what it adds to features into a file, by person or by owner, and hands it in, slice after slice; then orders are looked at, if features of orders want it (orders.h), and the people of whom
 * rules may say something by what else is known, and the rules are ready. Where a pass stands is a row, so it goes on after a restart. The file is only kept for speed: where it isn't there
 * any more it is made again, and where some of it was installed already, the rules begin anew, with slots of their own: who has become whom since can't be told of half a file. */
#pragma once

#include "domain/rule/past.h"

extern const struct family
    gather_family; /* KEYED: "pass" -> where it stands; "until" -> what was gathered; "wanted" -> the next one */
extern const struct work_kind rule_gather_work;

/* A rule is made whose past is to be read. */
void gather_want(struct step *s);
/* Features with a since before it lack nothing, or get it by the pass that is under way. */
uint64_t gathered_until(const struct view *v);

enum gather_phase {
    GATHER_READING,    /* the file is to be made */
    GATHER_INSTALLING, /* it is handed in */
    GATHER_ORDERS,     /* orders are looked at */
    GATHER_LOOKING,    /* people are looked at */
    GATHER_PHASE_COUNT
};
struct gather_pass {
    enum gather_phase phase;
    uint64_t position;        /* where it began: of rules made before it, features with since < position */
    int64_t wanted_us;        /* log time when the first of them was made */
    uint32_t round;           /* how often the file was made */
    uint64_t offset, size;    /* in it, of what is installed next (0: its beginning); of all of it */
    uint32_t order;           /* which is looked at next */
    uint32_t person;          /* who is looked at next */
};
bool gather_pass_find(const struct view *v, struct gather_pass *out_pass);

/* Payload of COMMAND_RULE_GATHERED: format, what, then of
 *   BEGIN  nothing
 *   READ   how many bytes the file has, which is there
 *   SLICE  where it begins in the file, where the next one begins (0: it is the last), items
 *   AGAIN  nothing: the file isn't there
 *   ORDERS from which, until which; and whether there are no more
 *   LOOK   from whom, until whom
 *   END    numbers of rules that are ready; the pass is over when none is left */
enum gathered {
    GATHERED_BEGIN,
    GATHERED_READ,
    GATHERED_SLICE,
    GATHERED_AGAIN,
    GATHERED_LOOK,
    GATHERED_END,
    GATHERED_ORDERS,
    GATHERED_COUNT
};
#define GATHERED_BYTES_MAX (256u << 10)
#define GATHERED_PEOPLE 64u /* and owners of a slice, or people looked at: a step finds one among so many in a few cache lines */
#define GATHERED_ORDERS_MAX 50u /* each of another owner, and of several rows */
#define GATHERED_RULES 64u
fallible rule_gathered_check(struct bytes payload, struct err *e);
void rule_gathered_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_gathered_apply(struct step *s, struct bytes payload);

/* What a pass still has to do with a rule: of one that is gathering and was made before it. */
bool gather_is_of(const struct gather_pass *pass, const struct book_rule *r);
/* Features of orders that it looks at orders for: those that lack any. */
bool gather_wants_orders(const void *pass, const struct book_feature *f);
/* People may be said something of whose features this pass doesn't install: by what else it reads, or by a feature that was gathered live before there was the rule. */
bool gather_looks_at_all(const struct gather_pass *pass, const struct book_rule *r);
