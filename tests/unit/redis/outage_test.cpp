#include "publisher_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tickgate::redis {
namespace {

class Outage : public PublisherFixture {
protected:
    Running& begin(PublisherOptions o) {
        auto& p = start(std::move(o));
        for (const char* symbol : {"BTC-USDT", "ETH-USDT", "XRP-USDT"}) {
            quotes.push_back(open(p, symbol));
            trades.push_back(open(p, symbol, Kind::trade));
        }
        return p;
    }
    Quote backfill_quote() const {
        auto q = quote();
        q.flags = Flag::backfill;
        return q;
    }
    void load(Running& p, int rounds) {
        for (int i = 0; i < rounds; ++i) {
            for (const auto c : quotes)
                p->publish(c, quote());
            for (const auto c : trades)
                p->publish(c, trade());
        }
        p->flush(now());
    }
    void drain(Listener& l) {
        l.poll();
        for (const auto& m : l.messages)
            chain.take(m);
        l.messages.clear();
    }
    void attach() {
        try {
            listener = std::make_unique<Listener>(server);
        } catch (const std::runtime_error&) {
        }
    }
    // Everything published has arrived or is announced, and the last values are the newest.
    bool settled(Running& p) {
        drain(*listener);
        if (p->stats().queued_commands > 0)
            return false;
        for (std::size_t i = 0; i < quotes.size(); ++i) {
            const std::string symbol = std::array{"BTC-USDT", "ETH-USDT", "XRP-USDT"}[i];
            if (chain.last["md:quote:crypto:" + symbol] != p->last_seq(quotes[i]) ||
                chain.last["md:trade:crypto:" + symbol] != p->last_seq(trades[i]))
                return false;
            for (const auto& [kind, id] : {std::pair("quote", quotes[i]), std::pair("trade", trades[i])}) {
                const auto last = server.get("md:last:" + std::string(kind) + ":crypto:" + symbol);
                if (last.empty() ||
                    static_cast<std::uint64_t>(json::parse(last).at("seq").as_int64()) != p->last_seq(id))
                    return false;
            }
        }
        return chain.unannounced() == 0;
    }

    test::RedisServer server;
    std::unique_ptr<Listener> listener;
    std::vector<ChannelId> quotes, trades;
    ChainCheck chain;
};

TEST_F(Outage, KilledAndEmptyUnderLoadNothingIsLostUnannounced) {
    auto& p = begin(options(server.url()));
    const InstrumentId btc = *table.find({AssetClass::crypto, "BTC-USDT"});
    p->set_state(btc, InstrumentState::live, "", "binance");
    p->set_feed_status("binance.spot", {});
    attach();
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    const std::string session = p->session();
    load(p, 100);
    ASSERT_TRUE(run_until([&] { return settled(p); }));
    server.kill();
    for (int i = 0; i < 50; ++i) {
        load(p, 20);
        run_until([] { return false; }, std::chrono::milliseconds(2));
    }
    server.start();
    attach();
    ASSERT_TRUE(run_until([&] {
        load(p, 1);
        return p->stats().owner;
    }));
    ASSERT_TRUE(run_until([&] { return settled(p); }));
    EXPECT_EQ(p->session(), session);
    EXPECT_GT(chain.holes, 0u);
    EXPECT_EQ(chain.before_announcement, 0u);
    EXPECT_EQ(chain.disorder, 0u);
    for (const char* symbol : {"BTC-USDT", "ETH-USDT", "XRP-USDT"})
        EXPECT_TRUE(chain.gaps["md:trade:crypto:" + std::string(symbol)].empty());
    EXPECT_EQ(server.get("md:alive"), session);
    EXPECT_EQ(server.cli({"HGET", "md:info", "session"}).text, session);
    EXPECT_EQ(server.cli({"SCARD", "md:symbols:crypto"}).text, "3");
    EXPECT_FALSE(server.get("md:state:crypto:BTC-USDT").empty());
    EXPECT_EQ(server.cli({"HGET", "md:status:binance.spot", "state"}).text, "connecting");
}

TEST_F(Outage, ASmallQueueDropsTheOldestTradesAndSaysWhich) {
    auto o = options(server.url());
    o.queue_limit = 1 << 20;
    auto& p = begin(std::move(o));
    attach();
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    load(p, 10);
    ASSERT_TRUE(run_until([&] { return settled(p); }));
    server.kill();
    ASSERT_TRUE(run_until([&] { return !p->stats().connected; }));
    load(p, 3000);
    EXPECT_LE(p->stats().queued_bytes, std::size_t{1} << 20);
    EXPECT_GT(p->stats().lost_messages, 3000u);
    server.start();
    attach();
    ASSERT_TRUE(run_until([&] { return settled(p); }));
    EXPECT_EQ(chain.before_announcement, 0u);
    EXPECT_EQ(chain.disorder, 0u);
    EXPECT_FALSE(chain.gaps["md:trade:crypto:BTC-USDT"].empty());
}

TEST_F(Outage, AFrozenRedisIsLeftAndFoundAgain) {
    auto o = options(server.url());
    o.reply_deadline = std::chrono::milliseconds(300);
    auto& p = begin(std::move(o));
    attach();
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    server.freeze();
    ASSERT_TRUE(run_until([&] {
        load(p, 5);
        return !p->stats().connected;
    }));
    load(p, 100);
    server.resume();
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    ASSERT_TRUE(run_until([&] { return settled(p); }));
    EXPECT_EQ(chain.before_announcement, 0u);
    EXPECT_EQ(chain.disorder, 0u);
}

// The gap_closed of a loss may itself push messages out of a full queue: those are told too.
TEST_F(Outage, WhatAGapEventPushesOutIsAnnounced) {
    constexpr int count = 560;
    auto o = options(server.url());
    o.queue_limit = 3 << 19;
    o.conflate_above = 256 << 10; // so much at the front is messages of all channels and nothing else
    o.reply_deadline = std::chrono::seconds(30);
    auto& p = start(std::move(o));
    std::vector<ChannelId> all;
    for (int i = 0; i < count; ++i)
        all.push_back(open(p, "S" + std::to_string(i)));
    attach();
    ASSERT_TRUE(run_until([&] { return p->stats().owner && p->stats().queued_commands == 0; }));
    const auto publish_all = [&](const Quote& q) {
        for (const auto c : all)
            p->publish(c, q);
        p->flush(now());
    };
    publish_all(quote());
    ASSERT_TRUE(run_until([&] { return p->stats().queued_commands == 0; }));
    server.freeze();
    run_until([] { return false; }, std::chrono::milliseconds(20)); // now it answers nothing any more
    while (p->stats().conflated_quotes < count)
        publish_all(quote());
    // Each channel now has a hole, which the next message opens; then the queue is filled to just below its limit.
    const auto lost = p->stats().lost_messages;
    while (p->stats().queued_bytes < (3 << 19) - 256 * 1024 || p->stats().gaps_announced < count)
        publish_all(backfill_quote());
    while (p->stats().queued_bytes < (3 << 19) - 2048)
        p->publish(all[0], backfill_quote());
    ASSERT_EQ(p->stats().lost_messages, lost);
    const auto state = [&] {
        const auto& s = p->stats();
        return "queued " + std::to_string(s.queued_bytes) + ", gaps " + std::to_string(s.gaps_announced) +
               ", conflated " + std::to_string(s.conflated_quotes) + ", unanswered " + std::to_string(s.unanswered);
    };
    const auto before = state();
    ASSERT_TRUE(run_until([&] { return p->stats().lost_messages > lost; }, std::chrono::seconds(4)))
        << before << "; then " << state();
    server.resume();
    ASSERT_TRUE(run_until([&] {
        drain(*listener);
        for (std::size_t i = 0; i < count; ++i)
            if (!chain.knows("md:quote:crypto:S" + std::to_string(i), p->last_seq(all[i])))
                return false;
        return p->stats().queued_commands == 0 && chain.pairs_match();
    })) << chain.describe();
    EXPECT_EQ(chain.unannounced(), 0u);
    EXPECT_EQ(chain.before_announcement, 0u);
    EXPECT_EQ(chain.disorder, 0u);
    EXPECT_TRUE(p->stats().owner);
}

using tcp = asio::ip::tcp;
using SharedSocket = std::shared_ptr<tcp::socket>;

// Forwards both ways; towards Redis at most 1 MB/s, with small buffers.
asio::awaitable<void> slow_pump(SharedSocket from, SharedSocket to, bool slow) {
    constexpr auto use = asio::as_tuple(asio::use_awaitable);
    std::vector<char> data(10000);
    asio::steady_timer timer(from->get_executor());
    while (true) {
        const auto [ec, n] = co_await from->async_read_some(asio::buffer(data), use);
        if (ec)
            break;
        const auto [wec, written] = co_await asio::async_write(*to, asio::buffer(data.data(), n), use);
        if (wec)
            break;
        if (slow) {
            timer.expires_after(std::chrono::microseconds(n));
            co_await timer.async_wait(use);
        }
    }
    boost::system::error_code ignored;
    from->close(ignored);
    to->close(ignored);
}

asio::awaitable<void> slow_relay(std::shared_ptr<tcp::acceptor> acceptor, std::uint16_t target_port) {
    constexpr auto use = asio::as_tuple(asio::use_awaitable);
    const auto executor = acceptor->get_executor();
    while (true) {
        auto [ec, in] = co_await acceptor->async_accept(use);
        if (ec)
            co_return;
        const auto a = std::make_shared<tcp::socket>(std::move(in));
        const auto b = std::make_shared<tcp::socket>(executor);
        const tcp::endpoint target(asio::ip::address_v4::loopback(), target_port);
        co_await b->async_connect(target, use);
        asio::co_spawn(executor, slow_pump(a, b, true), asio::detached);
        asio::co_spawn(executor, slow_pump(b, a, false), asio::detached);
    }
}

TEST_F(Outage, ASlowRedisGetsTheNewestQuotesAndAllIsAnnounced) {
    const auto acceptor = std::make_shared<tcp::acceptor>(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    acceptor->set_option(asio::socket_base::receive_buffer_size(32768));
    asio::co_spawn(io, slow_relay(acceptor, server.port()), asio::detached);
    auto o = options("redis://127.0.0.1:" + std::to_string(acceptor->local_endpoint().port()));
    o.queue_limit = 2 << 20;
    o.conflate_above = 256 << 10;
    auto& p = begin(std::move(o));
    attach();
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    // Three times what it takes.
    const MonoTime end = mono_now() + std::chrono::seconds(6);
    while (mono_now() < end) {
        load(p, 15);
        run_until([] { return false; }, std::chrono::milliseconds(10));
        listener->poll();
    }
    EXPECT_TRUE(p->stats().owner);
    EXPECT_EQ(p->stats().reconnects, 0u);
    EXPECT_GT(p->stats().conflated_quotes, 1000u);
    ASSERT_TRUE(run_until([&] { return settled(p) && chain.pairs_match(); }))
        << chain.describe() << "queued " << p->stats().queued_commands;
    EXPECT_EQ(chain.before_announcement, 0u);
    EXPECT_EQ(chain.disorder, 0u);
    EXPECT_EQ(chain.repeats, 0u);
    EXPECT_GT(chain.holes, 1000u);
    ASSERT_TRUE(stop(p));
}

} // namespace
} // namespace tickgate::redis
