/* Where changes are kept: the newest in a series, older ones in pages, which are rows that go cold. The book says which of them there are. */
#pragma once

#include "domain/change/change.h"

extern const struct family fresh_change_family; /* series of struct kept_change */
extern const struct family change_page_family;  /* numbered: CHANGES_A_PAGE changes each */
extern const struct family change_book_family;  /* one row, while there is anything */
extern const struct setting changes_kept, change_hours;

struct book {
    bool is_kept;               /* changes are; else what is left of them is on its way out */
    uint32_t first_page;        /* the lowest that is a row */
    uint32_t told_page;         /* those before it are told no more */
    uint64_t fresh;             /* place of the first change that is in no page; in the series it has the same index */
    int64_t oldest_us;          /* of the last change of told_page; PAGES_NONE_US: there is no page */
    struct change_cursor begin; /* every change behind it is told */
};
#define PAGES_NONE_US INT64_MAX

bool book_read(const struct view *v, struct book *out_book);           /* false: nothing is kept, nor left */
uint64_t book_first_place(const struct view *v, const struct book *b); /* of the first change told */
uint64_t book_end_place(const struct view *v);                         /* of the next one */

void book_open(struct step *s);  /* from now on; it may be open */
void book_close(struct step *s); /* nothing of it is told from now on */
/* Keeps a change, whose time, position, index and cause are the step's. */
void book_note(struct step *s, struct kept_change c);

/* What is beyond the settings, or of a book that was closed, goes: some pages a command, and the rest as a follow-up. */
void book_trim_needs(const struct view *v, struct bytes payload);
const struct refusal *book_trim(struct step *s, struct bytes payload);
