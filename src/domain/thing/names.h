/* Private to thing: how things are found by the beginning of their name. A name is one text or three: as it is written (folded,
 * simplified), in pinyin, and by the initials of its pinyin. A thing is in the set of a few lengths of beginning of each; a search
 * walks the set of the longest one that its own text has, and looks whether the rest fits. */
#pragma once

#include "domain/thing/members.h"

#define NAME_SETS_MAX 8u /* of one name */

struct name_sets {
    uint32_t count;
    struct bytes list[NAME_SETS_MAX];
};
/* The sets of a thing of this kind with this value of its attribute `name` (packed; empty, null and what is no text: none). */
struct name_sets name_sets_of(struct bytes kind, struct bytes value, struct arena *a);
