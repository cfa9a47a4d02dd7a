// The kinds of values a setting can have: how each is read from text and how it is described to people.
#pragma once

#include "config/config.hpp"

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::config {

// How a value is written, for tables and editors.
struct Shape {
    std::string type{};   // "duration", "list of timeframes"
    std::string range{};  // "1ms to 10s", "trace, debug, info"; empty: the type tells all
    std::string unit{};   // of a number: "bytes", "requests a second"
    std::string schema{}; // the members of a JSON Schema: `"type":"integer","minimum":1`; empty: any scalar
};

template <class T>
struct Type {
    std::string expected;             // "a duration from 1ms to 10s"
    std::vector<std::string> allowed; // the words of a choice; empty: not a choice
    // Empty if `text` is no such value; `why` may then say more than `expected` does.
    std::function<std::optional<T>(std::string_view text, std::string& why)> parse;
    Shape shape{};
    std::function<std::string(const T&)> print{}; // as it is written in the file; may be empty
};

// `"enum":["a","b"]`
Shape shape_of_words(const std::vector<std::string>& words);

// Named values.
template <class T>
Type<T> choice(std::vector<std::pair<std::string, T>> values) {
    Type<T> type{"one of the words allowed", {}, {}};
    for (const auto& [name, value] : values)
        type.allowed.push_back(name);
    type.print = [values](const T& searched) {
        for (const auto& [name, value] : values)
            if (value == searched)
                return name;
        return std::string();
    };
    type.parse = [values = std::move(values)](std::string_view text, std::string&) -> std::optional<T> {
        for (const auto& [name, value] : values)
            if (name == text)
                return value;
        return {};
    };
    type.shape = shape_of_words(type.allowed);
    return type;
}

// The same value as the text that `print` makes of it: provider settings are kept as text.
template <class T, class Print>
Type<std::string> as_text(Type<T> type, Print print) {
    return {std::move(type.expected), std::move(type.allowed),
        [parse = std::move(type.parse), print](std::string_view text, std::string& why) -> std::optional<std::string> {
            if (auto value = parse(text, why))
                return print(*value);
            return {};
        },
        std::move(type.shape), {}};
}

Type<bool> boolean();
Type<std::int64_t> integer(std::int64_t least, std::int64_t most);
Type<milliseconds> duration(milliseconds least, milliseconds most); // `50ms 2s 5m 1h`
Type<std::optional<milliseconds>> duration_or_auto(milliseconds least, milliseconds most);
Type<Decimal> percent(); // `2%`, above 0 and at most 100
Type<Timeframe> timeframe();
Type<std::string> any_text();
Type<std::string> word(std::string expected, std::size_t longest); // [A-Za-z0-9._-]

Type<std::string> choice_text(std::vector<std::string> words);
Type<std::string> boolean_text();
Type<std::string> integer_text(std::int64_t least, std::int64_t most);
// Scheme, host, optional port and path; the result has no slash at its end.
Type<std::string> endpoint(std::vector<std::string> schemes);

// `127.0.0.1:8787`, `[::1]:8787`, `localhost:8787`, `:8787` (all addresses); fills listen, host, port, loopback.
Type<Http> listen_address();
// Fills url, transport, host, port, path, database, and username and password from the URL's user info.
Type<Redis> redis_url();
// sqlite:///absolute/path or postgresql://…; a password in the URL moves to `password`.
Type<Store> store_url();

// `ws://`, `http://` or `redis://` to another machine.
bool is_plaintext_abroad(std::string_view url);

} // namespace tickgate::config
