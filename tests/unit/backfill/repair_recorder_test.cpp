#include "backfill/reconcile_recorder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace tickgate::backfill {
namespace {

using namespace std::chrono_literals;

const UnixNanos day{std::chrono::sys_days(std::chrono::year{2026} / 11 / 18)}; // a Wednesday

class RecorderTest : public ::testing::Test {
protected:
    RecorderTest() {
        LiveRecorderOptions options;
        options.interval = 1ms;
        options.most = 5;
        options.clock = [this] { return now; };
        auto write = [this](store::Batch batch) { return keep(std::move(batch)); };
        recorder = std::make_unique<LiveRecorder>(loop.get_executor(), std::move(write), hours, std::move(options));
    }
    asio::awaitable<result<store::WriteResult>> keep(store::Batch batch) {
        ++attempts;
        if (broken)
            co_return errc::store_full;
        for (const auto& span : batch.coverage)
            coverage.set(span);
        for (const auto& bar : batch.bars)
            bars.push_back(bar.bar.close.to_string());
        key = batch.series;
        co_return store::WriteResult();
    }
    void start() {
        asio::co_spawn(loop, recorder->run(), [this](std::exception_ptr e) {
            EXPECT_FALSE(e);
            ended = true;
        });
    }
    void finish() {
        recorder->stop();
        EXPECT_TRUE(until([&] { return ended; }));
    }
    bool until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + 5s;
        loop.restart();
        while (!done() && std::chrono::steady_clock::now() < end)
            loop.run_one_for(2ms);
        return done();
    }
    void bar(std::chrono::minutes at, std::int64_t close) {
        Bar b;
        b.timeframe = Timeframe::m1;
        b.open_time = day + at;
        b.close_time = b.open_time + 1min;
        b.close = Decimal::from_integer(close);
        b.price_type = PriceType::mid;
        b.source = BarSource::ticks;
        b.final = true;
        recorder->bar("oanda", name, b);
    }
    std::string told(std::chrono::minutes from, std::chrono::minutes to) const {
        std::string out;
        for (const auto& s : coverage.query({day + from, day + to})) {
            const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(s.span.to - s.span.from).count();
            out += (out.empty() ? "" : ", ") + std::string(store::to_string(s.cause)) + ' ' + std::to_string(minutes);
        }
        return out;
    }

    asio::io_context loop{1};
    calendar::MarketHours hours;
    InstrumentName name{AssetClass::fx, "EUR-USD"};
    UnixNanos now = day + 24h * 5;
    store::CoverageMap coverage;
    store::SeriesKey key;
    std::vector<std::string> bars;
    std::unique_ptr<LiveRecorder> recorder;
    bool broken = false, ended = false;
    int attempts = 0;
};

TEST_F(RecorderTest, EachAbsentBarHasItsCause) {
    start();
    bar(10min, 1);
    bar(11min, 2);
    bar(15min, 3); // nothing came in four minutes
    recorder->outage("oanda", name, Timeframe::m1, {day + 16min, day + 18min});
    bar(20min, 4);
    finish();
    EXPECT_EQ(bars, (std::vector<std::string>{"1", "2", "3", "4"}));
    EXPECT_EQ(key.provider, "oanda");
    EXPECT_EQ(key.variant.price_type, PriceType::mid);
    EXPECT_EQ(told(9min, 22min),
        "not_fetched 1, none 2, no_trades 3, none 1, gateway_outage 2, no_trades 2, none 1, not_fetched 1");
}

TEST_F(RecorderTest, AWeekendIsClosed) {
    start();
    const auto friday_evening = 24h * 2 + 21h + 59min; // 16:59 New York
    bar(std::chrono::duration_cast<std::chrono::minutes>(friday_evening), 1);
    bar(std::chrono::duration_cast<std::chrono::minutes>(24h * 4 + 22h), 2); // Sunday 17:00
    finish();
    EXPECT_EQ(told(std::chrono::duration_cast<std::chrono::minutes>(24h * 2 + 22h),
                  std::chrono::duration_cast<std::chrono::minutes>(24h * 4 + 22h)),
        "session_closed 2880");
}

TEST_F(RecorderTest, NothingIsClaimedOfTheTimeNobodyListened) {
    start();
    bar(10min, 1);
    recorder->end("oanda", name, Timeframe::m1);
    bar(20min, 2);
    finish();
    EXPECT_EQ(told(10min, 21min), "none 1, not_fetched 9, none 1");
}

TEST_F(RecorderTest, ALaterMessageOfABarReplacesIt) {
    bar(10min, 1);
    bar(10min, 2);
    start();
    finish();
    EXPECT_EQ(bars, std::vector<std::string>{"2"});
}

TEST_F(RecorderTest, WhatTheStoreDoesNotTakeIsKeptAndThenDropped) {
    broken = true;
    start();
    bar(1min, 1);
    ASSERT_TRUE(until([&] { return attempts >= 2; }));
    bar(2min, 2);
    broken = false;
    ASSERT_TRUE(until([&] { return bars.size() == 2; }));
    EXPECT_EQ(bars, (std::vector<std::string>{"1", "2"}));
    broken = true;
    for (int i = 3; i < 12; ++i)
        bar(std::chrono::minutes(i), i);
    EXPECT_GT(recorder->stats().dropped, 0u);
    EXPECT_LE(recorder->stats().waiting, 5u);
    broken = false;
    finish();
    for (const auto& span : coverage.query({day + 1min, day + 12min}))
        if (span.cause == store::Cause::none) {
            const auto minutes = (span.span.to - span.span.from) / 1min;
            EXPECT_LE(static_cast<std::size_t>(minutes), bars.size()) << "no bar is claimed that was dropped";
        }
}

} // namespace
} // namespace tickgate::backfill
