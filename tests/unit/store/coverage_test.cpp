#include "store/coverage.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace tickgate::store {
namespace {

using namespace std::chrono_literals;

constexpr UnixNanos start{1'700'000'000s};
UnixNanos at(int minute) { return start + std::chrono::minutes(minute); }
CoverageSpan piece(int from, int to, Cause cause, UnixNanos known = start) {
    return {{at(from), at(to)}, cause, known};
}

// What a slow and obvious ledger says: one entry a minute.
class Naive {
public:
    static constexpr int minutes = 120;

    void set(const CoverageSpan& what) {
        for (int m = 0; m < minutes; ++m)
            if (at(m) >= what.span.from && at(m) < what.span.to)
                slots_[static_cast<std::size_t>(m)] = {what.cause, what.known_at};
    }
    std::pair<Cause, UnixNanos> slot(int m) const { return slots_[static_cast<std::size_t>(m)]; }

private:
    std::array<std::pair<Cause, UnixNanos>, minutes> slots_ = [] {
        std::array<std::pair<Cause, UnixNanos>, minutes> s;
        s.fill({Cause::not_fetched, UnixNanos()});
        return s;
    }();
};

void expect_equal(const CoverageMap& map, const Naive& naive, int from, int to) {
    const auto pieces = map.query({at(from), at(to)});
    auto next = at(from);
    for (const auto& p : pieces) {
        ASSERT_EQ(p.span.from, next) << "a hole or an overlap";
        ASSERT_LT(p.span.from, p.span.to);
        for (auto t = p.span.from; t < p.span.to; t += 1min) {
            const auto minute = static_cast<int>((t - start) / 1min);
            ASSERT_EQ(naive.slot(minute), std::pair(p.cause, p.known_at)) << "minute " << minute;
        }
        next = p.span.to;
    }
    ASSERT_EQ(next, std::max(at(from), at(to)));
}

// Neighbours that say the same are one, nothing overlaps, nothing is empty.
void expect_canonical(const CoverageMap& map) {
    const CoverageSpan* before = nullptr;
    for (const auto& [from, p] : map.spans()) {
        ASSERT_EQ(from, p.span.from);
        ASSERT_LT(p.span.from, p.span.to);
        if (before != nullptr) {
            ASSERT_LE(before->span.to, p.span.from);
            if (before->span.to == p.span.from) {
                ASSERT_FALSE(before->cause == p.cause && before->known_at == p.known_at);
            }
        }
        before = &p;
    }
}

TEST(Coverage, AgreesWithALedgerOfMinutes) {
    std::mt19937 random(20261121);
    const auto number = [&](int most) { return std::uniform_int_distribution(0, most)(random); };
    for (int round = 0; round < 400; ++round) {
        CoverageMap map;
        Naive naive;
        for (int step = 0; step < 60; ++step) {
            const auto what = piece(number(Naive::minutes), number(Naive::minutes),
                static_cast<Cause>(number(cause_count - 1)), start + std::chrono::hours(number(2)));
            if (number(9) == 0) {
                map.forget(what.span);
                naive.set({what.span, Cause::not_fetched, UnixNanos()});
            } else {
                map.set(what);
                naive.set(what);
            }
            expect_canonical(map);
            int from = number(Naive::minutes), to = number(Naive::minutes);
            if (from > to)
                std::swap(from, to);
            expect_equal(map, naive, from, to);
            if (HasFatalFailure())
                return;
        }
    }
}

TEST(Coverage, MissingIsWhatDoesNotHoldMinuteByMinute) {
    std::mt19937 random(7);
    const auto number = [&](int most) { return std::uniform_int_distribution(0, most)(random); };
    for (int round = 0; round < 3000; ++round) {
        CoverageMap map;
        for (int step = 0; step < 8; ++step)
            map.set(piece(number(Naive::minutes), number(Naive::minutes), static_cast<Cause>(number(cause_count - 1)),
                at(number(40 * 60))));
        const auto now = at(number(60 * 60));
        const auto missing = map.missing({at(0), at(Naive::minutes)}, now);
        for (std::size_t i = 1; i < missing.size(); ++i)
            ASSERT_LT(missing[i - 1].to, missing[i].from) << "neighbours are joined";
        for (int m = 0; m < Naive::minutes; ++m) {
            const auto minute = map.query({at(m), at(m + 1)});
            ASSERT_EQ(minute.size(), 1u);
            const bool told = std::any_of(
                missing.begin(), missing.end(), [&](const Span& s) { return s.from <= at(m) && at(m) < s.to; });
            ASSERT_EQ(told, !still_holds(minute[0], now)) << "minute " << m << ' ' << to_string(minute[0].cause);
        }
    }
}

TEST(Coverage, NeighboursOfEqualCauseAndTimeAreOne) {
    CoverageMap map;
    map.set(piece(0, 10, Cause::none));
    map.set(piece(20, 30, Cause::none));
    EXPECT_EQ(map.size(), 2u);
    map.set(piece(10, 20, Cause::none));
    ASSERT_EQ(map.size(), 1u);
    EXPECT_EQ(map.spans().begin()->second, piece(0, 30, Cause::none));
    map.set(piece(30, 40, Cause::none, start + 1h));
    EXPECT_EQ(map.size(), 2u);
}

TEST(Coverage, ASpanInTheMiddleSplitsWhatWasThere) {
    CoverageMap map;
    map.set(piece(0, 30, Cause::none));
    map.set(piece(10, 20, Cause::rejected));
    const std::vector<CoverageSpan> expected{
        piece(0, 10, Cause::none), piece(10, 20, Cause::rejected), piece(20, 30, Cause::none)};
    EXPECT_EQ(map.query({at(0), at(30)}), expected);
}

TEST(Coverage, ReversedAndEmptySpansChangeNothing) {
    CoverageMap map;
    map.set(piece(10, 10, Cause::none));
    map.set(piece(20, 10, Cause::none));
    EXPECT_EQ(map.size(), 0u);
    EXPECT_TRUE(map.query({at(5), at(5)}).empty());
    EXPECT_TRUE(map.query({at(6), at(5)}).empty());
}

TEST(Coverage, KnownLeavesOutWhatWasNeverSet) {
    CoverageMap map;
    map.set(piece(10, 20, Cause::none));
    EXPECT_EQ(map.known({at(0), at(15)}), std::vector{piece(10, 15, Cause::none)});
    EXPECT_EQ(map.query({at(0), at(15)}).front().cause, Cause::not_fetched);
}

TEST(Coverage, WhatWasNotSettledIsAskedAgain) {
    // Asked at minute 60 for everything up to minute 60: the last five minutes may have changed since.
    const auto asked = at(60);
    EXPECT_TRUE(still_holds(piece(0, 55, Cause::none, asked), asked + 1s));
    EXPECT_FALSE(still_holds(piece(0, 56, Cause::none, asked), asked + 1s));
    EXPECT_TRUE(still_holds(piece(0, 90, Cause::session_closed, asked), asked + 1s));
    CoverageMap map;
    map.set(piece(0, 60, Cause::none, asked));
    EXPECT_EQ(map.missing({at(0), at(60)}, asked + 1min), (std::vector{Span{at(55), at(60)}}));
}

TEST(Coverage, ADayLaterItIsAskedOnceMoreAndThenStays) {
    const auto young = piece(0, 60, Cause::none, at(60) + 2h);
    EXPECT_TRUE(still_holds(young, young.known_at + 24h - 1s));
    EXPECT_FALSE(still_holds(young, young.known_at + 24h));
    const auto old = piece(0, 60, Cause::none, at(60) + 24h);
    EXPECT_TRUE(still_holds(old, old.known_at + 24h * 3650));
}

TEST(Coverage, OnlyTheYoungPartOfALongSpanIsAskedOnceMore) {
    const auto asked = start + 240h;
    CoverageMap map;
    map.set({{start, asked - 5min}, Cause::none, asked});
    EXPECT_TRUE(map.missing({start, asked - 5min}, asked + 23h).empty());
    EXPECT_EQ(map.missing({start, asked - 5min}, asked + 25h), (std::vector{Span{asked - 24h, asked - 5min}}));
}

TEST(Coverage, HolesAndRefusalsAreAskedAgainAfterAnHour) {
    for (const auto cause : {Cause::provider_hole, Cause::not_entitled, Cause::rejected}) {
        const auto what = piece(0, 60, cause, at(60) + 100h);
        EXPECT_TRUE(still_holds(what, what.known_at + 59min)) << to_string(cause);
        EXPECT_FALSE(still_holds(what, what.known_at + 60min)) << to_string(cause);
    }
    EXPECT_FALSE(still_holds(piece(0, 60, Cause::not_fetched, at(60) + 100h), at(60) + 100h));
}

TEST(Coverage, CausesHaveNames) {
    for (int i = 0; i < cause_count; ++i)
        EXPECT_EQ(cause_from(to_string(static_cast<Cause>(i))), static_cast<Cause>(i));
    EXPECT_EQ(to_string(Cause::gateway_outage), "gateway_outage");
    EXPECT_FALSE(cause_from("nonsense"));
}

} // namespace
} // namespace tickgate::store
