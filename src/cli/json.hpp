// JSON of the daemon as a tree that keeps the digits of numbers; what is not there is empty, never a fault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::cli {

struct Json {
    enum class Type : std::uint8_t { absent, null, boolean, number, text, list, object };
    Type type = Type::absent;
    std::string text; // of a text decoded; of numbers and booleans as written
    std::vector<Json> items;
    std::vector<std::pair<std::string, Json>> members; // in the order of the text

    const Json& operator[](std::string_view key) const noexcept; // a member; absent if there is none
    const Json& at(std::string_view path) const noexcept;        // members of members, keys with dots in between

    bool is(Type t) const noexcept { return type == t; }
    bool has_value() const noexcept { return type != Type::absent && type != Type::null; }
    bool truth() const noexcept { return type == Type::boolean && text == "true"; }
    // Of numbers and of texts that are numbers; fractions are cut off.
    std::int64_t integer(std::int64_t otherwise = 0) const noexcept;
    double real(double otherwise = 0) const noexcept;
    // A scalar as text, null as nothing; of a list its elements, of an object its members `key=value`.
    std::string words(std::string_view between = " ") const;
};

// Objects and lists; empty if it is neither, or broken, or nested too deeply.
std::optional<Json> parse_json(std::string_view text);

// The same value on one line; numbers digit for digit.
std::string to_json(const Json& value);

// `text` with quotes.
std::string json_string(std::string_view text);

// A JSON object in the order of the calls: bodies of requests.
class JsonBody {
public:
    JsonBody& text(std::string_view key, std::string_view value); // empty: left out
    JsonBody& texts(std::string_view key, const std::vector<std::string>& values);
    JsonBody& raw(std::string_view key, std::string_view json);
    std::string take() { return out_ + "}"; }

private:
    void name(std::string_view key);
    std::string out_ = "{";
};

} // namespace tickgate::cli
