#include "app/subscriptions.hpp"

#include "core/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Knows some symbols of one feed; what it answers can be changed.
class TableProvider final : public DataProvider {
public:
    TableProvider(std::string name, FeedSpec feed) : name_(std::move(name)) {
        capabilities_.feeds.push_back(std::move(feed));
        capabilities_.budgets.emplace_back();
    }
    std::string_view name() const noexcept override { return name_; }
    const Capabilities& capabilities() const noexcept override { return capabilities_; }
    asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest&) override {
        ++lookups;
        if (fault)
            co_return fault;
        std::vector<InstrumentInfo> found;
        for (const auto& name : names)
            if (has.contains(name.to_string())) {
                InstrumentInfo info;
                info.name = name;
                info.native = (natives.empty() ? name_ : natives) + "/" + name.symbol;
                info.feed = part.empty() ? capabilities_.feeds[0].part : part;
                info.tradeable = !halted.contains(name.to_string());
                info.status = info.tradeable ? "TRADING" : "HALT";
                found.push_back(std::move(info));
            }
        co_return found;
    }
    asio::awaitable<error_code> list_instruments(std::function<void(const InstrumentInfo&)>, Rest&) override {
        co_return errc::not_supported;
    }
    int group_of(std::string_view, const Subscription&) const noexcept override { return 0; }
    asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string, int, std::uint64_t, Rest&) override {
        co_return errc::not_supported;
    }
    asio::awaitable<result<Quotes>> get_quotes(QuoteRequest, Rest&) override { co_return errc::not_supported; }
    asio::awaitable<result<BarPage>> get_bars(BarRequest, Rest&) override { co_return errc::not_supported; }
    BudgetReading read_budget(const RestResponse&) const override { return {}; }

    int weight_of(std::string_view, const Subscription& s) const noexcept override {
        return light_trades && s.kind == Kind::trade ? 0 : 1;
    }

    std::set<std::string> has, halted;
    std::string natives; // what native names begin with, if it is not the provider's name
    std::string part;    // where its symbols are, if it is not the first of its feeds
    bool light_trades = false;
    error_code fault;
    int lookups = 0;

private:
    std::string name_;
    Capabilities capabilities_;
};

class SubscriptionsTest : public ::testing::Test {
protected:
    SubscriptionsTest() {
        FeedSpec stocks;
        stocks.part = "stocks";
        stocks.classes = {AssetClass::equity};
        stocks.kinds = {Kind::quote, Kind::trade, Kind::bar};
        stocks.timeframes = {Timeframe::m1};
        first = add("massive", stocks);
        FeedSpec market = stocks;
        market.part = "market";
        market.kinds = {Kind::quote, Kind::trade};
        market.timeframes = {};
        second = add("tradier", market);
        config.routes.by_class[AssetClass::equity] = {"massive", "tradier"};
        for (const char* symbol : {"equity:AAPL", "equity:MSFT", "equity:SPY", "equity:QQQ"}) {
            first->has.insert(symbol);
            second->has.insert(symbol);
        }
        log::capture([this](log::Level, const std::string& line) { lines.push_back(line); });
    }
    ~SubscriptionsTest() override {
        if (subscriptions) {
            subscriptions->stop();
            settle();
        }
        log::capture({});
    }
    TableProvider* add(const std::string& name, FeedSpec feed) {
        auto entry = std::make_unique<ProviderEntry>();
        auto made = std::make_unique<TableProvider>(name, std::move(feed));
        auto* raw = made.get();
        entry->name = name;
        entry->provider = std::move(made);
        entry->rest = std::make_unique<ProviderRest>(loop.get_executor(), name, nullptr);
        entry->rest->attach(*entry->provider);
        providers.push_back(std::move(entry));
        return raw;
    }
    // Before limits are used: capacity of a feed as so many streams of one connection.
    void limit(TableProvider* provider, std::size_t streams) {
        auto& spec = const_cast<FeedSpec&>(provider->capabilities().feeds[0]);
        spec.streams_per_connection = streams;
        spec.max_connections = 1;
    }
    void start() {
        subscriptions = std::make_unique<Subscriptions>(loop.get_executor(), config, providers, table,
            [this](std::vector<RouteOrder> list) { orders.insert(orders.end(), list.begin(), list.end()); });
        subscriptions->set_active(true);
        subscriptions->on_refused = [this](const ProviderEntry& p, const error_code&) { refused.push_back(p.name); };
        for (auto& p : providers)
            asio::co_spawn(loop, subscriptions->run(p), [](std::exception_ptr e) {
                if (e)
                    std::rethrow_exception(e);
            });
        settle();
    }
    void settle() {
        loop.restart();
        loop.poll();
    }
    static std::set<Subscription> channels(std::initializer_list<Kind> kinds) {
        std::set<Subscription> out;
        for (const auto kind : kinds) {
            Subscription s;
            s.kind = kind;
            out.insert(s);
        }
        return out;
    }
    void want(const std::string& name, std::initializer_list<Kind> kinds = {Kind::quote}, bool configured = false) {
        subscriptions->want(*InstrumentName::parse(name), channels(kinds), configured);
        settle();
    }
    void release(const std::string& name) {
        subscriptions->want(*InstrumentName::parse(name), {}, false);
        settle();
    }
    InstrumentId id(const std::string& name) { return table.intern(*InstrumentName::parse(name)); }
    // `quote massive/AAPL`, of what the feed is asked for now.
    std::set<std::string> subscribed(const std::string& provider) const {
        std::set<std::string> now;
        std::map<std::string, std::string> natives;
        for (const auto& order : orders)
            for (const auto& source : order.sources) {
                if (source.provider != provider)
                    continue;
                for (const auto& s : source.remove)
                    now.erase(std::string(to_string(s.kind)) + " " + table.name_of(s.instrument).symbol);
                for (const auto& w : source.add) {
                    EXPECT_EQ(w.native, provider + "/" + table.name_of(w.what.instrument).symbol);
                    now.insert(std::string(to_string(w.what.kind)) + " " + table.name_of(w.what.instrument).symbol);
                }
            }
        return now;
    }
    std::vector<std::string> route(const std::string& name) {
        std::vector<std::string> last;
        for (const auto& order : orders)
            if (order.instrument == id(name))
                last = order.route;
        return last;
    }
    // The last state that was told of it.
    std::optional<InstrumentState> state(const std::string& name) {
        std::optional<InstrumentState> last;
        for (const auto& order : orders)
            if (order.instrument == id(name) && order.state)
                last = order.state;
        return last;
    }
    const RouteOrder& last_order(const std::string& name) {
        const RouteOrder* last = nullptr;
        for (const auto& order : orders)
            if (order.instrument == id(name))
                last = &order;
        EXPECT_NE(last, nullptr);
        return *last;
    }

    asio::io_context loop{1};
    config::Config config;
    ProviderSet providers;
    InstrumentTable table;
    TableProvider *first = nullptr, *second = nullptr;
    std::unique_ptr<Subscriptions> subscriptions;
    std::vector<RouteOrder> orders;
    std::vector<std::string> refused, lines;
};

TEST_F(SubscriptionsTest, AWarmStandbyIsSubscribedBesideTheFirst) {
    start();
    want("equity:AAPL", {Kind::quote, Kind::trade}, true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "trade AAPL"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL", "trade AAPL"));
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
}

TEST_F(SubscriptionsTest, AColdStandbyIsOfTheRouteAndSubscribedWhenNeeded) {
    config.routes.standby = config::Standby::cold;
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
    subscriptions->want_standby(id("equity:AAPL"), "tradier", true);
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    subscriptions->want_standby(id("equity:AAPL"), "tradier", false);
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
}

TEST_F(SubscriptionsTest, ABarThatAFeedDoesNotStreamIsAskedForAsItsTicks) {
    start();
    want("equity:AAPL", {Kind::bar});
    EXPECT_THAT(subscribed("massive"), ElementsAre("bar AAPL"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("trade AAPL"));
    ASSERT_EQ(last_order("equity:AAPL").published.size(), 1u);
    EXPECT_EQ(last_order("equity:AAPL").published[0].kind, Kind::bar);
}

TEST_F(SubscriptionsTest, WhatOneProviderDoesNotHaveTheOtherServes) {
    first->has.erase("equity:AAPL");
    start();
    want("equity:AAPL");
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    want("equity:NOSUCH");
    EXPECT_EQ(state("equity:NOSUCH"), InstrumentState::unknown_symbol);
    EXPECT_TRUE(last_order("equity:NOSUCH").announce);
}

TEST_F(SubscriptionsTest, AClassWithoutARouteIsRefusedAtOnce) {
    start();
    want("crypto:BTC-USDT");
    EXPECT_EQ(state("crypto:BTC-USDT"), InstrumentState::refused);
    EXPECT_THAT(last_order("crypto:BTC-USDT").reason, HasSubstr("no provider of its route"));
}

TEST_F(SubscriptionsTest, ChangedChannelsChangeOnlyWhatDiffers) {
    start();
    want("equity:AAPL", {Kind::quote});
    orders.clear();
    want("equity:AAPL", {Kind::quote, Kind::trade});
    ASSERT_EQ(orders.size(), 1u);
    ASSERT_EQ(orders[0].sources.size(), 2u);
    EXPECT_EQ(orders[0].sources[0].add.size(), 1u);
    EXPECT_TRUE(orders[0].sources[0].remove.empty());
    orders.clear();
    want("equity:AAPL", {Kind::quote, Kind::trade});
    EXPECT_THAT(orders, IsEmpty());
    want("equity:AAPL", {Kind::trade});
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_EQ(orders[0].sources[0].remove.at(0).kind, Kind::quote);
}

TEST_F(SubscriptionsTest, AReleasedInstrumentIsUnsubscribedAndGone) {
    start();
    want("equity:AAPL");
    release("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_TRUE(last_order("equity:AAPL").gone);
    EXPECT_EQ(subscriptions->stats().instruments, 0u);
    want("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
}

TEST_F(SubscriptionsTest, AtALimitTheNewestIsRefusedAndComesWhenThereIsRoom) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 2);
    start();
    want("equity:AAPL");
    want("equity:MSFT");
    want("equity:SPY");
    want("equity:QQQ");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote MSFT"));
    EXPECT_EQ(state("equity:SPY"), InstrumentState::refused);
    EXPECT_THAT(last_order("equity:SPY").reason, HasSubstr("limit of massive.stocks"));
    release("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote MSFT", "quote SPY")) << "the oldest one refused";
    EXPECT_EQ(subscriptions->stats().refused, 1u);
}

TEST_F(SubscriptionsTest, AConfiguredSymbolTakesTheNewestDemandsPlace) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 2);
    start();
    want("equity:AAPL");
    want("equity:MSFT");
    want("equity:SPY", {Kind::quote}, true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote SPY"));
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::refused);
    EXPECT_EQ(subscriptions->stats().evictions, 1u);
}

TEST_F(SubscriptionsTest, WhatAnInstrumentHasItKeepsWhenMoreOfItDoesNotFit) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 1);
    first->light_trades = true;
    start();
    want("equity:AAPL");
    want("equity:MSFT", {Kind::trade});
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "trade MSFT"));
    want("equity:MSFT", {Kind::trade, Kind::quote});
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "trade MSFT"));
    EXPECT_NE(state("equity:MSFT"), InstrumentState::refused);
    release("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote MSFT", "trade MSFT")) << "room has appeared";
}

TEST_F(SubscriptionsTest, NobodyGivesWayInVain) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 2);
    start();
    want("equity:AAPL", {Kind::quote}, true);
    want("equity:MSFT");
    want("equity:SPY", {Kind::quote, Kind::trade}, true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote MSFT")) << "one place would not do";
    EXPECT_EQ(subscriptions->stats().evictions, 0u);
}

TEST_F(SubscriptionsTest, AStandbyThatServesInAFailoverIsNotTakenForIdle) {
    limit(second, 1);
    first->has.erase("equity:MSFT");
    start();
    want("equity:AAPL");
    subscriptions->served_by(id("equity:AAPL"), "tradier");
    want("equity:MSFT");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::refused);
}

TEST_F(SubscriptionsTest, AColdStandbyThatServesGoesOnWhenABetterOneIsFound) {
    config.routes.standby = config::Standby::cold;
    first->fault = errc::venue_error;
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    first->fault = {};
    ASSERT_TRUE([&] { // its next look-up comes after a back-off
        for (int i = 0; i < 100 && subscribed("massive").empty(); ++i) {
            loop.restart();
            loop.run_one_for(100ms);
        }
        return !subscribed("massive").empty();
    }());
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL")) << "until the router lets it go";
    subscriptions->want_standby(id("equity:AAPL"), "tradier", false);
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
}

TEST_F(SubscriptionsTest, NothingIsLeftOnlyWhenEveryProviderOfWhatIsConfiguredRefused) {
    first->fault = errc::unauthorized;
    start();
    EXPECT_FALSE(subscriptions->nothing_left({})) << "nothing is configured";
    want("equity:AAPL");
    EXPECT_FALSE(subscriptions->nothing_left({"tradier"})) << "demand alone ends nothing";
    want("equity:AAPL", {Kind::quote}, true);
    EXPECT_FALSE(subscriptions->nothing_left({}));
    EXPECT_TRUE(subscriptions->nothing_left({"tradier"})) << "one at its look-up, one at its stream";
}

TEST_F(SubscriptionsTest, AStandbyGivesWayToWhoWouldBeServed) {
    limit(second, 1);
    first->has.erase("equity:MSFT");
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL")) << "as a standby";
    want("equity:MSFT");
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote MSFT"));
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive"));
    want("equity:SPY");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote SPY"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote MSFT")) << "no room for a standby";
    EXPECT_NE(state("equity:SPY"), InstrumentState::refused);
}

TEST_F(SubscriptionsTest, ALookUpThatFailsIsPendingAndTheOtherProviderServesMeanwhile) {
    first->fault = errc::venue_error;
    start();
    want("equity:AAPL");
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    EXPECT_EQ(subscriptions->stats().lookup_failures, 1u);
    config.routes.by_class[AssetClass::equity] = {"massive"};
    want("equity:MSFT");
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::pending);
}

TEST_F(SubscriptionsTest, RefusedCredentialsAreToldAndNotTriedAgain) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    first->fault = errc::unauthorized;
    start();
    want("equity:AAPL");
    EXPECT_THAT(refused, ElementsAre("massive"));
    EXPECT_EQ(state("equity:AAPL"), InstrumentState::refused);
    want("equity:MSFT");
    EXPECT_EQ(state("equity:MSFT"), InstrumentState::refused);
    EXPECT_EQ(first->lookups, 1);
    EXPECT_THAT(lines, ::testing::Contains(HasSubstr("check the credentials of providers.massive")));
}

TEST_F(SubscriptionsTest, AnInstanceThatDoesNotPublishAsksNobodyForData) {
    start();
    subscriptions->set_active(false);
    want("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_EQ(first->lookups, 1) << "it knows its symbols, to be quick when its turn comes";
    subscriptions->set_active(true);
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    subscriptions->set_active(false);
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_THAT(route("equity:AAPL"), IsEmpty());
}

TEST_F(SubscriptionsTest, AHaltedSymbolIsSubscribedAndSaidToBeClosed) {
    first->halted.insert("equity:AAPL");
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    std::optional<bool> trading;
    for (const auto& order : orders)
        for (const auto& source : order.sources)
            if (source.trading)
                trading = source.trading;
    EXPECT_EQ(trading, false);
}

// Another provider object of the same name takes the place of the one in the set.
class ReconfigureTest : public SubscriptionsTest {
protected:
    TableProvider* replace(std::size_t place, FeedSpec feed) {
        auto* made = add(providers[place]->name, std::move(feed));
        made->has = static_cast<TableProvider*>(providers[place]->provider.get())->has;
        providers[place] = providers.back();
        providers.pop_back();
        return made;
    }
    FeedSpec spec_of(std::size_t place) const { return providers[place]->provider->capabilities().feeds[0]; }
    void run(std::size_t place) {
        asio::co_spawn(loop, subscriptions->run(providers[place]), [](std::exception_ptr e) {
            if (e)
                std::rethrow_exception(e);
        });
    }
    void reconfigure() {
        subscriptions->reconfigure();
        settle();
    }
};

TEST_F(ReconfigureTest, NothingChangedChangesNothing) {
    start();
    want("equity:AAPL", {Kind::quote, Kind::trade}, true);
    orders.clear();
    const auto lookups = first->lookups;
    reconfigure();
    EXPECT_THAT(orders, IsEmpty());
    EXPECT_EQ(first->lookups, lookups);
}

TEST_F(ReconfigureTest, AnotherOrderIsARouteOrderAndNoSubscription) {
    start();
    want("equity:AAPL");
    orders.clear();
    config.routes.by_class[AssetClass::equity] = {"tradier", "massive"};
    reconfigure();
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier", "massive"));
    EXPECT_THAT(orders[0].sources, IsEmpty());
}

TEST_F(ReconfigureTest, AnOverrideConcernsItsInstrumentAlone) {
    start();
    want("equity:AAPL");
    want("equity:SPY");
    orders.clear();
    config.routes.overrides[*InstrumentName::parse("equity:SPY")] = {"tradier"};
    reconfigure();
    ASSERT_EQ(orders.size(), 1u);
    EXPECT_THAT(route("equity:SPY"), ElementsAre("tradier"));
    EXPECT_EQ(orders[0].sources.at(0).provider, "massive");
    EXPECT_EQ(orders[0].sources[0].remove.size(), 1u);
}

TEST_F(ReconfigureTest, WhoLeavesTheRouteServesUntilTheNewOneWasLookedUp) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    orders.clear();
    config.routes.by_class[AssetClass::equity] = {"tradier"};
    subscriptions->reconfigure();
    for (const auto& order : orders)
        EXPECT_THAT(order.route, ElementsAre("massive"));
    settle();
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
    EXPECT_EQ(last_order("equity:AAPL").sources.size(), 2u) << "in one order: the one released, the other subscribed";
    EXPECT_EQ(state("equity:AAPL"), std::nullopt) << "its feeds tell";
}

TEST_F(ReconfigureTest, WhoLeavesTheRouteGoesThoughTheNewOneDoesNotKnowTheSymbol) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    second->has.clear();
    start();
    want("equity:AAPL");
    config.routes.by_class[AssetClass::equity] = {"tradier"};
    reconfigure();
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_EQ(state("equity:AAPL"), InstrumentState::unknown_symbol);
}

TEST_F(ReconfigureTest, AProviderThatIsTurnedOffIsLeftAtOnceAndComesBack) {
    start();
    want("equity:AAPL");
    const auto off = providers[0];
    providers.erase(providers.begin());
    config.routes.by_class[AssetClass::equity] = {"tradier"};
    reconfigure();
    EXPECT_THAT(subscribed("massive"), IsEmpty());
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("tradier"));
    providers.insert(providers.begin(), off);
    config.routes.by_class[AssetClass::equity] = {"massive", "tradier"};
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
}

TEST_F(ReconfigureTest, AReplacedProviderKeepsWhatIsSubscribedAndIsAskedWhatItHas) {
    start();
    want("equity:AAPL");
    orders.clear();
    const std::weak_ptr<ProviderEntry> before = providers[0];
    auto* now = replace(0, spec_of(0));
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(orders, IsEmpty());
    EXPECT_EQ(now->lookups, 1) << "its own list of symbols has to be filled";
    EXPECT_TRUE(before.expired()) << "nobody holds on to the old one";
    want("equity:MSFT");
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote MSFT"));
}

// `remove stocks quote`, `add stocks quote plan/AAPL`: what each order says of the provider's feeds.
std::vector<std::string> spoken(const std::vector<RouteOrder>& orders) {
    std::vector<std::string> out;
    for (const auto& order : orders)
        for (const auto& source : order.sources) {
            for (const auto& s : source.remove)
                out.push_back("remove " + source.part + " " + std::string(to_string(s.kind)));
            for (const auto& w : source.add)
                out.push_back("add " + source.part + " " + std::string(to_string(w.what.kind)) + " " + w.native);
        }
    return out;
}

TEST_F(ReconfigureTest, ASymbolThatIsCalledOtherwiseNowIsSubscribedByItsNewName) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    orders.clear();
    replace(0, spec_of(0))->natives = "plan";
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(spoken(orders), ElementsAre("remove stocks quote", "add stocks quote plan/AAPL"));
    ASSERT_EQ(orders.size(), 1u) << "in one order: nobody hears that it is gone";
    EXPECT_THAT(orders[0].route, ElementsAre("massive"));
    EXPECT_EQ(subscriptions->known("massive", *InstrumentName::parse("equity:AAPL"))->native, "plan/AAPL");
}

TEST_F(ReconfigureTest, ASymbolThatMovedToAnotherFeedIsSubscribedThere) {
    config.routes.standby = config::Standby::cold;
    start();
    want("equity:AAPL");
    subscriptions->want_standby(id("equity:AAPL"), "tradier", true);
    auto* now = replace(1, spec_of(1));
    auto night = spec_of(1);
    night.part = "night";
    const_cast<Capabilities&>(now->capabilities()).feeds.push_back(night);
    now->part = "night";
    orders.clear();
    subscriptions->reconfigure();
    run(1);
    settle();
    EXPECT_THAT(spoken(orders), ElementsAre("remove market quote", "add night quote tradier/AAPL"))
        << "the standby that is needed stays one";
    EXPECT_THAT(route("equity:AAPL"), ElementsAre("massive", "tradier"));
}

TEST_F(ReconfigureTest, OtherCredentialsGiveARefusedProviderAnotherChance) {
    first->fault = errc::unauthorized;
    config.routes.by_class[AssetClass::equity] = {"massive"};
    start();
    want("equity:AAPL");
    ASSERT_EQ(state("equity:AAPL"), InstrumentState::refused);
    replace(0, spec_of(0));
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL"));
    EXPECT_FALSE(subscriptions->nothing_left({}));
}

TEST_F(ReconfigureTest, WiderLimitsMakeRoomForWhoWasRefused) {
    config.routes.by_class[AssetClass::equity] = {"massive"};
    limit(first, 1);
    start();
    want("equity:AAPL");
    want("equity:MSFT");
    ASSERT_EQ(state("equity:MSFT"), InstrumentState::refused);
    auto wider = spec_of(0);
    wider.streams_per_connection = 2;
    replace(0, wider);
    subscriptions->reconfigure();
    run(0);
    settle();
    EXPECT_THAT(subscribed("massive"), ElementsAre("quote AAPL", "quote MSFT"));
}

TEST_F(ReconfigureTest, StandbysBecomeColdWhenTheRouterSaysSoAndWarmAtOnce) {
    start();
    want("equity:AAPL");
    config.routes.standby = config::Standby::cold;
    reconfigure();
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL")) << "it may be the one that serves";
    subscriptions->want_standby(id("equity:AAPL"), "tradier", false);
    EXPECT_THAT(subscribed("tradier"), IsEmpty());
    config.routes.standby = config::Standby::warm;
    reconfigure();
    EXPECT_THAT(subscribed("tradier"), ElementsAre("quote AAPL"));
}

} // namespace
} // namespace tickgate::app
