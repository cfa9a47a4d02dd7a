// Values of an event's fields in the model's types.
#pragma once

#include "massive/event_fields.hpp"
#include "massive/time_units.hpp"

#include "core/swar.hpp"

#include <tickgate/decimal.hpp>

#include <charconv>
#include <optional>

namespace tickgate::massive {

// Reads values and remembers what went wrong.
class Values {
public:
    explicit Values(const EventFields& fields) noexcept : fields_(fields) {}

    // False if absent or wrong.
    bool decimal(Key key, Decimal& into) noexcept {
        const auto& token = fields_[key];
        if (token.form == Token::Form::absent)
            return false;
        return note(Decimal::parse(token.text, into));
    }
    void decimal(Key key, OptionalDecimal& into) noexcept {
        const auto& token = fields_[key];
        if (token.form != Token::Form::absent)
            note(Decimal::parse(token.text, into));
    }
    void descriptive(Key key, OptionalDecimal& into) noexcept {
        const auto& token = fields_[key];
        if (token.form == Token::Form::absent || token.text.empty())
            return;
        if (const auto fault = Decimal::parse(token.text, into); fault != errc())
            (fault == errc::number_overflow ? field_overflow : malformed) = true;
    }
    // A side of a quote: no price, or price zero, is no side.
    void side(Key price_key, Key size_key, OptionalDecimal& price, OptionalDecimal& size) noexcept {
        decimal(price_key, price);
        if (price && price->is_zero())
            price.reset();
        if (price)
            decimal(size_key, size);
    }
    std::optional<std::int64_t> integer(Key key) noexcept {
        const auto& token = fields_[key];
        if (token.form == Token::Form::absent)
            return std::nullopt;
        std::int64_t n = 0;
        if (number(token.text, n))
            return n;
        malformed = true;
        return std::nullopt;
    }
    std::optional<UnixNanos> time(Key key) noexcept {
        const auto n = integer(key);
        if (!n || *n == 0)
            return std::nullopt;
        const auto t = venue_time(*n);
        if (!t)
            malformed = true;
        return t;
    }
    std::optional<std::uint64_t> sequence(Key key) noexcept {
        const auto n = integer(key);
        if (!n)
            return std::nullopt;
        if (*n < 0)
            malformed = true;
        return static_cast<std::uint64_t>(*n);
    }
    static bool number(std::string_view text, std::int64_t& into) noexcept {
        std::uint64_t value = 0;
        if (swar::number_of(text, value)) {
            into = static_cast<std::int64_t>(value);
            return true;
        }
        const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
        return ec == std::errc() && stop == text.data() + text.size();
    }

    bool malformed = false, overflow = false, field_overflow = false;

private:
    bool note(errc fault) noexcept {
        if (fault == errc()) [[likely]]
            return true;
        (fault == errc::number_overflow ? overflow : malformed) = true;
        return false;
    }

    const EventFields& fields_;
};

} // namespace tickgate::massive
