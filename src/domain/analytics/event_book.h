/* Names of events, by name, by Chinese name and by number: a part of a name book, held by as many of these as have the same. Private to analytics.
 *
 * Names come all the time, and what stands changes seldom. So the book behind another one takes its tables as they are, and adds to them what is new: the texts of both lie
 * in one place, which they hold together. */
#pragma once

#include "domain/analytics/words.h"
#include "domain/collect/collect.h"

struct event_book;
struct event_book *event_book_create(void); /* of no names; held by the caller */
/* All of the view. With `before` (NULL: none): that one itself where they are the same; some 100 bytes of copying a name where there are only more; a microsecond or two
 * for each that is new. Engine's thread; the caller's hold. */
struct event_book *event_book_of_view(const struct view *v, struct event_book *before);
struct event_book *event_book_share(struct event_book *b); /* one holder more; any thread */
void event_book_release(struct event_book *b);                   /* each holder once; any thread; NULL is fine */
/* Before anybody else holds it. `label_zh` may be empty. */
void event_book_add(struct event_book *b, uint32_t number, struct bytes name, uint32_t alias_of, struct bytes label_zh);

const struct words *event_book_words(const struct event_book *b); /* `of` is 0 */
const char *event_book_name(const struct event_book *b, uint32_t number); /* NULL: there is none */
uint32_t event_book_end(const struct event_book *b);                      /* numbers are below it */
