/* Formulas of two or more series: "A / B * 100", "(A - B) / (A + B)". Letters are series in their order, from A. Private to analytics. */
#pragma once

#include "base/bytes.h"

#define FORMULA_PARTS_MAX 64u
#define FORMULA_SERIES_MAX 8u

enum formula_op { FORMULA_NUMBER, FORMULA_SERIES, FORMULA_ADD, FORMULA_SUBTRACT, FORMULA_MULTIPLY, FORMULA_DIVIDE, FORMULA_NEGATE };

struct formula {    /* operands before what is done with them */
    uint32_t count; /* 0: there is none */
    struct formula_part {
        enum formula_op op;
        double number;
        uint32_t series;
    } parts[FORMULA_PARTS_MAX];
};

/* INVALID: with the place in the text, from 1. */
fallible formula_read(struct bytes text, uint32_t series_count, struct formula *out_formula, struct err *e);
/* false: a series that it needs has no value, or something is divided by nothing. */
bool formula_value(const struct formula *f, const double *values, const bool *known, double *out_value);
