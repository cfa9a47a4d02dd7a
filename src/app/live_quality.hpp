// The checks of src/quality on every bar that is published.
#pragma once

#include "core/instrument_table.hpp"
#include "core/log.hpp"
#include "feed/market_sink.hpp"
#include "quality/quality.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::app {

// Plain counters, written on the hot loop and copied there.
struct LiveQualityStats {
    std::uint64_t checked = 0;                                               // messages of bars
    std::array<std::array<std::uint64_t, 3>, quality::check_count> issues{}; // by Check and Severity
};

// On the hot loop. A checker is made with the first final bar of a channel and lives as long as the channel.
class LiveQuality {
public:
    explicit LiveQuality(const InstrumentTable& instruments) : instruments_(instruments) {}

    void opened(feed::Channel channel, const Subscription& what);
    void closed(feed::Channel channel);
    void add(feed::Channel channel, const Bar& bar) {
        if (bar.final)
            check(channel, bar);
    }
    const LiveQualityStats& stats() const noexcept { return stats_; }

private:
    struct Slot {
        Subscription what;
        std::optional<quality::LiveChecker> checker;
    };
    void check(feed::Channel channel, const Bar& bar);

    const InstrumentTable& instruments_;
    std::vector<Slot> slots_; // by channel
    log::Throttle told_{std::chrono::seconds(10)};
    LiveQualityStats stats_;
};

} // namespace tickgate::app
