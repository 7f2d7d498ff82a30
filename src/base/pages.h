/* Zeroed memory straight from the system, for big tables that are read at random: with huge pages a look costs one miss of the
 * cache and seldom one of the page tables. Memory that was not touched yet takes nothing. */
#pragma once

#include <stddef.h>

#define PAGES_HUGE_BYTES ((size_t)2 << 20) /* from this size on huge pages are asked for */

void *pages_take(size_t bytes);         /* at least 4096-aligned; NULL: the system has no memory */
void pages_give(void *p, size_t bytes); /* with the size it was taken with; NULL is fine */

/* For a process with a budget: malloc keeps few heaps for all threads, and gives back what is freed. Once, before threads. */
void heap_keep_small(void);
