/* What handlers of the API share: identifiers as paths and bodies write them, members of answers, queries. */
#pragma once

#include "domain/identity/identity.h"
#include "domain/thing/thing.h"
#include "edge/route.h"
#include "lib/json.h"

/* Identifiers are normalised by the rules in the request's catalogue; results live in the exchange's arena.
 * INVALID: an undeclared type (with the nearest name), or a value that can't identify anybody (with the reason). */
fallible id_read(const struct request *r, struct bytes type, struct bytes ns, struct bytes value, struct envelope_id *out_id, struct err *e);
/* "phone:13812345678", "openid:wx1234:oABC": the namespace stands in it where the type has one. */
fallible id_read_text(const struct request *r, struct bytes text, struct envelope_id *out_id, struct err *e);
/* {"type":…,"ns":…,"value":…}, or a text as above. id_check_json: whether it has such a form, whomever it names. */
fallible id_check_json(struct json from, struct err *e);
fallible id_read_json(const struct request *r, struct json from, struct envelope_id *out_id, struct err *e);

/* Whom a request asks for: the holder of an identifier, or a public id ("id:0123…", 32 hexadecimal digits). */
struct person_ask {
    bool is_public;
    struct hash128 public_id;
    struct envelope_id id;
};
fallible person_ask_read(const struct request *r, struct bytes text, struct person_ask *out_ask, struct err *e);
/* PERSON_NONE: nobody, or nobody that this token may know of. */
uint32_t person_asked(const struct request *r, const struct view *v, const struct person_ask *ask);
/* Begins an answer about them: the object is open, with their `id`, and it is noted that they were read. PERSON_NONE: that nobody is there is the answer. */
uint32_t person_begin(struct request *r, const struct view *v, const struct person_ask *ask, struct json_writer *w);
extern const struct problem problem_no_person;

/* For whom reach is asked (api/scope.c). false: there is no such brand, or none that the token sees, to whom problem_no_brand is answered; a token that names brands has no figures of the
 * whole group (no brand, number 0). */
#define PURPOSE_USUAL BYTES_LIT("marketing")
bool reach_brand_asked(const struct token *t, const struct view *v, struct bytes brand, uint32_t *out_brand);
extern const struct problem problem_no_brand;

/* "region/华东": the kind, and all behind the first slash; or {"kind":…,"ns":…,"id":…}. Borrowed. */
bool ref_read_text(struct bytes text, struct thing_ref *out_ref);
fallible ref_read_json(struct json from, struct thing_ref *out_ref, struct err *e);
void member_ref(struct json_writer *w, const struct thing_ref *ref); /* members of an open object: kind, ns, id */

#define PUBLIC_ID_TEXT_BYTES 33 /* with a NUL */
const char *public_id_text(struct hash128 id, char out_text[PUBLIC_ID_TEXT_BYTES]);
bool public_id_read(struct bytes text, struct hash128 *out_id); /* dashes are passed over */

void put_text(struct json_writer *w, const char *text); /* NULL: null */
void put_time(struct json_writer *w, int64_t us);       /* RFC 3339; null beyond the years that it can say */
/* Members of an open object. */
void member_text(struct json_writer *w, const char *key, const char *text);
void member_bytes(struct json_writer *w, const char *key, struct bytes text);
void member_text_or_null(struct json_writer *w, const char *key, struct bytes text); /* empty: null */
void member_uint(struct json_writer *w, const char *key, uint64_t x);
void member_bool(struct json_writer *w, const char *key, bool x);
void member_time(struct json_writer *w, const char *key, int64_t us);          /* RFC 3339 */
void member_name(struct json_writer *w, const char *key, const struct view *v, enum name_kind kind, uint32_t number); /* 0: null */
void member_person(struct json_writer *w, const char *key, const struct view *v, uint32_t person); /* its public id, or null */
/* An identifier by itself, {"type":…,"ns":…,"value":…}, masked where the token is. */
void put_id(const struct request *r, const struct view *v, const struct envelope_id *id, struct json_writer *w);
/* All members of a consent; its evidence masked where the token is. */
struct consent;
void put_consent(const struct request *r, const struct view *v, const struct consent *c, struct json_writer *w);
void value_put(struct json_writer *w, struct bytes packed);   /* a packed value; a bad one is null */
void record_put(struct json_writer *w, struct bytes record);  /* as an object */

/* A number in the query. Absent: `otherwise`; more than `most`: `most`. INVALID: no number. */
fallible query_number(struct request *r, const char *name, uint64_t otherwise, uint64_t most, uint64_t *out_number, struct err *e);


/* What an object may say, and in which form: a slip of the pen must not be taken for something that wasn't said. */
enum body_kind {
    BODY_TEXT,   /* without NUL */
    BODY_BOOL,
    BODY_COUNT,  /* a whole number from 0 */
    BODY_NUMBER, /* a whole number */
    BODY_SCALAR, /* a text, or a number as it was sent */
    BODY_TIME,
    BODY_NAMES,  /* a list of texts, read by the caller */
    BODY_IDS,    /* a list of identifiers, the same */
    BODY_LIST,   /* of anything, the same */
    BODY_OBJECT, /* read by the caller */
    BODY_ANY,    /* the same */
    BODY_KIND_COUNT,
};
struct body_member {
    const char *name;
    enum body_kind kind;
    bool or_null; /* null says the same as leaving it out */
};
#define BODY_MEMBERS_MAX 16u
struct body_members {
    const struct body_member *rows;
    size_t count; /* to BODY_MEMBERS_MAX */
};
#define BODY_MEMBERS(table) ((struct body_members){(table), COUNT_OF(table)})
/* INVALID: an unknown member (with the nearest), one said twice, or one of another kind. */
fallible members_check(struct json object, struct body_members members, struct err *e);

/* A body in JSON, parsed and checked; false: answered already with what is wrong. The caller destroys *out_parser when
 * done with the document, and before it answers. */
bool body_read(struct request *r, struct body_members members, struct json_parser **out_parser, struct json *out_root);
/* The same for a body that is gone when this returns: `take` copies what it keeps, into the request's context say. false: answered already. */
typedef fallible (*body_taker)(struct request *r, struct json root, struct err *e);
bool body_read_by(struct request *r, struct body_members members, body_taker take);

/* Whether this token may say of an act when it was decided elsewhere (`kith redo`): an admin's that is not limited. DENIED. */
fallible request_may_redo(const struct request *r, struct err *e);

bool is_masked(const struct request *r); /* the token sees of persons only a part */
bool is_loopback(const struct request *r); /* the client is on this machine, and no proxy says that it speaks for another */
