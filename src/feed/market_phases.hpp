// The phase each market is in, read from the calendar now and then.
#pragma once

#include "calendar/market_hours.hpp"

#include <tickgate/time.hpp>

#include <array>
#include <chrono>

namespace tickgate::feed {

// Once a market and phase the calendar is asked, and every minute, as it may have learned. Without a calendar all
// markets are open.
class MarketPhases {
public:
    // `delay`: the feed tells what happened so long ago.
    explicit MarketPhases(const calendar::MarketHours* hours, std::chrono::milliseconds delay = {}) noexcept;

    void refresh(UnixNanos now);
    const std::array<calendar::Phase, calendar::market_count>& phases() const noexcept { return phases_; }

private:
    const calendar::MarketHours* hours_;
    std::chrono::milliseconds delay_;
    std::array<calendar::Session, calendar::market_count> sessions_{};
    std::array<calendar::Phase, calendar::market_count> phases_{};
    UnixNanos read_ = UnixNanos::min();
};

} // namespace tickgate::feed
