/* Where in a text something is wrong, shown below it. */
#pragma once

#include <stdio.h>

#include "base/arena.h"

/* "at character 24: …" or "第 24 个字符:…", anywhere in the words -> 24, counted from 1; 0: they name no place. */
size_t caret_place(struct bytes words);
/* The line of the text that has the character, as much of it as fits beside it into a terminal, and below it a caret. A place behind the text is its end. */
#define CARET_COLUMNS 78u
void show_caret(struct bytes text, size_t place, FILE *out);
