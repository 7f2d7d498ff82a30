/* Questions about events: which kinds there are, how one is read, and how it is asked of a view of columns. What others than analytics may see.
 *
 *   name_book_of_view      which names there are, on the engine's thread
 *   question_read          JSON -> a question
 *   thing_book_look, _keep what it needs to know of things
 *   crowd_book_take, _keep who is in the tags and segments that it names
 *   inquiry_open, _work    a question over a view, by several threads
 *   inquiry_conclude       what takes long after the count; can be cancelled
 *   inquiry_print, _found  its answer, or the people of one cell of it
 *   answer_columns, …      the table of an answer, for others who make one
 *   filter_of, _holds      a condition, of an event by itself; path_values: values of one */
#pragma once

#include "domain/analytics/answer.h"
#include "domain/analytics/crowd.h"
#include "domain/analytics/filter_event.h"
#include "domain/analytics/name_book.h"
#include "domain/analytics/person_book.h"
#include "domain/analytics/scan.h"
#include "domain/analytics/thing_book.h"
