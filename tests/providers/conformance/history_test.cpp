// What every adapter tells of the past, and that it is what the venue streamed.
#include "history_rig.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <map>

namespace tickgate::test {
namespace {

// Some bars of a timeframe, and how long they take.
std::chrono::nanoseconds about(Timeframe tf, int count) {
    return length_of(tf).value_or(std::chrono::hours(24 * 31)) * count;
}

TEST_P(History, BarHistoryIsHonoured) {
    open();
    const auto now = wall_now();
    for (const auto tf : adapter->capabilities().timeframes) {
        const auto told = adapter->bar_history(instrument(), tf);
        if (!told)
            continue; // of another class
        const auto known = adapter->bar_history(instrument(), tf, told->variant);
        ASSERT_TRUE(known) << to_string(tf);
        EXPECT_EQ(known->variant, told->variant);
        const auto back =
            std::min<std::chrono::nanoseconds>(about(tf, 12), told->depth.value_or(std::chrono::hours(24 * 5000)) - 1h);
        const auto usual = page(request(tf, now - back, now));
        ASSERT_TRUE(usual) << to_string(tf) << ' ' << describe(usual.error());
        for (const auto& bar : usual->bars) {
            EXPECT_EQ(bar.timeframe, tf);
            EXPECT_EQ(bar.price_type, told->variant.price_type);
            EXPECT_EQ(bar.align, told->variant.align) << to_string(tf);
            EXPECT_EQ(bar.adjusted, told->variant.adjusted) << to_string(tf);
            EXPECT_LT(bar.open_time, bar.close_time);
            EXPECT_TRUE(bar.low <= bar.open && bar.low <= bar.close && bar.open <= bar.high && bar.close <= bar.high);
            EXPECT_TRUE(!bar.final || bar.close_time <= wall_now());
        }
        EXPECT_LE(usual->bars.size(), 13u) << to_string(tf);
        BarVariant strange = told->variant;
        strange.price_type = told->variant.price_type == PriceType::trade ? PriceType::bid : PriceType::trade;
        EXPECT_EQ(adapter->bar_history(instrument(), tf, strange).error(), errc::not_supported);
        auto refused = request(tf, now - back, now);
        refused.variant = strange;
        EXPECT_EQ(page(refused).error(), errc::not_supported);
    }
    EXPECT_EQ(adapter->bar_history({AssetClass::crypto, "NOT-OFFERED"}, Timeframe::mo1, BarVariant{PriceType::ask})
                  .has_value(),
        false);
}

TEST_P(History, PricesOnRequestAreSeriesOfTheirOwn) {
    if (card().more_prices.empty())
        GTEST_SKIP() << "this provider has one price";
    open();
    const auto from = wall_now() - 4min, to = wall_now() - 2min;
    const auto usual = bars(request(Timeframe::m1, from, to));
    ASSERT_FALSE(usual.empty());
    for (const auto& name : card().more_prices) {
        auto other = request(Timeframe::m1, from, to);
        other.variant = adapter->bar_history(instrument(), Timeframe::m1)->variant;
        other.variant->price_type = name == "bid" ? PriceType::bid : PriceType::ask;
        const auto told = bars(other);
        ASSERT_EQ(told.size(), usual.size());
        for (std::size_t i = 0; i < told.size(); ++i) {
            EXPECT_EQ(told[i].price_type, other.variant->price_type);
            EXPECT_EQ(told[i].open_time, usual[i].open_time);
            EXPECT_TRUE(name == "bid" ? told[i].close < usual[i].close : told[i].close > usual[i].close);
            EXPECT_EQ(told[i].volume, usual[i].volume);
        }
    }
}

TEST_P(History, PagesCoverASpanWithoutLossOrRepeat) {
    open();
    const auto end = bar_open(wall_now(), Timeframe::h1) - 1h;
    const auto what = request(Timeframe::m1, end - 72h, end);
    const auto whole = bars(what);
    EXPECT_GT(whole.size(), 100u);
    expect_same(bars(what, 397), whole);
    EXPECT_GE(pages, whole.size() / 397);
    const auto days = request(Timeframe::d1, end - std::chrono::hours(24 * 60), end - 48h);
    const auto all_days = bars(days);
    EXPECT_GT(all_days.size(), 30u);
    expect_same(bars(days, 7), all_days);
    expect_same(bars(days, 1), all_days);
    // The past stays as it was, also when the venue was away.
    venue.reset();
    open();
    expect_same(bars(what), whole);
    expect_same(bars(days), all_days);
}

TEST_P(History, ASpanWithoutDataIsEmpty) {
    open();
    const UnixNanos old(std::chrono::sys_days(std::chrono::year(2015) / 3 / 2));
    pages = 0;
    EXPECT_TRUE(bars(request(Timeframe::d1, old, old + std::chrono::hours(240))).empty());
    EXPECT_EQ(pages, 1u);
    const auto now = wall_now();
    EXPECT_TRUE(bars(request(Timeframe::m1, now - 1h, now - 1h)).empty());
    EXPECT_TRUE(bars(request(Timeframe::m1, now - 1h, now - 2h)).empty()) << "reversed";
    EXPECT_TRUE(bars(request(Timeframe::m1, now + 48h, now + 49h)).empty()) << "the future";
    const auto reaching = bars(request(Timeframe::m1, now - 3min, now + 48h));
    ASSERT_FALSE(reaching.empty()) << "half of it is the future";
    EXPECT_LE(reaching.back().open_time, wall_now());
    if (!adapter->capabilities().trades_history)
        return;
    EXPECT_TRUE(trades(trades_in(now + 48h, now + 49h)).empty());
    EXPECT_TRUE(trades(trades_in(now - 1min, now - 2min)).empty());
    if (!card().made_up_trades) {
        EXPECT_TRUE(trades(trades_in(now - 3h, now - 3h + 1min)).empty()) << "before the venue traded";
    }
}

TEST_P(History, AnUnknownSymbolIsNoHistory) {
    open();
    auto what = request(Timeframe::m1, wall_now() - 1h, wall_now());
    what.instrument = *InstrumentName::parse(card().unknown);
    const auto answer = page(what);
    EXPECT_TRUE(answer ? answer->bars.empty() : answer.error() == errc::unknown_symbol);
}

TEST_P(History, TradesPageWithoutLossOrRepeat) {
    open();
    if (!adapter->capabilities().trades_history) {
        EXPECT_EQ(ask(adapter->get_trades(
                          trades_in(wall_now() - 1min, wall_now()), [](const Trade&) {}, *rest))
                      .error(),
            errc::not_supported);
        return;
    }
    const auto end = bar_open(wall_now(), Timeframe::m1);
    const auto what = trades_in(end - 3min, end - 1min);
    const auto whole = trades(what);
    ASSERT_GT(whole.size(), 500u);
    for (const auto& t : whole)
        EXPECT_TRUE(t.time >= what.from && t.time < what.to);
    EXPECT_TRUE(std::is_sorted(
        whole.begin(), whole.end(), [](const PastTrade& a, const PastTrade& b) { return a.time < b.time; }));
    EXPECT_EQ(trades(what, 100), whole);
    EXPECT_GE(pages, whole.size() / 100);
    const auto first = trades(trades_in(what.from, what.from + 1min)),
               second = trades(trades_in(what.from + 1min, what.to));
    EXPECT_EQ(first.size() + second.size(), whole.size()) << "spans that touch share nothing";
    if (adapter->capabilities().trades_by_id) {
        auto by_id = trades_in({}, {});
        by_id.first_id = whole.front().number;
        by_id.last_id = whole.back().number;
        EXPECT_EQ(trades(by_id), whole);
        EXPECT_EQ(trades(by_id, 100), whole);
        EXPECT_EQ(*whole.back().number - *whole.front().number + 1, whole.size()) << "no number is missing";
    }
    if (!card().bars_of_all_trades)
        return;
    // The bars of the same minutes are made of them.
    const auto minutes = bars(request(Timeframe::m1, what.from, what.to));
    ASSERT_EQ(minutes.size(), 2u);
    for (const auto& bar : minutes) {
        std::vector<PastTrade> in;
        for (const auto& t : whole)
            if (t.time >= bar.open_time && t.time < bar.close_time)
                in.push_back(t);
        ASSERT_FALSE(in.empty());
        const auto by_price = [](const PastTrade& a, const PastTrade& b) { return a.price < b.price; };
        EXPECT_EQ(bar.open, in.front().price);
        EXPECT_EQ(bar.close, in.back().price);
        EXPECT_EQ(bar.high, std::max_element(in.begin(), in.end(), by_price)->price);
        EXPECT_EQ(bar.low, std::min_element(in.begin(), in.end(), by_price)->price);
        Decimal volume;
        for (const auto& t : in)
            volume = *Decimal::add(volume, t.size);
        EXPECT_EQ(bar.volume, volume);
        if (bar.trades) {
            EXPECT_EQ(static_cast<std::size_t>(*bar.trades), in.size());
        }
    }
}

TEST_P(History, TradesAreThoseOfTheStream) {
    open();
    if (!adapter->capabilities().trades_history)
        GTEST_SKIP() << "no trades by REST";
    start_feed();
    const auto wanted = subscribe({card().instruments[0]});
    const auto it =
        std::find_if(wanted.begin(), wanted.end(), [](const Wanted& w) { return w.what.kind == Kind::trade; });
    ASSERT_NE(it, wanted.end());
    const auto streamed = [&]() -> const std::vector<MarketRecorder::Message>& { return seen.messages(it->what); };
    ASSERT_TRUE(until([&] { return streamed().size() > 120; }));
    const auto exact = [&](UnixNanos t) {
        const auto step = std::chrono::nanoseconds(card().trade_times);
        return step.count() == 0 ? t : UnixNanos(t.time_since_epoch() / step * step);
    };
    // The first and the last moment may have been seen in part only.
    const auto from = exact(*streamed().front().event_time), to = exact(*streamed().back().event_time);
    ASSERT_LT(from, to);
    std::vector<std::tuple<UnixNanos, Decimal, Decimal, std::string>> live, told;
    for (const auto& m : streamed())
        if (const auto t = exact(*m.event_time); t > from && t < to)
            live.emplace_back(
                t, *Decimal::parse(m.first), *Decimal::parse(m.second), card().trade_ids ? m.trade_id : "");
    ASSERT_GT(live.size(), 10u);
    for (const auto& t : trades(trades_in(from, to)))
        if (const auto at = exact(t.time); at > from)
            told.emplace_back(at, t.price, t.size, t.trade_id);
    EXPECT_EQ(told.size(), live.size());
    EXPECT_TRUE(told == live);
}

INSTANTIATE_TEST_SUITE_P(Providers, History, ::testing::ValuesIn(all_cards()),
    [](const auto& one) { return one.param.provider + "_" + one.param.part; });

} // namespace
} // namespace tickgate::test
