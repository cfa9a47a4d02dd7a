// One request: the providers of the route in their order, until everything is told or nobody knows more.
#include "backfill/history_impl.hpp"

#include "core/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::backfill {

using namespace std::chrono_literals;
using store::Cause;
using store::Span;

namespace {

using Impl = History::Impl;

error_code check(const BarsRequest& request, const HistoryOptions& options, UnixNanos now, std::string& problem) {
    const auto& span = request.span;
    if (span.from >= span.to) {
        problem = "the range is empty or reversed: " + time_text(span.from) + " to " + time_text(span.to);
        return errc::bad_request;
    }
    if (span.from >= now) {
        problem = "the range lies in the future: it begins at " + time_text(span.from);
        return errc::bad_request;
    }
    if (span.from < UnixNanos()) {
        problem = "the range begins before 1970";
        return errc::bad_request;
    }
    if (std::min(span.to, now) - span.from > options.longest) {
        problem = fmt::format("the range is longer than {} days", options.longest / std::chrono::hours(24));
        return errc::bad_request;
    }
    return {};
}

Impl::FetchPtr fetch_of(const Offer& offer, const HistoryOptions& options) {
    auto fetch = std::make_shared<Fetch>();
    fetch->offer = offer;
    fetch->series = offer.asked();
    auto page = offer.history.page != 0 ? offer.history.page : offer.source.provider->capabilities().bars_per_page;
    if (page == 0)
        page = 1000;
    // Two pages fit into the bars in flight, so that a request is always under way.
    fetch->page_bars = std::max<std::size_t>(std::min(page, options.max_bars_in_flight / 2), 1);
    return fetch;
}

// What the plan of a provider does not reach is its hole, if nobody else has it.
asio::awaitable<void> mark_depth(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, std::vector<Span> left) {
    const auto limit = fetch->offer.reaches_back_to(run->view.now);
    for (const auto& span : left) {
        const Span beyond{span.from, std::min(span.to, limit)};
        if (beyond.from >= beyond.to)
            continue;
        co_await Impl::mark(self, run, fetch->offer.series, beyond, Cause::provider_hole, self->now());
        const auto& series = fetch->offer.series;
        if (run->answer.detail.empty())
            run->answer.detail = fmt::format("{} tells {} bars of the last {} days only: {} to {} is missing",
                series.provider, to_string(series.timeframe), fetch->offer.history.depth.value_or(0s) / 24h,
                time_text(beyond.from), time_text(beyond.to));
    }
}

// Asking for these failed: the ledger remembers when.
asio::awaitable<void> mark_failed(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, std::vector<Span> left) {
    for (const auto& span : left) {
        const auto pieces = co_await Impl::known(self, run, fetch->offer.series, span);
        std::vector<Span> learned;
        for (const auto& piece : pieces)
            if (piece.cause != Cause::not_fetched)
                append(learned, piece.span);
        store::Batch batch;
        batch.series = fetch->offer.series;
        for (const auto& hole : without(std::vector<Span>(1, span), learned))
            batch.coverage.push_back({hole, Cause::not_fetched, self->now()});
        if (!batch.coverage.empty() && !run->store_fault)
            co_await Impl::write(self, run, std::move(batch));
    }
}

struct Fault {
    error_code code;
    std::string provider;
};

void remember(std::optional<Fault>& first, const error_code& code, const std::string& provider) {
    if (!first || (first->code == errc::not_supported && code != errc::not_supported))
        first = Fault{code, provider};
}

asio::awaitable<void> ask_provider(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, std::vector<Span> left) {
    const Span reach{fetch->offer.reaches_back_to(run->view.now), fetch->offer.tells_up_to(run->view.now)};
    const auto inside = clipped(left, reach);
    run->view.delay = fetch->offer.delay;
    run->progress.total += length_of(inside);
    if (fetch->offer.base) {
        co_await Impl::derive_spans(self, run, fetch, inside);
        co_return;
    }
    co_await Impl::fetch_files(self, run, fetch, inside);
    if (!self->halted(*run, *fetch))
        co_await Impl::fetch_spans(self, run, fetch, inside);
}

// A bar that still forms, by the provider's word: the answer ends before it.
void leave_out_forming(const Run& run, const Grid& grid, std::vector<Span>& left) {
    if (!run.forming_from || left.empty())
        return;
    auto& last = left.back();
    if (last.to != run.request.span.to || *run.forming_from > last.to)
        return;
    last.to = std::max(last.from, floor_open(grid, *run.forming_from));
    if (last.from == last.to)
        left.pop_back();
}

void put_in_order(Ensured& answer) {
    std::sort(answer.parts.begin(), answer.parts.end(),
        [](const Part& a, const Part& b) { return a.span.from < b.span.from; });
    std::sort(answer.coverage.begin(), answer.coverage.end(),
        [](const store::CoverageSpan& a, const store::CoverageSpan& b) { return a.span.from < b.span.from; });
}

void put_fault(Impl& impl, Ensured& answer, const std::optional<Fault>& fault) {
    if (!fault)
        return;
    answer.error = fault->code;
    answer.detail =
        fault->provider + ": " + fault->code.message() + (answer.detail.empty() ? "" : "; ") + answer.detail;
    if (fault->code == errc::rate_limited || fault->code == errc::banned)
        answer.retry_after = impl.pause_of(fault->provider);
}

} // namespace

std::vector<Offer> Impl::offers_for(const BarsRequest& request, std::string& problem) const {
    std::vector<Offer> offers;
    auto wanted = request.variant;
    if (wanted)
        wanted = usual_word(*wanted, request.timeframe);
    std::string asked;
    for (const auto& source : route(request.instrument)) {
        if (!source.provider || (request.provider.empty() ? !source.on_route : source.name != request.provider))
            continue;
        asked += (asked.empty() ? "" : ", ") + source.name;
        auto offer = offer_of(source, request.instrument, request.timeframe, wanted);
        if (!offer)
            continue;
        if (!wanted)
            wanted = offer->series.variant;
        offers.push_back(std::move(*offer));
    }
    if (offers.empty())
        problem = asked.empty() ? "no provider for " + request.instrument.to_string()
                                : fmt::format("{} {} bars are not told by {}", request.instrument.to_string(),
                                      to_string(request.timeframe), asked);
    return offers;
}

asio::awaitable<void> Impl::ensure(Self self, RunPtr run) {
    auto& request = run->request;
    auto& answer = run->answer;
    run->view.now = run->view.started = self->now();
    run->view.use_cache = request.use_cache;
    if (!request.use_cache && request.since)
        run->view.started = std::min(run->view.started, *request.since);
    run->view.settle = self->options.settle;
    answer.error = check(request, self->options, run->view.now, answer.detail);
    if (answer.error)
        co_return;
    const auto offers = self->offers_for(request, answer.detail);
    if (offers.empty()) {
        answer.error = errc::not_supported;
        co_return;
    }
    // Nothing is told of the bar that forms, or that every provider is still silent about.
    const auto grid = offers.front().grid();
    auto told_to = UnixNanos::min();
    for (const auto& offer : offers)
        told_to = std::max(told_to, offer.tells_up_to(run->view.now));
    request.span.to = std::min(request.span.to, told_to);
    request.span = whole_bars(grid, request.span);
    std::vector<Span> left;
    append(left, request.span);

    std::optional<Fault> fault;
    std::vector<FetchPtr> asked;
    for (const auto& offer : offers) {
        if (left.empty() || self->halted(*run))
            break;
        if (!asked.empty()) {
            ++self->stats.fallbacks;
            log::info("backfill", "fallback",
                {{"series", offer.series.to_string()}, {"from", time_text(left.front().from)},
                    {"to", time_text(left.back().to)}, {"after", asked.back()->offer.source.name},
                    {"error", asked.back()->fault}});
        }
        const auto fetch = fetch_of(offer, self->options);
        asked.push_back(fetch);
        co_await ask_provider(self, run, fetch, left);
        left = co_await serve(self, run, fetch, std::move(left));
        leave_out_forming(*run, grid, left);
        if (fetch->fault)
            remember(fault, fetch->fault, offer.source.name);
        else if (fetch->not_entitled)
            remember(fault, errc::not_entitled, offer.source.name);
    }
    if (!left.empty() && !asked.empty() && !run->store_fault) {
        for (const auto& fetch : asked)
            co_await mark_depth(self, run, fetch, left);
        const auto& first = asked.front();
        if (first->fault && !self->halted(*run))
            co_await mark_failed(self, run, first, left);
        co_await admit(self, run, first, left);
        put_fault(*self, answer, fault);
    }
    put_in_order(answer);
    answer.cached = !run->asked;
    if (run->store_fault) {
        answer.error = run->store_fault;
        answer.detail = "the store of bars: " + describe(run->store_fault);
    }
}

} // namespace tickgate::backfill
