// A gateway in memory: providers, feeds, demand, routes, events, configuration.
#pragma once

#include "ops/event_log.hpp"
#include "unit/ops/fake_history.hpp"

#include <map>

namespace tickgate::ops {

inline std::string event_payload(const std::string& event, const std::string& symbol, int seq) {
    return R"({"v":1,"type":"event","event":")" + event + R"(","class":"crypto","symbol":")" + symbol +
           R"(","kind":null,"feed":null,"provider":"binance","to_provider":null,"cause":null,"from_us":null,)"
           R"("to_us":null,"from_seq":null,"to_seq":null,"lost":null,"filled":null,"text":"a \"word\"",)"
           R"("ts_pub_us":1795176000000000,"session":"01JD3K5Q8M","seq":)" +
           std::to_string(seq) + "                }";
}

struct FakeGateway final : FakeMarket {
    FakeGateway() {
        for (const auto* text : {"crypto:AAA-USDT", "crypto:BBB-USDT", "crypto:CCC-USDT", "equity:SPY"}) {
            SubscriptionView s;
            s.name = instrument(text);
            s.channels = {"quote", "bar:1m"};
            s.configured = true;
            s.state = InstrumentState::live;
            s.provider = "binance";
            s.since = from_micros(1795176000000000);
            LeaseView lease;
            lease.client = "me";
            lease.channels = {"quote"};
            lease.until = from_micros(1795176060000000);
            s.leases.push_back(std::move(lease));
            wanted.push_back(std::move(s));
        }
        ReloadReport r;
        r.applied = true;
        r.digest = "0123456789abcdef";
        r.changed = {{"publish.linger", "60000ms", "90000ms"}, {"hot.spin", "false", "true"}};
        r.restart = {"hot.spin"};
        report = r;
    }

    asio::awaitable<Outcome<std::vector<ProviderView>>> providers() override {
        ProviderView p;
        p.provider = "binance";
        p.enabled = true;
        p.state = "live";
        p.feeds = {"binance.spot", "binance.usdm"};
        p.classes = {"crypto", "future"};
        p.symbols = 4;
        ProviderView off;
        off.provider = "oanda";
        off.state = "off";
        off.reason = "no credentials";
        std::vector<ProviderView> list;
        list.push_back(std::move(p));
        list.push_back(std::move(off));
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<FeedView>>> feeds() override {
        FeedView f;
        f.feed = "binance.spot";
        f.provider = "binance";
        f.status.state = FeedState::live;
        f.status.since = from_micros(1795176000000000);
        f.messages = {3, 2, 1};
        f.lag_ms = 1.5;
        std::vector<FeedView> list;
        list.push_back(f);
        f.feed = "binance.usdm";
        f.lag_ms.reset();
        f.status.last_received = from_micros(1795176000500000);
        list.push_back(std::move(f));
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SubscriptionView>>> subscriptions(PageQuery query) override {
        last_page = query;
        std::vector<SubscriptionView> list;
        for (const auto& s : wanted)
            if (fits(query, s.name) && list.size() <= query.limit)
                list.push_back(s);
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<RouteView>>> routes(PageQuery query) override {
        std::vector<RouteView> list;
        for (const auto& s : wanted)
            if (fits(query, s.name) && list.size() <= query.limit) {
                RouteView r;
                r.name = s.name;
                r.route = {"binance", "massive"};
                r.provider = "binance";
                r.state = InstrumentState::live;
                list.push_back(std::move(r));
            }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SubscribeAnswer>>> subscribe(SubscribeRequest request) override {
        last_subscribe = request;
        SubscribeAnswer a;
        a.name = request.names.front();
        a.channels = {"md:quote:" + a.name.to_string()};
        a.words = {"quote"};
        a.lease_until = from_micros(1795176000000000) + request.lease;
        std::vector<SubscribeAnswer> list;
        list.push_back(std::move(a));
        co_return list;
    }
    asio::awaitable<Outcome<std::size_t>> unsubscribe(UnsubscribeRequest request) override {
        last_unsubscribe = std::move(request);
        co_return std::size_t{2};
    }
    const EventLog* events() const override { return &log; }
    ConfigView config() const override {
        ConfigView c;
        c.digest = "0123456789abcdef";
        c.settings = {{"redis.password", "***"}, {"redis.username", ""}};
        return c;
    }
    asio::awaitable<Outcome<ReloadReport>> reload() override {
        ++reloads;
        co_return report;
    }
    std::string log_level() const override { return level; }
    bool set_log_level(std::string_view wanted_level) override {
        level = wanted_level;
        return true;
    }

    static bool fits(const PageQuery& query, const InstrumentName& name) {
        return (!query.after || *query.after < name) &&
               (!query.asset_class || *query.asset_class == name.asset_class) &&
               (query.names.empty() || std::find(query.names.begin(), query.names.end(), name) != query.names.end());
    }

    EventLog log{"run1", 5};
    std::vector<SubscriptionView> wanted;
    PageQuery last_page;
    SubscribeRequest last_subscribe;
    UnsubscribeRequest last_unsubscribe;
    Outcome<ReloadReport> report;
    int reloads = 0;
    std::string level = "info";
};

} // namespace tickgate::ops
