/* Cells of tables as people and their programs write them: what is meant, or why that can't be known any more.
 *
 * Nothing is guessed: a text from which Excel has taken digits, a date of which the year or the order is open, or a number with
 * a comma that could be a point is a fault. */
#pragma once

#include "base/bytes.h"

enum cell_fault {
    CELL_GOOD,
    CELL_LOSSY,     /* "1.38E+10": digits are gone */
    CELL_ERROR,     /* "#N/A", "#####": what Excel shows instead of a value */
    CELL_NUMBER,    /* no number */
    CELL_TIME,      /* no time */
    CELL_OPEN_DATE, /* "03/04/2026": day and month could be either */
    CELL_CUT_TIME,  /* "05:00.0", "00:05": the day is gone */
    CELL_FAULT_COUNT,
};
extern const char *const cell_fault_words[CELL_FAULT_COUNT]; /* behind the cell: "'x' is no number" */

/* Without white space of any script and invisible characters around it, and without what Excel is told by: ="138…", '138…. A part of
 * `raw`, which is UTF-8. */
struct bytes cell_text(struct bytes raw);

/* CELL_GOOD, CELL_LOSSY or CELL_ERROR, of a cell_text that is used as it stands. */
enum cell_fault cell_text_check(struct bytes text);

/* "¥1,234.50", "１２元", "(12.00)", "-3", "+3", "12%" (0.12) -> JSON's digits. A comma is one between thousands or none at all. */
#define CELL_NUMBER_BYTES 48
struct cell_number {
    char digits[CELL_NUMBER_BYTES];
};
enum cell_fault cell_number_read(struct bytes text, struct cell_number *out_number);

/* The order of numbers in a date that doesn't begin with its year. */
enum cell_order { ORDER_UNSAID, ORDER_DAY_FIRST, ORDER_MONTH_FIRST };

/* A time as a clock shows it, or as an instant:
 *   2026-11-11 00:05:00   2026/11/11 0:05   2026.11.11   2026年11月11日 8时5分   20261111   20261111000500   11/13/2026 8:05 PM
 *   2026-11-11T00:05:00.123+08:00   1794326700 (seconds)   1794326700123 (milliseconds)   46337.00347 (days, as Excel counts) */
struct cell_time {
    int64_t us;      /* of the clock as if it were UTC, or UTC */
    bool is_instant; /* it said its zone itself */
};
enum cell_fault cell_time_read(struct bytes text, enum cell_order order, struct cell_time *out_time);
