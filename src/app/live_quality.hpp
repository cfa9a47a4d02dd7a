// The checks of src/quality on every bar and every quote that is published.
#pragma once

#include "core/decimal_order.hpp"
#include "core/instrument_table.hpp"
#include "core/log.hpp"
#include "feed/market_sink.hpp"
#include "quality/quality.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::app {

// Plain counters, written on the hot loop and copied there.
struct LiveQualityStats {
    std::uint64_t checked = 0;                                               // messages of bars
    std::array<std::array<std::uint64_t, 3>, quality::check_count> issues{}; // by Check and Severity, of bars
    struct Quotes {
        std::string provider;
        std::uint64_t crossed = 0, locked = 0; // bid above the ask, bid equal to it
    };
    std::vector<Quotes> quotes; // of each provider that has served quotes
};

// On the hot loop. A checker is made with the first final bar of a channel and lives as long as the channel. Channels
// of one provider alone are not opened here: what they tell is told on a route, too.
class LiveQuality {
public:
    explicit LiveQuality(const InstrumentTable& instruments) : instruments_(instruments) {}

    void opened(feed::Channel channel, const Subscription& what, std::string_view provider);
    void closed(feed::Channel channel);
    void add(feed::Channel channel, const Bar& bar) {
        if (bar.final)
            check(channel, bar);
    }
    void add(feed::Channel channel, const Quote& quote) noexcept {
        if (!quote.bid || !quote.ask)
            return;
        const auto order = quick_order(*quote.bid, *quote.ask);
        if (order >= 0) [[unlikely]]
            count(channel, order == 0);
    }
    const LiveQualityStats& stats() const noexcept { return stats_; }

private:
    struct Slot {
        Subscription what;
        bool open = false;
        std::optional<quality::LiveChecker> checker;
    };
    void check(feed::Channel channel, const Bar& bar);
    void count(feed::Channel channel, bool locked) noexcept;

    const InstrumentTable& instruments_;
    static constexpr std::uint32_t nobody = UINT32_MAX;
    std::vector<Slot> slots_;              // by channel, of bars
    std::vector<std::uint32_t> quoted_by_; // by channel, of quotes: the place in LiveQualityStats::quotes
    log::Throttle told_{std::chrono::seconds(10)};
    LiveQualityStats stats_;
};

} // namespace tickgate::app
