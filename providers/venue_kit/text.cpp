#include "venue_kit/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tickgate::venue_kit {

void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_fixed(std::string& out, std::int64_t value, int decimals, int zeros) {
    if (value < 0)
        out.push_back('-');
    const auto magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), magnitude).ptr;
    const auto count = static_cast<int>(end - digits.data());
    const int whole = count - decimals;
    if (whole > 0)
        out.append(digits.data(), static_cast<std::size_t>(whole));
    else
        out.push_back('0');
    if (decimals + zeros == 0)
        return;
    out.push_back('.');
    if (whole < 0)
        out.append(static_cast<std::size_t>(-whole), '0');
    out.append(digits.data() + std::max(whole, 0), end);
    out.append(static_cast<std::size_t>(zeros), '0');
}

void append_json_string(std::string& out, std::string_view text) {
    static constexpr std::string_view hex = "0123456789abcdef";
    out.push_back('"');
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (byte < 0x20) {
            out.append("\\u00");
            out.push_back(hex[byte >> 4]);
            out.push_back(hex[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

std::string_view json_field(std::string_view object, std::string_view key) noexcept {
    std::size_t from = 0;
    while ((from = object.find('"', from)) != std::string_view::npos) {
        const auto end = object.find('"', from + 1);
        if (end == std::string_view::npos)
            return {};
        const bool is_key = end + 1 < object.size() && object[end + 1] == ':';
        if (!is_key || object.substr(from + 1, end - from - 1) != key) {
            from = end + 1;
            continue;
        }
        auto value = object.substr(end + 2);
        if (value.starts_with('"'))
            return value.substr(1, value.find('"', 1) - 1);
        return value.substr(0, value.find_first_of(",}]"));
    }
    return {};
}

namespace {
template <class F>
std::string mapped(std::string_view text, F change) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), change);
    return out;
}
} // namespace

std::string to_lower(std::string_view text) {
    return mapped(text, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

std::string to_upper(std::string_view text) {
    return mapped(text, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
}

} // namespace tickgate::venue_kit
