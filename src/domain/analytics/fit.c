#include "domain/analytics/fit.h"

fallible fit_of(const struct surface *s, const char *what, struct fit *out, struct err *e)
{
    struct minimum m;
    assert(s->count <= MODEL_PARAMETERS_MAX);
    TRY(WRAP(e, minimise(s, &m, e), "%s", what));
    *out = (struct fit){.log_likelihood = -m.height, .evaluations = m.evaluations, .is_at_edge = m.is_at_edge};
    memcpy(out->parameters, m.numbers, s->count * sizeof *m.numbers);
    out->has_errors = !m.is_at_edge && minimum_errors(s, &m, out->errors);
    return DONE;
}
