#include "lib/stats.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "lib/special.h"

#define SQRT_2PI 2.50662827463100050242
#define HALF_PERSON 0.5

/* Abramowitz and Stegun 26.2.23, to 4.5e-4, for a tail in (0, 0.5]. */
static double tail_quantile_roughly(double tail)
{
    double t = sqrt(-2 * log(tail));
    return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

double normal_quantile(double p)
{
    assert(p > 0 && p < 1);
    double tail = p < 0.5 ? p : 1 - p;
    double x = tail_quantile_roughly(tail);
    for (int step = 0; step < 3; step++) { /* Halley's: each triples the digits */
        double off = (tail - 0.5 * erfc(x * M_SQRT1_2)) * SQRT_2PI * exp(0.5 * x * x);
        x -= off / (1 + 0.5 * x * off);
    }
    return p < 0.5 ? -x : x;
}

double normal_two_sided(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

double proportion_rate(struct proportion p)
{
    return p.of == 0 ? 0 : (double)p.count / (double)p.of;
}

struct interval wilson_interval(struct proportion p, double z)
{
    assert(p.count <= p.of && z > 0);
    if (p.of == 0)
        return (struct interval){0, 1};
    double n = (double)p.of, rate = proportion_rate(p);
    double middle = rate + z * z / (2 * n);
    double reach = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
    double scale = 1 + z * z / n;
    struct interval all = {(middle - reach) / scale, (middle + reach) / scale};
    if (p.count == 0)
        all.low = 0; /* it is, but for rounding */
    if (p.count == p.of)
        all.high = 1;
    return all;
}

struct interval ratio_interval(struct proportion a, struct proportion b, double z)
{
    assert(a.count <= a.of && b.count <= b.of && z > 0);
    bool is_bare = a.count == 0 || b.count == 0;
    double more = is_bare ? HALF_PERSON : 0;
    double a_count = (double)a.count + more, a_of = (double)a.of + 2 * more;
    double b_count = (double)b.count + more, b_of = (double)b.of + 2 * more;
    double middle = log(a_count / a_of) - log(b_count / b_of);
    double reach = z * sqrt(1 / a_count - 1 / a_of + 1 / b_count - 1 / b_of);
    return (struct interval){exp(middle - reach), exp(middle + reach)};
}

double proportions_z(struct proportion a, struct proportion b)
{
    assert(a.count <= a.of && b.count <= b.of);
    if (a.of == 0 || b.of == 0)
        return 0;
    double pooled = (double)(a.count + b.count) / (double)(a.of + b.of);
    double variance = pooled * (1 - pooled) * (1 / (double)a.of + 1 / (double)b.of);
    return variance <= 0 ? 0 : (proportion_rate(a) - proportion_rate(b)) / sqrt(variance);
}

double proportions_expected_least(struct proportion a, struct proportion b)
{
    double all = (double)(a.of + b.of);
    if (all <= 0)
        return 0;
    double did = (double)(a.count + b.count);
    double fewer_of = (double)(a.of < b.of ? a.of : b.of);
    return fewer_of * (did < all - did ? did : all - did) / all;
}

static double log_choose(double n, double k)
{
    return log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1);
}

/* The logarithm of the chance that `x` of `did` are among a's, whatever their order. */
static double table_log(struct proportion a, struct proportion b, uint64_t did, uint64_t x)
{
    return log_choose((double)a.of, (double)x) + log_choose((double)b.of, (double)(did - x)) -
           log_choose((double)(a.of + b.of), (double)did);
}

double fisher_p(struct proportion a, struct proportion b)
{
    assert(a.count <= a.of && b.count <= b.of);
    uint64_t did = a.count + b.count;
    uint64_t least = did > b.of ? did - b.of : 0;
    uint64_t most = did < a.of ? did : a.of;
    double seen = table_log(a, b, did, a.count), sum = 0;
    double limit = seen + 1e-7; /* tables that are as likely differ in rounding only */
    for (uint64_t x = least; x <= most; x++) {
        double of_table = table_log(a, b, did, x);
        if (of_table <= limit)
            sum += exp(of_table);
    }
    return sum < 1 ? sum : 1;
}

void adjust_benjamini_hochberg(const double *p, size_t count, double *out)
{
    double least = 1;
    for (size_t i = count; i-- > 0;) {
        assert(i == 0 || p[i - 1] <= p[i]);
        double scaled = p[i] * (double)count / (double)(i + 1);
        least = scaled < least ? scaled : least;
        out[i] = least;
    }
}

void adjust_holm(const double *p, size_t count, double *out)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double scaled = p[i] * (double)(count - i);
        assert(p[i] >= 0 && p[i] <= 1);
        most = scaled > most ? scaled : most;
        out[i] = most < 1 ? most : 1;
    }
}

/* Who is furthest below (of +1) or above (of -1) their part; of equals the first. */
static size_t furthest(const double *parts, size_t count, const int64_t *out, int direction)
{
    size_t found = 0;
    double most = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double gap = direction * (parts[i] - (double)out[i]);
        if (gap > most)
            found = i, most = gap;
    }
    return found;
}

void deal_out(const double *parts, size_t count, int64_t total, int64_t *out)
{
    int64_t left = total;
    assert(count > 0 || total == 0);
    for (size_t i = 0; i < count; i++) {
        assert(fabs(parts[i]) < 0x1p62);
        out[i] = (int64_t)floor(parts[i]);
        left -= out[i];
    }
    int64_t each = count == 0 ? 0 : left / (int64_t)count; /* of parts that are far from the total */
    for (size_t i = 0; i < count; i++)
        out[i] += each;
    for (left -= each * (int64_t)count; left != 0; left += left > 0 ? -1 : 1) {
        int direction = left > 0 ? 1 : -1;
        out[furthest(parts, count, out, direction)] += direction;
    }
}
