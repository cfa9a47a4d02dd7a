// Reading: bars of the store in pages, trades of providers straight through.
#include "backfill/history_impl.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickgate::backfill {

using namespace std::chrono_literals;
using store::Span;

namespace {

using Impl = History::Impl;

constexpr std::size_t bars_a_read = 8192;
constexpr int pages_without_trades = 1000;

} // namespace

asio::awaitable<error_code> History::read(
    std::vector<Part> parts, std::function<bool(const Part&, const store::StoredBar&)> take) {
    const auto self = impl_;
    for (const auto& part : parts) {
        auto from = part.span.from;
        while (from < part.span.to) {
            if (self->stopping)
                co_return errc::stopped;
            const Span within{from, part.span.to};
            const auto bars = co_await self->store.read(part.series, within, bars_a_read);
            if (!bars)
                co_return bars.error();
            for (const auto& bar : *bars)
                if (!take(part, bar))
                    co_return error_code();
            if (bars->size() < bars_a_read)
                break;
            from = bars->back().bar.open_time + 1ns;
        }
    }
    co_return error_code();
}

asio::awaitable<result<std::vector<History::Known>>> History::coverage(
    InstrumentName instrument, std::optional<Timeframe> timeframe, Span span) {
    const auto self = impl_;
    const auto series = co_await self->store.series(instrument);
    if (!series)
        co_return series.error();
    std::vector<Known> out;
    for (const auto& info : *series) {
        if (timeframe && info.key.timeframe != *timeframe)
            continue;
        const auto pieces = co_await self->store.coverage(info.key, span);
        if (!pieces)
            co_return pieces.error();
        Known known;
        known.series = info.key;
        known.bars = info.bars;
        auto at = span.from;
        for (const auto& piece : *pieces) {
            append(known.spans, {{at, piece.span.from}, store::Cause::not_fetched, UnixNanos()});
            append(known.spans, piece);
            at = piece.span.to;
        }
        append(known.spans, {{at, span.to}, store::Cause::not_fetched, UnixNanos()});
        out.push_back(std::move(known));
    }
    co_return out;
}

namespace {

struct TradesWork : Work {
    using Work::Work;
    History::TradesRequest request;
    History::TakeTrade take;
    History::TradesDone done;
    bool enough = false; // the taker wants no more
};
using TradesPtr = std::shared_ptr<TradesWork>;

bool offers_trades(const DataProvider& provider, const History::TradesRequest& request) {
    const auto& can = provider.capabilities();
    return request.first_id ? can.trades_by_id : can.trades_history;
}

asio::awaitable<result<std::string>> ask_trades(Impl::Self self, TradesPtr work, Source source, std::string cursor) {
    auto place = co_await Lane::enter(self->lane(source.name, work->request.priority), work->request.client, 1);
    if (work->cancelled || self->stopping)
        co_return errc::cancelled;
    auto rest = source.rest(work->request.priority, work->request.client);
    if (!rest)
        co_return errc::unavailable;
    WatchedRest watched(std::move(rest), *source.provider, self->paused_until[source.name]);
    TradeRequest question;
    question.instrument = work->request.instrument;
    question.from = work->request.span.from;
    question.to = work->request.span.to;
    question.first_id = work->request.first_id;
    question.last_id = work->request.last_id;
    question.cursor = std::move(cursor);
    TradeSink sink = [work, name = source.name](const Trade& trade) {
        const auto limit = work->request.limit;
        if (work->cancelled || work->enough || (limit != 0 && work->done.trades >= limit))
            return;
        ++work->done.trades;
        work->enough = !work->take(name, trade);
    };
    ++self->stats.pages;
    ++self->stats.in_flight;
    auto next = co_await source.provider->get_trades(std::move(question), std::move(sink), watched);
    --self->stats.in_flight;
    co_return next;
}

// In steps, so that neither a cancelled request nor the end of the program waits for it.
asio::awaitable<void> wait_before_retry(Impl::Self self, TradesPtr work, std::chrono::milliseconds wait) {
    const auto until = mono_now() + wait;
    while (!work->cancelled && !self->stopping && mono_now() < until) {
        asio::steady_timer timer(self->control, std::min<std::chrono::nanoseconds>(until - mono_now(), 100ms));
        (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

// Page by page from one provider. A fault after the first trade ends it: another one's tape would not fit.
asio::awaitable<error_code> trades_from(Impl::Self self, TradesPtr work, Source source) {
    std::string cursor;
    auto& done = work->done;
    done.provider = source.name;
    for (int empty = 0, faults = 0; empty < pages_without_trades;) {
        const auto before = done.trades;
        const auto next = co_await ask_trades(self, work, source, cursor);
        const auto limit = work->request.limit;
        if (work->cancelled || work->enough || self->stopping)
            co_return error_code();
        if (!next) {
            const auto fault = next.error();
            if (done.trades != before || ++faults > 3 || recovery_of(fault) != Recovery::retry ||
                fault == errc::not_supported || fault == errc::not_entitled || fault == errc::unknown_symbol ||
                fault == errc::bad_request)
                co_return fault;
            co_await wait_before_retry(self, work, self->options.back_off * (1 << faults));
            continue;
        }
        faults = 0;
        if (next->empty()) {
            done.complete = limit == 0 || done.trades < limit;
            co_return error_code();
        }
        if (limit != 0 && done.trades >= limit)
            co_return error_code();
        if (*next == cursor)
            break;
        empty = done.trades == before ? empty + 1 : 0;
        cursor = *next;
    }
    ++self->stats.stalled;
    co_return errc::malformed_payload;
}

asio::awaitable<void> fetch_trades(Impl::Self self, TradesPtr work) {
    auto& done = work->done;
    done.error = errc::not_supported;
    done.detail = "no provider of " + work->request.instrument.to_string() + " tells its past trades";
    bool first = true;
    for (const auto& source : self->route(work->request.instrument)) {
        const auto& asked = work->request.provider;
        if (!source.provider || (asked.empty() ? !source.on_route : source.name != asked) ||
            !offers_trades(*source.provider, work->request))
            continue;
        const auto fault = co_await trades_from(self, work, source);
        if (!fault || first || done.error == errc::not_supported) {
            done.error = fault;
            done.detail = fault ? source.name + ": " + fault.message() : std::string();
        }
        first = false;
        if (!fault || done.trades > 0 || work->cancelled || self->stopping)
            break;
    }
    if (done.trades == 0 && done.error)
        done.provider.clear();
}

} // namespace

asio::awaitable<History::TradesDone> History::trades(TradesRequest request, TakeTrade take) {
    const auto self = impl_;
    const auto work = std::make_shared<TradesWork>(self->control);
    work->request = std::move(request);
    work->take = std::move(take);
    if (self->stopping) {
        work->done.error = errc::stopped;
    } else if (!work->request.first_id && work->request.span.from >= work->request.span.to) {
        work->done.error = errc::bad_request;
        work->done.detail = "the range is empty or reversed";
    } else {
        co_await Impl::shelter(self, work, fetch_trades(self, work));
        if (self->stopping)
            work->done.error = errc::stopped;
        else if (work->cancelled)
            work->done.error = errc::cancelled;
        else if (work->broken)
            work->done.error = errc::unavailable;
    }
    co_return std::move(work->done);
}

} // namespace tickgate::backfill
