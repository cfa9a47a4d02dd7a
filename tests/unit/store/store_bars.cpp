#include "store_suite.hpp"

#include <random>

namespace tickgate::store {

using namespace std::chrono_literals;

SeriesKey key(const std::string& symbol, Timeframe timeframe) {
    return {"binance", {AssetClass::crypto, symbol}, timeframe, {}};
}

Decimal number(std::string_view text) { return Decimal::parse(text).value(); }

StoredBar bar(int m, std::string_view close) {
    StoredBar out;
    Bar& b = out.bar;
    const auto price = [m](int more) { return number(std::to_string(90000 + m % 1000 + more) + ".10"); };
    b.open_time = minute(m);
    b.close_time = minute(m + 1);
    b.open = price(0);
    b.high = price(2);
    b.low = price(-2);
    b.close = close.empty() ? price(1) : number(close);
    b.volume = number(std::to_string(m % 7) + ".50000");
    b.volume_unit = VolumeUnit::base;
    b.vwap = price(0);
    b.trades = m;
    b.final = true;
    out.fetched_at = base + 1h;
    return out;
}

std::vector<StoredBar> bars(int from, int to) {
    std::vector<StoredBar> out;
    for (int m = from; m < to; ++m)
        out.push_back(bar(m));
    return out;
}

Batch batch(int from, int to, UnixNanos known) {
    Batch out;
    out.series = key();
    out.bars = bars(from, to);
    out.coverage = {{minutes(from, to), Cause::none, known}};
    return out;
}

std::vector<StoredBar> read(BarStore& store, const SeriesKey& series, Span within, std::size_t limit, bool backwards) {
    std::vector<StoredBar> out;
    const auto ec = store.read(series, within, limit, backwards, [&](const StoredBar& b) {
        out.push_back(b);
        return true;
    });
    EXPECT_FALSE(ec) << store.problem();
    return out;
}

std::string text_of(const StoredBar& stored) {
    const Bar& b = stored.bar;
    const auto optional = [](const OptionalDecimal& d) { return d ? d->to_string() : "-"; };
    return std::to_string(ticks_of(b.open_time)) + " " + std::to_string(ticks_of(b.close_time)) + " " +
           b.open.to_string() + " " + b.high.to_string() + " " + b.low.to_string() + " " + b.close.to_string() + " " +
           optional(b.volume) + " " + optional(b.vwap) + " " + (b.trades ? std::to_string(*b.trades) : "-") + " unit " +
           std::to_string(static_cast<int>(b.volume_unit)) + " source " + std::to_string(static_cast<int>(b.source)) +
           " flags " + std::to_string(b.flags.bits()) + (b.final ? " final" : " forming");
}

Batch random_batch(unsigned seed, const SeriesKey& series) {
    std::mt19937 random(seed);
    const auto pick = [&](int least, int most) { return std::uniform_int_distribution(least, most)(random); };
    Batch out;
    out.series = series;
    const int from = pick(0, 4000), to = from + pick(1, 300), hole = pick(from, to), end = pick(hole, to);
    for (int m = from; m < to; ++m)
        if (m < hole || m >= end)
            out.bars.push_back(bar(m));
    const auto known = base + std::chrono::hours(pick(1, 3));
    out.coverage = {{minutes(from, to), Cause::none, known}, {minutes(hole, end), Cause::no_trades, known}};
    out.replaces = {minutes(from, to)};
    return out;
}

void expect_true(BarStore& store, const SeriesKey& series) {
    const auto coverage = store.coverage(series);
    ASSERT_TRUE(coverage) << store.problem();
    const auto there = read(store, series, {UnixNanos::min(), UnixNanos::max()});
    auto next = there.begin();
    std::size_t covered = 0;
    for (const auto& [from, piece] : coverage->spans()) {
        for (auto t = piece.span.from; t < piece.span.to; t += 1min) {
            const bool found = next != there.end() && next->bar.open_time == t;
            ASSERT_EQ(found, piece.cause == Cause::none) << to_string(piece.cause);
            if (!found)
                continue;
            const auto expected = bar(static_cast<int>((t - base) / 1min));
            ASSERT_EQ(text_of(*next), text_of(expected));
            ++next;
            ++covered;
        }
    }
    ASSERT_EQ(covered, there.size()) << "bars that the ledger does not know";
    const auto infos = store.series(series.instrument);
    ASSERT_TRUE(infos) << store.problem();
    for (const auto& info : *infos)
        if (info.key == series) {
            ASSERT_EQ(info.bars, there.size());
        }
}

} // namespace tickgate::store
