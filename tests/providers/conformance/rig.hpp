// A provider's real adapter under the real supervision, against its simulated venue in a process of its own.
#pragma once

#include "card.hpp"

#include "support/market_recorder.hpp"
#include "support/process.hpp"
#include "support/tuned_provider.hpp"

#include "app/provider_rest.hpp"
#include "core/instrument_table.hpp"
#include "feed/feed.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tickgate::test {

using namespace std::chrono_literals;

class Conformance : public ::testing::TestWithParam<Card> {
protected:
    Conformance();
    ~Conformance() override;
    void TearDown() override;

    const Card& card() const { return GetParam(); }

    void start_venue(std::vector<std::string> more = {});
    void fault(std::string_view json) const; // {"fault":"drop"}
    void clear_faults() const;
    std::string venue_state() const; // JSON

    // The provider with the card's settings, and the feed; change `options` and `tuning` before.
    void start_feed(bool right_credentials = true, ProviderSettings more = {});
    std::unique_ptr<DataProvider> make_provider(bool right_credentials = true, const ProviderSettings& more = {});
    // Looks up and subscribes; what the provider does not have is left out.
    std::vector<Wanted> subscribe(const std::vector<std::string>& names);
    std::vector<Wanted> look_up(const std::vector<std::string>& names); // fails the test if the venue does not answer
    void stop_feed();

    // Runs the answer's coroutine to its end.
    template <class T>
    result<T> ask(asio::awaitable<result<T>> what) {
        result<T> out = errc::timed_out;
        bool done = false;
        asio::co_spawn(loop, std::move(what), [&](std::exception_ptr thrown, result<T> answer) {
            if (thrown)
                std::rethrow_exception(thrown);
            out = std::move(answer);
            done = true;
        });
        EXPECT_TRUE(until([&] { return done; }));
        return out;
    }

    bool until(const std::function<bool()>& done, std::chrono::milliseconds limit = 40s);
    bool live(const std::vector<Wanted>& wanted);                        // state live, and data on each quote or trade
    bool flows(const std::vector<Wanted>& wanted, std::size_t more = 3); // further messages on each quote
    std::size_t count(const Wanted& wanted) const { return seen.messages(wanted.what).size(); }
    bool logged(std::string_view part) const;
    // Every break is told: no channel lost its connection without gap_opened, and every gap_opened was closed.
    void expect_breaks_announced(const std::vector<Wanted>& wanted) const;

    asio::io_context loop{1};
    InstrumentTable table;
    MarketRecorder seen;
    std::vector<std::string> log_lines;
    feed::FeedOptions options;
    Tuning tuning;
    std::string port;
    std::unique_ptr<Process> venue;
    std::unique_ptr<TunedProvider> provider;
    std::unique_ptr<app::ProviderRest> rest;
    std::unique_ptr<feed::Feed> feed;
    bool feed_running = false;
    std::exception_ptr failure;
};

} // namespace tickgate::test
