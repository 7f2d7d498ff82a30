/* Private to analytics: the kinds of questions, each in a file of its name. questions.c lists them. */
#pragma once

#include "domain/analytics/question.h"

extern const struct question_kind trend_question;
extern const struct question_kind distribution_question;
extern const struct question_kind funnel_question;
extern const struct question_kind path_question;
extern const struct question_kind sessions_question;
extern const struct question_kind retention_question;
extern const struct question_kind lifecycle_question;
extern const struct question_kind stickiness_question;
extern const struct question_kind cohort_question;
extern const struct question_kind ltv_question;
extern const struct question_kind rfm_question;
extern const struct question_kind value_question;
extern const struct question_kind wallet_question;
extern const struct question_kind survival_question;
extern const struct question_kind attribution_question;
extern const struct question_kind channel_quality_question;
extern const struct question_kind drivers_question;
extern const struct question_kind predict_question;
extern const struct question_kind score_question;
