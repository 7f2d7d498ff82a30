/* Private to rule: the past of rules that were made of late. A pass is for all of them at once: background work reads what happened before the pass began, once, puts
 * what it adds to features in order of owners into a file, and hands it in, slice after slice; then the people are looked at of whom rules may say something by what else is
 * known, and the rules are ready. Where a pass stands is a row, so it goes on after a restart; the file is only kept for speed, and made again when it isn't there. */
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
    GATHER_LOOKING,    /* people are looked at */
    GATHER_PHASE_COUNT
};
struct gather_pass {
    enum gather_phase phase;
    uint64_t position;        /* where it began: of rules made before it, features with since < position */
    int64_t wanted_us;        /* log time when the first of them was made */
    uint32_t round;           /* how often the file was made */
    uint64_t offset;          /* in it, of what is installed next */
    struct past_place behind; /* what was installed last; slot 0: nothing */
    uint32_t person;          /* who is looked at next */
};
bool gather_pass_find(const struct view *v, struct gather_pass *out_pass);

/* Payload of COMMAND_RULE_GATHERED: format, what, then of
 *   BEGIN  nothing
 *   READ   nothing: the file is there
 *   SLICE  where it begins in the file, where the next one begins (0: it is the last), items
 *   AGAIN  nothing: the file isn't there
 *   LOOK   from whom, until whom
 *   END    numbers of rules that are ready; the pass is over when none is left */
enum gathered {
    GATHERED_BEGIN,
    GATHERED_READ,
    GATHERED_SLICE,
    GATHERED_AGAIN,
    GATHERED_LOOK,
    GATHERED_END,
    GATHERED_COUNT
};
#define GATHERED_BYTES_MAX (256u << 10)
#define GATHERED_PEOPLE 200u /* owners of a slice, or people looked at */
#define GATHERED_RULES 64u
fallible rule_gathered_check(struct bytes payload, struct err *e);
void rule_gathered_needs(const struct view *v, struct bytes payload);
const struct refusal *rule_gathered_apply(struct step *s, struct bytes payload);

/* What a pass still has to do with a rule: of one that is gathering and was made before it. */
bool gather_is_of(const struct gather_pass *pass, const struct book_rule *r);
/* People may be said something of whose features this pass doesn't install. */
bool gather_looks_at_all(const struct gather_pass *pass, uint64_t until, const struct book_rule *r);
