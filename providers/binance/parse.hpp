// Frames of the combined stream: pure parsing, no state but the parser's buffers.
#pragma once

#include <tickgate/market_data.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tickgate::binance {

// What one frame says. Views are valid until the next parse(); `instrument`, and a bar's timeframe and close_time, are
// the caller's to fill, who knows the stream.
struct Frame {
    enum class Type : std::uint8_t {
        quote,
        trade,
        bar,
        answer,    // of a control message
        shutdown,  // `serverShutdown`
        other,     // a stream this adapter does not use
        malformed, // `problem` says what
        overflow,  // a price or size does not fit Decimal
    };
    Type type = Type::malformed;
    std::string_view stream; // data frames: `btcusdt@bookTicker`
    Quote quote;             // src_seq: u
    Trade trade;             // src_seq: t or a
    Bar bar;
    bool field_overflow = false; // a descriptive field did not fit and became empty
    std::string_view problem;

    std::optional<std::int64_t> answer_id;
    std::optional<std::int64_t> answer_error; // the venue's code; empty: result
    std::string_view answer_text;
};

class FrameParser {
public:
    FrameParser();
    ~FrameParser();

    // `bytes` is followed by 64 readable bytes. `at` becomes received_time. Times in a frame may be milliseconds or
    // microseconds, told apart by their size.
    Frame& parse(std::string_view bytes, UnixNanos at);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::binance
