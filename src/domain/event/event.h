/* Events: every one, in the order of its person, newest in the log, older in runs on disk.
 *
 * A step only notes (position, person, owner) in the tail. In the background the folder reads the tail's events from the
 * log up to a position F, sorts them by (person number of the time, event time, hash of the message, position), writes
 * them as one run of compressed blocks, and logs `event.folded`; from then on the tail and the log before F may go.
 * Merges and splits are applied at read: events are looked for under all numbers of a person, and kept when their owner
 * belongs to that person now. Formats: docs/formats/runs.md. */
#pragma once

#include "domain/identity/identity.h"
#include "engine/domain.h"
#include "engine/work.h"

extern const struct domain event_domain;

/* Says where an event lies; what the engine keeps of it in memory. */
struct event_note {
    uint64_t position;
    uint32_t person;       /* the number when it was applied; PERSON_NONE: nobody's */
    uint16_t event;        /* NAME_EVENT */
    uint16_t brand;        /* NAME_BRAND; only in the tail, for its counts: a run has it in the envelope alone */
    struct hash128 owner;
};
static_assert(sizeof(struct event_note) == 32, "notes are on disk");
static_assert(NAMES_A_KIND_MAX <= UINT16_MAX, "a note has two bytes for a name");

/* A frozen view of all events: any one thread may read it. It holds no file and no part of the log before it is read: of
 * a view that is read when two checkpoints have passed since it was opened, events may be gone (UNAVAILABLE: open another). */
struct event_view;
struct event_view *event_view_open(const struct view *v, const struct work_surroundings *around); /* engine's thread; cheap */
void event_view_close(struct event_view *ev);                                                     /* any thread; NULL is fine */

struct event_seen {
    struct event_note note;
    int64_t event_us;
    struct bytes packed;   /* the envelope; borrowed for the call */
};
/* Return false to stop. */
typedef bool (*event_each)(void *context, const struct event_seen *event);

/* Events stored under any of `numbers`, newest first by (event_us, message, position). Reads only their blocks, each when
 * its turn comes, and of the tail all notes of these numbers. CORRUPT, with file and block. */
fallible event_scan_people(struct event_view *ev, const uint32_t *numbers, size_t count, event_each each, void *context, struct err *e);
/* Every event, in no promised order, for export and re-fold. */
fallible event_scan_all(struct event_view *ev, event_each each, void *context, struct err *e);
/* The same in the order of the log, behind a position. What lies in runs is sorted with 32 MiB and a file that is as large as the
 * largest run; so the first event comes late, and a cursor is a position, for ever. UNAVAILABLE as of any view: open another one, and go
 * on behind the last position that came. */
struct event_log_scan {
    uint64_t after;
    const char *path; /* of the workspace's disk, for the sorting: no other scan has it at once */
    bool (*wanted)(void *context, const struct event_seen *event); /* asked before it is sorted; NULL: all are */
    event_each each;
    void *context; /* of both */
};
fallible event_scan_log(struct event_view *ev, const struct event_log_scan *asked, struct err *e);
/* Events of which one knows the position and the number they were stored under, by position ascending: calls for those that are there,
 * in the same order; one that was purged isn't. One that the log still has costs a read; older ones cost the blocks that their persons have in
 * the runs of these positions. UNAVAILABLE as of any view. */
struct event_sought {
    uint64_t position;
    uint32_t person;
};
typedef void (*event_found)(void *context, size_t at, struct bytes packed); /* `at`: which of them; borrowed for the call */
fallible event_find_all(struct event_view *ev, const struct event_sought *sought, size_t count, event_found found, void *context,
                        struct err *e);
uint64_t event_view_count(const struct event_view *ev);

uint64_t event_count(const struct view *v);                       /* all ever applied and kept */
uint64_t event_count_named(const struct view *v, uint32_t event); /* by NAME_EVENT */
uint64_t event_count_of_brand(const struct view *v, uint32_t brand);  /* by NAME_BRAND; 0: of no brand */
/* Adds the events of one brand (0: of none) to `counts` by NAME_EVENT, EVENT_NAMES of them. 0 is "other": BRAND_NAMES_MAX pairs of
 * brand and name are told apart, and those that come later stand there; so a brand's sum is always exact. Both cost a look at
 * each name of the brand, and at the notes of a part of the tail. */
#define BRAND_NAMES_MAX 65536u
#define EVENT_NAMES (NAMES_A_KIND_MAX + 1u)
void event_counts_add(const struct view *v, uint32_t brand, uint64_t counts[EVENT_NAMES]);
uint64_t event_folded_until(const struct view *v);                /* F */
bool event_purge_is_swept(const struct view *v); /* files of runs that were purged are removed */
uint64_t event_purged_until(const struct view *v); /* of erasures before it nothing is left in runs */
/* What a purge does to an event of somebody else's from before an erasure, for whoever reads it sooner: takes the erasure's `named` keys out of
 * an unpacked envelope, where they stand in a role that is not its own person's. false: none of them does. Any thread. */
bool naming_cut(struct envelope *v, const struct hash128 *keys, uint32_t count);

enum { COMMAND_FOLDED = 0x0501 };
