// Writes to the store what only the gateway itself knows: bars from ticks that no provider tells by REST.
#pragma once

#include "calendar/market_hours.hpp"
#include "store/bar_store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::backfill {

namespace asio = boost::asio;

struct LiveRecorderOptions {
    std::chrono::milliseconds interval{5000}; // between two writes
    std::size_t most = 20000;                 // bars held while the store cannot be written; then the oldest go
    std::function<UnixNanos()> clock;         // empty: the machine's
};

// Plain counters, on the loop.
struct LiveRecorderStats {
    std::uint64_t bars = 0, writes = 0, failures = 0, dropped = 0;
    std::size_t waiting = 0; // bars
};

// One loop (control), one owner; run() must have returned before destruction.
//
// Coverage follows the bars: between two bars of a series the market was closed (session_closed), or nothing came
// although the feed was there (no_trades), or the feed was away (gateway_outage). Before the first bar and after end()
// nothing is claimed.
class LiveRecorder {
public:
    using Write = std::function<asio::awaitable<result<store::WriteResult>>(store::Batch)>;

    LiveRecorder(
        asio::any_io_executor control, Write write, const calendar::MarketHours& hours, LiveRecorderOptions options);
    ~LiveRecorder();

    // A final bar; one of an open time that was told before replaces it.
    void bar(const std::string& provider, const InstrumentName& instrument, const Bar& bar);
    void outage(const std::string& provider, const InstrumentName& instrument, Timeframe timeframe, store::Span span);
    // The channel is not followed any more.
    void end(const std::string& provider, const InstrumentName& instrument, Timeframe timeframe);

    asio::awaitable<void> run(); // writes now and then, and once more after stop()
    void stop();
    LiveRecorderStats stats() const noexcept { return stats_; }

private:
    struct Series {
        std::optional<UnixNanos> known_to; // coverage is told up to here
        std::vector<store::Span> outages;  // behind it
        store::Batch waiting;
    };
    static store::SeriesKey key_of(const std::string& provider, const InstrumentName& instrument, const Bar& bar);
    void cover(const store::SeriesKey& key, Series& series, UnixNanos to, UnixNanos now);
    asio::awaitable<void> write_all();
    UnixNanos now() const;
    void drop_oldest();

    asio::any_io_executor control_;
    Write write_;
    const calendar::MarketHours& hours_;
    LiveRecorderOptions options_;
    asio::steady_timer timer_;
    std::map<store::SeriesKey, Series> series_;
    LiveRecorderStats stats_;
    bool stopping_ = false;
};

} // namespace tickgate::backfill
