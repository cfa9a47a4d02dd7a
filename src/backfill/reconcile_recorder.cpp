#include "backfill/reconcile_recorder.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace tickgate::backfill {

namespace {
constexpr std::size_t most_outages = 64; // of a series, between two bars
} // namespace

LiveRecorder::LiveRecorder(
    asio::any_io_executor control, Write write, const calendar::MarketHours& hours, LiveRecorderOptions options)
    : control_(std::move(control)),
      write_(std::move(write)),
      hours_(hours),
      options_(std::move(options)),
      timer_(control_) {}
LiveRecorder::~LiveRecorder() = default;

UnixNanos LiveRecorder::now() const { return options_.clock ? options_.clock() : wall_now(); }

store::SeriesKey LiveRecorder::key_of(const std::string& provider, const InstrumentName& instrument, const Bar& bar) {
    store::SeriesKey key;
    key.provider = provider;
    key.instrument = instrument;
    key.timeframe = bar.timeframe;
    key.variant = BarVariant{bar.price_type, bar.align, bar.adjusted};
    return key;
}

// Why there is no bar from what is known so far up to `to`.
void LiveRecorder::cover(const store::SeriesKey& key, Series& series, UnixNanos to, UnixNanos at) {
    if (!series.known_to || *series.known_to >= to)
        return;
    const auto market = calendar::market_of(key.instrument);
    for (auto from = *series.known_to; from < to;) {
        const auto session = hours_.at(market, from);
        const auto until = std::min(session.until, to);
        const bool closed = session.phase == calendar::Phase::closed;
        series.waiting.coverage.push_back(
            {{from, until}, closed ? store::Cause::session_closed : store::Cause::no_trades, at});
        if (until <= from)
            break;
        from = until;
    }
    for (const auto& outage : series.outages) {
        const store::Span span{std::max(outage.from, *series.known_to), std::min(outage.to, to)};
        if (span.from < span.to)
            series.waiting.coverage.push_back({span, store::Cause::gateway_outage, at});
    }
    std::erase_if(series.outages, [&](const store::Span& s) { return s.to <= to; });
    series.known_to = to;
}

void LiveRecorder::bar(const std::string& provider, const InstrumentName& instrument, const Bar& bar) {
    const auto key = key_of(provider, instrument, bar);
    auto& series = series_[key];
    const auto at = now();
    series.waiting.series = key;
    cover(key, series, bar.open_time, at);
    series.waiting.coverage.push_back({{bar.open_time, bar.close_time}, store::Cause::none, at});
    series.known_to = std::max(series.known_to.value_or(bar.close_time), bar.close_time);
    store::StoredBar stored;
    stored.bar = bar;
    stored.fetched_at = at;
    auto& bars = series.waiting.bars;
    const auto place = std::lower_bound(bars.begin(), bars.end(), bar.open_time,
        [](const store::StoredBar& b, UnixNanos open) { return b.bar.open_time < open; });
    if (place != bars.end() && place->bar.open_time == bar.open_time) {
        *place = stored;
    } else {
        bars.insert(place, stored);
        ++stats_.waiting;
    }
    ++stats_.bars;
    if (stats_.waiting > options_.most)
        drop_oldest();
}

// Of the series that holds most: its bars go, and what is claimed of them.
void LiveRecorder::drop_oldest() {
    const auto most = std::max_element(series_.begin(), series_.end(),
        [](const auto& a, const auto& b) { return a.second.waiting.bars.size() < b.second.waiting.bars.size(); });
    auto& series = most->second;
    stats_.dropped += series.waiting.bars.size();
    stats_.waiting -= series.waiting.bars.size();
    series.waiting.bars.clear();
    series.waiting.coverage.clear();
}

void LiveRecorder::outage(
    const std::string& provider, const InstrumentName& instrument, Timeframe timeframe, store::Span span) {
    for (auto& [key, series] : series_)
        if (key.provider == provider && key.instrument == instrument && key.timeframe == timeframe &&
            series.outages.size() < most_outages)
            series.outages.push_back(span);
}

void LiveRecorder::end(const std::string& provider, const InstrumentName& instrument, Timeframe timeframe) {
    for (auto& [key, series] : series_)
        if (key.provider == provider && key.instrument == instrument && key.timeframe == timeframe) {
            series.known_to.reset();
            series.outages.clear();
        }
}

asio::awaitable<void> LiveRecorder::write_all() {
    std::vector<store::SeriesKey> keys;
    for (const auto& [key, series] : series_)
        if (!series.waiting.bars.empty())
            keys.push_back(key);
    for (const auto& key : keys) {
        auto& waiting = series_[key].waiting;
        if (waiting.bars.empty())
            continue;
        store::Batch batch = waiting;
        const auto taken = batch.bars.size();
        stats_.waiting -= taken;
        waiting.bars.clear();
        waiting.coverage.clear();
        auto kept = batch;
        auto writing = write_(std::move(batch));
        const auto written = co_await std::move(writing);
        ++stats_.writes;
        if (written)
            continue;
        ++stats_.failures;
        log::warn("repair", "record_failed",
            {{"series", key.provider + " " + key.instrument.to_string()}, {"error", written.error()}});
        // Put back in front of what came meanwhile; a bar that came again is the newer one.
        auto& now_waiting = series_[key].waiting;
        for (const auto& later : now_waiting.bars)
            std::erase_if(kept.bars, [&](const store::StoredBar& b) { return b.bar.open_time == later.bar.open_time; });
        stats_.waiting += kept.bars.size();
        now_waiting.series = key;
        now_waiting.bars.insert(now_waiting.bars.begin(), kept.bars.begin(), kept.bars.end());
        std::sort(now_waiting.bars.begin(), now_waiting.bars.end(),
            [](const auto& a, const auto& b) { return a.bar.open_time < b.bar.open_time; });
        now_waiting.coverage.insert(now_waiting.coverage.begin(), kept.coverage.begin(), kept.coverage.end());
        if (stats_.waiting > options_.most)
            drop_oldest();
        co_return; // the others when it works again
    }
}

asio::awaitable<void> LiveRecorder::run() {
    const auto token = asio::as_tuple(asio::use_awaitable);
    while (!stopping_) {
        timer_.expires_after(options_.interval);
        co_await timer_.async_wait(token);
        co_await write_all();
    }
    co_await write_all();
}

void LiveRecorder::stop() {
    stopping_ = true;
    timer_.cancel();
}

} // namespace tickgate::backfill
