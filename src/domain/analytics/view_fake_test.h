/* A view of columns that a test fills: files in any order, moves that it says. It stands in for the domain `column`'s own. */
#pragma once

#include "domain/column/column.h"
#include "domain/column/made_test.h"

#define FAKE_FILES_MAX 16u

/* The test owns it; closing does nothing. */
struct column_view {
    uint32_t chunks, file_count;
    struct column_file *files[FAKE_FILES_MAX];
    bool in_order;            /* files stand in the order of time, and don't overlap */
    const bool *moved;        /* by number, for all chunks; NULL: nobody */
    struct column_file *home; /* rows of those who moved, under their numbers of now; NULL: none */
    uint32_t fail_at;         /* this many lists of blocks are given, then CORRUPT; 0: never */
    _Atomic uint32_t given;   /* by several threads */
};
