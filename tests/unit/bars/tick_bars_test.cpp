#include "bars_test_support.hpp"
#include "calendar/bar_spans.hpp"
#include "calendar/new_york.hpp"

#include <gtest/gtest.h>

namespace tickgate::bars {
namespace {

using namespace test;
using namespace std::chrono_literals;
using Input = TickBars::Input;
using Added = TickBars::Added;

constexpr InstrumentId id{3};

TEST(TickBars, AMinuteOfMidsIsClosedByTimeAfterItsGrace) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    bars.add(quote(at(1), "1.10", "1.12"));
    bars.add(quote(at(20), "1.20", "1.22"));
    bars.add(quote(at(40), "1.00", "1.02"));
    bars.add(quote(at(59, 999), "1.05", "1.06"));
    (void)all_due(bars, at(59, 999));
    EXPECT_TRUE(all_due(bars, at(60, 499)).empty());
    const auto out = all_due(bars, at(60, 500));
    ASSERT_EQ(out.size(), 1u);
    const auto& b = out[0];
    EXPECT_EQ(text(b), "1.11 1.21 1.01 1.055 4 final");
    EXPECT_EQ(b.instrument, id);
    EXPECT_EQ(b.open_time, at(0));
    EXPECT_EQ(b.close_time, at(60));
    EXPECT_EQ(b.volume_unit, VolumeUnit::ticks);
    EXPECT_EQ(b.price_type, PriceType::mid);
    EXPECT_EQ(b.source, BarSource::ticks);
    EXPECT_EQ(b.align, Alignment::utc);
    EXPECT_FALSE(b.trades.has_value());
    EXPECT_FALSE(b.vwap.has_value());
    EXPECT_EQ(b.event_time, at(59, 999));
    EXPECT_EQ(b.received_time, at(60, 500));
    EXPECT_TRUE(b.flags.empty());
    EXPECT_TRUE(all_due(bars, at(600)).empty()) << "nothing twice, no empty bars";
}

TEST(TickBars, AQuietMinuteMakesNoBar) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    bars.add(quote(at(1), "1", "3"));
    bars.add(quote(at(181), "2", "4"));
    std::vector<Bar> out;
    for (int s = 182; s < 260; ++s)
        for (const auto& b : all_due(bars, at(s)))
            if (b.final)
                out.push_back(b);
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(out[0].open_time, at(0));
    EXPECT_EQ(out[1].open_time, at(180));
}

TEST(TickBars, TheFormingBarIsToldAtMostOnceASecondAndOnlyWhenChanged) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    int messages = 0;
    for (int ms = 0; ms < 10000; ms += 50) {
        bars.add(quote(at(0, ms), "1", "2"));
        messages += static_cast<int>(all_due(bars, at(0, ms)).size());
    }
    EXPECT_EQ(messages, 10);
    EXPECT_EQ(all_due(bars, at(11)).size(), 1u);
    EXPECT_TRUE(all_due(bars, at(13)).empty());
    bars.add(quote(at(14), "1", "2"));
    const auto out = all_due(bars, at(14));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_FALSE(out[0].final);
}

TEST(TickBars, BarsOfOneSecondAreToldWhenTheyEnd) {
    TickBars bars(id, Timeframe::s1, Input::mid);
    bars.add(quote(at(0, 100), "1", "2"));
    EXPECT_TRUE(all_due(bars, at(0, 900)).empty());
    EXPECT_EQ(all_due(bars, at(1, 500)).size(), 1u);
}

TEST(TickBars, ALateTickMakesTheNextRevisionWhileTheBarIsRemembered) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    bars.add(quote(at(10), "1", "3"));
    EXPECT_EQ(all_due(bars, at(61)).size(), 1u);
    auto late = quote(at(59), "5", "7");
    late.received_time = at(70);
    EXPECT_EQ(bars.add(late), Added::taken);
    auto out = all_due(bars, at(70));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(text(out[0]), "2 6 2 6 2 final");
    // An earlier price does not become the close, but may become the open.
    late = quote(at(5), "0", "2");
    late.received_time = at(71);
    EXPECT_EQ(bars.add(late), Added::taken);
    EXPECT_TRUE(all_due(bars, at(70, 500)).empty()) << "revisions keep the pace too";
    out = all_due(bars, at(71));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(text(out[0]), "1 6 1 6 3 final");
    late.received_time = at(181);
    EXPECT_EQ(bars.add(late), Added::late);
    EXPECT_EQ(bars.late(), 1u);
    EXPECT_TRUE(all_due(bars, at(182)).empty());
}

TEST(TickBars, ALateTickMayOpenABarNobodyKnew) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    bars.add(quote(at(70), "1", "3"));
    auto late = quote(at(50), "5", "7");
    late.received_time = at(71);
    EXPECT_EQ(bars.add(late), Added::taken);
    const auto out = all_due(bars, at(71));
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(out[0].open_time, at(0));
    EXPECT_TRUE(out[0].final);
    EXPECT_EQ(out[1].open_time, at(60));
}

TEST(TickBars, AncientTicksAreCountedAndMakeNothing) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    auto old = quote(at(0), "1", "3");
    old.received_time = at(3600);
    EXPECT_EQ(bars.add(old), Added::late);
    EXPECT_EQ(bars.late(), 1u);
    EXPECT_TRUE(all_due(bars, at(3601)).empty());
}

TEST(TickBars, WithoutEventTimeTheReceiveTimePlaces) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    auto q = quote(at(61), "1", "3");
    q.event_time.reset();
    bars.add(q);
    const auto out = all_due(bars, at(121));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].open_time, at(60));
    EXPECT_FALSE(out[0].event_time.has_value());
}

TEST(TickBars, AVenueClockFarAheadIsNotBelieved) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    auto q = quote(at(3600), "1", "3");
    q.received_time = at(10);
    EXPECT_EQ(bars.add(q), Added::taken);
    const auto out = all_due(bars, at(61));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(out[0].open_time, at(0));
}

TEST(TickBars, ADelayedFeedHasItsOwnClock) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    const auto delayed = [](UnixNanos t) {
        auto q = quote(t, "1", "3");
        q.received_time = t + 15min;
        q.flags = Flag::delayed;
        return q;
    };
    EXPECT_EQ(bars.add(delayed(at(10))), Added::taken);
    auto out = all_due(bars, at(20) + 15min);
    ASSERT_EQ(out.size(), 1u);
    EXPECT_FALSE(out[0].final);
    bars.add(delayed(at(30)));
    out = all_due(bars, at(61) + 15min);
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(text(out[0]), "2 2 2 2 2 final");
    EXPECT_TRUE(out[0].flags.has(Flag::delayed));
}

TEST(TickBars, WhatMakesNoPriceIsNoTick) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    auto q = quote(at(1), "1", "3");
    q.bid.reset();
    EXPECT_EQ(bars.add(q), Added::ignored);
    q = quote(at(1), "1", "3");
    q.flags = Flag::snapshot;
    EXPECT_EQ(bars.add(q), Added::ignored);
    EXPECT_TRUE(all_due(bars, at(61)).empty());

    TickBars last(id, Timeframe::m1, Input::last);
    EXPECT_EQ(last.add(quote(at(1), "1", "3")), Added::ignored);
    Quote value;
    value.last = dec("5012.25");
    value.received_time = at(2);
    value.flags = Flag::indicative;
    EXPECT_EQ(last.add(value), Added::taken);
    const auto out = all_due(last, at(61));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(text(out[0]), "5012.25 5012.25 5012.25 5012.25 1 final");
    EXPECT_EQ(out[0].price_type, PriceType::trade);
    EXPECT_TRUE(out[0].flags.has(Flag::indicative));
}

TEST(TickBars, TradesSumSizesAndWeighPrices) {
    TickBars bars(id, Timeframe::m1, Input::trades);
    bars.add(trade(at(1), "10.5", "3"));
    bars.add(trade(at(2), "11", "1"));
    auto cancel = trade(at(3), "99", "1");
    cancel.action = TradeAction::cancel;
    EXPECT_EQ(bars.add(cancel), Added::ignored);
    bars.add(trade(at(4), "10", "3.5"));
    const auto out = all_due(bars, at(61));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(text(out[0]), "10.5 11 10 10 7.5 final");
    EXPECT_EQ(out[0].volume_unit, VolumeUnit::base);
    EXPECT_EQ(out[0].trades, 3);
    EXPECT_EQ(out[0].price_type, PriceType::trade);
    EXPECT_EQ(out[0].vwap->to_string(), "10.3333333333333333"); // 77.5 / 7.5
}

TEST(TickBars, APrintThatDoesNotMoveTheLastPriceCountsForTheVolumeOnly) {
    TickBars bars(id, Timeframe::m1, Input::trades);
    auto odd = trade(at(1), "99", "5");
    odd.updates_last = false;
    bars.add(odd);
    EXPECT_TRUE(all_due(bars, at(2)).empty()) << "no price, no bar";
    bars.add(trade(at(3), "10", "2"));
    odd = trade(at(4), "1", "1");
    odd.updates_last = false;
    bars.add(odd);
    auto out = all_due(bars, at(61));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(text(out[0]), "10 10 10 10 8 final");
    EXPECT_EQ(out[0].trades, 3);
    EXPECT_EQ(out[0].vwap->to_string(), "10");
    // A minute of nothing else makes no bar at all.
    odd = trade(at(70), "1", "1");
    odd.updates_last = false;
    bars.add(odd);
    EXPECT_TRUE(all_due(bars, at(130)).empty());
    EXPECT_TRUE(all_due(bars, at(140)).empty());
}

TEST(TickBars, TheMinuteOfASwitchIsMixed) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    bars.add(quote(at(10), "1", "3"));
    EXPECT_FALSE(all_due(bars, at(10)).at(0).flags.has(Flag::mixed));
    bars.switched(at(30));
    bars.add(quote(at(40), "1", "3"));
    bars.add(quote(at(70), "1", "3"));
    const auto out = all_due(bars, at(130));
    ASSERT_EQ(out.size(), 2u);
    EXPECT_TRUE(out[0].flags.has(Flag::mixed));
    EXPECT_FALSE(out[1].flags.has(Flag::mixed));
    bars.switched(at(131)); // before the first tick of that minute
    bars.add(quote(at(140), "1", "3"));
    EXPECT_TRUE(all_due(bars, at(141)).at(0).flags.has(Flag::mixed));
}

TEST(TickBars, ABarThatEndedIsDueAtASwitchWithoutItsGrace) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    bars.add(quote(at(10), "1", "3"));
    (void)all_due(bars, at(10));
    EXPECT_TRUE(all_due(bars, at(60, 100)).empty());
    bars.switched(at(60, 100));
    const auto out = all_due(bars, at(60, 100));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_EQ(text(out[0]), "2 2 2 2 1 final");
    EXPECT_FALSE(out[0].flags.has(Flag::mixed));
}

TEST(TickBars, NoTickIsLostWhenNobodyAskedForAWhile) {
    TickBars bars(id, Timeframe::s1, Input::mid);
    int finals = 0;
    for (int s = 0; s < 30; ++s) {
        const auto q = quote(at(s), "1", "3");
        if (bars.add(q) == Added::full) {
            finals += static_cast<int>(all_due(bars, q.received_time).size());
            EXPECT_EQ(bars.add(q), Added::taken);
        }
    }
    finals += static_cast<int>(all_due(bars, at(60)).size());
    EXPECT_EQ(finals, 30);
}

TEST(TickBars, LongTimeframesFollowTheCalendar) {
    for (const auto tf : {Timeframe::h4, Timeframe::d1, Timeframe::w1, Timeframe::mo1}) {
        TickBars bars(id, tf, Input::mid);
        bars.add(quote(at(1), "1", "3"));
        const auto open = bar_open(at(1), tf), end = bar_end(open, tf);
        (void)all_due(bars, at(2));
        EXPECT_TRUE(all_due(bars, end).empty());
        const auto out = all_due(bars, end + 500ms);
        ASSERT_EQ(out.size(), 1u);
        EXPECT_EQ(out[0].open_time, open);
        EXPECT_EQ(out[0].close_time, end);
    }
}

TEST(TickBars, EveryTimeframeOnEveryClock) {
    const std::chrono::sys_days changes = std::chrono::year{2026} / 11 / 1; // of the clock, at 2:00
    for (const auto tf : all_timeframes)
        for (const auto align : {Alignment::utc, Alignment::ny17, Alignment::exchange})
            for (const auto t : {at(1), UnixNanos(changes) + 5h + 59min}) {
                TickBars::Options options;
                options.align = align;
                TickBars bars(id, tf, Input::trades, options);
                const auto span = calendar::bar_at(tf, align, t);
                EXPECT_EQ(bars.add(trade(span.from, "10", "1")), Added::taken);
                EXPECT_EQ(bars.add(trade(t, "12", "2")), Added::taken);
                EXPECT_EQ(bars.add(trade(span.to - 1ms, "11", "3")), Added::taken);
                EXPECT_EQ(bars.add(trade(span.to, "99", "1")), Added::taken);
                std::vector<Bar> finals;
                for (const auto& b : all_due(bars, span.to + 500ms))
                    if (b.final)
                        finals.push_back(b);
                ASSERT_EQ(finals.size(), 1u) << to_string(tf);
                EXPECT_EQ(text(finals[0]), "10 12 10 11 6 final") << to_string(tf);
                EXPECT_EQ(finals[0].open_time, span.from);
                EXPECT_EQ(finals[0].close_time, span.to);
                EXPECT_EQ(finals[0].align, tf <= Timeframe::h1 ? Alignment::utc : align);
            }
}

TEST(TickBars, TheFxDayChangesAtFiveInNewYork) {
    TickBars::Options options;
    options.align = calendar::usual_alignment(AssetClass::fx, Timeframe::d1);
    TickBars bars(id, Timeframe::d1, Input::mid, options);
    const auto five = calendar::new_york_time(std::chrono::sys_days(std::chrono::year{2026} / 11 / 18), 17h);
    bars.add(quote(five - 1s, "1", "3"));
    bars.add(quote(five, "2", "4"));
    bars.switched(five + 1s);
    bars.add(quote(five + 2s, "2", "4"));
    const auto out = all_due(bars, five + 3s);
    ASSERT_EQ(out.size(), 2u);
    EXPECT_TRUE(out[0].final);
    EXPECT_EQ(out[0].close_time, five);
    EXPECT_FALSE(out[0].flags.has(Flag::mixed));
    EXPECT_EQ(out[1].open_time, five);
    EXPECT_TRUE(out[1].flags.has(Flag::mixed)) << "the day of the switch";
    EXPECT_EQ(out[1].align, Alignment::ny17);
}

TEST(TickBars, AClockSetBackHoldsNothingUp) {
    TickBars bars(id, Timeframe::m1, Input::mid);
    bars.add(quote(at(30), "1", "3"));
    EXPECT_EQ(all_due(bars, at(30)).size(), 1u);
    bars.add(quote(at(10), "1", "3"));
    EXPECT_EQ(all_due(bars, at(10)).size(), 1u);
}

} // namespace
} // namespace tickgate::bars
