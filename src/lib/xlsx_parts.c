#include "lib/xlsx_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES (1u << 16)
#define SHEETS_MAX 256u
#define STYLES_MAX 65536u
#define FORMATS_MAX 4096u
#define TEXT_BYTES_MAX ((size_t)1 << 20) /* of one shared text; Excel has 32,767 characters */

/* --- one part --- */

struct xlsx_part {
    zip_file_t *file;
    char name[128];
    uint64_t size, bytes, bytes_max; /* as the archive says; unpacked so far; what may be */
    uint8_t piece[PIECE_BYTES];
};

fallible xlsx_part_open(zip_t *archive, const char *name, struct xlsx_part **out_part, struct err *e)
{
    zip_stat_t about;
    if (zip_stat(archive, name, 0, &about) != 0)
        return FAIL(e, INVALID, "the workbook has no part %.100s", name);
    zip_file_t *file = zip_fopen(archive, name, 0);
    if (file == NULL)
        return FAIL(e, INVALID, "the part %.100s can't be read: %s", name, zip_strerror(archive));
    struct xlsx_part *p = calloc(1, sizeof *p);
    if (p == NULL)
        abort();
    p->file = file;
    p->size = about.size;
    p->bytes_max = XLSX_BYTES_FREE + XLSX_RATIO_MAX * about.comp_size;
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    *out_part = p;
    return DONE;
}

void xlsx_part_close(struct xlsx_part *p)
{
    if (p == NULL)
        return;
    (void)zip_fclose(p->file);
    free(p);
}

fallible xlsx_part_next(struct xlsx_part *p, struct bytes *out_piece, struct err *e)
{
    zip_int64_t size = zip_fread(p->file, p->piece, PIECE_BYTES);
    if (size < 0)
        return FAIL(e, INVALID, "the part %s is damaged: %s", p->name, zip_file_strerror(p->file));
    p->bytes += (uint64_t)size;
    if (p->bytes > p->bytes_max)
        return FAIL(e, LIMIT, "the part %s unpacks to more than %u times its size", p->name, XLSX_RATIO_MAX);
    *out_piece = bytes_of(p->piece, (size_t)size);
    return DONE;
}

double xlsx_part_share(const struct xlsx_part *p)
{
    return p->size == 0 || p->bytes >= p->size ? 1 : (double)p->bytes / (double)p->size;
}

/* --- XML --- */

/* A document type brings entities, which no workbook needs. */
static void doctype_refuse(void *parser, const char *name, const char *system, const char *public, int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    (void)XML_StopParser(parser, XML_FALSE);
}

XML_Parser xlsx_parser_create(void)
{
    XML_Parser p = XML_ParserCreate(NULL);
    if (p == NULL)
        abort();
    XML_UseParserAsHandlerArg(p);
    XML_SetStartDoctypeDeclHandler(p, doctype_refuse);
    return p;
}

const char *xlsx_local_name(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon == NULL ? name : colon + 1;
}

const char *xlsx_attribute(const char **attributes, const char *local)
{
    for (; *attributes != NULL; attributes += 2)
        if (strcmp(xlsx_local_name(attributes[0]), local) == 0)
            return attributes[1];
    return NULL;
}

fallible xlsx_parser_failure(XML_Parser p, const char *part, struct err *e)
{
    enum XML_Error error = XML_GetErrorCode(p);
    if (error == XML_ERROR_ABORTED)
        return FAIL(e, INVALID, "the part %s holds more than a workbook may, or a document type", part);
    return FAIL(e, INVALID, "the part %s is no XML: line %lu: %s", part, XML_GetCurrentLineNumber(p),
                XML_ErrorString(error));
}

/* One small part, read to its end; handlers get a `struct reading`. */
struct reading {
    XML_Parser parser;
    struct arena *arena;
    struct xlsx_frame *frame;
    const char *wanted; /* the sheet's name; NULL: the first */
    char *found_id;     /* by which relations name it */
    struct buf names;   /* of the sheets, for whoever named another */
    uint32_t dated[FORMATS_MAX];
    size_t dated_count; /* numbers of own formats that show dates */
    bool in_styles;     /* of cells: there are others */
    struct buf text;    /* the shared text at hand */
    size_t texts_bytes, texts_room;
    bool in_text, in_phonetic;
};

static struct reading *reading_of(void *parser)
{
    return XML_GetUserData(parser);
}

static fallible pieces_parse(struct reading *r, struct xlsx_part *p, const char *name, struct err *e)
{
    struct bytes piece;
    do {
        TRY(xlsx_part_next(p, &piece, e));
        if (XML_Parse(r->parser, (const char *)piece.data, (int)piece.size, piece.size == 0) != XML_STATUS_OK)
            return xlsx_parser_failure(r->parser, name, e);
    } while (piece.size > 0);
    return DONE;
}

static fallible part_parse(struct reading *r, zip_t *archive, const char *name, XML_StartElementHandler start,
                           XML_EndElementHandler end, XML_CharacterDataHandler text, struct err *e)
{
    struct xlsx_part *p;
    TRY(xlsx_part_open(archive, name, &p, e));
    r->parser = xlsx_parser_create();
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, start, end);
    XML_SetCharacterDataHandler(r->parser, text);
    struct status status = pieces_parse(r, p, name, e);
    XML_ParserFree(r->parser);
    xlsx_part_close(p);
    return status;
}

/* --- which part is the sheet --- */

static void workbook_start(void *parser, const char *name, const char **attributes)
{
    struct reading *r = reading_of(parser);
    const char *local = xlsx_local_name(name);
    if (strcmp(local, "workbookPr") == 0) {
        const char *from_1904 = xlsx_attribute(attributes, "date1904");
        r->frame->from_1904 = from_1904 != NULL && (from_1904[0] == '1' || from_1904[0] == 't');
        return;
    }
    const char *called = xlsx_attribute(attributes, "name"), *id = xlsx_attribute(attributes, "id");
    if (strcmp(local, "sheet") != 0 || called == NULL || id == NULL)
        return;
    buf_printf(&r->names, "%s\"%s\"", r->names.size == 0 ? "" : ", ", called);
    if (r->found_id == NULL && (r->wanted == NULL || strcmp(r->wanted, called) == 0))
        r->found_id = arena_printf(r->arena, "%s", id);
}

static void relations_start(void *parser, const char *name, const char **attributes)
{
    struct reading *r = reading_of(parser);
    const char *id = xlsx_attribute(attributes, "Id"), *target = xlsx_attribute(attributes, "Target");
    if (strcmp(xlsx_local_name(name), "Relationship") != 0 || id == NULL || target == NULL ||
        strcmp(id, r->found_id) != 0)
        return;
    r->frame->sheet = target[0] == '/' ? arena_printf(r->arena, "%s", target + 1) : arena_printf(r->arena, "xl/%s", target);
}

static fallible sheet_find(struct reading *r, zip_t *archive, struct err *e)
{
    TRY(part_parse(r, archive, "xl/workbook.xml", workbook_start, NULL, NULL, e));
    if (r->found_id == NULL && r->wanted != NULL)
        return FAIL(e, INVALID, "there is no sheet \"%s\"; there are %.*s", r->wanted, BYTES_ARG(buf_bytes(&r->names)));
    if (r->found_id == NULL)
        return FAIL(e, INVALID, "the workbook has no sheet");
    TRY(part_parse(r, archive, "xl/_rels/workbook.xml.rels", relations_start, NULL, NULL, e));
    return r->frame->sheet == NULL ? FAIL(e, INVALID, "the workbook doesn't say where its sheet is") : DONE;
}

/* --- which numbers are dates --- */

/* What stands for itself in a format's code: quoted, escaped, filling, a colour or a language in brackets. Returns what is behind. */
static const char *literal_passed(const char *at)
{
    if (*at == '"') {
        const char *end = strchr(at + 1, '"');
        return end == NULL ? at + strlen(at) : end + 1;
    }
    if (*at == '[' && strchr("hHmMsS", at[1]) == NULL) {
        const char *end = strchr(at, ']');
        return end == NULL ? at + strlen(at) : end + 1;
    }
    if (strchr("\\_*", *at) != NULL)
        return at[1] == 0 ? at + 1 : at + 2;
    return at;
}

static bool format_shows_date(const char *code)
{
    while (*code != 0) {
        const char *behind = literal_passed(code);
        if (behind == code && strchr("yYmMdDhHsS", *code) != NULL)
            return true;
        code = behind == code ? code + 1 : behind;
    }
    return false;
}

/* The numbers of the formats that every workbook has; those from 27 on are the ones of East Asia. */
static bool is_dated(const struct reading *r, unsigned long format)
{
    if ((format >= 14 && format <= 22) || (format >= 27 && format <= 36) || (format >= 45 && format <= 47) ||
        (format >= 50 && format <= 58))
        return true;
    for (size_t i = 0; i < r->dated_count; i++)
        if (r->dated[i] == format)
            return true;
    return false;
}

static void style_add(struct reading *r, const char *format)
{
    struct xlsx_frame *f = r->frame;
    if (f->style_count == STYLES_MAX) {
        (void)XML_StopParser(r->parser, XML_FALSE);
        return;
    }
    if (f->styles == NULL)
        f->styles = arena_zeroed(r->arena, STYLES_MAX, 1);
    f->styles[f->style_count++] = format != NULL && is_dated(r, strtoul(format, NULL, 10)) ? STYLE_DATE : STYLE_PLAIN;
}

static void styles_start(void *parser, const char *name, const char **attributes)
{
    struct reading *r = reading_of(parser);
    const char *local = xlsx_local_name(name), *format = xlsx_attribute(attributes, "numFmtId");
    const char *code = xlsx_attribute(attributes, "formatCode");
    if (strcmp(local, "cellXfs") == 0)
        r->in_styles = true;
    else if (strcmp(local, "xf") == 0 && r->in_styles)
        style_add(r, format);
    else if (strcmp(local, "numFmt") == 0 && format != NULL && code != NULL && format_shows_date(code) &&
             r->dated_count < FORMATS_MAX)
        r->dated[r->dated_count++] = (uint32_t)strtoul(format, NULL, 10);
}

static void styles_end(void *parser, const char *name)
{
    if (strcmp(xlsx_local_name(name), "cellXfs") == 0)
        reading_of(parser)->in_styles = false;
}

/* --- shared texts --- */

static void texts_start(void *parser, const char *name, const char **attributes)
{
    struct reading *r = reading_of(parser);
    const char *local = xlsx_local_name(name);
    (void)attributes;
    if (strcmp(local, "si") == 0)
        buf_clear(&r->text);
    r->in_phonetic |= strcmp(local, "rPh") == 0; /* how the text is read aloud */
    r->in_text = strcmp(local, "t") == 0 && !r->in_phonetic;
}

static void texts_text(void *parser, const char *text, int size)
{
    struct reading *r = reading_of(parser);
    if (r->in_text)
        buf_push(&r->text, bytes_of(text, (size_t)size));
}

static void text_add(struct reading *r)
{
    struct xlsx_frame *f = r->frame;
    r->texts_bytes += r->text.size + sizeof *f->texts;
    if (r->text.overflowed || r->texts_bytes > XLSX_TEXTS_BYTES_MAX) {
        (void)XML_StopParser(r->parser, XML_FALSE);
        return;
    }
    if (f->text_count == r->texts_room) { /* what was is left in the arena: a third of the whole */
        r->texts_room = r->texts_room == 0 ? 1024 : 2 * r->texts_room;
        struct bytes *more = ARENA_ARRAY(r->arena, struct bytes, r->texts_room);
        if (f->text_count > 0)
            memcpy(more, f->texts, f->text_count * sizeof *more);
        f->texts = more;
    }
    f->texts[f->text_count++] = arena_copy(r->arena, buf_bytes(&r->text));
}

static void texts_end(void *parser, const char *name)
{
    struct reading *r = reading_of(parser);
    const char *local = xlsx_local_name(name);
    r->in_text = false;
    if (strcmp(local, "rPh") == 0)
        r->in_phonetic = false;
    if (strcmp(local, "si") == 0)
        text_add(r);
}

/* --- all of them --- */

static bool has_part(zip_t *archive, const char *name)
{
    return zip_name_locate(archive, name, 0) >= 0;
}

static fallible parts_read(struct reading *r, zip_t *archive, struct err *e)
{
    TRY(sheet_find(r, archive, e));
    if (has_part(archive, "xl/styles.xml"))
        TRY(part_parse(r, archive, "xl/styles.xml", styles_start, styles_end, NULL, e));
    if (has_part(archive, "xl/sharedStrings.xml"))
        TRY(part_parse(r, archive, "xl/sharedStrings.xml", texts_start, texts_end, texts_text, e));
    return DONE;
}

fallible xlsx_frame_read(zip_t *archive, const char *sheet, struct arena *a, struct xlsx_frame *out_frame,
                         struct err *e)
{
    struct reading *r = ARENA_NEW(a, struct reading);
    *out_frame = (struct xlsx_frame){0};
    r->arena = a;
    r->frame = out_frame;
    r->wanted = sheet;
    buf_init(&r->names, 64 * SHEETS_MAX);
    buf_init(&r->text, TEXT_BYTES_MAX);
    struct status status = parts_read(r, archive, e);
    buf_fini(&r->names);
    buf_fini(&r->text);
    return status;
}
