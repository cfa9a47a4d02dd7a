// A feed run for some seconds, and what came of it.
#pragma once

#include "core/instrument_table.hpp"
#include "feed/market_sink.hpp"

#include <tickgate/time.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::diagnose {

// Counts and forgets; also remembers what the feed says of itself.
class LiveSample final : public feed::MarketSink {
public:
    explicit LiveSample(MonoTime begun) : begun_(begun) {}

    feed::Channel open_channel(Subscription, std::string_view, std::string_view) override {
        return static_cast<feed::Channel>(next_++);
    }
    void close_channel(feed::Channel) override {}
    void publish(feed::Channel, const Quote& quote) override;
    void publish(feed::Channel, const Trade& trade) override;
    void publish(feed::Channel, const Bar& bar) override;
    void flush(Moment) override {}
    void state(InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view) override;
    void feed_status(std::string_view, const FeedStatus& status) override { status_ = status; }
    void event(const Event&) override {}

    std::uint64_t messages() const noexcept { return quotes_ + trades_ + bars_; } // that were streamed
    std::string counts() const;                                                   // `41 quotes, 3 trades`
    std::optional<std::chrono::milliseconds> first_after() const noexcept;
    // The venue's time to ours, in ms: the middle and the 99th of a hundred. Empty: no message had a time.
    std::optional<std::pair<double, double>> latency() const;
    const FeedStatus& status() const noexcept { return status_; }
    const std::map<std::uint32_t, std::pair<InstrumentState, std::string>>& states() const noexcept { return states_; }

private:
    void take(const std::optional<UnixNanos>& event, UnixNanos received);

    MonoTime begun_;
    std::optional<MonoTime> first_;
    std::uint64_t quotes_ = 0, trades_ = 0, bars_ = 0;
    std::vector<double> latencies_;
    FeedStatus status_;
    std::map<std::uint32_t, std::pair<InstrumentState, std::string>> states_;
    std::uint32_t next_ = 0;
};

} // namespace tickgate::diagnose
