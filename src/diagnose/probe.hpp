// Is this provider well: address, credentials, history and live data, each with a diagnosis.
#pragma once

#include "calendar/market_hours.hpp"
#include "diagnose/finding.hpp"
#include "diagnose/probed_provider.hpp"
#include "diagnose/watched_rest.hpp"

#include <tickgate/provider.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace tickgate {
class InstrumentTable;
}

namespace tickgate::diagnose {

class LiveSample;

struct ProbeOptions {
    std::vector<InstrumentName> instruments;   // to try with; empty: one of each class that the provider lists
    std::chrono::milliseconds duration{10000}; // of the live part; 0: without it
    std::string no_live;                       // why the live part is left out; empty: it is not
    bool has_credentials = false;
};

// One provider, by its contract alone. One loop; run() must have returned before destruction.
class Probe {
public:
    // `provider` and `rest` outlive this.
    Probe(asio::any_io_executor executor, DataProvider& provider, Rest& rest, std::shared_ptr<net::TlsContext> tls,
        ProbeOptions options, Tell tell);

    asio::awaitable<void> run();

private:
    asio::awaitable<bool> find_symbols(); // REST, clock, credentials
    asio::awaitable<bool> discover();     // without configured symbols
    asio::awaitable<void> try_quotes();
    asio::awaitable<void> try_history();
    asio::awaitable<void> try_live();
    asio::awaitable<void> try_feed(const FeedSpec& spec, std::vector<InstrumentInfo> instruments);
    asio::awaitable<void> look_at_stream();
    void tell_live(const FeedSpec& spec, const LiveSample& sample, const InstrumentTable& table,
        const std::vector<InstrumentInfo>& instruments);
    void tell_clock();
    void tell_error(const std::string& check, const std::string& what, const error_code& ec, bool mild = false);
    std::string settings() const { return "providers." + report_.subject(); }
    bool open_now(const InstrumentName& name) const;

    asio::any_io_executor executor_;
    ProbedProvider provider_;
    std::shared_ptr<net::TlsContext> tls_;
    ProbeOptions options_;
    Reporter report_;
    WatchedRest rest_;
    calendar::MarketHours hours_;
    std::vector<InstrumentInfo> found_;
};

} // namespace tickgate::diagnose
