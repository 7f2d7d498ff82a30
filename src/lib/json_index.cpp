// The only C++ of Kith: what is declared in json_index.h. Built without exceptions, so none can reach C.
#include "lib/json_index.h"

#include <charconv>
#include <cmath>
#include <memory>
#include <new>

#include <simdjson.h>

static_assert(simdjson::SIMDJSON_VERSION_MAJOR == 3, "the first stage is an inner interface: look before you move on");

// Parsers grow in steps of this, so that small documents don't make each other grow.
static constexpr size_t capacity_bytes_min = 4 * 1024;

struct json_index {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
};

json_index *json_index_create(void)
{
    return new (std::nothrow) json_index();
}

void json_index_destroy(json_index *index)
{
    delete index;
}

static bool index_reserve(json_index *index, size_t size)
{
    size_t have = index->stage == nullptr ? 0 : index->stage->capacity();
    if (size <= have)
        return true;
    size_t capacity = have + have / 2;
    if (capacity < size)
        capacity = size;
    if (capacity < capacity_bytes_min)
        capacity = capacity_bytes_min;
    if (index->stage != nullptr)
        return index->stage->set_capacity(capacity) == simdjson::SUCCESS;
    return simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, index->stage) ==
           simdjson::SUCCESS;
}

json_index_result json_index_run(json_index *index, const uint8_t *text, size_t size, const uint32_t **out_tokens,
                                 size_t *out_count)
{
    if (!index_reserve(index, size))
        return JSON_INDEX_NO_MEMORY;
    switch (index->stage->stage1(text, size, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
        *out_tokens = index->stage->structural_indexes.get();
        *out_count = index->stage->n_structural_indexes;
        return JSON_INDEX_DONE;
    case simdjson::EMPTY:
        return JSON_INDEX_EMPTY;
    default:
        return JSON_INDEX_REFUSED;
    }
}

bool json_double_of_text(const uint8_t *text, size_t size, double *out)
{
    const char *from = reinterpret_cast<const char *>(text);
    double x = 0;
    std::from_chars_result result = std::from_chars(from, from + size, x);
    if (result.ec != std::errc() || result.ptr != from + size)
        return false;
    *out = x;
    return true;
}

size_t json_text_of_double(double x, char out_text[JSON_DOUBLE_TEXT_BYTES_MAX])
{
    double size = std::fabs(x);
    bool is_fixed = size == 0 || (size >= 1e-5 && size < 1e15);
    std::to_chars_result result = std::to_chars(out_text, out_text + JSON_DOUBLE_TEXT_BYTES_MAX, x,
                                                is_fixed ? std::chars_format::fixed : std::chars_format::scientific);
    return static_cast<size_t>(result.ptr - out_text);
}
