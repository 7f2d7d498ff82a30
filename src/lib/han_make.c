/* Writes han_table.c to stdout: see han_table.h. Runs on the building machine, once a build. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "lib/han_table.h"

#define READINGS "Han-Latin/Names; Latin-ASCII; Lower"
#define SIMPLER "Hant-Hans"
#define BEFORE 0x738Bu /* 王: a surname in front makes the character behind it a given name's */
#define BEFORE_TEXT "wang "
#define UNITS_MAX 64

struct maker {
    UTransliterator *readings;
    UTransliterator *simpler;
    char syllables[HAN_SYLLABLES_MAX][HAN_SYLLABLE_BYTES];
    size_t syllable_count;
    uint16_t given[HAN_COUNT];
    uint16_t surname[HAN_COUNT];
    uint16_t simple[HAN_COUNT];
};

static void stop(const char *what, UErrorCode code)
{
    fprintf(stderr, "han_make: %s: %s\n", what, u_errorName(code));
    exit(1);
}

static UTransliterator *rules_open(const char *id)
{
    UChar name[UNITS_MAX];
    UErrorCode code = U_ZERO_ERROR;
    u_uastrcpy(name, id);
    UTransliterator *rules = utrans_openU(name, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
    if (U_FAILURE(code))
        stop(id, code);
    return rules;
}

/* Puts `before` (0: nothing) and `code` through the rules; returns the count of units in `out`. */
static int32_t transliterate(const UTransliterator *rules, UChar32 before, UChar32 code, UChar out[UNITS_MAX])
{
    int32_t size = 0;
    UErrorCode status = U_ZERO_ERROR;
    if (before != 0)
        U16_APPEND_UNSAFE(out, size, before);
    U16_APPEND_UNSAFE(out, size, code);
    int32_t limit = size;
    utrans_transUChars(rules, out, &size, UNITS_MAX, 0, &limit, &status);
    if (U_FAILURE(status))
        stop("transliterate", status);
    return size;
}

/* The number of a syllable; a new one is added. Anything but a run of one to six a-z is no reading: 0. */
static uint16_t syllable_number(struct maker *m, const UChar *units, int32_t size)
{
    char text[HAN_SYLLABLE_BYTES] = {0};
    if (size < 1 || size > HAN_SYLLABLE_BYTES - 2)
        return 0;
    for (int32_t i = 0; i < size; i++) {
        if (units[i] < 'a' || units[i] > 'z')
            return 0;
        text[i] = (char)units[i];
    }
    text[HAN_SYLLABLE_BYTES - 1] = (char)size;
    for (size_t i = 1; i < m->syllable_count; i++) {
        if (memcmp(m->syllables[i], text, sizeof text) == 0)
            return (uint16_t)i;
    }
    assert(m->syllable_count < HAN_SYLLABLES_MAX);
    memcpy(m->syllables[m->syllable_count], text, sizeof text);
    return (uint16_t)m->syllable_count++;
}

static uint16_t surname_reading(struct maker *m, UChar32 code)
{
    UChar out[UNITS_MAX];
    int32_t size = transliterate(m->readings, 0, code, out);
    return syllable_number(m, out, size);
}

static uint16_t given_reading(struct maker *m, UChar32 code)
{
    UChar out[UNITS_MAX];
    int32_t skip = (int32_t)strlen(BEFORE_TEXT);
    int32_t size = transliterate(m->readings, BEFORE, code, out);
    return size <= skip ? 0 : syllable_number(m, out + skip, size - skip);
}

/* One step; 0 when it is its own, or when its simplified form lies outside the table (there is none such in ICU 72). */
static uint16_t simple_form(const struct maker *m, UChar32 code)
{
    UChar out[UNITS_MAX];
    int32_t size = transliterate(m->simpler, 0, code, out);
    return size == 1 && out[0] != code && out[0] >= HAN_FIRST && out[0] < HAN_END ? out[0] : 0;
}

/* CLDR has 薴 to 苧, 苧 to 苎 and 苎 to 苧. The lower of a pair stands for both, and chains are followed to the end, so
 * that simplifying twice changes nothing. */
static void simple_follow(struct maker *m)
{
    for (uint32_t i = 0; i < HAN_COUNT; i++) {
        uint16_t next = m->simple[i];
        if (next > HAN_FIRST + i && m->simple[next - HAN_FIRST] == HAN_FIRST + i)
            m->simple[i] = 0;
    }
    for (uint32_t i = 0; i < HAN_COUNT; i++) {
        uint16_t next = m->simple[i];
        for (int steps = 0; next != 0; steps++) {
            assert(steps < 8); /* else it is a longer circle */
            m->simple[i] = next;
            next = m->simple[next - HAN_FIRST];
        }
    }
}

static void tables_fill(struct maker *m)
{
    m->syllable_count = 1;
    for (uint32_t i = 0; i < HAN_COUNT; i++) {
        UChar32 code = (UChar32)(HAN_FIRST + i);
        m->given[i] = given_reading(m, code);
        m->surname[i] = surname_reading(m, code);
        m->simple[i] = simple_form(m, code);
    }
    simple_follow(m);
    /* CLDR knows 单 as the surname Shan, but not 單: a traditional form reads as its simplified one. */
    for (uint32_t i = 0; i < HAN_COUNT; i++) {
        uint32_t s = m->simple[i] == 0 ? i : m->simple[i] - HAN_FIRST;
        if (m->surname[i] == m->given[i] && m->given[i] == m->given[s])
            m->surname[i] = m->surname[s];
    }
}

static void table_print(const char *name, const uint16_t table[HAN_COUNT])
{
    printf("const uint16_t %s[HAN_COUNT] = {", name);
    for (uint32_t i = 0; i < HAN_COUNT; i++)
        printf("%s%u,", i % 24 == 0 ? "\n" : "", table[i]);
    printf("\n};\n");
}

static void rare_print(struct maker *m)
{
    size_t count = 0;
    printf("const uint32_t han_rare[] = {");
    for (uint32_t code = HAN_RARE_FIRST; code < HAN_RARE_END; code++) {
        uint16_t syllable = surname_reading(m, (UChar32)code);
        if (syllable != 0)
            printf("%s%u,", count++ % 16 == 0 ? "\n" : "", (code - HAN_RARE_FIRST) << HAN_RARE_SHIFT | syllable);
    }
    printf("\n};\nconst size_t han_rare_count = %zu;\n", count);
}

static void syllables_print(const struct maker *m)
{
    printf("const char han_syllables[][HAN_SYLLABLE_BYTES] = {\n");
    for (size_t i = 0; i < m->syllable_count; i++) {
        printf("{");
        for (size_t j = 0; j < HAN_SYLLABLE_BYTES; j++)
            printf("%d,", m->syllables[i][j]);
        printf("},\n");
    }
    printf("};\nconst size_t han_syllable_count = %zu;\n", m->syllable_count);
}

int main(void)
{
    static struct maker m;
    m.readings = rules_open(READINGS);
    m.simpler = rules_open(SIMPLER);
    tables_fill(&m);
    printf("#include \"lib/han_table.h\"\n");
    table_print("han_given", m.given);
    table_print("han_surname", m.surname);
    table_print("han_simple", m.simple);
    rare_print(&m);
    syllables_print(&m); /* last: the rare characters may have added some */
    utrans_close(m.readings);
    utrans_close(m.simpler);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
