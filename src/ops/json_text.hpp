// JSON objects as text, for answers. Whatever text they hold is escaped; bytes that are no UTF-8 are replaced.
#pragma once

#include <tickgate/decimal.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::ops {

// With quotes. Appends.
void append_json_string(std::string& out, std::string_view text);

// What a stranger wrote, fit for a message: printable ASCII, at most `most` characters, cut ones end in `…`.
std::string shown(std::string_view text, std::size_t most = 40);

// Members in the order of the calls.
class JsonObject {
public:
    JsonObject& text(std::string_view key, std::string_view value); // empty: null
    JsonObject& integer(std::string_view key, std::int64_t value);
    JsonObject& integer(std::string_view key, std::optional<std::int64_t> value);
    JsonObject& boolean(std::string_view key, bool value);
    JsonObject& decimal(std::string_view key, const OptionalDecimal& value);
    JsonObject& micros(std::string_view key, std::optional<UnixNanos> value);
    JsonObject& texts(std::string_view key, const std::vector<std::string>& values);
    JsonObject& raw(std::string_view key, std::string_view json); // already JSON
    std::string take();                                           // closed; the object is empty afterwards

private:
    void name(std::string_view key);
    std::string out_ = "{";
};

} // namespace tickgate::ops
