#include "budget/limit_window.hpp"

#include <gtest/gtest.h>

namespace tickgate::budget {
namespace {

using namespace std::chrono_literals;
using std::chrono::year;
using Kind = LimitSpec::Kind;

LimitSpec limit(Kind kind, std::int64_t n, std::chrono::milliseconds window = 60s) {
    LimitSpec s;
    s.kind = kind;
    s.limit = n;
    s.window = window;
    return s;
}

UnixNanos date(int y, unsigned m, unsigned d, std::chrono::nanoseconds of_day = 0ns) {
    return UnixNanos(std::chrono::sys_days(year(y) / std::chrono::month(m) / std::chrono::day(d))) + of_day;
}

// Both clocks run together from here.
Moment at(std::chrono::nanoseconds t, UnixNanos start = date(2026, 3, 1)) {
    return {MonoTime{} + 1000h + t, start + t};
}

void use(LimitWindow& w, std::int64_t n, Moment now) {
    w.take(n, now);
    w.settle(n, now);
}

TEST(RollingLimit, SaysExactlyWhenThereIsRoom) {
    auto w = LimitWindow::make(limit(Kind::rolling, 100));
    use(*w, 20, at(0s));
    use(*w, 30, at(10s));
    EXPECT_EQ(w->used(at(20s)), 50);
    EXPECT_EQ(w->reset_in(at(20s)), 50s);
    EXPECT_EQ(w->wait(40, 0, at(20s)), 0s) << "a tenth is kept free";
    EXPECT_EQ(w->wait(41, 0, at(20s)), 40s);
    EXPECT_EQ(w->wait(61, 0, at(20s)), 50s);
    EXPECT_EQ(w->wait(500, 0, at(20s)), 50s) << "more than the limit goes when the window is empty";
    EXPECT_EQ(w->wait(500, 0, at(70s)), 0s);
    EXPECT_EQ(w->used(at(70s)), 0);
}

TEST(RollingLimit, WhatIsInFlightDoesNotGrowOld) {
    auto w = LimitWindow::make(limit(Kind::rolling, 5, 1s));
    w->take(5, at(0s));
    EXPECT_EQ(w->wait(1, 0, at(10s)), 1s) << "it may be counted only now";
    w->settle(5, at(10s));
    EXPECT_EQ(w->wait(1, 0, at(10900ms)), 100ms);
    EXPECT_EQ(w->wait(1, 0, at(11s)), 0s);
    w->take(5, at(11s));
    w->undo(5, at(12s));
    EXPECT_EQ(w->wait(5, 0, at(12s)), 0s);
}

TEST(RollingLimit, KnowsHowLongAQueueTakes) {
    auto w = LimitWindow::make(limit(Kind::rolling, 5, 60s)); // none is kept free of so few
    EXPECT_EQ(w->wait(1, 4, at(0s)), 0s);
    EXPECT_EQ(w->wait(1, 5, at(0s)), 60s);
    EXPECT_EQ(w->wait(1, 14, at(0s)), 120s);
    use(*w, 3, at(0s));
    EXPECT_EQ(w->wait(1, 1, at(30s)), 0s);
    EXPECT_EQ(w->wait(1, 2, at(30s)), 30s) << "when the three leave";
    EXPECT_EQ(w->wait(1, 7, at(30s)), 90s);
}

TEST(RollingLimit, ManyEntriesAreJoinedToTheCautiousSide) {
    auto w = LimitWindow::make(limit(Kind::rolling, 1000000, 24h));
    for (int i = 0; i < 50000; ++i)
        use(*w, 1, at(std::chrono::milliseconds(i)));
    EXPECT_EQ(w->used(at(1min)), 50000);
    EXPECT_EQ(w->used(at(24h)), 50000 - 1) << "the first ones are exact";
    EXPECT_GT(w->used(at(24h + 48s)), 0);
    EXPECT_EQ(w->used(at(24h + 50s)), 0);
}

TEST(BucketLimit, GivesABurstAndThenItsRate) {
    auto spec = limit(Kind::bucket, 10, 1s); // a tenth is kept free: 9 a second
    spec.burst = 5;
    auto w = LimitWindow::make(spec);
    EXPECT_EQ(w->wait(5, 0, at(0s)), 0s);
    use(*w, 5, at(0s));
    EXPECT_EQ(w->used(at(0s)), 5);
    EXPECT_EQ(w->wait(1, 0, at(0s)), 111112us);
    EXPECT_EQ(w->wait(1, 8, at(0s)), 1s);
    EXPECT_EQ(w->wait(1, 0, at(111112us)), 0s);
    EXPECT_EQ(w->wait(50, 0, at(556ms)), 0s) << "empty: more than fits goes alone";
    w->take(5, at(1s));
    EXPECT_GT(w->wait(1, 0, at(100s)), 0s) << "what is in flight does not drain";
}

TEST(DayLimit, EndsAtMidnightUtc) {
    auto w = LimitWindow::make(limit(Kind::day, 500));
    const auto evening = [](std::chrono::nanoseconds t) { return at(t, date(2026, 2, 28, 23h)); };
    use(*w, 500, evening(0s));
    EXPECT_EQ(w->wait(1, 0, evening(10min)), 50min) << "quotas are used up";
    EXPECT_EQ(w->wait(1, 1000, evening(10min)), 50min + 48h);
    EXPECT_EQ(w->reset_in(evening(10min)), 50min);
    EXPECT_EQ(w->wait(1, 0, evening(1h)), 0s);
    EXPECT_EQ(w->used(evening(1h)), 0);
}

TEST(DayLimit, ARequestOverMidnightCountsInBothDays) {
    auto w = LimitWindow::make(limit(Kind::day, 2));
    w->take(2, at(-1s));
    EXPECT_EQ(w->used(at(1s)), 2);
    w->settle(2, at(1s));
    EXPECT_EQ(w->wait(1, 0, at(2s)), 24h - 2s);
}

TEST(MonthLimit, FollowsTheCalendar) {
    auto spec = limit(Kind::month, 1000);
    spec.unit = LimitSpec::Unit::bytes;
    auto w = LimitWindow::make(spec);
    Moment now = at(0s, date(2027, 12, 31, 12h));
    w->add(999, now);
    EXPECT_EQ(w->wait(1, 0, now), 0s);
    w->add(51, now); // known after the fact: one file too much
    EXPECT_EQ(w->used(now), 1050);
    EXPECT_EQ(w->wait(1, 0, now), 12h) << "the first of January";
    now = at(12h, date(2027, 12, 31, 12h));
    EXPECT_EQ(w->wait(1, 0, now), 0s);
    EXPECT_GT(w->wait(1001, 0, now), 0s) << "a file that never fits is not begun";
    EXPECT_EQ(period_of(Kind::month, date(2028, 2, 29, 5h)).end, date(2028, 3, 1));
    EXPECT_EQ(period_of(Kind::month, date(2027, 2, 28, 24h - 1ns)).end, date(2027, 3, 1));
}

TEST(MonthLimit, AClockThatGoesBackGivesNothingBack) {
    auto w = LimitWindow::make(limit(Kind::month, 10));
    const Moment ahead{MonoTime{} + 10s, date(2031, 1, 1)}, right{MonoTime{} + 20s, date(2026, 3, 31)};
    use(*w, 10, ahead);
    EXPECT_EQ(w->used(right), 10);
    EXPECT_EQ(w->wait(1, 0, right), 24h) << "but nothing is lost for years either";
    EXPECT_EQ(w->used({right.mono + 24h, right.wall + 24h}), 0);
}

TEST(LimitWindow, OutlivesARestart) {
    for (const auto kind : {Kind::rolling, Kind::bucket, Kind::day, Kind::month}) {
        SCOPED_TRACE(static_cast<int>(kind));
        const auto spec = limit(kind, 1000, 1h);
        auto before = LimitWindow::make(spec);
        for (int i = 0; i < 600; ++i)
            use(*before, 1, at(std::chrono::seconds(i)));
        before->take(7, at(600s));
        const auto text = before->save(at(600s));
        auto after = LimitWindow::make(spec);
        // Another process: its monotonic clock is another one.
        const auto later = [](std::chrono::nanoseconds t) {
            return Moment{MonoTime{} + t, date(2026, 3, 1) + 600s + t};
        };
        ASSERT_TRUE(after->load(text, later(0s))) << text;
        EXPECT_GE(after->used(later(0s)), kind == Kind::bucket ? 400 : 607);
        EXPECT_LE(after->used(later(0s)), 607);
        if (kind == Kind::rolling) {
            EXPECT_EQ(after->used(later(50min - 1s)), 607) << text;
            EXPECT_EQ(after->used(later(1h + 1s)), 0);
        }
        EXPECT_LT(text.size(), 2000u);
    }
}

TEST(LimitWindow, TextOfATimeThatIsOverIsNothing) {
    auto day = LimitWindow::make(limit(Kind::day, 10));
    use(*day, 10, at(0s));
    auto next = LimitWindow::make(limit(Kind::day, 10));
    EXPECT_FALSE(next->load(day->save(at(0s)), at(24h)));
    EXPECT_EQ(next->used(at(24h)), 0);
    for (const auto kind : {Kind::rolling, Kind::bucket, Kind::day})
        for (const char* text : {"x", "1:-5", ":", "99999999999999999999:1", "1:2:3", "9000000000001:1,"}) {
            auto w = LimitWindow::make(limit(kind, 10));
            EXPECT_FALSE(w->load(text, at(0s))) << text;
        }
}

TEST(LimitWindow, HasAName) {
    EXPECT_EQ(label_of(limit(Kind::rolling, 1, 60s)), "1m");
    EXPECT_EQ(label_of(limit(Kind::rolling, 1, 1s)), "1s");
    EXPECT_EQ(label_of(limit(Kind::rolling, 1, 24h)), "24h");
    EXPECT_EQ(label_of(limit(Kind::bucket, 1, 250ms)), "250ms_bucket");
    EXPECT_EQ(label_of(limit(Kind::day, 1)), "day");
    auto volume = limit(Kind::month, 1);
    volume.unit = LimitSpec::Unit::bytes;
    EXPECT_EQ(label_of(volume), "month_bytes");
}

} // namespace
} // namespace tickgate::budget
