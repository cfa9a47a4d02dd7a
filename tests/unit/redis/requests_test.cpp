#include "redis/requests.hpp"

#include "core/clock.hpp"
#include "redis/request_text.hpp"
#include "support/process.hpp"
#include "support/redis_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>

namespace tickgate::redis {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using ops::Outcome;

// Counts who is in an operation, also one that is cancelled there, which may throw.
struct Inside {
    explicit Inside(int& n) : count(n) { ++count; }
    ~Inside() { --count; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    int& count;
};

struct FakeServices : ops::Services {
    asio::awaitable<Outcome<std::vector<ops::QuoteAnswer>>> quotes(std::vector<InstrumentName> names) override {
        order.push_back(names.front().symbol);
        if (names.front().symbol == "THROW")
            throw std::runtime_error("boom");
        const Inside here(inside);
        most_inside = std::max(most_inside, inside);
        while (hang) {
            asio::steady_timer timer(co_await asio::this_coro::executor, 5ms);
            auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            if (ec)
                break;
        }
        if (gone)
            co_return Outcome<std::vector<ops::QuoteAnswer>>(errc::unavailable);
        std::vector<ops::QuoteAnswer> list(names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            list[i].name = names[i];
            if (names[i].symbol == "NONE") {
                list[i].error = errc::unknown_symbol;
                continue;
            }
            list[i].payload = "{\"symbol\":\"" + names[i].symbol + "\"}";
            if (names[i].symbol == "REST") {
                Quote q;
                q.bid = Decimal::parse("1.08550").value();
                q.bid_size = Decimal::parse("10").value();
                list[i].payload = snapshot_payload(names[i], "binance", "REST", q, "01JD3K5Q8M", from_micros(5));
            }
        }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<ops::SymbolInfo>>> search(ops::SymbolQuery query) override {
        std::vector<ops::SymbolInfo> list(query.limit);
        for (auto& s : list)
            s.description = std::string(100, 'x');
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<ops::SymbolInfo>>> find(std::vector<InstrumentName> names) override {
        std::vector<ops::SymbolInfo> list;
        for (const auto& n : names)
            if (n.symbol != "NONE") {
                list.emplace_back();
                list.back().name = n;
                list.back().provider = "binance";
                list.back().price_step = Decimal::parse("0.010").value();
            }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<InstrumentName>>> resolve(std::string) override {
        co_return std::vector<InstrumentName>();
    }
    asio::awaitable<Outcome<std::vector<ops::SubscribeAnswer>>> subscribe(ops::SubscribeRequest request) override {
        using Answers = Outcome<std::vector<ops::SubscribeAnswer>>;
        if (!owner)
            co_return Answers(errc::not_owner);
        std::vector<ops::SubscribeAnswer> list(1);
        list[0].name = request.names.front();
        co_return list;
    }
    asio::awaitable<Outcome<std::size_t>> unsubscribe(ops::UnsubscribeRequest) override { co_return std::size_t{0}; }
    asio::awaitable<Outcome<ops::GatewayStatus>> status() override {
        ops::GatewayStatus s;
        s.feeds.emplace_back("binance.spot", FeedStatus());
        co_return s;
    }
    asio::awaitable<Outcome<std::vector<ops::InstrumentStatus>>> states(std::vector<InstrumentName> names) override {
        std::vector<ops::InstrumentStatus> list(names.size());
        for (std::size_t i = 0; i < names.size(); ++i)
            list[i].name = names[i];
        co_return list;
    }
    bool hang = false, owner = true;
    bool gone = false; // what it asks has been stopped
    int inside = 0, most_inside = 0;
    std::vector<std::string> order;
};

class Requests : public ::testing::Test {
protected:
    struct Gateway {
        FakeServices services;
        ops::Operations operations{services};
        std::unique_ptr<RequestServer> server;
        bool ended = false;
        const RequestStats& stats() const { return server->stats(); }
    };

    RequestServerOptions options(const std::string& consumer = "one") const {
        RequestServerOptions o;
        o.redis.url = redis.url();
        o.consumer = consumer;
        o.claim_idle = 300ms;
        o.keep_interval = 50ms;
        o.back_off_cap = 100ms;
        o.drain = 300ms;
        return o;
    }
    Gateway& start(RequestServerOptions o) {
        auto& g = *gateways.emplace_back(std::make_unique<Gateway>());
        g.server = std::make_unique<RequestServer>(io.get_executor(), std::move(o), g.operations);
        asio::co_spawn(io, g.server->run(), [&g](std::exception_ptr e) {
            g.ended = true;
            if (e)
                std::rethrow_exception(e);
        });
        EXPECT_TRUE(run_until([&] { return g.stats().connected; }));
        return g;
    }
    Gateway& start() { return start(options()); }
    bool stop(Gateway& g) {
        g.server->stop();
        return run_until([&] { return g.ended; });
    }
    bool run_until(const std::function<bool()>& done, std::chrono::milliseconds limit = 20s) {
        const MonoTime end = mono_now() + limit;
        while (!done()) {
            if (mono_now() > end)
                return false;
            io.restart();
            io.run_for(1ms);
        }
        return true;
    }
    void TearDown() override {
        for (auto& g : gateways)
            if (!g->ended) {
                EXPECT_TRUE(stop(*g));
            }
    }

    std::string send(std::vector<std::string> fields, const std::string& entry = "*") {
        std::vector<std::string> words{"XADD", "md:req", entry};
        words.insert(words.end(), fields.begin(), fields.end());
        return redis.cli(words).text;
    }
    std::string send_quote(const std::string& id, const std::string& symbol, std::vector<std::string> more = {}) {
        std::vector<std::string> fields{"id", id, "op", "quote", "symbol", "crypto:" + symbol};
        fields.insert(fields.end(), more.begin(), more.end());
        return send(fields);
    }
    // The next chunk of an answer; empty object: none came in time.
    json::object receive(const std::string& id) {
        std::string text;
        run_until([&] {
            text = redis.cli({"LPOP", "md:rep:" + id}).text;
            return !text.empty();
        });
        raw = text;
        return text.empty() ? json::object() : json::parse(text).as_object();
    }
    std::string error_of(const std::string& id) {
        const auto reply = receive(id);
        return reply.contains("error") ? std::string(reply.at("error").at("code").as_string()) : raw;
    }
    bool all_done() {
        return run_until([&] {
            const auto pending = redis.cli({"XPENDING", "md:req", "tickgate"});
            return redis.cli({"XLEN", "md:req"}).text == "0" && !pending.elements.empty() &&
                   pending.elements[0].text == "0";
        });
    }

    test::RedisServer redis;
    asio::io_context io;
    std::vector<std::unique_ptr<Gateway>> gateways;
    std::string raw;
};

TEST_F(Requests, EveryAnswerMatchesItsSchema) {
    auto& g = start();
    const std::vector<std::vector<std::string>> requests{{"op", "quote", "symbols", "crypto:REST,crypto:NONE"},
        {"op", "quote", "symbol", "crypto:NONE"}, {"op", "symbols", "limit", "2"},
        {"op", "validate", "symbols", "crypto:A,crypto:NONE,b/d"},
        {"op", "subscribe", "symbol", "crypto:A", "client", "me"}, {"op", "unsubscribe", "client", "me"},
        {"op", "status", "symbols", "crypto:A"}, {"op", "\xff"}, {"symbol", "x"}};
    const test::TemporaryDirectory folder;
    std::string lines;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const auto id = "schema-00" + std::to_string(i);
        std::vector<std::string> fields{"id", id};
        fields.insert(fields.end(), requests[i].begin(), requests[i].end());
        send(fields);
        ASSERT_FALSE(receive(id).empty());
        lines += raw + "\n";
    }
    EXPECT_EQ(g.stats().answered, 6u);
    const auto checked = test::run({"/usr/bin/python3", TICKGATE_SOURCE "/tests/unit/redis/check_replies.py",
        TICKGATE_SOURCE "/docs/schemas", folder.write("replies", lines)});
    EXPECT_EQ(checked.code, 0) << checked.err << lines;
}

TEST_F(Requests, AnswersAndDeletesTheEntry) {
    auto& g = start();
    send_quote("quote-0001", "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return redis.cli({"LLEN", "md:rep:quote-0001"}).text == "1"; }));
    const auto ttl = std::stoll(redis.cli({"PTTL", "md:rep:quote-0001"}).text);
    EXPECT_GT(ttl, 50000);
    EXPECT_LE(ttl, 60000);
    receive("quote-0001");
    EXPECT_EQ(raw,
        R"({"v":1,"type":"reply","id":"quote-0001","op":"quote","chunk":0,"done":true,"data":[{"symbol":"BTC-USDT"}]})");
    EXPECT_TRUE(all_done());
    EXPECT_EQ(g.stats().answered, 1u);
    EXPECT_TRUE(run_until([&] { return g.stats().in_flight == 0; }));
}

TEST_F(Requests, WhatCameBeforeTheGatewayIsAnsweredToo) {
    send_quote("early-0001", "A");
    start();
    EXPECT_EQ(receive("early-0001").at("done").as_bool(), true);
}

TEST_F(Requests, MalformedOnesAreCountedAndDeleted) {
    auto& g = start();
    send({"op", "quote"});
    send({"id", "../../x", "op", "quote"});
    send({"x", "y"});
    send({"id", "nothing-01"});
    EXPECT_EQ(error_of("nothing-01"), "bad_request");
    EXPECT_TRUE(all_done());
    EXPECT_EQ(g.stats().malformed, 3u);
    EXPECT_EQ(redis.cli({"KEYS", "md:rep:*"}).elements.size(), 0u);
    send({"id", "unknown-01", "op", "fly\"\r\n\xff"});
    EXPECT_EQ(error_of("unknown-01"), "unknown_op");
}

TEST_F(Requests, OversizedOnesGetAnErrorHoweverLarge) {
    auto& g = start();
    send({"id", "large-0001", "op", "quote", "symbol", std::string(100000, 'x')});
    EXPECT_EQ(error_of("large-0001"), "bad_request");
    send({"id", "large-0002", "op", "quote", "symbol", std::string(20 << 20, 'x')}); // more than is ever read
    send_quote("after-0001", "A");
    EXPECT_EQ(error_of("large-0002"), "bad_request");
    EXPECT_TRUE(receive("after-0001").contains("data"));
    std::vector<std::string> many{"id", "large-0003", "op", "quote"};
    for (int i = 0; i < 5000; ++i) {
        many.push_back("f");
        many.push_back("");
    }
    send(many);
    EXPECT_EQ(error_of("large-0003"), "bad_request");
    EXPECT_TRUE(all_done());
    EXPECT_GE(g.stats().reconnects, 1u);
}

TEST_F(Requests, LateOnesAreExpired) {
    auto& g = start();
    send({"id", "ancient-01", "op", "quote", "symbol", "crypto:A"}, "1000-1");
    EXPECT_EQ(error_of("ancient-01"), "expired");
    EXPECT_TRUE(g.services.order.empty());
    g.services.hang = true;
    const auto at = mono_now();
    send_quote("slow-00001", "A", {"deadline_ms", "300"});
    EXPECT_EQ(error_of("slow-00001"), "expired");
    EXPECT_GE(mono_now() - at, 250ms);
    EXPECT_TRUE(all_done());
    EXPECT_EQ(g.stats().expired, 2u);
    EXPECT_TRUE(run_until([&] { return g.services.inside == 0; }));
}

TEST_F(Requests, AFaultInAnOperationIsAnError) {
    start();
    send_quote("throws-001", "THROW");
    EXPECT_EQ(error_of("throws-001"), "internal");
    EXPECT_TRUE(all_done());
}

TEST_F(Requests, LargeAnswersComeInChunksAndWaitForTheirReader) {
    auto o = options();
    o.chunk_bytes = 4096;
    auto& g = start(std::move(o));
    send({"id", "chunks-001", "op", "symbols", "limit", "1000"});
    ASSERT_TRUE(run_until([&] { return redis.cli({"LLEN", "md:rep:chunks-001"}).text == "8"; }));
    io.restart();
    io.run_for(100ms);
    EXPECT_EQ(redis.cli({"LLEN", "md:rep:chunks-001"}).text, "8");
    std::size_t elements = 0;
    std::int64_t next = 0;
    for (bool done = false; !done;) {
        const auto chunk = receive("chunks-001");
        ASSERT_FALSE(chunk.empty());
        EXPECT_LE(raw.size(), 4096u);
        EXPECT_EQ(chunk.at("chunk").as_int64(), next++);
        elements += chunk.at("data").as_array().size();
        done = chunk.at("done").as_bool();
    }
    EXPECT_EQ(elements, 1001u) << "and the place where the list goes on";
    EXPECT_GT(next, 20);
    EXPECT_TRUE(all_done());
    EXPECT_EQ(g.stats().chunks, static_cast<std::uint64_t>(next));
}

TEST_F(Requests, AnAnswerThatNobodyReadsEndsAsExpired) {
    auto o = options();
    o.chunk_bytes = 4096;
    auto& g = start(std::move(o));
    send({"id", "unread-001", "op", "symbols", "limit", "1000", "deadline_ms", "400"});
    ASSERT_TRUE(run_until([&] { return redis.cli({"LLEN", "md:rep:unread-001"}).text == "9"; }));
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(receive("unread-001").at("done").as_bool(), false);
    EXPECT_EQ(error_of("unread-001"), "expired");
    EXPECT_TRUE(all_done());
    EXPECT_EQ(g.stats().answered, 0u);
}

TEST_F(Requests, ASecondRequestWithAnIdInFlightSharesItsAnswer) {
    auto& g = start();
    g.services.hang = true;
    send_quote("double-001", "A");
    ASSERT_TRUE(run_until([&] { return g.stats().in_flight == 1; }));
    send_quote("double-001", "B");
    ASSERT_TRUE(run_until([&] { return g.stats().duplicates == 1; }));
    g.services.hang = false;
    EXPECT_EQ(receive("double-001").at("data").at(0).at("symbol").as_string(), "A");
    EXPECT_TRUE(all_done());
    EXPECT_EQ(redis.cli({"EXISTS", "md:rep:double-001"}).text, "0");
    // Afterwards the id may be used again, and an answer nobody fetched is replaced.
    send_quote("double-001", "C");
    ASSERT_TRUE(run_until([&] { return g.stats().answered == 2; })); // perhaps not yet acknowledged
    send_quote("double-001", "D");
    ASSERT_TRUE(run_until([&] { return g.stats().answered == 3; }));
    EXPECT_EQ(receive("double-001").at("data").at(0).at("symbol").as_string(), "D");
    EXPECT_EQ(redis.cli({"EXISTS", "md:rep:double-001"}).text, "0");
}

TEST_F(Requests, MakesTheGroupAgainAfterFlushAll) {
    start();
    redis.cli({"FLUSHALL"});
    send_quote("flushed-01", "A");
    EXPECT_TRUE(receive("flushed-01").contains("data"));
    EXPECT_TRUE(all_done());
}

TEST_F(Requests, ComesBackAfterARestartOfRedis) {
    auto& g = start();
    redis.kill();
    ASSERT_TRUE(run_until([&] { return !g.stats().connected && g.stats().failures > 0; }));
    redis.start();
    send_quote("again-0001", "A");
    EXPECT_TRUE(receive("again-0001").contains("data"));
    EXPECT_TRUE(all_done());
    EXPECT_GE(g.stats().reconnects, 1u);
}

TEST_F(Requests, RedisAwayWhileItWorksCostsNothingButTime) {
    auto& g = start();
    g.services.hang = true;
    send_quote("outage-001", "A");
    ASSERT_TRUE(run_until([&] { return g.stats().in_flight == 1; }));
    redis.kill();
    g.services.hang = false;
    ASSERT_TRUE(run_until([&] { return g.stats().failures >= 2; }));
    redis.start(); // empty
    EXPECT_TRUE(receive("outage-001").contains("data"));
    EXPECT_TRUE(all_done());
}

TEST_F(Requests, ClaimsWhatADeadGatewayLeftAndDeletesIt) {
    redis.cli({"XGROUP", "CREATE", "md:req", "tickgate", "0", "MKSTREAM"});
    redis.cli({"XGROUP", "CREATECONSUMER", "md:req", "tickgate", "idle"});
    send_quote("orphan-001", "A");
    const auto given = redis.cli({"XREADGROUP", "GROUP", "tickgate", "dead", "STREAMS", "md:req", ">"});
    ASSERT_FALSE(given.is_nil());
    auto o = options();
    o.bury_after = 500ms;
    auto& g = start(std::move(o));
    EXPECT_TRUE(receive("orphan-001").contains("data"));
    EXPECT_EQ(g.stats().claimed, 1u);
    EXPECT_TRUE(all_done());
    EXPECT_TRUE(run_until([&] {
        return redis.cli({"XINFO", "CONSUMERS", "md:req", "tickgate"}).elements.size() == 1;
    }));
}

TEST_F(Requests, WhatIsInFlightIsNotClaimedByOthers) {
    auto& a = start(options("a"));
    a.services.hang = true;
    send_quote("long-00001", "A");
    ASSERT_TRUE(run_until([&] { return a.stats().in_flight == 1; }));
    auto& b = start(options("b"));
    io.restart();
    io.run_for(1000ms); // more than three times claim_idle
    EXPECT_EQ(b.stats().claimed, 0u);
    a.services.hang = false;
    EXPECT_TRUE(receive("long-00001").contains("data"));
    EXPECT_TRUE(all_done());
}

TEST_F(Requests, APoisonedRequestIsGivenUp) {
    redis.cli({"XGROUP", "CREATE", "md:req", "tickgate", "0", "MKSTREAM"});
    const auto entry = send_quote("poison-001", "A");
    redis.cli({"XREADGROUP", "GROUP", "tickgate", "dead", "STREAMS", "md:req", ">"});
    redis.cli({"XCLAIM", "md:req", "tickgate", "dead", "0", entry, "RETRYCOUNT", "3", "JUSTID"});
    start();
    EXPECT_EQ(error_of("poison-001"), "internal");
    EXPECT_TRUE(all_done());
}

TEST_F(Requests, ARequestForTheOwnerIsHandedToIt) {
    auto& other = start(options("other"));
    other.services.owner = false;
    send({"id", "lease-0001", "op", "subscribe", "symbol", "crypto:A", "client", "me"});
    ASSERT_TRUE(run_until([&] { return other.stats().handed_on == 1; }));
    start(options("owner"));
    EXPECT_EQ(receive("lease-0001").at("data").at(0).at("type").as_string(), "subscription");
    EXPECT_TRUE(all_done());
    // Without an owner its time runs out.
    EXPECT_TRUE(stop(*gateways.back()));
    send({"id", "lease-0002", "op", "subscribe", "symbol", "crypto:A", "client", "me", "deadline_ms", "500"});
    EXPECT_EQ(error_of("lease-0002"), "expired");
}

TEST_F(Requests, StopFinishesWhatItCanAndHandsTheRestOn) {
    auto o = options("first");
    o.max_in_flight = 2;
    o.claim_idle = 60s; // only what is handed on is claimed
    auto& first = start(std::move(o));
    first.services.hang = true;
    for (int i = 0; i < 4; ++i)
        send_quote("handed-00" + std::to_string(i), "A" + std::to_string(i));
    ASSERT_TRUE(run_until([&] { return first.stats().in_flight == 2 && first.stats().waiting == 2; }));
    ASSERT_TRUE(stop(first));
    EXPECT_EQ(first.stats().answered, 0u);
    auto p = options("second");
    p.claim_idle = 60s;
    auto& second = start(std::move(p));
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(receive("handed-00" + std::to_string(i)).contains("data")) << i;
    EXPECT_EQ(second.stats().claimed, 4u);
    EXPECT_TRUE(all_done());
    // One that has nothing left leaves no trace.
    ASSERT_TRUE(stop(second));
    for (const auto& c : redis.cli({"XINFO", "CONSUMERS", "md:req", "tickgate"}).elements)
        EXPECT_EQ(c.elements.at(1).text, "first");
}

TEST_F(Requests, StopLetsShortOnesEnd) {
    auto o = options();
    o.drain = 10s;
    auto& g = start(std::move(o));
    g.services.hang = true;
    send_quote("ending-001", "A");
    ASSERT_TRUE(run_until([&] { return g.stats().in_flight == 1; }));
    g.server->stop();
    g.services.hang = false;
    ASSERT_TRUE(run_until([&] { return g.ended; }));
    EXPECT_TRUE(receive("ending-001").contains("data"));
}

TEST_F(Requests, WhatFailsBecauseOfTheStopIsHandedOn) {
    auto o = options("first");
    o.drain = 10s;
    o.claim_idle = 60s;
    auto& first = start(std::move(o));
    first.services.hang = true;
    send_quote("stopped-01", "A");
    ASSERT_TRUE(run_until([&] { return first.stats().in_flight == 1; }));
    first.server->stop();
    first.services.gone = true;
    first.services.hang = false;
    ASSERT_TRUE(run_until([&] { return first.ended; }));
    EXPECT_EQ(first.stats().errors, 0u);
    EXPECT_EQ(first.stats().handed_on, 1u);
    auto p = options("second");
    p.claim_idle = 60s;
    auto& second = start(std::move(p));
    EXPECT_TRUE(receive("stopped-01").contains("data"));
    EXPECT_EQ(second.stats().claimed, 1u);
    second.services.gone = true;
    send_quote("stopped-02", "A");
    EXPECT_EQ(error_of("stopped-02"), "unavailable") << "while it runs that is an answer";
}

TEST_F(Requests, AChunkIsNotWrittenTwice) {
    const auto push = [&](const std::string& text, const char* first) {
        return redis.cli({"EVAL", std::string(script::push), "1", "md:rep:twice-0001", text, "2", "60000", first}).text;
    };
    const auto length = [&] { return redis.cli({"LLEN", "md:rep:twice-0001"}).text; };
    for (const auto& [text, first] : {std::pair("a", "1"), std::pair("a", "1"), std::pair("b", "0")})
        EXPECT_EQ(push(text, first), "1");
    EXPECT_EQ(length(), "2");
    EXPECT_EQ(push("b", "0"), "1") << "the answer to the one before was lost";
    EXPECT_EQ(push("c", "0"), "-1");
    EXPECT_EQ(length(), "2");
}

TEST_F(Requests, AHungRedisDoesNotHoldUpAStop) {
    auto& g = start();
    g.services.hang = true;
    send_quote("hanging-01", "A");
    ASSERT_TRUE(run_until([&] { return g.stats().in_flight == 1; }));
    redis.freeze();
    g.services.hang = false;
    run_until([&] { return g.services.inside == 0; });
    const auto at = mono_now();
    EXPECT_TRUE(stop(g));
    EXPECT_LT(mono_now() - at, 4s);
    redis.resume();
}

TEST_F(Requests, ClientsTakeTurnsAndAFloodIsTurnedAway) {
    auto o = options();
    o.max_in_flight = 2;
    o.max_waiting_per_client = 5;
    auto& g = start(std::move(o));
    g.services.hang = true;
    for (int i = 0; i < 10; ++i)
        send_quote("flood-000" + std::to_string(i), "F" + std::to_string(i), {"client", "flood"});
    ASSERT_TRUE(run_until([&] { return g.stats().busy == 3; }));
    send_quote("quiet-0001", "Q", {"client", "quiet"});
    ASSERT_TRUE(run_until([&] { return g.stats().waiting == 6; }));
    EXPECT_EQ(error_of("flood-0009"), "busy");
    EXPECT_NE(raw.find("\"retry_after_ms\":1000"), std::string::npos);
    g.services.hang = false;
    EXPECT_TRUE(receive("quiet-0001").contains("data"));
    EXPECT_TRUE(all_done());
    // It came next, ahead of the five that waited longer.
    ASSERT_EQ(g.services.order.size(), 8u);
    EXPECT_LE(std::find(g.services.order.begin(), g.services.order.end(), "Q") - g.services.order.begin(), 3);
    EXPECT_LE(g.services.most_inside, 2);
}

TEST_F(Requests, SeveralGatewaysShareAHundredRequests) {
    auto& a = start(options("a"));
    auto& b = start(options("b"));
    for (int i = 0; i < 100; ++i)
        send_quote("shared-" + std::to_string(1000 + i), "S" + std::to_string(i));
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(receive("shared-" + std::to_string(1000 + i)).at("data").at(0).at("symbol").as_string(),
            "S" + std::to_string(i));
    EXPECT_TRUE(all_done());
    EXPECT_EQ(a.stats().answered + b.stats().answered, 100u);
}

} // namespace
} // namespace tickgate::redis
