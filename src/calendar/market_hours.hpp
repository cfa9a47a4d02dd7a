// When markets trade: sessions, holidays, early closes, trading days.
#pragma once

#include <tickgate/instrument.hpp>
#include <tickgate/provider.hpp>
#include <tickgate/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace tickgate::calendar {

// Which hours an instrument keeps.
enum class Market : std::uint8_t {
    always,       // crypto, perpetuals
    fx,           // Sunday 17:00 to Friday 17:00 New York; also metals and CFDs
    us_equity,    // 9:30 to 16:00 New York, pre-market from 4:00, post-market to 20:00
    us_option,    // 9:30 to 16:00 (16:15 for options on broad indices and some ETFs)
    us_index,     // values are computed 9:30 to 16:15 or so
    unknown,      // no rule: taken as always open
};
Market market_of(const InstrumentName& instrument) noexcept;

enum class Phase : std::uint8_t { closed, pre_market, open, post_market };

struct Session {
    Phase phase = Phase::open;
    UnixNanos since{}, until{}; // of the phase; until is exclusive
};

// Pure rules plus what providers told; thread-safe, a reader never waits for long.
class MarketHours {
public:
    MarketHours();
    ~MarketHours();

    Session at(Market market, UnixNanos t) const;
    bool is_open(Market market, UnixNanos t) const { return at(market, t).phase != Phase::closed; } // pre and post too

    // Dates that differ from the rules; a later call replaces what an earlier one said of the same class and date.
    void learn(std::span<const MarketDay> days);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::calendar
