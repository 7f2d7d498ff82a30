/* Access: who may do what. A token is a name, roles, a scope and a masking; only a hash of its secret is kept. Write
 * keys are tokens that may only collect. Every read of personal data is counted against its token and audited. */
#pragma once

#include "engine/domain.h"

extern const struct domain access_domain;
extern const struct fact_kind fact_token_changed; /* edge threads then take a new copy */

extern const char *const role_names[ROLE_SYSTEM + 1]; /* "collect", "read" … */

#define TOKEN_SECRET_BYTES 32u
#define TOKEN_SCOPE_BRANDS_MAX 32u

/* What edge threads check requests against: an immutable copy, replaced when tokens change. */
struct token {
    char name[64];             /* also the source of the events that it collects */
    uint32_t roles;            /* 1 << enum role */
    bool masked;               /* phones, e-mails and names are shown in part */
    uint32_t brand_count;      /* 0: all brands */
    char brands[TOKEN_SCOPE_BRANDS_MAX][64];
    char store[64];            /* empty: all stores */
    char guide[64];            /* of staff: their own customers alone; empty: not limited so */
    char channel[64];          /* of events that don't say theirs */
    char brand[64];            /* the same */
    int64_t expires_us;        /* 0: never */
    uint8_t secret_hash[32];   /* BLAKE2b of the secret, keyed by the workspace */
};

/* A secret has 256 random bits, so a fast hash is enough (argon2id is for passwords). */
void token_secret_hash(uint64_t workspace_secret, struct bytes secret, uint8_t out_hash[32]);
bool access_token(const struct view *v, const uint8_t secret_hash[32], struct token *out_token);
/* Tokens in order of name; false: no more. Start with NULL. */
bool access_token_next(const struct view *v, const char *after_name, struct token *out_token);
void token_pack(struct buf *b, const struct token *t);
fallible token_unpack(struct bytes payload, struct token *out_token, struct err *e);

/* 0x0602 revokes: bytes name. 0x0603 notes a read of personal data: bytes token, bytes what, u32 person. */
enum { COMMAND_TOKEN = 0x0601, COMMAND_REVOKE = 0x0602, COMMAND_READ = 0x0603 };

/* The audit list of reads, newest first. */
struct read_record {
    uint64_t position;
    int64_t time_us;
    struct bytes token, what;
    uint32_t person;
};
bool access_read_before(const struct view *v, uint64_t position, struct read_record *out_read);
