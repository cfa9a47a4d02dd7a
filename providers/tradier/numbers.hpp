// Tradier's numbers: a number or a numeric string, with null, "NaN" and "" for none.
#pragma once

#include "tradier/flat_json.hpp"

#include "core/swar.hpp"

#include <tickgate/decimal.hpp>
#include <tickgate/time.hpp>

#include <charconv>
#include <optional>
#include <string_view>

namespace tickgate::tradier {

enum class Reading : std::uint8_t { value, absent, malformed, overflow };

inline std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
        text.remove_suffix(1);
    return text;
}

inline bool is_absent(std::string_view text) noexcept {
    return text.empty() || text == "null" || text == "NaN" || text == "nan" || text == "NAN";
}

inline Reading read_decimal(Token token, OptionalDecimal& into) noexcept {
    const auto d = Decimal::parse(token.text);
    if (d) [[likely]] {
        into = *d;
        return Reading::value;
    }
    into.reset();
    if (is_absent(token.text))
        return Reading::absent;
    return d.error() == errc::number_overflow ? Reading::overflow : Reading::malformed;
}

// A plain integer from 0 on. True also for none, which leaves `into` empty.
inline bool read_count(Token token, std::optional<std::uint64_t>& into) noexcept {
    into.reset();
    const auto text = token.text;
    if (is_absent(text))
        return true;
    std::uint64_t value = 0;
    std::size_t i = 0;
    if (text.size() <= 18) {
        for (; i + 8 <= text.size() && swar::eight_digits(swar::load(text.data() + i)); i += 8)
            value = value * 100000000 + swar::value_of_eight(swar::load(text.data() + i));
        for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
            value = value * 10 + static_cast<std::uint64_t>(text[i] - '0');
    } else {
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (ec != std::errc())
            return false;
        i = static_cast<std::size_t>(end - text.data());
    }
    if (i != text.size())
        return false;
    into = value;
    return true;
}

// Milliseconds since the epoch; 0 stands for never. True also for none.
inline bool read_millis(Token token, std::optional<UnixNanos>& into) noexcept {
    std::optional<std::uint64_t> ms;
    into.reset();
    if (!read_count(token, ms) || (ms && *ms >= 9'000'000'000'000u))
        return false;
    if (ms && *ms > 0)
        into = from_millis(static_cast<std::int64_t>(*ms));
    return true;
}

} // namespace tickgate::tradier
