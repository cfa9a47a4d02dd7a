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

inline Reading read_decimal(const Token& token, OptionalDecimal& into) noexcept {
    const auto fault = Decimal::parse(token.text, into);
    if (fault == errc()) [[likely]]
        return Reading::value;
    if (is_absent(token.text))
        return Reading::absent;
    return fault == errc::number_overflow ? Reading::overflow : Reading::malformed;
}

// A plain integer from 0 on. True also for none, which leaves `into` empty.
inline bool read_count(const Token& token, std::optional<std::uint64_t>& into) noexcept {
    into.reset();
    const auto text = token.text;
    if (is_absent(text))
        return true;
    std::uint64_t value = 0;
    if (!swar::number_of(text, value)) {
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (ec != std::errc() || end != text.data() + text.size())
            return false;
    }
    into = value;
    return true;
}

// Milliseconds since the epoch; 0 stands for never. True also for none.
inline bool read_millis(const Token& token, std::optional<UnixNanos>& into) noexcept {
    std::optional<std::uint64_t> ms;
    into.reset();
    if (!read_count(token, ms) || (ms && *ms >= 9'000'000'000'000u))
        return false;
    if (ms && *ms > 0)
        into = from_millis(static_cast<std::int64_t>(*ms));
    return true;
}

} // namespace tickgate::tradier
