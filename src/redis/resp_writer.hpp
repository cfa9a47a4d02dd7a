// RESP commands as text, for everything that is not the hot path.
#pragma once

#include "redis/json_writer.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace tickgate::redis {

inline void append_header(std::string& out, char type, std::size_t n) {
    char digits[24];
    out += type;
    out.append(digits, static_cast<std::size_t>(put_uint(digits, n) - digits));
    out += "\r\n";
}
inline void append_bulk(std::string& out, std::string_view text) {
    append_header(out, '$', text.size());
    out += text;
    out += "\r\n";
}

// Appends one command: `*n` and its arguments as bulk strings.
template <class Arguments>
void append_command(std::string& out, const Arguments& arguments) {
    append_header(out, '*', arguments.size());
    for (const auto& a : arguments)
        append_bulk(out, a);
}
inline void append_command(std::string& out, std::initializer_list<std::string_view> arguments) {
    append_command<std::initializer_list<std::string_view>>(out, arguments);
}

inline std::string text_of(std::uint64_t v) {
    char digits[20];
    return std::string(digits, put_uint(digits, v));
}

} // namespace tickgate::redis
