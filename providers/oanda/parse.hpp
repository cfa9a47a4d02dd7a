// Lines of the price stream and answers of the price poll: pure parsing, no state but the parser's buffers.
#pragma once

#include <tickgate/market_data.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace tickgate::oanda {

// What one line says. Views are valid until the next parse(); quote.instrument is the caller's to fill.
struct StreamLine {
    enum class Type : std::uint8_t {
        price,
        heartbeat,
        other,     // a type this adapter does not use
        malformed, // `problem` says what
        overflow,  // a price or size does not fit Decimal
    };
    Type type = Type::malformed;
    std::string_view instrument; // `EUR_USD`
    // The best level of each side by value, wherever it stands, with its own liquidity. An empty side has neither.
    // event_time is always set.
    Quote quote;
    bool tradeable = true;   // `tradeable`, else `status`, else true
    std::string_view status; // the venue's word; may be empty
    std::string_view problem;
};

class LineParser {
public:
    LineParser();
    ~LineParser();

    // `line` is followed by 64 readable bytes. `at` becomes received_time.
    StreamLine& parse(std::string_view line, UnixNanos at);

    // `/v3/accounts/{id}/pricing`: calls `sink` with each price, flag `snapshot`, where not tradeable also
    // `indicative`. Errors: malformed_payload, number_overflow.
    error_code parse_prices(std::string_view body, UnixNanos now, const std::function<void(const StreamLine&)>& sink);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::oanda
