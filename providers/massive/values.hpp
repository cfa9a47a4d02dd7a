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
        const auto token = fields_[key];
        if (token.form == Token::Form::absent)
            return false;
        const auto d = Decimal::parse(token.text);
        if (d) {
            into = *d;
            return true;
        }
        (d.error() == errc::number_overflow ? overflow : malformed) = true;
        return false;
    }
    void decimal(Key key, OptionalDecimal& into) noexcept {
        Decimal d;
        if (decimal(key, d))
            into = d;
    }
    void descriptive(Key key, OptionalDecimal& into) noexcept {
        const auto token = fields_[key];
        if (token.form == Token::Form::absent || token.text.empty())
            return;
        const auto d = Decimal::parse(token.text);
        if (d)
            into = *d;
        else if (d.error() == errc::number_overflow)
            field_overflow = true;
        else
            malformed = true;
    }
    // A side of a quote: no price, or price zero, is no side.
    void side(Key price_key, Key size_key, OptionalDecimal& price, OptionalDecimal& size) noexcept {
        Decimal d;
        if (!decimal(price_key, d) || d.is_zero())
            return;
        price = d;
        decimal(size_key, size);
    }
    std::optional<std::int64_t> integer(Key key) noexcept {
        const auto token = fields_[key];
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
        std::int64_t value = 0;
        std::size_t i = 0;
        if (text.empty() || text.size() > 18 || text[0] == '-') {
            const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
            return ec == std::errc() && stop == text.data() + text.size();
        }
        for (; i + 8 <= text.size() && swar::eight_digits(swar::load(text.data() + i)); i += 8)
            value = value * 100000000 + swar::value_of_eight(swar::load(text.data() + i));
        for (; i < text.size(); ++i) {
            if (text[i] < '0' || text[i] > '9')
                return false;
            value = value * 10 + (text[i] - '0');
        }
        into = value;
        return true;
    }

    bool malformed = false, overflow = false, field_overflow = false;

private:
    const EventFields& fields_;
};

} // namespace tickgate::massive
