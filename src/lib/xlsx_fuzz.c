/* Any bytes as a workbook: an archive as it is, or, so that most inputs get past the unpacking, the parts of one with a NUL between them: the sheet,
 * the shared texts, the styles. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

#include "lib/text.h"
#include "lib/xlsx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORKBOOK                                                                                                                                    \
    "<workbook xmlns:r=\"r\"><sheets><sheet name=\"S\" r:id=\"rId1\"/></sheets></workbook>"
#define RELATIONS                                                                                                                                   \
    "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>"

static void part_add(zip_t *archive, const char *name, struct bytes text)
{
    zip_source_t *source = zip_source_buffer(archive, text.data == NULL ? (const uint8_t *)"" : text.data, text.size, 0);
    zip_int64_t at = source == NULL ? -1 : zip_file_add(archive, name, source, 0);
    assert(at >= 0 && zip_set_file_compression(archive, (zip_uint64_t)at, ZIP_CM_STORE, 0) == 0);
    (void)at;
}

/* Up to the next NUL, which is taken away, too. */
static struct bytes part_next(struct bytes *rest)
{
    const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, 0, rest->size);
    size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    struct bytes part = bytes_slice(*rest, 0, size);
    *rest = bytes_slice(*rest, size + (end != NULL), rest->size);
    return part;
}

static void archive_make(struct bytes parts, int file)
{
    zip_error_t error;
    zip_stat_t about;
    zip_source_t *made = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *archive = made == NULL ? NULL : zip_open_from_source(made, ZIP_TRUNCATE, &error);
    assert(archive != NULL);
    zip_source_keep(made);
    part_add(archive, "xl/workbook.xml", BYTES_LIT(WORKBOOK));
    part_add(archive, "xl/_rels/workbook.xml.rels", BYTES_LIT(RELATIONS));
    part_add(archive, "xl/worksheets/sheet1.xml", part_next(&parts));
    if (parts.size > 0)
        part_add(archive, "xl/sharedStrings.xml", part_next(&parts));
    if (parts.size > 0)
        part_add(archive, "xl/styles.xml", part_next(&parts));
    int rc = zip_close(archive);
    assert(rc == 0 && zip_source_open(made) == 0 && zip_source_stat(made, &about) == 0);
    uint8_t *bytes = malloc(about.size + 1);
    assert(bytes != NULL && zip_source_read(made, bytes, about.size) == (zip_int64_t)about.size);
    assert(write(file, bytes, about.size) == (ssize_t)about.size);
    (void)rc;
    free(bytes);
    zip_source_close(made);
    zip_source_free(made);
}

static void row_check(const struct xlsx_row *r)
{
    size_t bytes = 0;
    assert(r->count <= XLSX_COLUMNS_MAX && (r->why != NULL || r->count > 0));
    for (size_t i = 0; r->why == NULL && i < r->count; i++) {
        assert(text_is_utf8(r->cells[i]));
        bytes += r->cells[i].size;
    }
    assert(bytes <= XLSX_ROW_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_of(data, size);
    struct xlsx *book = NULL;
    struct xlsx_row row;
    char path[64];
    bool more = true;
    int file = memfd_create("book", MFD_CLOEXEC);
    assert(file >= 0);
    if (bytes_starts_with(input, BYTES_LIT("PK")))
        assert(write(file, data, size) == (ssize_t)size);
    else
        archive_make(input, file);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (done(xlsx_open(path, NULL, &book, NULL)))
        while (done(xlsx_next(book, &row, &more, NULL)) && more)
            row_check(&row);
    xlsx_close(book);
    (void)close(file);
    return 0;
}
