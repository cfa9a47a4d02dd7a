#include "app/loop_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tickgate::app {

namespace {

using namespace std::chrono_literals;
constexpr MonoTime begin{std::chrono::hours(1)};

// The two loops on a clock of their own, and a service manager that counts how long it hears nothing.
class Manager {
public:
    explicit Manager(std::chrono::microseconds limit) : limit_(limit), watchdog_(limit) {}

    // Lets time pass; a loop that stands still does not go round.
    void run(std::chrono::milliseconds time, bool hot_runs = true, bool control_runs = true) {
        const auto until = now_ + time;
        while (now_ < until) {
            now_ += watchdog_.period();
            hot_rounds_ += hot_runs;
            if (control_runs && watchdog_.look(hot_rounds_))
                heard_ = now_;
            killed_ = killed_ || now_ - heard_ > limit_;
        }
    }
    bool killed() const { return killed_; }

private:
    std::chrono::microseconds limit_;
    Watchdog watchdog_;
    MonoTime now_ = begin, heard_ = begin;
    std::uint64_t hot_rounds_ = 0;
    bool killed_ = false;
};

std::uint64_t total(const Histogram& h) {
    return std::accumulate(h.buckets.begin(), h.buckets.end(), std::uint64_t{0});
}

} // namespace

TEST(Watchdog, HearsOfProgressWhileBothLoopsGoRound) {
    Manager manager(30s);
    manager.run(1h);
    EXPECT_FALSE(manager.killed());
}

TEST(Watchdog, OutlivesAPauseThatIsShorterThanTheLimit) {
    Manager manager(30s);
    manager.run(1min);
    manager.run(29s, false);
    manager.run(1min);
    manager.run(29s, true, false);
    manager.run(1min);
    EXPECT_FALSE(manager.killed());
}

TEST(Watchdog, EndsAProcessWhoseHotLoopStandsStill) {
    Manager manager(30s);
    manager.run(1min);
    manager.run(31s, false);
    EXPECT_TRUE(manager.killed());
}

TEST(Watchdog, EndsAProcessWhoseControlLoopStandsStill) {
    Manager manager(30s);
    manager.run(1min);
    manager.run(31s, true, false);
    EXPECT_TRUE(manager.killed());
}

TEST(Watchdog, LooksFourTimesWithinTheLimitAndEachQuarterOfASecondAtLeast) {
    EXPECT_EQ(Watchdog(400ms).period(), 100ms);
    EXPECT_EQ(Watchdog(30s).period(), 250ms);
    EXPECT_EQ(Watchdog(std::nullopt).period(), 250ms);
    EXPECT_EQ(Watchdog(2us).period(), 1ms);
}

TEST(Watchdog, SaysNothingWhereNobodyAsked) {
    Watchdog watchdog(std::nullopt);
    EXPECT_FALSE(watchdog.look(1));
    EXPECT_FALSE(watchdog.look(2));
}

TEST(LoopDelay, CountsWhatComesAfterThePeriod) {
    LoopDelay delay(50ms);
    delay.beat(begin);
    EXPECT_EQ(total(delay.delays()), 0u) << "nothing was due before the first";
    delay.beat(begin + 50ms);
    delay.beat(begin + 100ms + 7us);
    delay.beat(begin + 140ms); // early
    EXPECT_EQ(total(delay.delays()), 3u);
    EXPECT_EQ(delay.delays().sum_us, 7u);
    EXPECT_EQ(delay.longest(begin + 150ms), 7us);
}

TEST(LoopDelay, TellsAStallWhileItGoesOn) {
    LoopDelay delay(50ms);
    delay.beat(begin);
    EXPECT_EQ(delay.longest(begin + 50ms), 0ms);
    EXPECT_EQ(delay.longest(begin + 3s), 2950ms);
}

TEST(LoopDelay, RemembersTheLongestForAMinuteAtLeastAndForTwoAtMost) {
    LoopDelay delay(50ms);
    auto now = begin;
    const auto run = [&](std::chrono::seconds time) {
        for (const auto until = now + time; now < until;)
            delay.beat(now += 50ms);
    };
    run(5s);
    delay.beat(now += 1s);
    run(55s);
    EXPECT_EQ(delay.longest(now), 950ms);
    run(70s);
    EXPECT_EQ(delay.longest(now), 0ms);
}

} // namespace tickgate::app
