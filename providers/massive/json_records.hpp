// REST answers as flat records: every scalar keeps the text it was written with.
#pragma once

#include <tickgate/decimal.hpp>
#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive {

// One JSON object. Members of inner objects are named with dots (`last_quote.bid`); arrays of scalars are members with
// several values, other arrays are left out; null is absent. It owns its texts; views are valid until clear().
//
// A value that is there but not what is asked for makes the record bad; one that does not fit Decimal, overflown.
class Record {
public:
    void clear() noexcept {
        fields_.clear();
        bad_ = overflow_ = false;
    }
    void add(std::string_view path, std::string_view text) {
        fields_.push_back({std::string(path), std::string(text)});
    }

    bool has(std::string_view path) const noexcept;
    bool has_below(std::string_view prefix) const noexcept;      // `last_quote.`
    std::string_view text(std::string_view path) const noexcept; // the first value; empty if absent
    std::vector<std::string_view> texts(std::string_view path) const;
    OptionalDecimal decimal(std::string_view path) noexcept;
    std::optional<std::int64_t> integer(std::string_view path) noexcept;
    std::optional<bool> flag(std::string_view path) noexcept;
    std::optional<UnixNanos> time(std::string_view path) noexcept; // any unit (time_units.hpp); 0 is absent

    // Errors: malformed_payload, number_overflow.
    error_code problem() const noexcept;

private:
    struct Field {
        std::string path;
        std::string text;
    };
    std::vector<Field> fields_;
    bool bad_ = false, overflow_ = false;
};

// Reads a body whose top is an object with the data under `member` (an array of objects, or one object), or a bare
// array. Calls `each` for every data object; `top` gets the other scalars of the top (`status`, `next_url`).
// An absent member is no data, not an error. Errors: malformed_payload, what `each` returned.
error_code read_records(
    std::string_view body, std::string_view member, Record& top, const std::function<error_code(Record&)>& each);

// The whole body as one record. Errors: malformed_payload.
error_code read_record(std::string_view body, Record& record);

} // namespace tickgate::massive
