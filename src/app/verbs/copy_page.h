/* The page of a copy for a person: tables with headings in both languages. */
#pragma once

#include <stdio.h>

#include "base/arena.h"
#include "lib/json.h"

void copy_page_begin(FILE *page, struct json copy, struct arena *a); /* all that GET …/copy said */
void copy_page_orders_begin(FILE *page);
void copy_page_order(FILE *page, struct json order, struct arena *a);
void copy_page_events_begin(FILE *page);
void copy_page_event(FILE *page, struct json event, struct arena *a);
void copy_page_end(FILE *page);
