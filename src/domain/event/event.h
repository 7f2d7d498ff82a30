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
/* From then on what is read of it ends soon, with CANCELLED, when this becomes true, as it does when the process wants to end. Outlives the view. */
void event_view_cancelled_by(struct event_view *ev, const atomic_bool *is_cancelled);

struct event_seen {
    struct event_note note;
    int64_t event_us;
    struct bytes packed;   /* the envelope; borrowed for the call */
};
/* Return false to stop. */
typedef bool (*event_each)(void *context, const struct event_seen *event);

/* Events stored under any of `numbers`. What is later than `latest_us` isn't told (INT64_MAX: all is), and of runs not read. */
struct event_people {
    const uint32_t *numbers;
    size_t count;
    int64_t latest_us;
};
/* Newest first by (event_us, message, position). Opens a run, and reads a block, only when its turn comes: runs say in their rows when their
 * events were; of the tail it reads all notes of these numbers. CORRUPT, with file and block; UNAVAILABLE as of any view. */
fallible event_scan_people(struct event_view *ev, const struct event_people *asked, event_each each, void *context, struct err *e);
/* Every event, in no promised order, for export and re-fold. */
fallible event_scan_all(struct event_view *ev, event_each each, void *context, struct err *e);
/* Those with positions in [from, until), in no promised order either; opens only the runs that may have some. */
fallible event_scan_between(struct event_view *ev, uint64_t from, uint64_t until, event_each each, void *context, struct err *e);
/* Where the part of the tail ends that `from` is in: parts begin at each `every`-th event that ever came, so that all views have the
 * same ones. UINT64_MAX: that part isn't full yet. */
uint64_t event_view_part_end(const struct event_view *ev, uint64_t from, uint32_t every);
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
uint64_t event_folded_count(const struct view *v);                /* of events before F, purged ones among them */
bool event_purge_is_swept(const struct view *v); /* files of runs that were purged are removed */
uint64_t event_purged_until(const struct view *v); /* of erasures before it nothing is left in runs */

/* --- who was erased, for readers of events: the log, and runs until the next purge, still have what a purge takes away. Asked event by
 * event, this says what it will leave. Costs 24 bytes for each key that owns events of who was erased, or by which others' events name
 * them, and a binary search for each owner and identifier asked about. --- */
struct erased {
    uint64_t from;            /* erasures before this position are gathered, or needn't be */
    struct buf owners, named; /* a key and its erasure's position each; in order once settled */
    bool is_settled;
};
/* `from`: event_purged_until of the view in which events are read, where nothing is read but the tail and runs; the first position that
 * is asked about is always right. */
void erased_init(struct erased *x, uint64_t from);
void erased_fini(struct erased *x); /* fine too when all is zero */
/* The next ERASED_A_SLICE erasures, of at most 4,096 owners each. Engine's thread. true: there may be more. */
#define ERASED_A_SLICE 64u
bool erased_gather(struct erased *x, const struct view *v);
/* Behind what was gathered, before anything is asked; beside the engine: it sorts. LIMIT: over 2.7 million keys are not purged yet. */
fallible erased_settle(struct erased *x, struct err *e);
/* Takes whoever was erased later out of an event, where it names them beside its own person. false: it is theirs, nothing of it is left. */
bool erased_leave(const struct erased *x, uint64_t position, struct hash128 owner, struct envelope *io_envelope);

enum { COMMAND_FOLDED = 0x0501 };
