/* Which names of events, properties and kinds of things there are, for one question after another until there are others. It is made on the
 * engine's thread, and read by any thread from then on. */
#pragma once

#include "domain/analytics/filter.h"
#include "domain/column/column.h"

#define EVENT_WORDS (65536u / 64) /* of a set of events, by number */
#define EVENTS_A_NAME_MAX 2u /* numbers that one name stands for: its own, and that of what it is an alias of */

struct name_book *name_book_of_fields(void); /* no event, and no property but the fields */
struct name_book *name_book_of_kinds(const struct view *v); /* the same, with what things have */
struct name_book *name_book_create(void);    /* with the standard events */
/* Who makes a book holds it; this is one holder more, of whom each destroys it. Nobody adds to it from then on. Any thread. */
struct name_book *name_book_share(struct name_book *b);
/* One's own, of the same names, to which properties may be added. Takes the caller's hold of `below`; copies some 60 bytes a property. */
struct name_book *name_book_over(struct name_book *below);
/* As name_book_of_view, with what `before` (NULL: none), of the same veil, has still the same of names, properties and rates: of names of events only new ones
 * are read, where none that stood has changed. There may be 65,535 of them, and 20,000 rates. Some 10 ns a name, a microsecond a property where there is a new one. */
struct name_book *name_book_after(const struct view *v, const struct veil *veil, const struct name_book *before);
/* Equal ones: name_book_of_view would make the same. Engine's thread; a microsecond. */
struct hash128 name_book_revision(const struct view *v);
void name_book_veil(struct name_book *b, const struct veil *veil); /* before any property is added; it outlives the book; NULL: none */
/* Those of a whole book; it takes the caller's hold, and none is added by hand from then on. */
struct event_book;
void name_book_events_set(struct name_book *b, struct event_book *events);
struct event_book *name_book_events_held(const struct name_book *b); /* for another book */
/* Takes what another one knows of properties and members, where it is of this revision; false: it isn't, so they are to be added, and are then of this one. */
bool name_book_known_take(struct name_book *b, const struct name_book *before, struct hash128 revision);
void name_book_event_add(struct name_book *b, uint32_t number, struct bytes name, uint32_t alias_of, struct bytes label_zh);
void name_book_property_add(struct name_book *b, enum column_of of, struct bytes name);
/* It and its members ("address.city" of "address") aren't there, whoever adds them from now on. */
void name_book_property_hide(struct name_book *b, enum column_of of, struct bytes name);
/* The same for events of one number: they are as if they had none. */
void name_book_property_bar(struct name_book *b, uint16_t event, enum column_of of, struct bytes name);
/* An operator says that it tells of persons: it is there all the same. */
void name_book_personal_note(struct name_book *b, enum column_of of, struct bytes name);
bool name_book_is_personal(const struct name_book *b, struct bytes name); /* as a condition writes it; "address.city" is, where "address" is */

/* The numbers of an event by its name, its Chinese one, or what platforms call it; 0: there is none. Labels live as long as the book. */
uint32_t name_book_events(const struct name_book *b, struct bytes name, uint16_t out_events[EVENTS_A_NAME_MAX], const char **out_label,
                          const char **out_label_zh);
const char *name_book_nearest_event(const struct name_book *b, struct bytes name);
/* The name of a number; "" when there is none. */
struct bytes name_book_event_name(const struct name_book *b, uint32_t number);
/* The next number from `after` on (0 at first) that has a name; 0: no more. */
uint32_t name_book_event_next(const struct name_book *b, uint32_t after);
/* The Chinese name of an event's name, of what people gave it; its own where there is none. */
struct bytes name_book_event_zh(const struct name_book *b, struct bytes name);
bool name_book_has(const struct name_book *b, enum column_of of, struct bytes name);
bool name_book_hides(const struct name_book *b, enum column_of of, struct bytes name); /* it could never be added */
/* The numbers of events that are barred from a property, as block_match wants them, in `arena`; NULL: none is. */
const uint64_t *name_book_barred(const struct name_book *b, enum column_of of, struct bytes name, struct arena *arena);
/* What is known of currencies: what the workspace says, once it was set (the book takes the caller's hold), else that the group's is CNY. */
struct rate_book;
void name_book_rates_set(struct name_book *b, struct rate_book *rates);
const struct rate_book *name_book_rates(const struct name_book *b);
struct rate_book *name_book_rates_held(const struct name_book *b); /* as it was set, for another book; NULL: it wasn't */
const struct veil *name_book_veiled_by(const struct name_book *b); /* NULL: by none */
/* A text as the asker may see it: itself, or masked into `out` (VEILED_BYTES_MAX). NULL `veil`: itself. */
struct bytes veiled_text(const struct veil *veil, struct bytes text, struct buf *out);
/* What things of a kind have: attributes, and the kinds of things that they may belong to, near or far. An attribute comes before a kind of its name. */
void name_book_member_add(struct name_book *b, struct bytes kind, struct bytes member, bool is_ancestor);
bool name_book_member(const struct name_book *b, struct bytes kind, struct bytes member, bool *out_is_ancestor); /* false: it has none */
/* As it is written in a condition, into `out`: "item.category". */
void name_book_nearest_property(const struct name_book *b, struct bytes name, struct buf *out);

/* What every event has besides: its name, its time, and what clocks of the zone showed then. They are no columns. */
#define FIELD_EVENT "event"
#define FIELD_TIME "time"
#define FIELD_HOUR FIELD_TIME ".hour"
#define FIELD_WEEKDAY FIELD_TIME ".weekday"
/* Fields of the envelope that are columns, and the kind of thing that each refers to (NULL: none). */
struct field {
    const char *name;
    const char *kind;
};
const struct field *field_named(struct bytes name); /* NULL: there is none */
