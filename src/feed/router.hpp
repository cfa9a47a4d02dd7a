// Joins the feeds of several providers into one stream an instrument: route, failover, return, bars from ticks.
#pragma once

#include "core/instrument_table.hpp"
#include "feed/market_sink.hpp"
#include "feed/repairs.hpp"
#include "feed/route_fsm.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::feed {

struct RouterOptions {
    RouteFsm::Rules rules;
    bool sources = false; // also publish every provider's own messages (`md:src`)
    // A cold standby is subscribed when it is needed and released when it is not: asked on the hot loop.
    // Called by tick(), after its own work.
    std::function<void(InstrumentId, const std::string& provider, bool wanted)> want_standby;
    std::function<Moment()> clock; // for what happens between ticks; empty: the machine's
    // Who fetches what was missed; null: holes are closed when the feed is back. Must outlive stop_repairs().
    RepairSink* repair = nullptr;
    RepairOptions repairs;
};

// Plain counters, written on the hot loop and copied there.
struct RouterStats {
    std::uint64_t switches = 0, guarded = 0; // guarded: refused because of a price jump
    std::uint64_t built_bars = 0;            // messages of bars from ticks
    std::uint64_t late_ticks = 0;            // too late for their bar
    std::size_t routes = 0, on_standby = 0;  // on_standby: not served by their first provider
};

// Stands between the feeds and the publisher and looks like a publisher to the feeds. On the hot loop. Messages of the
// active source pass at the cost of one look-up; those of a standby are kept as the latest and not published.
class Router final : public MarketSink {
public:
    Router(const InstrumentTable& instruments, MarketSink& out, RouterOptions options);
    ~Router() override;

    // The instrument's providers in order of preference and the channels that are published of it (demand is by
    // channel: what is not in the list is only used to build its bars), before any of its channels is opened; again to
    // change either.
    void set_route(InstrumentId instrument, std::vector<std::string> providers, std::vector<Subscription> published);
    // Closes what it publishes. The feeds have been unsubscribed before.
    void remove_route(InstrumentId instrument);

    // Other rules, or another wish for every provider's own messages, from now on.
    void change(const RouteFsm::Rules& rules, const RepairOptions& repairs, bool sources);

    // Time-driven decisions (return after a healthy while, bars that end): at least every 100 ms.
    void tick(Moment now);

    // The provider that serves the instrument now; empty: none.
    std::string_view active(InstrumentId instrument) const;
    RouterStats stats() const;

    // What was published of a channel before this session: told before its feed is subscribed, the span up to the
    // first message is repaired too.
    void remember(Subscription what, PreviousMark mark);
    // Answers to what RouterOptions::repair was asked. False: nobody waits for it any more. Views in them are used
    // during the call only.
    bool repaired(std::uint64_t number, std::string_view provider, std::span<const Trade> trades);
    bool repaired(std::uint64_t number, std::string_view provider, std::span<const Bar> bars);
    void repair_done(std::uint64_t number, const RepairResult& result);
    // At shutdown, while the publisher still takes events: every hole that is open is closed.
    void stop_repairs();
    RepairStats repair_stats() const;

    // MarketSink, for the feeds.
    Channel open_channel(Subscription what, std::string_view provider, std::string_view native) override;
    void close_channel(Channel channel) override;
    void publish_source(
        Subscription what, std::string_view provider, std::string_view native, const Quote& quote) override;
    void publish(Channel channel, const Quote& quote) override;
    void publish(Channel channel, const Trade& trade) override;
    void publish(Channel channel, const Bar& bar) override;
    void flush(Moment now) override;
    bool behind() const override;
    void state(
        InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view provider) override;
    void feed_status(std::string_view feed, const FeedStatus& status) override;
    void event(const Event& event) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::feed
