// When markets trade: sessions, holidays, early closes.
#pragma once

#include <tickgate/instrument.hpp>
#include <tickgate/provider.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace tickgate::calendar {

// Which hours an instrument keeps. All clocks are New York's.
enum class Market : std::uint8_t {
    always,         // crypto, perpetuals, dated crypto futures
    fx,             // Sunday 17:00 to Friday 17:00, also CFDs; holidays are thin but open
    metal,          // as fx with a break of an hour from 17:00 each day
    us_equity,      // 9:30 to 16:00, pre-market from 4:00, post-market to 20:00; 13:00 and 17:00 on early closes
    us_option,      // 9:30 to 16:00 (13:00)
    us_option_late, // options on broad indices and some ETFs: to 16:15 (13:15)
    us_index,       // values are computed 9:30 to 16:15 (13:15)
    unknown,        // no rule (listed futures): taken as always open
};
inline constexpr int market_count = 8;
Market market_of(const InstrumentName& instrument) noexcept;
std::string_view to_string(Market m) noexcept;

enum class Phase : std::uint8_t { closed, pre_market, open, post_market };
std::string_view to_string(Phase p) noexcept;

struct Session {
    Phase phase = Phase::open;
    // Of the phase; until is exclusive. UnixNanos::min() and max() where there is no end (always open, or nothing opens
    // within three weeks).
    UnixNanos since = UnixNanos::min(), until = UnixNanos::max();
};

// Pure rules plus what providers told; thread-safe, a reader never waits for long. Closures that no rule tells
// (mourning, storms, FX on Christmas) are known only when a provider told them, by learn() or by its stream.
class MarketHours {
public:
    MarketHours();
    ~MarketHours();
    MarketHours(const MarketHours&) = delete;
    MarketHours& operator=(const MarketHours&) = delete;

    // Takes some microseconds: ask once a market and scan, not per message.
    Session at(Market market, UnixNanos t) const;
    bool is_open(Market market, UnixNanos t) const { return at(market, t).phase != Phase::closed; } // pre and post too

    // Dates that differ from the rules; a later call replaces what an earlier one said of the same class and date.
    // Options and indices follow what is told of equities until something is told of themselves. Days that contradict
    // themselves are ignored. The date of an FX day is that of its end.
    void learn(std::span<const MarketDay> days);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::calendar
