// The one place that knows the venue's XML heritage: a list of one is an object or a scalar, an empty one is null, the
// string "null", or not there.
#pragma once

#include "tradier/numbers.hpp"

#include <tickgate/error.hpp>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::tradier {

// One item of a list: its scalars by name, those of objects inside it as `open.start`; a scalar item has the name "".
// Lists inside an item are left out. Valid during the call that passes it.
class Row {
public:
    Token operator[](std::string_view key) const noexcept {
        for (const auto& [name, token] : fields_)
            if (name == key)
                return token;
        return {};
    }
    // Text of a string, empty if it is null or absent.
    std::string_view text(std::string_view key) const noexcept {
        const auto token = (*this)[key];
        return token.quoted ? token.text : std::string_view();
    }
    bool has(std::string_view key) const noexcept {
        const auto token = (*this)[key];
        return token.quoted || !is_absent(token.text);
    }

private:
    friend class RowReader;
    std::vector<std::pair<std::string, Token>> fields_;
};

using TakeRow = std::function<error_code(const Row& row)>;

// Calls `take` for each item of the list at `path` below the top object (`{"history":{"day":[…]}}`: history, day).
// Errors: malformed_payload (not a JSON object); what `take` returned.
error_code read_rows(std::string_view body, std::initializer_list<std::string_view> path, const TakeRow& take);

} // namespace tickgate::tradier
