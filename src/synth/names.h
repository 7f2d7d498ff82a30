/* Invented Chinese names: common ones, traditional ones, rare characters, minority and English names, nicknames. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NAME_BYTES 96

enum name_style {
    NAME_PLAIN,
    NAME_TRADITIONAL,
    NAME_RARE,    /* characters outside the common sets, some beyond the basic plane */
    NAME_DOTTED,  /* 阿依古丽·买买提 */
    NAME_ENGLISH, /* Amy Chen */
};

struct name_ask {
    uint64_t hash; /* the same hash gives the same name */
    enum name_style style;
    bool female;
};

void synth_name_make(struct name_ask ask, char out_name[NAME_BYTES]);
void synth_nickname_make(uint64_t hash, char out_name[NAME_BYTES]); /* half of them with emoji */
