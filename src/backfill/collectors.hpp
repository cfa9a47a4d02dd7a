// Scheduled collection: newest bars of some symbols, again and again, as their market keeps hours.
#pragma once

#include "backfill/history.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::backfill {

struct CollectorSpec {
    std::string name; // unique; empty: made of the symbols and timeframes
    std::vector<InstrumentName> instruments;
    std::vector<Timeframe> timeframes{Timeframe::m1};
    std::string provider;                  // empty: the route
    std::chrono::seconds in_session{60};   // between two collections while the market is open
    std::chrono::seconds outside{300};     // and while it is closed
    std::chrono::seconds look_back{86400}; // how far the first collection reaches
    bool operator==(const CollectorSpec&) const = default;
};

struct CollectorSeries {
    InstrumentName instrument;
    Timeframe timeframe = Timeframe::m1;
    std::string source; // provider in use; empty: none so far
    std::optional<UnixNanos> last_collection, last_bar;
    std::uint64_t bars = 0, failures = 0;
    std::string error; // of the last collection; empty: it went well
    bool in_trading_hours = false;
};
struct CollectorStatus {
    CollectorSpec spec;
    bool running = false;
    std::vector<CollectorSeries> series;
    std::optional<UnixNanos> next; // collection
};

// One loop (control), one owner; run() must have returned before destruction. Collectors started at run time are kept
// in the store and go on after a restart; those of the configuration always run.
//
// A collection begins with the collector and then some seconds after each full period (the minute, five minutes), so
// that the bar that ended is there; a market counts as open while any of the instruments can trade, before and after
// the regular session too. It asks only for what is not known yet, eight series at once. A series that takes longer
// than the period misses the collections meanwhile, and it alone.
class Collectors {
public:
    Collectors(asio::any_io_executor control, History& history, const calendar::MarketHours& hours);
    ~Collectors();

    asio::awaitable<void> run(std::vector<CollectorSpec> configured);
    void stop();
    // On the loop. Replaces those of the configuration: others end, new ones begin, what did not change goes on.
    void set_configured(std::vector<CollectorSpec> specs);

    // Starts one, or changes the one of this name. Errors: bad_request (nothing to collect, a period under a second,
    // a name not of [A-Za-z0-9._:-]), overflow (more than 200, or 1000 series of one), store_*, stopped.
    asio::awaitable<result<CollectorStatus>> start(CollectorSpec spec);
    asio::awaitable<bool> end(std::string name); // false: no such collector
    std::vector<CollectorStatus> status() const; // by name

    struct Impl; // of the files of this folder

private:
    std::shared_ptr<Impl> impl_;
};

} // namespace tickgate::backfill
