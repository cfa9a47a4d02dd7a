#include "redis/demand.hpp"

#include "core/clock.hpp"
#include "support/redis_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>

namespace tickgate::redis {
namespace {

using namespace std::chrono_literals;

TEST(PollPacer, KeepsToItsShareAndForgetsOneInterruptedLook) {
    PollPacer pacer(500ms, 0.001);
    pacer.looked(30us, 1000);
    EXPECT_EQ(pacer.interval(), 500ms);
    pacer.looked(30us, 1000);
    EXPECT_EQ(pacer.interval(), 500ms);
    pacer.looked(40000us, 1000); // a fork of Redis, say
    EXPECT_EQ(pacer.interval(), 500ms);
    pacer.looked(2000us, 500000);
    EXPECT_GE(pacer.interval(), 2520ms);
    pacer.looked(2000us, 500000);
    EXPECT_GE(pacer.interval(), 2520ms);
    EXPECT_LE(pacer.interval(), 2522ms);
    pacer.looked(-5us, 0); // its clock was set back
    EXPECT_EQ(pacer.interval(), 500ms);
}

TEST(PollPacer, OneMeasurementAloneIsNotBelieved) {
    PollPacer pacer(500ms, 0.001);
    pacer.looked(5s, 0);
    EXPECT_EQ(pacer.interval(), 2000ms);
    pacer.looked(5s, 0);
    EXPECT_GE(pacer.interval(), 5000s);
}

TEST(DemandPattern, TakesThePrefixLiterally) {
    EXPECT_EQ(demand_pattern("md"), "md:[qtb][ura][oar]*:*");
    EXPECT_EQ(escape_glob("a*b?[c]\\^-"), "a\\*b\\?\\[c\\]\\\\\\^\\-");
}

class Watch : public ::testing::Test {
protected:
    void start(std::chrono::milliseconds interval = 20ms, const std::string& prefix = "md") {
        DemandWatcherOptions o;
        o.redis.url = server.url();
        o.prefix = prefix;
        o.least_interval = interval;
        o.back_off_cap = 100ms;
        watcher =
            std::make_unique<DemandWatcher>(io.get_executor(), std::move(o), [this](std::vector<std::string> list) {
                std::sort(list.begin(), list.end());
                picture = std::move(list);
                if (++pictures == throws_at)
                    throw std::runtime_error("boom");
            });
        asio::co_spawn(io, watcher->run(), [this](std::exception_ptr e) {
            ended = true;
            if (e)
                std::rethrow_exception(e);
        });
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
        if (!watcher)
            return;
        watcher->stop();
        EXPECT_TRUE(run_until([&] { return ended; }));
    }

    test::RedisServer server;
    asio::io_context io;
    std::unique_ptr<DemandWatcher> watcher;
    std::vector<std::string> picture;
    std::uint64_t pictures = 0, throws_at = 0;
    bool ended = false;
};

TEST_F(Watch, SeesExactSubscribersOfThePrefixWithinTwoSeconds) {
    start(500ms);
    ASSERT_TRUE(run_until([&] { return pictures > 0; }));
    EXPECT_TRUE(picture.empty());
    test::RedisClient subscriber(server.port());
    const auto at = mono_now();
    for (const char* channel : {"md:quote:crypto:BTC-USDT", "md:trade:crypto:BTC-USDT", "md:bar:1m:crypto:BTC-USDT",
             "md:event:crypto:BTC-USDT", "md:heartbeat", "mdx:quote:crypto:A", "md:last:quote:crypto:A"})
        subscriber({"SUBSCRIBE", channel});
    subscriber({"PSUBSCRIBE", "md:quote:*"});
    const std::vector<std::string> expected{"bar:1m:crypto:BTC-USDT", "quote:crypto:BTC-USDT", "trade:crypto:BTC-USDT"};
    ASSERT_TRUE(run_until([&] { return picture == expected; }));
    EXPECT_LT(mono_now() - at, 2s);
    subscriber({"UNSUBSCRIBE", "md:quote:crypto:BTC-USDT"});
    EXPECT_TRUE(run_until([&] { return picture.size() == 2; }));
    EXPECT_TRUE(watcher->stats().connected);
    EXPECT_EQ(watcher->stats().channels, 2u);
}

TEST_F(Watch, APrefixIsNoPattern) {
    start(20ms, "m[d]*");
    test::RedisClient subscriber(server.port());
    subscriber({"SUBSCRIBE", "md:quote:crypto:A"});
    subscriber({"SUBSCRIBE", "mdx:quote:crypto:A"});
    subscriber({"SUBSCRIBE", "m[d]*:quote:crypto:B"});
    const std::vector<std::string> expected{"quote:crypto:B"};
    ASSERT_TRUE(run_until([&] { return picture == expected; }));
}

TEST_F(Watch, KeepsThePictureWhileRedisIsAway) {
    start();
    auto subscriber = std::make_unique<test::RedisClient>(server.port());
    (*subscriber)({"SUBSCRIBE", "md:quote:crypto:A"});
    ASSERT_TRUE(run_until([&] { return picture.size() == 1; }));
    server.stop();
    ASSERT_TRUE(run_until([&] { return watcher->stats().failures >= 3; }));
    EXPECT_FALSE(watcher->stats().connected);
    EXPECT_EQ(picture.size(), 1u);
    server.start();
    ASSERT_TRUE(run_until([&] { return picture.empty(); })); // nobody has subscribed again yet
    EXPECT_EQ(watcher->stats().reconnects, 1u);
}

TEST_F(Watch, AFaultIsCountedAndTheWatchGoesOn) {
    throws_at = 2;
    start();
    ASSERT_TRUE(run_until([&] { return pictures > 4; }));
    EXPECT_EQ(watcher->stats().failures, 1u);
    EXPECT_TRUE(watcher->stats().connected);
}

TEST_F(Watch, AHungRedisIsGivenUpAndSoIsAStop) {
    start();
    ASSERT_TRUE(run_until([&] { return pictures > 1; }));
    server.freeze();
    io.run_for(50ms);
    watcher->stop();
    EXPECT_TRUE(run_until([&] { return ended; }, 2s));
    server.resume();
}

TEST_F(Watch, TenThousandChannelsTakeLessThanAThousandthOfRedis) {
    test::RedisClient subscriber(server.port());
    for (int i = 0; i < 10000; ++i)
        subscriber.send({"SUBSCRIBE", "md:quote:equity:SYMBOL" + std::to_string(i)});
    for (int i = 0; i < 10000; ++i)
        subscriber.receive();
    start(10ms);
    ASSERT_TRUE(run_until([&] { return picture.size() == 10000 && pictures >= 3; }, 60s));
    // What Redis counts itself, over the wait that follows.
    const auto info = server.cli({"INFO", "commandstats"}).text;
    const auto line = info.substr(info.find("cmdstat_pubsub|channels:"));
    const auto per_call = std::stod(line.substr(line.find("usec_per_call=") + 14));
    EXPECT_GT(per_call, 100.0);
    EXPECT_LT(per_call / 1000.0 / static_cast<double>(watcher->stats().interval_ms), 0.001 * 5)
        << per_call << " us, every " << watcher->stats().interval_ms << " ms";
}

} // namespace
} // namespace tickgate::redis
