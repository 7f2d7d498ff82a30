#include "edge/api/answer_people.h"

#include "domain/identity/identity.h"
#include "edge/api/api.h"
#include "edge/scope.h"

/* Some rows whose people are looked up at once. */
struct looking {
    const struct request *look;
    size_t column, count;
    struct json rows[ANSWER_PEOPLE_A_READ];
    uint32_t people[ANSWER_PEOPLE_A_READ];
    bool is_seen[ANSWER_PEOPLE_A_READ];
    struct hash128 ids[ANSWER_PEOPLE_A_READ];
};

size_t answer_column_of_kind(struct json answer, struct bytes kind, size_t otherwise)
{
    struct json column;
    size_t place = 0;
    for (struct json_walk w = json_items(json_find(answer, BYTES_LIT("columns"))); json_item_next(&w, &column); place++)
        if (bytes_equal(json_string(json_find(column, BYTES_LIT("kind"))), kind))
            return place;
    return otherwise;
}

/* Runs again when something was cold. */
static void people_look(const struct view *v, void *context)
{
    struct looking *l = context;
    for (size_t i = 0; i < l->count; i++) {
        uint32_t person = identity_living(v, l->people[i]);
        l->is_seen[i] = person != PERSON_NONE && scope_sees_person(l->look->token, v, person);
        if (l->is_seen[i])
            l->ids[i] = identity_public_id(v, person);
    }
}

static void row_put(const struct looking *l, size_t row, struct json_writer *w)
{
    char text[PUBLIC_ID_TEXT_BYTES];
    struct json cell;
    size_t place = 0;
    json_array_begin(w);
    for (struct json_walk walk = json_items(l->rows[row]); json_item_next(&walk, &cell); place++) {
        if (place == l->column)
            json_put_text(w, public_id_text(l->ids[row], text));
        else
            json_put(w, cell);
    }
    json_array_end(w);
}

/* The next rows of the walk; false: there are no more. */
static bool rows_take(struct looking *l, struct json_walk *walk)
{
    uint64_t person;
    for (l->count = 0; l->count < ANSWER_PEOPLE_A_READ && json_item_next(walk, &l->rows[l->count]); l->count++) {
        struct json cell, row = l->rows[l->count];
        size_t place = 0;
        person = PERSON_NONE;
        for (struct json_walk cells = json_items(row); json_item_next(&cells, &cell); place++)
            if (place == l->column)
                (void)json_uint64(cell, &person);
        l->people[l->count] = (uint32_t)person;
    }
    return l->count > 0;
}

static fallible rows_put(const struct request *look, size_t column, struct json rows, struct json_writer *w,
                         struct err *e)
{
    struct looking l = {.look = look, .column = column};
    struct json_walk walk = json_items(rows);
    uint64_t hidden = 0;
    json_key(w, "rows");
    json_array_begin(w);
    while (rows_take(&l, &walk)) {
        TRY(host_read(request_host(look), look->workspace, people_look, &l, e));
        for (size_t i = 0; i < l.count; i++) {
            if (l.is_seen[i])
                row_put(&l, i, w);
            hidden += !l.is_seen[i];
        }
    }
    json_array_end(w);
    member_uint(w, "rows_hidden", hidden);
    return DONE;
}

fallible answer_people_put(const struct request *look, struct json answer, struct json_writer *w, struct err *e)
{
    size_t column = answer_column_of_kind(answer, BYTES_LIT("person"), SIZE_MAX);
    struct bytes key;
    struct json value;
    for (struct json_walk walk = json_members(answer); json_member_next(&walk, &key, &value);) {
        if (column != SIZE_MAX && bytes_equal(key, BYTES_LIT("rows"))) {
            TRY(rows_put(look, column, value, w, e));
            continue;
        }
        json_key_bytes(w, key);
        json_put(w, value);
    }
    return DONE;
}
