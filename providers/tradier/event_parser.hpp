// Events of the stream: pure parsing, no state but the parser's buffers.
#pragma once

#include <tickgate/decimal.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tickgate::tradier {

// What one object of the stream says, with the venue's own units. Views are valid until the next parse().
struct Event {
    enum class Type : std::uint8_t {
        quote,
        trade,
        tradex,
        timesale,
        summary,
        error,     // `{"error":"…"}`; `text` says what
        other,     // a type this adapter does not know; `text` is its name
        malformed, // `text` says why
        overflow,  // a price or size does not fit Decimal
    };
    Type type = Type::malformed;
    std::string_view symbol, text;
    std::optional<UnixNanos> time; // of a quote the later of its two dates

    // quote: a side without a price has no size either; sizes in lots. `listed_size`: a size above 0 was in the text.
    OptionalDecimal bid, bid_size, ask, ask_size;
    std::string_view bid_exchange, ask_exchange;
    bool listed_size = false;

    // trade, tradex, timesale
    Decimal price, size;
    std::string_view exchange, flag, seq_text;
    std::optional<std::uint64_t> seq;
    bool cancel = false, correction = false;

    bool is_trade() const noexcept { return type == Type::trade || type == Type::tradex || type == Type::timesale; }
};

class EventParser {
public:
    EventParser();
    ~EventParser();

    // Reads the object at the begin of `text`, whose first byte is `{`; 64 readable bytes follow `text`. Objects need
    // no separator between them, but none goes beyond its line. Returns how many bytes the object took (with its line
    // end if it is broken), 0 if its end has not come yet.
    std::size_t parse(std::string_view text);
    const Event& event() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::tradier
