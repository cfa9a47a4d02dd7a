#include "core/secret.hpp"
#include "ops/operations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tickgate::ops {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

InstrumentName name(const std::string& text) { return InstrumentName::parse(text).value(); }

struct FakeServices : Services {
    asio::awaitable<Outcome<std::vector<QuoteAnswer>>> quotes(std::vector<InstrumentName> names) override {
        if (fail)
            co_return Outcome<std::vector<QuoteAnswer>>(fail, "it said hunter2-token");
        std::vector<QuoteAnswer> list;
        for (auto& n : names) {
            if (n.symbol == "NONE")
                continue;
            QuoteAnswer q;
            q.name = n;
            if (n.symbol == "LIMITED")
                q.error = errc::rate_limited;
            else
                q.payload = "{\"symbol\":\"" + n.symbol + "\"}";
            list.insert(list.begin(), std::move(q)); // any order
        }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SymbolInfo>>> search(SymbolQuery query) override {
        last_query = std::move(query);
        std::vector<SymbolInfo> list(3);
        for (auto& s : list) {
            s.name = name("crypto:BTC-USDT");
            s.native = "BTCUSDT";
            s.provider = "binance";
            s.price_step = Decimal::parse("0.010").value();
            s.tradeable = true;
        }
        list.back().name.reset();
        list.back().native = "B/T C\"";
        list.back().unfit = "characters outside of A-Za-z0-9._-";
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SymbolInfo>>> find(std::vector<InstrumentName> names) override {
        std::vector<SymbolInfo> list;
        for (const auto& n : names)
            if (n.symbol != "NONE") {
                list.emplace_back();
                list.back().name = n;
                list.back().provider = "binance";
            }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<InstrumentName>>> resolve(std::string symbol) override {
        std::vector<InstrumentName> list;
        if (symbol == "SPY")
            list.push_back(name("equity:SPY"));
        if (symbol == "SPX") {
            list.push_back(name("index:SPX"));
            list.push_back(name("equity:SPX"));
        }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SubscribeAnswer>>> subscribe(SubscribeRequest request) override {
        last_subscribe = request;
        if (fail)
            co_return Outcome<std::vector<SubscribeAnswer>>(fail);
        std::vector<SubscribeAnswer> list;
        for (const auto& n : request.names) {
            list.emplace_back();
            list.back().name = n;
            list.back().channels = {"md:quote:" + n.to_string()};
            list.back().lease_until = from_micros(5);
        }
        co_return list;
    }
    asio::awaitable<Outcome<std::size_t>> unsubscribe(UnsubscribeRequest request) override {
        last_unsubscribe = std::move(request);
        co_return std::size_t{2};
    }
    asio::awaitable<Outcome<GatewayStatus>> status() override {
        GatewayStatus s;
        s.instance = "host:1";
        s.ready = true;
        s.reasons = {"never tell hunter2-token"};
        FeedStatus f;
        f.state = FeedState::live;
        s.feeds.emplace_back("binance.spot", f);
        co_return s;
    }
    asio::awaitable<Outcome<std::vector<InstrumentStatus>>> states(std::vector<InstrumentName> names) override {
        std::vector<InstrumentStatus> list;
        for (auto& n : names) {
            list.emplace_back();
            list.back().name = n;
            list.back().state = InstrumentState::stale;
        }
        co_return list;
    }
    error_code fail;
    SymbolQuery last_query;
    SubscribeRequest last_subscribe;
    UnsubscribeRequest last_unsubscribe;
};

struct Collected : Answer {
    asio::awaitable<error_code> add(std::string element) override {
        texts.push_back(element);
        elements.push_back(json::parse(element).as_object());
        co_return error_code();
    }
    std::vector<std::string> texts;
    std::vector<json::object> elements;
};

class Ops : public ::testing::Test {
protected:
    std::optional<Error> run(const std::string& op, Fields fields, const std::string& client = "me") {
        got = {};
        Request r;
        r.op = op;
        r.client = client;
        r.fields = std::move(fields);
        asio::io_context loop;
        std::optional<Error> error;
        asio::co_spawn(loop, operations.run(std::move(r), got), [&](std::exception_ptr e, std::optional<Error> result) {
            ASSERT_FALSE(e);
            error = std::move(result);
        });
        loop.run();
        return error;
    }
    std::string code(const std::string& op, Fields fields) {
        const auto e = run(op, std::move(fields));
        return e ? e->code : "";
    }
    FakeServices services;
    Operations operations{services};
    Collected got;
};

} // namespace

TEST_F(Ops, UnknownOperationListsWhatThereIs) {
    const auto e = run("qoute\n", {});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "unknown_op");
    EXPECT_EQ(e->message, "there is no operation \"qoute?\"");
    EXPECT_TRUE(e->hint.starts_with("operations: quote, symbols, validate, subscribe, unsubscribe, status, bars"));
}

TEST_F(Ops, QuoteAnswersInTheOrderAskedAndNamesWhatFailed) {
    EXPECT_FALSE(run("quote", {{"symbols", "crypto:B,crypto:NONE, SPY ,crypto:LIMITED,crypto:B"}}));
    ASSERT_EQ(got.elements.size(), 4u);
    EXPECT_EQ(got.texts[0], R"({"symbol":"B"})");
    EXPECT_EQ(got.elements[1].at("type").as_string(), "error");
    EXPECT_EQ(got.elements[1].at("symbol").as_string(), "NONE");
    EXPECT_EQ(got.elements[1].at("error").at("code").as_string(), "unknown_symbol");
    EXPECT_EQ(got.texts[2], R"({"symbol":"SPY"})");
    EXPECT_EQ(got.elements[3].at("error").at("code").as_string(), "rate_limited");
    EXPECT_EQ(code("quote", {{"symbol", "crypto:LIMITED"}}), "rate_limited");
    EXPECT_EQ(code("quote", {{"symbol", "crypto:NONE"}}), "unknown_symbol");
}

TEST_F(Ops, BareSymbolsAreTakenOnlyWhenUnique) {
    EXPECT_EQ(code("quote", {{"symbol", "SPY"}}), "");
    EXPECT_EQ(code("quote", {{"symbol", "NOPE"}}), "unknown_symbol");
    EXPECT_EQ(code("quote", {{"symbol", "BTC/USDT"}}), "malformed_symbol");
    EXPECT_EQ(code("quote", {{"symbol", "stock:SPY"}}), "malformed_symbol");
    const auto e = run("quote", {{"symbol", "SPX"}});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "ambiguous_symbol");
    EXPECT_EQ(e->hint, "one of: index:SPX, equity:SPX");
}

TEST_F(Ops, SymbolsPassesTheFiltersAndTellsStepsExactly) {
    EXPECT_FALSE(run("symbols", {{"text", "btc"}, {"class", "crypto"}, {"limit", "3"}, {"provider", "binance"}}));
    EXPECT_EQ(services.last_query.text, "btc");
    EXPECT_EQ(services.last_query.asset_class, AssetClass::crypto);
    EXPECT_EQ(services.last_query.limit, 4u) << "one more shows whether there is more";
    ASSERT_EQ(got.elements.size(), 3u);
    EXPECT_NE(got.texts[0].find("\"price_step\":0.010"), std::string::npos);
    EXPECT_TRUE(got.elements[2].at("symbol").is_null());
    EXPECT_EQ(got.elements[2].at("native").as_string(), "B/T C\"");
    EXPECT_EQ(code("symbols", {{"class", "stock"}}), "bad_request");
    EXPECT_EQ(code("symbols", {{"limit", "0"}}), "bad_request");
    EXPECT_FALSE(run("symbols", {{"limit", "2"}}));
    ASSERT_EQ(got.elements.size(), 3u);
    EXPECT_EQ(got.elements[2].at("next_cursor").as_string(), "2");
}

TEST_F(Ops, ValidateAnswersForEachSymbolAlone) {
    EXPECT_FALSE(run("validate", {{"symbols", "crypto:A,crypto:NONE,SPX,b/d,SPY"}}));
    ASSERT_EQ(got.elements.size(), 5u);
    const auto of = [&](std::size_t i) {
        const auto& error = got.elements[i].at("error");
        return error.is_null() ? std::string("valid") : std::string(error.at("code").as_string());
    };
    EXPECT_EQ(of(0), "valid");
    EXPECT_EQ(got.elements[0].at("providers").as_array().size(), 1u);
    EXPECT_EQ(of(1), "unknown_symbol");
    EXPECT_EQ(of(2), "ambiguous_symbol");
    EXPECT_EQ(of(3), "malformed_symbol");
    EXPECT_EQ(of(4), "valid");
    EXPECT_EQ(got.elements[4].at("class").as_string(), "equity");
}

TEST_F(Ops, SubscribeNeedsAClientAndTakesALease) {
    const auto e = run("subscribe", {{"symbol", "SPY"}}, "");
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "bad_request");
    EXPECT_FALSE(run("subscribe", {{"symbol", "SPY"}, {"lease", "90s"}, {"kinds", "bar"}, {"timeframes", "60m"}}));
    EXPECT_EQ(services.last_subscribe.lease, 90s);
    EXPECT_EQ(services.last_subscribe.client, "me");
    EXPECT_EQ(services.last_subscribe.kinds, std::vector<Kind>{Kind::bar});
    EXPECT_EQ(services.last_subscribe.timeframes, std::vector<Timeframe>{Timeframe::h1});
    ASSERT_EQ(got.elements.size(), 1u);
    EXPECT_EQ(got.elements[0].at("state").as_string(), "pending");
    EXPECT_EQ(got.elements[0].at("channels").as_array().at(0).as_string(), "md:quote:equity:SPY");
    EXPECT_EQ(got.elements[0].at("lease_until_us").as_int64(), 5);
    EXPECT_FALSE(run("subscribe", {{"symbol", "SPY"}}));
    EXPECT_EQ(services.last_subscribe.lease, 10min);
    services.fail = errc::not_owner;
    EXPECT_EQ(code("subscribe", {{"symbol", "SPY"}}), "not_owner");
}

TEST_F(Ops, UnsubscribeWithoutSymbolsMeansAllOfTheClient) {
    EXPECT_FALSE(run("unsubscribe", {}));
    EXPECT_TRUE(services.last_unsubscribe.names.empty());
    EXPECT_EQ(got.elements.at(0).at("ended").as_int64(), 2);
    EXPECT_FALSE(run("unsubscribe", {{"symbols", "SPY"}, {"kinds", "trade"}}));
    EXPECT_EQ(services.last_unsubscribe.names.size(), 1u);
}

TEST_F(Ops, StatusTellsTheGatewayAndTheSymbolsAskedForWithoutSecrets) {
    const Secret secret("hunter2-token");
    EXPECT_FALSE(run("status", {{"symbols", "crypto:A"}}));
    ASSERT_EQ(got.elements.size(), 2u);
    EXPECT_EQ(got.elements[0].at("feeds").at("binance.spot").at("state").as_string(), "live");
    EXPECT_EQ(got.texts[0].find("hunter2"), std::string::npos);
    EXPECT_EQ(got.elements[1].at("state").as_string(), "stale");
    services.fail = errc::venue_error;
    const auto e = run("quote", {{"symbol", "crypto:A"}});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->code, "venue_error");
    EXPECT_EQ(to_json(*e).find("hunter2"), std::string::npos);
}

} // namespace tickgate::ops
