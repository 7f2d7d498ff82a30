/* Hooks: what others are told as it happens. A hook names the facts it wants and where they go: to a web address, or to a
 * file. It hears LIVE facts only, unless it names more causes, so importing three years of orders tells nobody. */
#pragma once

#include "engine/domain.h"

extern const struct domain hook_domain;

#define HOOK_FACTS_MAX 16u
#define HOOK_TARGET_BYTES_MAX 1024u

enum hook_kind { HOOK_WEB, HOOK_FILE, HOOK_KIND_COUNT };

struct hook {
    struct bytes name;
    enum hook_kind kind;
    struct bytes target;   /* "https://…", or a file's name inside the workspace's out/ folder */
    struct bytes secret;   /* signs what goes to a web address; empty: unsigned */
    uint32_t causes;       /* 1 << enum cause */
    uint32_t fact_count;   /* 0: all that can be heard */
    struct bytes facts[HOOK_FACTS_MAX]; /* their names */
};
enum hook_kind hook_kind_of(struct bytes target); /* what begins with http:// or https:// goes over the web */
void hook_pack(struct buf *b, const struct hook *h);
fallible hook_unpack(struct bytes payload, struct hook *out_hook, struct err *e); /* borrows */
bool hook_next(const struct view *v, struct bytes after, struct hook *out_hook);  /* in order of name; start with none */

/* What the ports carry out. Payload: bytes target, bytes secret, the rest: one JSON object. */
extern const struct effect_kind effect_web, effect_file;
struct bytes hook_target(struct bytes payload); /* of such an effect; borrowed */

enum { COMMAND_HOOK = 0x0701, COMMAND_HOOK_REMOVE = 0x0702 };
