#include "store/cold_folder.h"
#include "store/log_parts.h"

struct linking {
    const char *folder, *into;
    struct log_range range;
    uint64_t first; /* position of the segment that holds range.from */
    bool found;
};

static struct status segment_look(void *context, const char *name, struct err *e)
{
    (void)e;
    struct linking *l = context;
    uint64_t first;
    if (!log_name_read(name, &first) || first > l->range.from || (l->found && first < l->first))
        return DONE;
    l->first = first;
    l->found = true;
    return DONE;
}

static struct status segment_link(void *context, const char *name, struct err *e)
{
    const struct linking *l = context;
    uint64_t first;
    if (!log_name_read(name, &first) || first < l->first || first >= l->range.until)
        return DONE;
    return cold_file_link(l->folder, l->into, name, e);
}

fallible log_link(const char *folder, const char *into, struct log_range range, struct err *e)
{
    assert(range.from <= range.until);
    struct linking l = {.folder = folder, .into = into, .range = range};
    TRY(cold_folder_list(folder, segment_look, &l, e));
    if (!l.found)
        return FAIL(e, NOT_FOUND, "%s does not hold position %llu any more", folder, (unsigned long long)range.from);
    return cold_folder_list(folder, segment_link, &l, e);
}
