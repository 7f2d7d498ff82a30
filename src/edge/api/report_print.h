/* What every answer says of a report: which it is, and which revision of it. */
#pragma once

#include "domain/report/report.h"
#include "edge/api/api.h"

/* The members name, label, revision and saved, into an open object; as `token` may see them. */
void report_put_head(const struct token *token, const struct report *report, struct json_writer *w);
