/* What members of answers, and usual names in them, are called for people: tables, by which tables, cards and problems speak Chinese. */
#pragma once

#include "base/bytes.h"

/* "held_by" -> "原持有人" where the terminal speaks Chinese; else, and for words it doesn't know, the word itself. */
struct bytes word_of(struct bytes word);
/* The same for the name of a trait: "name" -> "姓名". */
struct bytes word_of_trait(struct bytes trait);
/* The same for a value that is one of a few: of "gender" "female" -> "女". */
struct bytes word_of_value(struct bytes trait, struct bytes value);
/* What to do next with the command line about a problem, by its type ("/problems/no-such-person"); NULL: nothing special. */
const char *advice_of(struct bytes problem_type);
