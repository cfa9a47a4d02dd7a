// The shared model: Quote, Trade and Bar as every provider delivers them and every subscriber sees them.
//
// All three are plain values passed by reference through the hot path. Text in them (`std::string_view`) is valid only
// during the call that passes them. Prices are in the quote currency, sizes in base units (shares, contracts, coins).
#pragma once

#include <tickgate/decimal.hpp>
#include <tickgate/instrument.hpp>
#include <tickgate/time.hpp>
#include <tickgate/timeframe.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace tickgate {

enum class Kind : std::uint8_t { quote, trade, bar };
std::string_view to_string(Kind k) noexcept;

// A set of flags; on the wire an array of their names.
enum class Flag : std::uint16_t {
    snapshot = 1u << 0,   // asked from REST to seed a channel, not streamed
    delayed = 1u << 1,    // the plan delivers late
    crossed = 1u << 2,    // bid above ask (set by the gateway)
    locked = 1u << 3,     // bid equals ask (set by the gateway)
    synthetic = 1u << 4,  // computed from other instruments
    indicative = 1u << 5, // not tradeable (index values)
    backfill = 1u << 6,   // fetched later to close a gap
    mixed = 1u << 7,      // the route switched within the bar
    derived = 1u << 8,    // built from a finer timeframe
};
inline constexpr int flag_count = 9;

class Flags {
public:
    constexpr Flags() noexcept = default;
    constexpr Flags(Flag f) noexcept : bits_(static_cast<std::uint16_t>(f)) {}
    constexpr bool has(Flag f) const noexcept { return (bits_ & static_cast<std::uint16_t>(f)) != 0; }
    constexpr void set(Flag f) noexcept { bits_ = static_cast<std::uint16_t>(bits_ | static_cast<std::uint16_t>(f)); }
    constexpr std::uint16_t bits() const noexcept { return bits_; }
    constexpr bool empty() const noexcept { return bits_ == 0; }

private:
    std::uint16_t bits_ = 0;
};
std::string_view to_string(Flag f) noexcept;

// Best bid and offer of one instrument. A side without a price has neither price nor size.
struct Quote {
    InstrumentId instrument{};
    OptionalDecimal bid, bid_size, ask, ask_size;
    OptionalDecimal last;                 // latest eligible trade of this connection, if trades are on
    std::string_view exchange;            // as the venue writes it; empty: none
    std::optional<UnixNanos> event_time;  // the venue's clock; empty when it gives none
    UnixNanos received_time{};            // our clock, taken once a read, before parsing
    std::optional<std::uint64_t> src_seq; // the venue's own number, growing per instrument
    Flags flags;
};

enum class Side : std::uint8_t { unknown, buy, sell }; // the aggressor's
enum class TradeAction : std::uint8_t { create, cancel, correct };

// One execution (or the venue's aggregate of the fills of one order at one price).
struct Trade {
    InstrumentId instrument{};
    std::string_view trade_id; // empty: none
    Decimal price, size;
    Side side = Side::unknown;
    std::string_view exchange;
    std::span<const std::string_view> conditions;
    TradeAction action = TradeAction::create;
    std::string_view ref_trade_id; // of a cancel or correct; empty: none
    std::optional<UnixNanos> event_time;
    UnixNanos received_time{};
    std::optional<std::uint64_t> src_seq;
    // The venue numbers this instrument's trades without holes: a jump of src_seq is a loss.
    bool contiguous_ids = false;
    // False for a print that by the venue's rules does not move the last price (odd lots, average prices, late
    // reports).
    bool updates_last = true;
    Flags flags;
};

enum class VolumeUnit : std::uint8_t { none, base, ticks };
enum class PriceType : std::uint8_t { trade, mid, bid, ask };
enum class Alignment : std::uint8_t { utc, ny17, exchange };
enum class BarSource : std::uint8_t { provider, ticks, derived };

// Open, high, low, close and volume of [open_time, close_time). Each message of a bar is its whole current state.
struct Bar {
    InstrumentId instrument{};
    Timeframe timeframe = Timeframe::m1;
    UnixNanos open_time{}, close_time{}; // close_time is exclusive
    Decimal open, high, low, close;
    OptionalDecimal volume;
    VolumeUnit volume_unit = VolumeUnit::none;
    OptionalDecimal vwap;
    std::optional<std::int64_t> trades;
    PriceType price_type = PriceType::trade;
    Alignment align = Alignment::utc;
    bool adjusted = false;
    BarSource source = BarSource::provider;
    bool final = false;                  // false while forming
    std::optional<UnixNanos> event_time; // the venue's time of this message
    UnixNanos received_time{};
    Flags flags;
};

static_assert(
    std::is_trivially_copyable_v<Quote> && std::is_trivially_copyable_v<Trade> && std::is_trivially_copyable_v<Bar>);

} // namespace tickgate
