/* A naive model of declared relations: all that was ever said of them, in a list; whatever is asked is looked up from the start. */
#pragma once

#include "sim/model_people.h"

#define RELATIONS_SAID_MAX 2048u

struct model_relations {
    struct model_seen said[RELATIONS_SAID_MAX]; /* deeds, with whose they are */
    uint32_t count;
};

void model_relations_say(struct model_relations *m, const struct deed *d, struct model_owner owner);
/* Does whoever has this label have an open relation of a planned type to somebody of planned staff? */
bool model_relation_holds(const struct model_relations *m, const struct model_identity *identity, uint32_t label,
                          uint32_t type, uint32_t staff);
