// A real feed with the real Binance adapter against the simulated venue, all on one loop.
#pragma once

#include "support/market_recorder.hpp"
#include "support/tuned_provider.hpp"

#include "app/provider_rest.hpp"
#include "binance/provider.hpp"
#include "binance/venue/venue.hpp"
#include "core/instrument_table.hpp"
#include "feed/feed.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::test {

using namespace std::chrono_literals;

// A client within the venue: gets every quote frame that the venue sends, whatever becomes of sockets.
class VenueTap final : public binance_venue::ClientPort {
public:
    VenueTap(binance_venue::VenueEngine& engine, std::vector<std::string> streams);
    ~VenueTap() override;
    VenueTap(const VenueTap&) = delete;
    VenueTap& operator=(const VenueTap&) = delete;

    const std::vector<std::uint64_t>& updates(const std::string& native) { return updates_[native]; }

private:
    void send_text(std::string_view) override {}
    void send_frame(std::string_view frame, std::string_view text) override;
    void send_ping(std::string_view) override {}
    void close(std::uint16_t, std::string_view) override {}
    void drop(bool) override {}
    void freeze(bool) override {}
    void send_bytes(std::string_view) override {}

    binance_venue::VenueEngine& engine_;
    binance_venue::VenueSession* session_;
    std::map<std::string, std::vector<std::uint64_t>> updates_; // `u` by symbol
};

class FeedRig : public ::testing::Test {
protected:
    FeedRig();
    ~FeedRig() override;
    void TearDown() override;

    static binance_venue::VenueOptions small_market(); // two symbols, fast
    void start_venue(binance_venue::VenueOptions options = small_market());
    // The provider with `settings` beside the endpoints, and the feed; change `options` before.
    void start_feed(const std::string& part = "spot", ProviderSettings settings = {});
    void stop_feed(); // until run() has returned
    bool stops_within(std::chrono::milliseconds limit);
    void make_feed(); // what start_feed ends with
    void run_feed();

    // Lets the loop run until `done`; false after `limit`.
    bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = 30s);
    // More messages on every open channel that has any.
    bool flows(std::size_t more = 20);
    // All of these are subscribed, live, and have had messages.
    bool up(const std::vector<Wanted>& wanted);

    InstrumentId id(const std::string& name) { return table.intern(*InstrumentName::parse(name)); }
    Wanted want(const std::string& name, Kind kind, Timeframe tf = Timeframe::m1);
    std::vector<Wanted> both(Kind a, Kind b); // of both symbols
    std::uint64_t ends(const std::string& reason) const;
    std::uint64_t ends(errc reason) const { return ends(make_error_code(reason).message()); }
    bool logged(std::string_view part) const;
    const std::string* find_log(std::string_view part) const;

    // Ids grow by one but where gap_closed said how many are missing, and each trade is the venue's.
    void expect_trades_exact(const Wanted& wanted);
    // The quotes are what the tap saw, without a hole or a repeat.
    void expect_quotes_exact(const Wanted& wanted);
    void expect_never(InstrumentState state);

    asio::io_context loop{1};
    InstrumentTable table;
    MarketRecorder seen;
    std::vector<std::string> log_lines;
    feed::FeedOptions options; // timings are short; spec, tls and provider are filled in
    std::unique_ptr<binance_venue::BinanceVenue> venue;
    std::unique_ptr<VenueTap> tap;
    std::shared_ptr<net::TlsContext> tls;
    std::string ws_url; // empty: the venue's plain port
    std::unique_ptr<TunedProvider> provider;
    std::unique_ptr<app::ProviderRest> rest;
    std::unique_ptr<feed::Feed> feed;
    bool venue_running = false, feed_running = false;
    std::exception_ptr failure;
};

} // namespace tickgate::test
