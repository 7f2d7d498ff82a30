/* Made-up tags of many people: 300 densities from 0.01 % to 60 %, in even steps of their logarithm; three tags of ten are of people whose numbers lie together,
 * 200 in a run on average (imports, members of a shop), the others of anybody. Any 65,536 numbers of a tag can be made by themselves, always the same. */
#pragma once

#include <stdint.h>

#define TAGS 300u
#define TAG_WORDS 1024u /* of 65,536 bits */

double tag_density(uint32_t tag); /* 0..1 */
/* Bit i: whether person key x 65,536 + i has the tag; none from `people` on. */
void tag_words(uint32_t tag, uint32_t key, uint64_t people, uint64_t out_words[TAG_WORDS]);
