// Stream frames: pure parsing, no state but the parser's buffers.
#pragma once

#include "massive/config.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tickgate::massive {

// What is subscribed of a symbol. Each has its own prefix on each cluster (`T`, `XT`, `AM`, `CA`).
enum class Channel : std::uint8_t { quote, trade, second, minute, luld, fmv };
inline constexpr std::size_t channel_count = 6;
// Empty: the cluster has no such channel.
std::string_view prefix_of(Cluster cluster, Channel channel) noexcept;

// One element of a frame. Views are valid until the next call of the parser; `instrument` is the caller's to fill.
struct Event {
    enum class Type : std::uint8_t {
        quote, // also index values (only `last`, flag indicative)
        trade,
        bar,
        luld, // `lower`, `upper`, `time`
        fmv,  // `quote` with only `last`
        status,
        empty,     // a quote without a side, a trade without a price
        other,     // an event this adapter does not use
        malformed, // `problem` says what
        overflow,  // a price or size does not fit Decimal
    };
    Type type = Type::malformed;
    Channel channel = Channel::quote;
    std::string_view ev;     // the venue's name of the event
    std::string_view symbol; // as the message writes it
    Quote quote;
    Trade trade;
    Bar bar; // with timeframe and close_time
    OptionalDecimal lower, upper;
    std::optional<UnixNanos> time;
    std::string_view status, message;
    bool field_overflow = false; // a descriptive field did not fit and became empty
    std::string_view problem;
    std::array<std::string_view, 16> conditions; // what `trade.conditions` points to
};

class FrameParser {
public:
    // `one_pass` false: everything goes through the JSON parser (tests compare the two).
    explicit FrameParser(Cluster cluster, bool one_pass = true);
    ~FrameParser();

    // Starts a frame, followed by 64 readable bytes. `at` becomes received_time.
    void start(std::string_view bytes, UnixNanos at) noexcept;
    // The next event, nullptr at the end. A malformed event costs only itself as long as the braces match.
    Event* next() noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::massive
