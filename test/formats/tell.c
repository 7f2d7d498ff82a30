/* What a release's files say, in words: each record of the log, each name, each person with all that is known of them, each
 * event. A difference between two tellings shows in which of them something is read otherwise. */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "domain/access/access.h"
#include "domain/column/file.h"
#include "domain/event/event.h"
#include "domain/people/people.h"
#include "lib/json.h"
#include "store/checkpoint.h"
#include "test/formats/release.h"

struct telling {
    struct buf *out;
    struct release *release;
    struct work_surroundings around;
    atomic_bool stop;
    struct event_view *events;
    uint32_t messages, messages_known; /* of the log; those that would be refused as duplicates */
    uint32_t numbers[64];
    size_t number_count;
    uint32_t person, person_end;
};

static void tell_time(struct buf *out, int64_t time_us)
{
    char text[TIME_TEXT_BYTES];
    if (time_us == 0)
        buf_push_text(out, "never");
    else
        buf_push_text(out, time_format(time_us, text));
}

static void tell_hash(struct buf *out, struct hash128 h)
{
    buf_printf(out, "%016" PRIx64 "%016" PRIx64, h.high, h.low);
}

static void tell_value(struct buf *out, struct bytes packed)
{
    struct json_writer w;
    struct unpack u = unpack_of(packed);
    struct value value = unpack_value(&u);
    json_writer_init(&w, out, false);
    value_print(&value, &w);
}

static void tell_envelope(struct buf *out, const struct envelope *v)
{
    struct json_writer w;
    json_writer_init(&w, out, false);
    json_object_begin(&w);
    envelope_print(v, &w);
    json_object_end(&w);
}

static void tell_name(const struct view *v, struct buf *out, enum name_kind kind, uint32_t number)
{
    buf_push_text(out, " ");
    buf_push(out, number == 0 ? BYTES_LIT("-") : name_text(v, kind, number));
}

/* --- the mark and the log --- */

static fallible tell_mark(struct telling *t, struct err *e)
{
    struct checkpoint_mark mark;
    TRY(checkpoint_mark_read(t->release->disk, 0, &mark, e));
    buf_printf(t->out, "checkpoint at %" PRIu64 " ", mark.position);
    tell_time(t->out, mark.time_us);
    buf_push_text(t->out, " ");
    tell_hash(t->out, mark.digest);
    buf_push_text(t->out, "\n");
    return DONE;
}

static void look_away(void *context, const struct step *s)
{
    (void)context, (void)s;
}

static fallible tell_record(struct telling *t, const struct log_record *r, struct err *e)
{
    const struct command *command = registry_command(t->release->registry, r->kind);
    struct envelope v;
    buf_printf(t->out, "record %" PRIu64 " %s ", r->position, command == NULL ? "unknown" : command->name);
    tell_time(t->out, r->time_us);
    buf_printf(t->out, " %zu bytes ", r->payload.size);
    if (command == NULL || (command->check != NULL && failed(command->check(r->payload, e))))
        return FAIL(e, CORRUPT, "the record at %" PRIu64 " is not understood", r->position);
    if (r->kind == COMMAND_COLLECT_EVENT) {
        TRY(envelope_unpack(r->payload, &v, e));
        tell_envelope(t->out, &v);
        t->messages++;
        t->messages_known += engine_preview(t->release->engine, command, r->payload, look_away, NULL) == &collect_duplicate;
    } else {
        tell_hash(t->out, hash128(r->payload, 0));
    }
    buf_push_text(t->out, "\n");
    return DONE;
}

static fallible tell_log(struct telling *t, struct err *e)
{
    struct log *log = engine_log(t->release->engine);
    struct log_cursor *cursor = NULL;
    struct log_record record;
    TRY(log_cursor_open(log, log_first(log), &cursor, e));
    struct status status = DONE;
    while (done(status)) {
        status = log_cursor_next(cursor, &record, e);
        if (done(status))
            status = tell_record(t, &record, e);
    }
    log_cursor_close(cursor);
    buf_printf(t->out, "%u messages, %u of them known\n", t->messages, t->messages_known);
    return status.code == STATUS_NOT_FOUND ? DONE : status;
}

/* --- names, tokens, acts --- */

static void tell_names(const struct view *v, struct buf *out)
{
    for (uint32_t kind = 1; kind < NAME_KIND_COUNT; kind++) {
        uint32_t number = kind == NAME_EVENT ? NAME_EVENT_CUSTOM - 1 : 0; /* standard ones have no rows */
        while ((number = name_next(v, (enum name_kind)kind, number)) != 0) {
            struct bytes name = name_text(v, (enum name_kind)kind, number);
            buf_printf(out, "name %u/%u %.*s alias of %u, attributes ", kind, number, BYTES_ARG(name), name_alias(v, (enum name_kind)kind, name));
            tell_hash(out, hash128(name_attributes(v, (enum name_kind)kind, number), 0));
            buf_push_text(out, "\n");
        }
    }
}

static void tell_tokens(const struct view *v, struct buf *out)
{
    struct token token;
    char after[sizeof token.name] = "";
    for (; access_token_next(v, after[0] == 0 ? NULL : after, &token); memcpy(after, token.name, sizeof after))
        buf_printf(out, "token %s roles %x, %s, %u brands, store %s, channel %s\n", token.name, token.roles, token.masked ? "masked" : "open",
                   token.brand_count, token.store, token.channel);
}

static void tell_acts(const struct view *v, struct buf *out)
{
    struct act_record act;
    for (uint64_t before = UINT64_MAX; identity_act_before(v, before, &act); before = act.position)
        buf_printf(out, "act %" PRIu64 " %04x by %.*s: %.*s%s\n", act.position, act.command, BYTES_ARG(act.by), BYTES_ARG(act.reason),
                   act.undone ? ", undone" : "");
    struct review_record review = {.key = {0, 0}};
    while (identity_review_next(v, review.key, &review))
        buf_printf(out, "review %.*s, %u conflicts, held by %u\n", BYTES_ARG(review.value), review.conflicts, review.held_by);
    for (uint16_t type = 1; type < TYPE_COUNT_MAX; type++) {
        const struct id_type_rule *rule = id_type_rule(v, type);
        if (rule != NULL)
            buf_printf(out, "type %u %s normaliser %d priority %u limit %u in %u days, over %d, parent %u, hub %u, logout %d\n", type, rule->name,
                       (int)rule->normaliser, rule->priority, rule->limit, rule->limit_window_days, (int)rule->over, rule->parent, rule->hub_moves,
                       rule->ends_at_logout);
    }
}

static void read_workspace(const struct view *v, void *context)
{
    struct telling *t = context;
    t->person_end = rows_numbered_end(v->rows, &person_family);
    tell_names(v, t->out);
    tell_tokens(v, t->out);
    tell_acts(v, t->out);
    buf_printf(t->out, "%" PRIu64 " people, %" PRIu64 " identifiers, %" PRIu64 " merges, %" PRIu64 " events; people ", identity_people(v),
               identity_identifiers(v), identity_merges(v), event_count(v));
    tell_hash(t->out, identity_canonical_digest(v));
    buf_push_text(t->out, "\n");
}

/* --- people --- */

static void tell_identity(const struct view *v, struct buf *out, uint32_t person)
{
    const struct identifier *ids;
    const struct evidence *sets;
    size_t count = identity_list(v, person, &ids);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "  identifier %u/%.*s %.*s state %d holder %u since ", ids[i].type, BYTES_ARG(ids[i].ns), BYTES_ARG(ids[i].value),
                   (int)ids[i].state, ids[i].holder);
        tell_time(out, ids[i].since_us);
        buf_push_text(out, " until ");
        tell_time(out, ids[i].until_us);
        buf_push_text(out, " seen ");
        tell_time(out, ids[i].first_us);
        buf_push_text(out, " to ");
        tell_time(out, ids[i].last_us);
        buf_push_text(out, "\n");
    }
    count = identity_evidence(v, person, &sets);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "  evidence rule %d at %" PRIu64 " seen %u times:", (int)sets[i].rule, sets[i].position, sets[i].count);
        for (uint32_t k = 0; k < sets[i].member_count; k++)
            buf_printf(out, " %u", sets[i].members[k]);
        buf_push_text(out, "\n");
    }
}

static void tell_traits(const struct view *v, struct buf *out, uint32_t person)
{
    const struct trait *traits;
    size_t count = people_traits(v, person, &traits);
    for (size_t i = 0; i < count; i++) {
        buf_push_text(out, "  trait");
        tell_name(v, out, NAME_TRAIT, traits[i].name);
        tell_name(v, out, NAME_BRAND, traits[i].brand);
        tell_name(v, out, NAME_SOURCE, traits[i].source);
        buf_push_text(out, " ");
        tell_time(out, traits[i].time_us);
        buf_push_text(out, " ");
        tell_value(out, traits[i].value);
        for (uint32_t k = 0; k < traits[i].history_count; k++) {
            buf_push_text(out, " before ");
            tell_value(out, traits[i].history[k].value);
        }
        buf_push_text(out, "\n");
    }
}

static void tell_counters(const struct view *v, struct buf *out, uint32_t person)
{
    const struct counter *counters;
    size_t count = people_counters(v, person, &counters);
    for (size_t i = 0; i < count; i++) {
        buf_push_text(out, "  counter");
        tell_name(v, out, NAME_EVENT, counters[i].event);
        tell_name(v, out, NAME_BRAND, counters[i].brand);
        tell_name(v, out, NAME_CHANNEL, counters[i].channel);
        buf_printf(out, " %" PRIu64 " from ", counters[i].count);
        tell_time(out, counters[i].first_us);
        buf_push_text(out, " to ");
        tell_time(out, counters[i].last_us);
        buf_push_text(out, "\n");
    }
}

static void tell_consents(const struct view *v, struct buf *out, uint32_t person)
{
    const struct consent *consents;
    size_t count = people_consents(v, person, &consents);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "  consent %s", consents[i].given ? "given" : "withdrawn");
        tell_name(v, out, NAME_PURPOSE, consents[i].purpose);
        tell_name(v, out, NAME_CHANNEL, consents[i].channel);
        tell_name(v, out, NAME_BRAND, consents[i].brand);
        buf_printf(out, " policy %.*s ", BYTES_ARG(consents[i].policy));
        tell_time(out, consents[i].time_us);
        buf_push_text(out, " until ");
        tell_time(out, consents[i].until_us);
        buf_push_text(out, " by ");
        tell_hash(out, consents[i].owner);
        buf_push_text(out, "\n");
    }
}

/* Nobody is cold here: the budget is larger than all of them, so nothing is told twice. */
static void read_person(const struct view *v, void *context)
{
    struct telling *t = context;
    const uint32_t *numbers;
    uint32_t living = identity_living(v, t->person);
    t->number_count = 0;
    buf_printf(t->out, "person %u ", t->person);
    tell_hash(t->out, identity_public_id(v, t->person));
    buf_printf(t->out, "%s", living == t->person ? "\n" : "");
    if (living != t->person) {
        buf_printf(t->out, " is %u now\n", living);
        return;
    }
    tell_identity(v, t->out, living);
    tell_traits(v, t->out, living);
    tell_counters(v, t->out, living);
    tell_consents(v, t->out, living);
    t->number_count = people_event_numbers(v, living, &numbers);
    assert(t->number_count <= COUNT_OF(t->numbers));
    if (t->number_count > 0)
        memcpy(t->numbers, numbers, t->number_count * sizeof *numbers);
    t->events = event_view_open(v, &t->around);
}

/* The envelope is told with the log; here only whether it is the same. */
static bool each_event(void *context, const struct event_seen *event)
{
    struct telling *t = context;
    buf_printf(t->out, "  event %" PRIu64 " of %u, number %u, ", event->note.position, event->note.person, event->note.event);
    tell_time(t->out, event->event_us);
    buf_push_text(t->out, ", owner ");
    tell_hash(t->out, event->note.owner);
    buf_printf(t->out, ", %zu bytes ", event->packed.size);
    tell_hash(t->out, hash128(event->packed, 0));
    buf_push_text(t->out, "\n");
    return true;
}

static fallible tell_people(struct telling *t, struct err *e)
{
    struct status status = DONE;
    for (t->person = 1; t->person < t->person_end && done(status); t->person++) {
        engine_read(t->release->engine, read_person, t);
        struct event_people of = {t->numbers, t->number_count, INT64_MAX};
        if (t->events != NULL)
            status = event_scan_people(t->events, &of, each_event, t, e);
        event_view_close(t->events);
        t->events = NULL;
    }
    return status;
}

/* --- columns --- */

static void tell_cell(struct buf *out, const struct column_set *set, const struct column_cell *cell)
{
    static const char *const of[COLUMN_OF_COUNT] = {[COLUMN_FIELD] = "field", [COLUMN_PROPERTY] = "property", [COLUMN_ITEM] = "item"};
    struct column_name name = column_set_name(set, cell->column);
    buf_printf(out, "    %s%s %.*s", of[name.of], name.is_list ? " list" : "", BYTES_ARG(name.name));
    if (name.of == COLUMN_ITEM)
        buf_printf(out, " of %u", cell->item);
    if (name.kind == COLUMN_TEXT)
        buf_printf(out, " %.*s\n", BYTES_ARG(cell->text));
    else if (name.kind == COLUMN_REAL)
        buf_printf(out, " %.17g\n", cell->real);
    else
        buf_printf(out, " %s %" PRId64 " scale %u\n", column_kind_names[name.kind], cell->integer, cell->scale);
}

static fallible tell_rows(struct buf *out, struct column_rows *rows, const struct column_set *set, struct err *e)
{
    const struct column_row *row;
    for (;;) {
        TRY(column_rows_next(rows, &row, e));
        if (row == NULL)
            return DONE;
        buf_printf(out, "  row of %u, number %u, ", row->person, row->event);
        tell_time(out, row->time_us);
        buf_printf(out, ", message %08" PRIx32 ", at %" PRIu64 ", %u items\n", row->message, row->position, row->item_count);
        for (uint32_t i = 0; i < row->cell_count; i++)
            tell_cell(out, set, &row->cells[i]);
    }
}

static struct status tell_column_file(void *context, const char *name, struct err *e)
{
    struct telling *t = context;
    struct column_file *f = NULL;
    struct column_rows *rows = NULL;
    TRY(column_file_open(t->release->disk, name, &f, e));
    struct column_sum sum = column_file_sum(f);
    struct column_set *set = column_set_create();
    buf_printf(t->out, "columns %s: %" PRIu64 " events, %" PRIu64 " bytes, digest %016" PRIx64 "\n", name, sum.count, sum.bytes, sum.digest);
    struct status status = column_rows_open(f, set, &rows, e);
    if (done(status))
        status = tell_rows(t->out, rows, set, e);
    column_rows_close(rows);
    column_set_destroy(set);
    column_file_close(f);
    return status;
}

fallible release_tell(struct release *r, struct buf *out, struct err *e)
{
    struct telling t = {.out = out, .release = r};
    t.around = (struct work_surroundings){.log = engine_log(r->engine), .disk = r->disk, .stop = &t.stop};
    buf_clear(out);
    TRY(tell_mark(&t, e));
    TRY(tell_log(&t, e));
    engine_read(r->engine, read_workspace, &t);
    TRY(tell_people(&t, e));
    TRY(disk_list(r->disk, COLUMN_FOLDER, tell_column_file, &t, e));
    return out->overflowed ? FAIL(e, FULL, "more to tell than fits") : DONE;
}
