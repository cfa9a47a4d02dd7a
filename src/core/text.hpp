// Text of protocols and commands: ASCII, whatever the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace tickgate {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

constexpr std::string_view http_blanks = " \t";     // RFC 9110 §5.6.3
constexpr std::string_view json_blanks = " \t\r\n"; // RFC 8259 §2

// Without the blanks at both ends.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks) noexcept {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

} // namespace tickgate
