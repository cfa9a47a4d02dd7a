#include "backfill/collectors.hpp"

#include "backfill/collectors_text.hpp"
#include "fake_provider.hpp"

#include <boost/asio/post.hpp>

namespace tickgate::backfill {
namespace {

class CollectorsTest : public HistoryTest {
protected:
    void start(std::vector<CollectorSpec> configured = {}) {
        collectors = std::make_unique<Collectors>(io->get_executor(), *history, hours);
        ended = false;
        asio::co_spawn(*io, collectors->run(std::move(configured)), [this](const std::exception_ptr& fault) {
            EXPECT_FALSE(fault);
            ended = true;
        });
    }
    void stop() {
        collectors->stop();
        run_until([this] { return ended; });
        collectors.reset();
    }
    CollectorSpec spec(std::string name, InstrumentName instrument = btc) {
        CollectorSpec s;
        s.name = std::move(name);
        s.instruments = {std::move(instrument)};
        s.look_back = 1h;
        return s;
    }
    const CollectorSeries series(std::size_t i = 0) { return collectors->status().at(0).series.at(i); }

    std::unique_ptr<Collectors> collectors;
    bool ended = false;
};

TEST_F(CollectorsTest, CollectsAtOnceAndThenAfterEachMinute) {
    now = at(600min);
    start({spec("mine")});
    run_until([&] { return !collectors->status().empty() && series().last_collection.has_value(); });
    EXPECT_EQ(series().bars, 60u);
    EXPECT_EQ(series().source, "first");
    EXPECT_EQ(series().last_bar, at(599min));
    EXPECT_TRUE(series().in_trading_hours);
    run_until([&] { return collectors->status()[0].next > now; });
    EXPECT_EQ(collectors->status()[0].next, at(600min) + 2s);
    const auto asked = first.asked.size();
    now = at(601min) + 3s;
    run_until([&] { return series().last_collection == now; });
    EXPECT_EQ(series().last_bar, at(600min));
    EXPECT_GT(first.asked.size(), asked);
    run_until([&] { return collectors->status()[0].next > now; });
    EXPECT_EQ(collectors->status()[0].next, at(602min) + 2s);
    stop();
}

TEST_F(CollectorsTest, ASlowSeriesDelaysNoOther) {
    now = at(600min);
    const InstrumentName slow{AssetClass::crypto, "AAA-USDT"};
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    first.held = [&](const BarRequest& r) { return r.instrument == slow; };
    auto both = spec("both", slow);
    both.instruments.push_back(btc);
    start({both});
    run_until([&] { return !collectors->status().empty() && series(1).last_collection == now; });
    now = at(601min) + 3s;
    run_until([&] { return series(1).last_collection == now; });
    EXPECT_EQ(series(1).last_bar, at(600min));
    EXPECT_FALSE(series(0).last_collection);
    const auto asked = [&] {
        return std::count_if(
            first.asked.begin(), first.asked.end(), [&](const auto& r) { return r.instrument == slow; });
    };
    EXPECT_EQ(asked(), 1) << "each series once at a time";
    first.closed = false;
    first.gate->wake();
    run_until([&] { return series(0).last_collection.has_value(); });
    EXPECT_EQ(series(0).bars, 60u);
    now = at(602min) + 3s;
    run_until([&] { return series(0).last_collection == now && series(1).last_collection == now; });
    EXPECT_EQ(series(0).last_bar, at(601min));
    stop();
}

TEST_F(CollectorsTest, OutsideTheSessionEveryFiveMinutes) {
    now = at(0min) + 10s; // Sunday evening in New York
    start({spec("shares", spy)});
    run_until([&] { return !collectors->status().empty() && collectors->status()[0].next > now; });
    EXPECT_FALSE(series().in_trading_hours);
    EXPECT_EQ(collectors->status()[0].next, at(5min) + 2s);
    stop();
}

TEST_F(CollectorsTest, StartedOnesAreKeptOverARestartUntilTheyAreEnded) {
    now = at(600min);
    start();
    const auto begun = run(collectors->start(spec("")));
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun->spec.name, "crypto:BTC-USDT-1m");
    run_until([&] { return series().last_collection.has_value(); });
    stop();
    start();
    run_until([&] { return !collectors->status().empty(); });
    EXPECT_EQ(collectors->status()[0].spec.name, "crypto:BTC-USDT-1m");
    EXPECT_TRUE(run(collectors->end("crypto:BTC-USDT-1m")));
    EXPECT_FALSE(run(collectors->end("crypto:BTC-USDT-1m")));
    stop();
    start();
    bool looked = false;
    asio::post(*io, [&] { looked = true; });
    run_until([&] { return looked; });
    EXPECT_TRUE(collectors->status().empty());
    stop();
}

TEST_F(CollectorsTest, FaultsAreCountedAndTold) {
    now = at(600min);
    first.fault_of = [](const BarRequest&) { return make_error_code(errc::not_entitled); };
    start({spec("mine")});
    run_until([&] { return !collectors->status().empty() && series().failures == 1; });
    EXPECT_NE(series().error.find("plan"), std::string::npos) << series().error;
    stop();
}

TEST_F(CollectorsTest, BadOnesAreRefused) {
    start();
    EXPECT_EQ(run(collectors->start(CollectorSpec())).error(), errc::bad_request);
    auto bad = spec("a b");
    EXPECT_EQ(run(collectors->start(bad)).error(), errc::bad_request);
    bad = spec("fine");
    bad.in_session = 0s;
    EXPECT_EQ(run(collectors->start(bad)).error(), errc::bad_request);
    stop();
}

TEST(CollectorText, ComesBackAsItWas) {
    CollectorSpec spec;
    spec.name = "n";
    spec.instruments = {btc, spy};
    spec.timeframes = {Timeframe::m5, Timeframe::d1};
    spec.in_session = 30s;
    const auto back = collector_from(to_text(spec));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_text(*back), to_text(spec));
    EXPECT_FALSE(collector_from("{}"));
    EXPECT_FALSE(collector_from("x"));
}

TEST_F(CollectorsTest, ThoseOfTheConfigurationAreReplacedAndWhatDidNotChangeGoesOn) {
    now = at(600min);
    start({spec("same"), spec("changed"), spec("gone")});
    const auto started = [&](std::string name) { return run(collectors->start(spec(std::move(name)))); };
    ASSERT_TRUE(started("mine"));
    run_until([&] {
        const auto all = collectors->status();
        return std::all_of(
            all.begin(), all.end(), [](const auto& c) { return c.series[0].last_collection.has_value(); });
    });
    auto changed = spec("changed");
    changed.in_session = 300s;
    std::vector<CollectorStatus> just_after;
    asio::post(*io, [&] { // on the loop, as the application does: a collection may be on its way
        collectors->set_configured({spec("same"), changed, spec("new")});
        just_after = collectors->status();
    });
    run_until([&] { return !just_after.empty(); });
    std::vector<std::string> names;
    for (const auto& c : just_after) {
        names.push_back(c.spec.name);
        EXPECT_TRUE(c.running) << c.spec.name;
        const bool kept = c.spec.name == "same" || c.spec.name == "mine";
        EXPECT_EQ(c.series[0].last_collection.has_value(), kept) << c.spec.name;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"changed", "mine", "new", "same"}));
    run_until([&] {
        const auto all = collectors->status();
        return std::all_of(
            all.begin(), all.end(), [](const auto& c) { return c.series[0].last_collection.has_value(); });
    });
    EXPECT_EQ(collectors->status()[0].spec.in_session, 300s);
    stop();
}

} // namespace
} // namespace tickgate::backfill
