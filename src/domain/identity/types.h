/* Types of identifiers: what may tell that two events are of one person. Built-in ones stand in one table, with the
 * reason for each default; an operator adds others, or changes a default, by command.
 *
 * A type says: how a value is made canonical, how many a person may have, which values never count, what happens beyond
 * the limit, and how much it is trusted (priority: the lower one gives way). */
#pragma once

#include "base/hash.h"
#include "base/status.h"
#include "engine/view.h"

enum id_type {
    TYPE_NONE = 0,
    TYPE_USER_ID = 1,
    TYPE_UNIONID = 2,
    TYPE_PHONE = 3,
    TYPE_EXTERNAL_USERID = 4,
    TYPE_OPENID = 5,
    TYPE_TAOBAO_OUID = 6,
    TYPE_TMALL_OMID = 7,
    TYPE_JD_PIN = 8,
    TYPE_DOUYIN_OPENID = 9,
    TYPE_XHS_ID = 10,
    TYPE_MEMBER_NO = 11,
    TYPE_POS_CARD = 12,
    TYPE_EMAIL = 13,
    TYPE_DEVICE_ID = 14,
    TYPE_ANONYMOUS_ID = 15,
    TYPE_CUSTOM = 64, /* the first one that an operator declares */
    TYPE_COUNT_MAX = 256,
};

enum normaliser { NORMALISE_EXACT, NORMALISE_LOWER, NORMALISE_PHONE, NORMALISE_EMAIL, NORMALISE_UUID };

/* What happens to an identifier whose joining would give a person more of a type than allowed. */
enum over_limit {
    OVER_REFUSE,     /* it stays where it is and isn't used for this event */
    OVER_MOVE,       /* it was passed on: its old holder keeps what was, from now on it is the new one's */
    OVER_QUARANTINE, /* it is set aside until somebody has looked */
};

struct id_type_rule {
    uint16_t type;
    char name[32];          /* "openid": what events say */
    enum normaliser normaliser;
    bool has_namespace;     /* values are unique only within an app, corp, merchant or programme */
    uint8_t priority;       /* 1 is trusted most; the owner of an event is its identifier of the best priority */
    uint16_t limit;         /* so many a person and namespace at one time; 0: any number */
    uint16_t limit_window_days; /* of values first seen within so many days; 0: ever */
    enum over_limit over;
    uint16_t parent;        /* unbinding the parent's identifier unbinds this one too; TYPE_NONE: none */
    uint16_t hub_moves;     /* after so many conflicts a value is a hub: quarantined */
    bool ends_at_logout;    /* a log-out ends the link: a shared device */
};

/* The table of built-in types; *out_count rows, in order of type. */
const struct id_type_rule *id_types_builtin(size_t *out_count);
/* The rule in force; NULL: no such type. Lives in the view's arena, or for ever. */
const struct id_type_rule *id_type_rule(const struct view *v, uint16_t type);
uint16_t id_type_named(const struct view *v, struct bytes name); /* TYPE_NONE: not declared */

/* Why a value can't identify anybody. */
enum id_verdict {
    ID_GOOD,
    ID_EMPTY,
    ID_BLOCKED,     /* "null", "0", "undefined", all zeroes, a declared one */
    ID_MASKED,      /* 138****1234 */
    ID_VIRTUAL,     /* a platform's number that forwards (隐私号) */
    ID_MALFORMED,
    ID_TOO_LONG,
    ID_VERDICT_COUNT,
};
extern const char *const id_verdict_names[ID_VERDICT_COUNT];

#define ID_VALUE_BYTES_MAX 255u

/* Makes a value canonical, on any thread: the rule is handed in. `scratch` holds the result. */
enum id_verdict id_normalise(const struct id_type_rule *rule, struct bytes raw, struct buf *scratch, struct bytes *out_value);

/* The keyed hash by which an identifier is found: XXH3, seeded with the workspace's secret, of type (2 bytes), size of the
 * namespace (1), namespace and value, 255 bytes each at most. 80 bits are hash (what an index keeps of
 * it, store/rows.h); the low 48 bits of `high` are 0 in this plain key, and the holder in a holder's key. */
struct hash128 identifier_key(uint64_t secret, uint16_t type, struct bytes ns, struct bytes value);
/* The key of its n-th holder (复用代次), n >= 1: what owns events, for ever. Plain keys are what the index finds whoever
 * holds it now by. */
struct hash128 identifier_key_of_holder(struct hash128 plain, uint32_t holder);
/* The way back: the plain key; *out_holder is 0 when `key` was plain already. */
struct hash128 identifier_key_plain(struct hash128 key, uint32_t *out_holder);
