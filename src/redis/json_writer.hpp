// Writes JSON and RESP text at a pointer: constant parts, integers, decimals, strings. The caller has made room.
#pragma once

#include "core/swar.hpp"

#include <tickgate/decimal.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace tickgate::redis {

template <std::size_t n>
inline char* put(char* out, const char (&text)[n]) noexcept {
    std::memcpy(out, text, n - 1);
    return out + (n - 1);
}
inline char* put(char* out, std::string_view text) noexcept {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

namespace detail {
inline constexpr char digit_pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
    "4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
    "888990919293949596979899";
inline void put_pair(char* out, std::uint32_t v) noexcept { std::memcpy(out, digit_pairs + v * 2, 2); }
} // namespace detail

inline char* put_uint(char* out, std::uint64_t v) noexcept { // at most 20 digits, 24 bytes written
    return swar::put_number(out, v);
}
inline char* put_int(char* out, std::int64_t v) noexcept {
    if (v >= 0)
        return put_uint(out, static_cast<std::uint64_t>(v));
    *out = '-';
    return put_uint(out + 1, ~static_cast<std::uint64_t>(v) + 1);
}

inline char* put_null(char* out) noexcept { return put(out, "null"); }

inline char* put_decimal(char* out, const OptionalDecimal& d) noexcept { return d ? d->print(out) : put_null(out); }
inline char* put_micros(char* out, const std::optional<UnixNanos>& t) noexcept {
    return t ? put_int(out, to_micros(*t)) : put_null(out);
}
inline char* put_uint_or_null(char* out, const std::optional<std::uint64_t>& v) noexcept {
    return v ? put_uint(out, *v) : put_null(out);
}

// Room that a string of this length may need as JSON.
constexpr std::size_t json_room(std::size_t length) noexcept { return length * 6 + 2; }

// With quotes; quotes, backslashes and control characters escaped; other bytes as they are (text is UTF-8).
char* put_string(char* out, std::string_view text) noexcept;
inline char* put_string_or_null(char* out, std::string_view text) noexcept {
    return text.empty() ? put_null(out) : put_string(out, text);
}

// A RESP bulk string whose length is known only when it is written: the payload starts at `length_at + bulk_gap`
// (three digits and CRLF, the usual case), close_bulk() puts the length and moves the payload where that is not right.
inline constexpr std::size_t bulk_gap = 5;
struct Bulk {
    char* end;                // behind the closing CRLF
    std::string_view payload; // as it now stands
};
inline Bulk close_bulk(char* length_at, char* end) noexcept {
    char* payload = length_at + bulk_gap;
    const auto size = static_cast<std::size_t>(end - payload);
    if (size >= 100 && size <= 999) [[likely]] {
        *length_at = static_cast<char>('0' + size / 100);
        detail::put_pair(length_at + 1, static_cast<std::uint32_t>(size % 100));
        put(length_at + 3, "\r\n");
    } else {
        char digits[20];
        const auto count = static_cast<std::size_t>(put_uint(digits, size) - digits);
        char* moved = length_at + count + 2;
        std::memmove(moved, payload, size);
        std::memcpy(length_at, digits, count);
        put(length_at + count, "\r\n");
        payload = moved;
        end = moved + size;
    }
    return {put(end, "\r\n"), std::string_view(payload, size)};
}

} // namespace tickgate::redis
