#include "lib/pinyin.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>

#include "lib/han_table.h"
#include "lib/text.h"

#define SYLLABLE_MASK 0x3FFFu
#define BEGINS_COMPOUND 0x8000u /* in `surname`: some compound surname begins with this character */


/* Where CLDR's reading isn't the usual one. Each line: characters, syllable. */
struct correction {
    const char *characters;
    const char *syllable;
};

static const struct correction given_corrections[] = {
    {"晟", "sheng"},
    {"筠", "yun"},
    {"卜", "bu"},
};

static const struct correction surname_corrections[] = {
    {"朴", "piao"}, {"缪繆", "miao"}, {"薄", "bo"}, {"覃", "qin"}, {"刀", "dao"},  {"尉", "wei"},
    {"郇", "xun"},  {"都", "du"},     {"么", "yao"}, {"黑", "he"}, {"晟", "cheng"}, {"筠", "yun"},
};

/* Characters outside the table of HAN_COUNT that CLDR doesn't read, or not as people's names do. */
static const struct correction outside_corrections[] = {
    {"〇", "ling"},
    {"𠮷", "ji"},
    {"𬱖", "wei"},
};

/* Surnames of two characters that don't read as a surname and a given name would. In simplified characters: a name's
 * are simplified before they are compared. */
struct compound {
    const char *characters;
    const char *syllables[2];
};

static const struct compound compounds[] = {
    {"万俟", {"mo", "qi"}},   {"尉迟", {"yu", "chi"}},   {"长孙", {"zhang", "sun"}},
    {"单于", {"chan", "yu"}}, {"澹台", {"tan", "tai"}},  {"拓跋", {"tuo", "ba"}},
    {"子车", {"zi", "ju"}},   {"中行", {"zhong", "hang"}}, {"毌丘", {"guan", "qiu"}},
};

struct pair {
    uint16_t characters[2];
    uint16_t syllables[2];
};

struct outsider {
    uint32_t code;
    uint16_t syllable;
};

struct pinyin {
    uint16_t given[HAN_COUNT];
    uint16_t surname[HAN_COUNT];
    struct pair pairs[COUNT_OF(compounds)];
    struct outsider outsiders[COUNT_OF(outside_corrections)];
};

static bool is_han(uint32_t code)
{
    return code - HAN_FIRST < HAN_COUNT;
}

static uint16_t simple_of(uint32_t code)
{
    assert(is_han(code));
    uint16_t simple = han_simple[code - HAN_FIRST];
    return simple == 0 ? (uint16_t)code : simple;
}

/* The number of a syllable that is written in this file: one that no character has is a bug. */
static uint16_t syllable_find(const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 1; i < han_syllable_count; i++) {
        if ((size_t)han_syllables[i][HAN_SYLLABLE_BYTES - 1] == size && memcmp(han_syllables[i], text, size) == 0)
            return (uint16_t)i;
    }
    assert(false && "a syllable that no character has");
    return 0;
}

static void table_correct(uint16_t table[HAN_COUNT], const struct correction *corrections, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bytes rest = bytes_of_text(corrections[i].characters);
        while (rest.size > 0) {
            uint32_t code = text_next(&rest);
            assert(is_han(code));
            table[code - HAN_FIRST] = syllable_find(corrections[i].syllable);
        }
    }
}

static struct pair pair_of(const struct compound *c)
{
    struct pair pair;
    struct bytes rest = bytes_of_text(c->characters);
    for (size_t i = 0; i < 2; i++) {
        uint32_t code = text_next(&rest);
        assert(is_han(code) && simple_of(code) == code);
        pair.characters[i] = (uint16_t)code;
        pair.syllables[i] = syllable_find(c->syllables[i]);
    }
    assert(rest.size == 0);
    return pair;
}

static void outsiders_read(struct pinyin *p)
{
    for (size_t i = 0; i < COUNT_OF(outside_corrections); i++) {
        struct bytes rest = bytes_of_text(outside_corrections[i].characters);
        p->outsiders[i].code = text_next(&rest);
        p->outsiders[i].syllable = syllable_find(outside_corrections[i].syllable);
        assert(rest.size == 0 && !is_han(p->outsiders[i].code));
    }
}

static void compounds_mark(struct pinyin *p)
{
    for (size_t i = 0; i < COUNT_OF(compounds); i++)
        p->pairs[i] = pair_of(&compounds[i]);
    for (uint32_t code = HAN_FIRST; code < HAN_END; code++) {
        uint16_t simple = simple_of(code);
        for (size_t i = 0; i < COUNT_OF(compounds); i++) {
            if (p->pairs[i].characters[0] == simple)
                p->surname[code - HAN_FIRST] |= BEGINS_COMPOUND;
        }
    }
}

fallible pinyin_create(struct pinyin **out_pinyin, struct err *e)
{
    struct pinyin *p = malloc(sizeof *p);
    if (p == NULL)
        return FAIL(e, FULL, "pinyin: no memory for %zu bytes", sizeof *p);
    memcpy(p->given, han_given, sizeof p->given);
    memcpy(p->surname, han_surname, sizeof p->surname);
    table_correct(p->given, given_corrections, COUNT_OF(given_corrections));
    table_correct(p->surname, surname_corrections, COUNT_OF(surname_corrections));
    outsiders_read(p);
    compounds_mark(p);
    *out_pinyin = p;
    return DONE;
}

void pinyin_destroy(struct pinyin *p)
{
    free(p);
}

static uint16_t rare_syllable(uint32_t code)
{
    if (code - HAN_RARE_FIRST >= HAN_RARE_END - HAN_RARE_FIRST)
        return 0;
    uint32_t key = (code - HAN_RARE_FIRST) << HAN_RARE_SHIFT;
    size_t low = 0, high = han_rare_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (han_rare[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t found = low < han_rare_count ? han_rare[low] : 0;
    return found >> HAN_RARE_SHIFT == code - HAN_RARE_FIRST ? (uint16_t)(found & ((1u << HAN_RARE_SHIFT) - 1)) : 0;
}

/* 0: it is not Han, or nobody knows how to read it. */
static uint16_t outside_syllable(const struct pinyin *p, uint32_t code)
{
    for (size_t i = 0; i < COUNT_OF(outside_corrections); i++) {
        if (p->outsiders[i].code == code)
            return p->outsiders[i].syllable;
    }
    return rare_syllable(code);
}

/* What a walk over a name has come to. */
struct walk {
    const struct pinyin *p;
    struct bytes rest;
    struct pinyin_name *out;
    bool begun;   /* the surname is behind us */
    bool in_word; /* the last character was a Latin letter or a digit */
};

static void push(struct walk *w, const char *letters, size_t size, bool initial)
{
    struct pinyin_name *out = w->out;
    bool fits = out->full_size + size <= PINYIN_FULL_BYTES_MAX && out->initials_size + initial <= PINYIN_INITIALS_BYTES_MAX;
    if (!fits || out->cut) {
        out->cut = true;
        return;
    }
    memcpy(out->full + out->full_size, letters, size);
    out->full_size = (uint16_t)(out->full_size + size);
    if (initial)
        out->initials[out->initials_size++] = letters[0];
}

static void push_unread(struct walk *w)
{
    if (w->out->unread < UINT16_MAX)
        w->out->unread++;
}

static void push_syllable(struct walk *w, uint16_t syllable)
{
    w->begun = true;
    if (syllable == 0) {
        push_unread(w);
        return;
    }
    const char *letters = han_syllables[syllable];
    push(w, letters, (size_t)letters[HAN_SYLLABLE_BYTES - 1], true);
}

/* Takes the second character as well, if both make a compound surname. */
static bool push_compound(struct walk *w, uint32_t code)
{
    struct bytes after = w->rest;
    uint32_t next = after.size == 0 ? 0 : text_next(&after);
    if (!is_han(next))
        return false;
    for (size_t i = 0; i < COUNT_OF(compounds); i++) {
        const struct pair *pair = &w->p->pairs[i];
        if (pair->characters[0] != simple_of(code) || pair->characters[1] != simple_of(next))
            continue;
        push_syllable(w, pair->syllables[0]);
        push_syllable(w, pair->syllables[1]);
        w->rest = after;
        return true;
    }
    return false;
}

static void push_han(struct walk *w, uint32_t code)
{
    if (w->begun) {
        push_syllable(w, w->p->given[code - HAN_FIRST]);
        return;
    }
    uint16_t surname = w->p->surname[code - HAN_FIRST];
    if ((surname & BEGINS_COMPOUND) != 0 && push_compound(w, code))
        return;
    push_syllable(w, surname & SYLLABLE_MASK);
}

static void push_outside(struct walk *w, uint32_t code)
{
    uint16_t syllable = outside_syllable(w->p, code);
    if (syllable != 0)
        push_syllable(w, syllable);
    else if (u_isalpha((UChar32)code))
        push_unread(w);
}

static void push_latin(struct walk *w, uint32_t code)
{
    char letter = (char)(code >= 'A' && code <= 'Z' ? code - 'A' + 'a' : code);
    push(w, &letter, 1, !w->in_word);
}

static bool is_latin(uint32_t code)
{
    return (code | 0x20) - 'a' < 26 || code - '0' < 10;
}

void pinyin_of(const struct pinyin *p, struct bytes name, struct pinyin_name *out_name)
{
    out_name->full_size = out_name->initials_size = out_name->unread = 0;
    out_name->cut = false;
    struct walk w = {.p = p, .rest = name, .out = out_name};
    while (w.rest.size > 0 && !out_name->cut) {
        uint32_t code = text_next(&w.rest);
        bool latin = is_latin(code);
        if (is_han(code))
            push_han(&w, code);
        else if (latin)
            push_latin(&w, code);
        else if (code >= 0x80 && code != TEXT_BAD)
            push_outside(&w, code);
        w.in_word = latin;
    }
    out_name->full[out_name->full_size] = '\0';
    out_name->initials[out_name->initials_size] = '\0';
    assert(out_name->initials_size <= out_name->full_size);
}

/* Read only once made: a table, not state. */
static struct pinyin *shared_table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_make(void)
{
    struct status status = pinyin_create(&shared_table, NULL);
    if (failed(status))
        abort();
}

const struct pinyin *pinyin_table(void)
{
    (void)pthread_once(&table_once, table_make);
    assert(shared_table != NULL);
    return shared_table;
}
