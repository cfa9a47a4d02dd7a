// How answers in pieces say where the next one begins.
#pragma once

#include "ops/error.hpp"
#include "ops/fields.hpp"
#include "ops/json_text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::ops {

inline Error bad_cursor(std::string_view text) {
    return Error("bad_request", "field cursor is \"" + shown(text) + "\", which is no place in this list",
        "take next_cursor of the answer before, or begin without one");
}

// Cursors of lists that have no key are places from their beginning. Empty: it is none.
inline std::optional<std::size_t> place_from(std::string_view cursor) noexcept {
    if (cursor.empty())
        return 0;
    const auto n = integer_from(cursor);
    if (!n || *n < 1 || *n > 100000)
        return std::nullopt;
    return static_cast<std::size_t>(*n);
}

} // namespace tickgate::ops
