// History and services in memory, for the operations and their doors.
#pragma once

#include "ops/operations.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tickgate::ops {

inline InstrumentName instrument(const std::string& text) { return InstrumentName::parse(text).value(); }

struct FakeHistory final : HistoryAccess {
    // 2026-11-20 (a Friday) 12:00:00 UTC.
    static constexpr std::int64_t noon_us = 1795176000000000;

    // Bars of a minute from `from` on: open 1.10, 1.11 …; volume null for each fifth, as some providers give none.
    void add_minutes(const std::string& name, UnixNanos from, int count) {
        store::SeriesKey key;
        key.provider = "binance";
        key.instrument = instrument(name);
        key.timeframe = Timeframe::m1;
        for (int i = 0; i < count; ++i) {
            store::StoredBar s;
            auto& b = s.bar;
            b.timeframe = Timeframe::m1;
            b.open_time = from + std::chrono::minutes(i);
            b.close_time = b.open_time + std::chrono::minutes(1);
            b.open = b.low = Decimal::parse("1." + std::to_string(10 + i % 80)).value();
            b.high = b.close = Decimal::parse("1." + std::to_string(10 + i % 80) + "50").value();
            if (i % 5 != 4) {
                b.volume = Decimal::parse("12.500").value();
                b.volume_unit = VolumeUnit::base;
                b.vwap = b.open;
                b.trades = 7;
            }
            b.final = true;
            s.fetched_at = from_micros(noon_us);
            series[key].push_back(s);
        }
    }

    UnixNanos now() const override { return clock; }
    const calendar::MarketHours& hours() const override { return market_hours; }

    asio::awaitable<backfill::Ensured> ensure(backfill::BarsRequest request, backfill::OnProgress progress) override {
        requests.push_back(request);
        most_at_once = std::max(most_at_once, ++at_once);
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (int i = 0; i < progress_steps; ++i) {
            backfill::Progress p;
            p.done = std::chrono::seconds(i);
            p.total = std::chrono::seconds(progress_steps);
            p.bars = static_cast<std::uint64_t>(i);
            progress(p);
            timer.expires_after(std::chrono::milliseconds(1100));
            co_await timer.async_wait(asio::use_awaitable);
        }
        if (hang) {
            timer.expires_after(std::chrono::hours(1));
            const auto [ec] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            cancelled = ec == asio::error::operation_aborted;
        }
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        --at_once;
        backfill::Ensured e;
        e.error = error;
        e.detail = detail;
        e.retry_after = retry_after;
        e.cached = !error;
        for (const auto& [key, bars] : series)
            if (key.instrument == request.instrument && key.timeframe == request.timeframe) {
                backfill::Part part;
                part.series = key;
                part.span = request.span;
                e.parts.push_back(part);
                if (!bars.empty())
                    add_coverage(
                        e.coverage, bars.front().bar.open_time, bars.back().bar.close_time, store::Cause::none);
            }
        if (error)
            add_coverage(e.coverage, request.span.from, request.span.to, cause);
        co_return e;
    }

    asio::awaitable<result<std::vector<store::StoredBar>>> read(
        store::SeriesKey key, store::Span span, std::size_t limit) override {
        ++reads;
        if (store_error)
            co_return store_error;
        std::vector<store::StoredBar> out;
        for (const auto& b : series[key])
            if (b.bar.open_time >= span.from && b.bar.open_time < span.to && out.size() < limit)
                out.push_back(b);
        co_return out;
    }

    asio::awaitable<result<std::vector<backfill::History::Known>>> coverage(
        InstrumentName name, std::optional<Timeframe> timeframe, store::Span span) override {
        std::vector<backfill::History::Known> out;
        for (const auto& [key, bars] : series)
            if (key.instrument == name && (!timeframe || key.timeframe == *timeframe)) {
                backfill::History::Known k;
                k.series = key;
                k.bars = bars.size();
                add_coverage(k.spans, span.from, bars.front().bar.open_time, store::Cause::not_fetched);
                add_coverage(k.spans, bars.front().bar.open_time, span.to, store::Cause::none);
                out.push_back(std::move(k));
            }
        co_return out;
    }

    asio::awaitable<backfill::History::TradesDone> trades(
        backfill::History::TradesRequest request, backfill::History::TakeTrade take) override {
        backfill::History::TradesDone done;
        done.provider = "binance";
        done.error = error;
        done.complete = !error;
        for (std::size_t i = 0; !error && i < 5; ++i) {
            Trade t;
            const auto id = std::to_string(100 + i);
            t.trade_id = id;
            t.price = Decimal::parse("1.0850").value();
            t.size = Decimal::parse("3").value();
            t.event_time = request.span.from + std::chrono::seconds(i);
            ++done.trades;
            if (!take("binance", t)) {
                done.complete = false;
                break;
            }
        }
        co_return done;
    }

    asio::awaitable<result<store::StoreStats>> store_stats() override {
        if (store_error)
            co_return store_error;
        store::StoreStats s;
        s.backend = "sqlite";
        s.bars = 1234;
        s.oldest = from_micros(noon_us);
        co_return s;
    }
    store::AsyncStats store_usage() const override {
        store::AsyncStats s;
        s.open = true;
        return s;
    }
    backfill::HistoryStats stats() const override {
        backfill::HistoryStats s;
        s.requests = 4;
        s.cached = 3;
        return s;
    }
    asio::awaitable<result<std::uint64_t>> erase(store::EraseFilter filter) override {
        erased.push_back(std::move(filter));
        co_return std::uint64_t{10};
    }

    asio::awaitable<result<backfill::JobView>> add_job(backfill::JobSpec spec) override {
        if (job_error)
            co_return job_error;
        backfill::JobView job;
        job.id = "bf-" + std::to_string(1000000000001 + held.size()).substr(1);
        job.spec = std::move(spec);
        job.created = job.updated = clock;
        job.series = job.spec.instruments.size() * job.spec.timeframes.size();
        held.push_back(job);
        co_return job;
    }
    std::optional<backfill::JobView> find_job(const std::string& id) const override {
        for (const auto& j : held)
            if (j.id == id) {
                auto copy = j;
                if (on_look)
                    on_look(copy);
                return copy;
            }
        return std::nullopt;
    }
    std::vector<backfill::JobView> jobs() const override { return held; }
    asio::awaitable<bool> cancel_job(std::string id) override {
        for (auto& j : held)
            if (j.id == id) {
                j.state = backfill::JobState::cancelled;
                co_return true;
            }
        co_return false;
    }

    asio::awaitable<result<backfill::CollectorStatus>> start_collector(backfill::CollectorSpec spec) override {
        backfill::CollectorStatus s;
        s.spec = std::move(spec);
        if (s.spec.name.empty())
            s.spec.name = "made";
        s.running = true;
        s.series.resize(1);
        s.series.front().instrument = s.spec.instruments.front();
        s.series.front().source = "binance";
        s.series.front().in_trading_hours = true;
        s.series.front().last_collection = clock;
        running.push_back(s);
        co_return s;
    }
    asio::awaitable<bool> end_collector(std::string name) override {
        const auto before = running.size();
        std::erase_if(running, [&](const auto& c) { return c.spec.name == name; });
        co_return running.size() != before;
    }
    std::vector<backfill::CollectorStatus> collectors() const override { return running; }

    static void add_coverage(
        std::vector<store::CoverageSpan>& spans, UnixNanos from, UnixNanos to, store::Cause cause) {
        if (from >= to)
            return;
        store::CoverageSpan s;
        s.span.from = from;
        s.span.to = to;
        s.cause = cause;
        spans.push_back(s);
    }

    UnixNanos clock = from_micros(noon_us);
    calendar::MarketHours market_hours;
    std::map<store::SeriesKey, std::vector<store::StoredBar>> series;
    error_code error, store_error, job_error;
    store::Cause cause = store::Cause::not_fetched;
    std::string detail;
    std::optional<std::chrono::milliseconds> retry_after;
    int progress_steps = 0;
    bool hang = false, cancelled = false;
    std::vector<backfill::BarsRequest> requests;
    std::vector<store::EraseFilter> erased;
    std::vector<backfill::JobView> held;
    std::function<void(backfill::JobView&)> on_look;
    std::vector<backfill::CollectorStatus> running;
    int reads = 0, at_once = 0, most_at_once = 0;
};

// BTC-USDT, ETH-USDT and SPY exist.
struct FakeMarket : Services {
    asio::awaitable<Outcome<std::vector<QuoteAnswer>>> quotes(std::vector<InstrumentName> names) override {
        std::vector<QuoteAnswer> list;
        for (auto& n : names) {
            QuoteAnswer q;
            q.name = n;
            q.payload = "{\"symbol\":\"" + n.symbol + "\"}";
            list.push_back(std::move(q));
        }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SymbolInfo>>> search(SymbolQuery query) override {
        std::vector<SymbolInfo> list;
        for (const auto* text : {"crypto:BTC-USDT", "crypto:ETH-USDT", "equity:SPY"}) {
            SymbolInfo s;
            s.name = instrument(text);
            s.provider = "binance";
            s.native = s.name->symbol;
            if (s.name->symbol.find(query.text) != std::string::npos &&
                (!query.asset_class || *query.asset_class == s.name->asset_class))
                list.push_back(std::move(s));
        }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SymbolInfo>>> find(std::vector<InstrumentName> names) override {
        std::vector<SymbolInfo> list;
        for (const auto& n : names)
            if (n.symbol == "BTC-USDT" || n.symbol == "ETH-USDT" || n.symbol == "SPY") {
                list.emplace_back();
                list.back().name = n;
                list.back().provider = "binance";
            }
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<InstrumentName>>> resolve(std::string symbol) override {
        std::vector<InstrumentName> list;
        if (symbol == "SPY")
            list.push_back(instrument("equity:SPY"));
        co_return list;
    }
    asio::awaitable<Outcome<std::vector<SubscribeAnswer>>> subscribe(SubscribeRequest) override {
        co_return std::vector<SubscribeAnswer>();
    }
    asio::awaitable<Outcome<std::size_t>> unsubscribe(UnsubscribeRequest) override { co_return std::size_t{0}; }
    asio::awaitable<Outcome<GatewayStatus>> status() override { co_return GatewayStatus(); }
    asio::awaitable<Outcome<std::vector<InstrumentStatus>>> states(std::vector<InstrumentName>) override {
        co_return std::vector<InstrumentStatus>();
    }
    asio::awaitable<Outcome<std::vector<LimitView>>> limits() override {
        LimitView l;
        l.provider = "binance";
        l.name = "spot";
        l.limit = 6000;
        l.used = 1500;
        l.window = std::chrono::minutes(1);
        std::vector<LimitView> list = budgets;
        list.push_back(l);
        co_return list;
    }
    std::vector<std::string> route(const InstrumentName&) const override { return routed; }
    std::vector<LimitView> budgets;  // told before the one of binance
    std::vector<std::string> routed; // of every instrument
    asio::awaitable<Outcome<LatestAnswer>> latest(InstrumentName name, Timeframe) override {
        LatestAnswer a;
        a.quote = "{\"symbol\":\"" + name.symbol + "\",\"bid\":1.08550}";
        co_return a;
    }
};

} // namespace tickgate::ops
