#include "domain/prediction/prediction.h"

#include "base/time.h"
#include "testing/harness.h"

static const struct domain *const domains[] = {&prediction_domain};

static const struct refusal *put(struct harness *h, const char *name, const char *question, uint32_t every_days)
{
    struct buf b;
    buf_init(&b, 32768);
    prediction_said_pack(&b, &(struct saved_prediction){.name = bytes_of_text(name),
                                                        .question = bytes_of_text(question),
                                                        .every_days = every_days});
    const struct refusal *refusal = harness_apply(h, COMMAND_PREDICTION, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static const struct refusal *fit(struct harness *h, const char *name, uint64_t revision, struct bytes card,
                                 struct bytes model)
{
    struct buf b;
    buf_init(&b, PREDICTION_FITTED_BYTES_MAX);
    prediction_fitted_pack(&b, bytes_of_text(name), revision, card, model);
    const struct refusal *refusal = harness_apply(h, COMMAND_PREDICTION_FITTED, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static const struct refusal *score(struct harness *h, const char *name, int64_t fitted_us, uint32_t drift_milli)
{
    struct buf b;
    buf_init(&b, 1024);
    prediction_scored_pack(
        &b, bytes_of_text(name), fitted_us,
        &(struct prediction_run){.people = 7, .drift_milli = drift_milli, .feature = BYTES_LIT("x")});
    const struct refusal *refusal = harness_apply(h, COMMAND_PREDICTION_SCORED, buf_bytes(&b));
    buf_fini(&b);
    return refusal;
}

static bool rings(struct harness *h, size_t alarm)
{
    struct view v = harness_view(h);
    return prediction_domain.alarms[alarm].rings(&v);
}

static struct bytes of_size(struct t *t, size_t size, uint8_t fill)
{
    uint8_t *bytes = ARENA_ARRAY(t->arena, uint8_t, size);
    memset(bytes, fill, size);
    return bytes_of(bytes, size);
}

static void a_model_is_of_a_revision(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct saved_prediction p;
    struct bytes card = of_size(t, 20000, '{'), model = of_size(t, 100000, 1), smaller = of_size(t, 10, 2);
    CHECK(t, put(h, "buy", "{\"a\":1}", 0) == NULL);
    CHECK(t, fit(h, "buy", 1, card, model) == NULL);
    struct view v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("buy"), &p) && p.revision == 1 && p.fitted_revision == 1);
    CHECK_BYTES(t, prediction_card(&v, BYTES_LIT("buy")), card);
    CHECK_BYTES(t, prediction_model(&v, BYTES_LIT("buy")), model);
    CHECK(t, put(h, "buy", "{\"a\":1}", 1) == NULL); /* how often says nothing of the model */
    CHECK(t, put(h, "buy", "{\"a\":2}", 1) == NULL);
    v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("buy"), &p) && p.revision == 2 && p.fitted_revision == 1);
    CHECK_TEXT(t, fit(h, "buy", 1, card, model)->name, "prediction_changed");
    CHECK_TEXT(t, fit(h, "bought", 1, card, model)->name, "no_such_prediction");
    CHECK(t, fit(h, "buy", 2, card, smaller) == NULL); /* the longer one leaves nothing behind */
    v = harness_view(h);
    CHECK_BYTES(t, prediction_model(&v, BYTES_LIT("buy")), smaller);
    CHECK(t, harness_apply(h, COMMAND_PREDICTION_REMOVE, BYTES_LIT("buy")) == NULL);
    v = harness_view(h);
    CHECK(t, !prediction_find(&v, BYTES_LIT("buy"), &p) && prediction_model(&v, BYTES_LIT("buy")).size == 0);
    harness_destroy(h);
}

static void drift_and_delay_ring(struct t *t)
{
    struct harness *h = harness_create(domains, COUNT_OF(domains));
    struct saved_prediction p;
    CHECK(t, put(h, "a_b", "{}", 1) == NULL && fit(h, "a_b", 1, BYTES_LIT("{}"), BYTES_LIT("m")) == NULL);
    struct view v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("a_b"), &p));
    CHECK_TEXT(t, score(h, "a_b", p.fitted_us + 1, 0)->name, "prediction_changed"); /* of another model */
    CHECK(t, score(h, "a_b", p.fitted_us, 251) == NULL && rings(h, 0) && !rings(h, 1));
    v = harness_view(h);
    CHECK(t, prediction_find(&v, BYTES_LIT("a_b"), &p) && p.run.people == 7 && p.run.time_us > 0);
    CHECK(t, score(h, "a_b", p.fitted_us, 250) == NULL && !rings(h, 0));
    v = harness_view(h);
    v.now_us += 2 * US_PER_DAY + US_PER_HOUR;
    CHECK(t, prediction_domain.alarms[1].rings(&v));
    harness_destroy(h);
}

static void bad_predictions_are_refused(struct t *t)
{
    static const char *const names[] = {"", "A", "a-b", "a b", "一", "a2345678901234567890123456789012345678901"};
    struct err e = {0};
    struct buf b = arena_buf(t->arena, PREDICTION_FITTED_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        buf_clear(&b);
        prediction_said_pack(&b,
                             &(struct saved_prediction){.name = bytes_of_text(names[i]), .question = BYTES_LIT("{}")});
        CHECK_FAILS(t, prediction_domain.commands[0].check(buf_bytes(&b), &e), INVALID);
    }
    buf_clear(&b);
    prediction_fitted_pack(&b, BYTES_LIT("a"), 1, BYTES_LIT("{}"), of_size(t, PREDICTION_MODEL_BYTES_MAX + 1, 0));
    CHECK_FAILS(t, prediction_domain.commands[2].check(buf_bytes(&b), &e), LIMIT);
    CHECK_FAILS(t, prediction_domain.commands[2].check(bytes_slice(buf_bytes(&b), 0, 5), &e), INVALID);
}

static const struct test tests[] = {
    {"a model is of a revision", a_model_is_of_a_revision, 1},
    {"drift and delay ring", drift_and_delay_ring, 1},
    {"bad predictions are refused", bad_predictions_are_refused, 1},
};
TEST_MAIN(tests)
