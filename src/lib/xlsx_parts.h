/* The parts of a workbook's archive, and what its smaller ones say; used by xlsx.c alone. */
#pragma once

#include <expat.h>
#include <zip.h>

#include "base/arena.h"
#include "lib/xlsx.h"

/* --- one part, unpacked from front to end --- */

struct xlsx_part;

/* INVALID: there is no such part, or it is encrypted. */
fallible xlsx_part_open(zip_t *archive, const char *name, struct xlsx_part **out_part, struct err *e);
void xlsx_part_close(struct xlsx_part *p); /* NULL is fine */
/* No bytes: the end. Borrowed until the next call. INVALID: damaged; LIMIT: it unpacks to too much. */
fallible xlsx_part_next(struct xlsx_part *p, struct bytes *out_piece, struct err *e);
double xlsx_part_share(const struct xlsx_part *p); /* unpacked so far: 0..1 */

/* --- XML --- */

XML_Parser xlsx_parser_create(void);                                    /* refuses document types; never NULL */
const char *xlsx_local_name(const char *name);                          /* "x:row" -> "row" */
const char *xlsx_attribute(const char **attributes, const char *local); /* NULL: not there */
fallible xlsx_parser_failure(XML_Parser p, const char *part, struct err *e);

/* --- what stands in the smaller parts --- */

enum xlsx_style { STYLE_PLAIN, STYLE_DATE }; /* of numbers */

struct xlsx_frame {
    char *sheet; /* the name of the sheet's part */
    bool from_1904;
    uint8_t *styles; /* enum xlsx_style, by the number that a cell names */
    size_t style_count;
    struct bytes *texts; /* shared ones */
    size_t text_count;
};

/* All of it lies in `a`. */
fallible xlsx_frame_read(zip_t *archive, const char *sheet, struct arena *a, struct xlsx_frame *out_frame,
                         struct err *e);
