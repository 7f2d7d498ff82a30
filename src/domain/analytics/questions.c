/* All kinds of questions, in the order in which they are listed for people: what happened and how much, what comes of a beginning, how people come and go,
 * what they are worth, what it is owed to, and what they are likely to do. */
#include "domain/analytics/kinds.h"

const struct question_kind *const question_kinds[] = {
    &trend_question,
    &distribution_question,
    &funnel_question,
    &path_question,
    &sessions_question,
    &retention_question,
    &lifecycle_question,
    &stickiness_question,
    &cohort_question,
    &ltv_question,
    &rfm_question,
    &value_question,
    &wallet_question,
    &survival_question,
    &attribution_question,
    &channel_quality_question,
    &drivers_question,
    &predict_question,
    &score_question,
};
const size_t question_kind_count = COUNT_OF(question_kinds);
