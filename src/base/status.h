/* Failures: the world said no (disk, socket, bad bytes).
 *
 * A fallible function returns `struct status`, which the compiler won't let a caller drop, and writes words for a
 * person into a `struct err` that lives on the caller's stack. Each level may put its own words in front:
 * "workspace acme: log: segment 7: bad checksum at byte 4096". A refusal by a rule is not a failure (engine/step.h);
 * a bug is an assert. */
#pragma once

#include <assert.h>
#include <stdbool.h>

#include "base/attr.h"

enum status_code {
    STATUS_OK = 0,
    STATUS_INVALID,     /* the input breaks a rule of its format: don't send it again as it is */
    STATUS_NOT_FOUND,   /* no such thing */
    STATUS_EXISTS,      /* such a thing is there already */
    STATUS_DENIED,      /* the caller may not */
    STATUS_LIMIT,       /* a stated bound is passed */
    STATUS_CORRUPT,     /* bytes that we wrote are not what we wrote */
    STATUS_IO,          /* the system refused: disk, socket, memory map */
    STATUS_FULL,        /* no room now: try again later */
    STATUS_UNAVAILABLE, /* a peer does not answer */
    STATUS_CANCELLED,   /* somebody asked to stop */
    STATUS_CODE_COUNT,
};

/* One member, so that an int can't pass for it. */
struct status {
    enum status_code code;
};

#define fallible NODISCARD struct status

#define ERR_TEXT_BYTES_MAX 512

/* Words about a failure; empty until something fails. Initialise with {0}. */
struct err {
    char text[ERR_TEXT_BYTES_MAX];
};

#define DONE ((struct status){STATUS_OK})

/* Replaces the words in `e` (NULL: nobody listens) and returns the failure. */
#define FAIL(e, CODE, ...) (err_set((e), __VA_ARGS__), (struct status){STATUS_##CODE})

/* Puts words in front of what `e` says, if `expr` failed; returns its status. */
#define WRAP(e, expr, ...) err_wrap((e), (expr), __VA_ARGS__)

/* Returns to the caller at once if `expr` failed. The only macro that steers. */
#define TRY(expr)                          \
    do {                                   \
        struct status try_status_ = (expr); \
        if (failed(try_status_))           \
            return try_status_;            \
    } while (0)

static inline bool failed(struct status s)
{
    return s.code != STATUS_OK;
}

static inline bool done(struct status s)
{
    return s.code == STATUS_OK;
}

void err_set(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);
struct status err_wrap(struct err *e, struct status s, const char *format, ...) PRINTF_LIKE(3, 4);

/* A stable lower-case word for a code: "not_found". Never NULL. */
const char *status_name(enum status_code code);
