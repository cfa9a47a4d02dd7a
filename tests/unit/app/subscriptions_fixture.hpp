// Providers with a few symbols each, and the subscriptions made of them.
#pragma once

#include "app/subscriptions.hpp"

#include "core/log.hpp"
#include "support/bare_provider.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::app {

using namespace std::chrono_literals;

// Knows some symbols of one feed; what it answers can be changed.
class TableProvider final : public test::BareProvider {
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

} // namespace tickgate::app
