#include "ops/bars.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <tuple>
#include <utility>

namespace tickgate::ops {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t page_bars = 8192;
constexpr std::size_t most_issues = 100;
constexpr std::size_t symbols_at_once = 4; // asked for; told one after the other

// What fetching and telling share.
struct Watch {
    InstrumentName name; // whose progress came last
    backfill::Progress last;
    bool changed = false, over = false;
    std::exception_ptr fault; // of fetching; its cancellation, too
};

// All at once, each answer to its place. Never throws: an exception would leave the others waiting.
asio::awaitable<void> fetch_some(HistoryAccess& history, std::span<const backfill::BarsRequest> requests,
    std::span<backfill::Ensured> answers, Watch& watch) {
    using namespace asio::experimental::awaitable_operators;
    try {
        if (requests.size() == 1) {
            backfill::OnProgress on_progress = [&watch, &requests](const backfill::Progress& p) {
                watch.name = requests.front().instrument;
                watch.last = p;
                watch.changed = true;
            };
            auto ensuring = history.ensure(requests.front(), std::move(on_progress));
            answers.front() = co_await std::move(ensuring);
        } else {
            const auto half = requests.size() / 2;
            auto some = fetch_some(history, requests.first(half), answers.first(half), watch);
            auto rest = fetch_some(history, requests.subspan(half), answers.subspan(half), watch);
            co_await (std::move(some) && std::move(rest));
        }
    } catch (...) { // thrown again by whoever waits for all
        if (!watch.fault)
            watch.fault = std::current_exception();
    }
}

asio::awaitable<void> fetch(HistoryAccess& history, std::span<const backfill::BarsRequest> requests,
    std::span<backfill::Ensured> answers, Watch& watch) {
    auto fetching = fetch_some(history, requests, answers, watch);
    co_await std::move(fetching);
    watch.over = true;
}

// Returns if nobody takes more, or when all is over. A piece of the answer that is being written is never cut short.
asio::awaitable<error_code> tell(const BarsQuery& query, BarsSink& sink, Watch& watch) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
        timer.expires_after(query.progress_interval);
        co_await timer.async_wait(use_result);
        if (watch.over)
            co_return error_code();
        if (!std::exchange(watch.changed, false))
            continue;
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        const auto name = watch.name;
        const auto how_far = watch.last;
        const auto ec = co_await sink.progress(name, query.request.timeframe, how_far);
        if (ec || watch.over)
            co_return ec;
        co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    }
}

// Fills `ensured` of the heads. Errors: nobody takes more.
asio::awaitable<error_code> ensure(
    HistoryAccess& history, std::span<BarsHead> heads, const BarsQuery& query, BarsSink& sink) {
    using namespace asio::experimental::awaitable_operators;
    std::vector<backfill::BarsRequest> requests;
    std::vector<backfill::Ensured> answers(heads.size());
    for (const auto& head : heads) {
        auto& request = requests.emplace_back(query.request);
        request.instrument = head.name;
        request.span.from = head.range.from;
        request.span.to = head.range.to;
        request.symbols = query.names.size();
        if (query.names.size() > 1) { // a file read for one of them is read for all
            auto alike = query.names;
            std::erase_if(alike, [&](const InstrumentName& n) { return n.asset_class != head.name.asset_class; });
            request.alongside = std::make_shared<const std::vector<InstrumentName>>(std::move(alike));
        }
    }
    Watch watch;
    auto fetching = fetch(history, requests, answers, watch);
    auto telling = tell(query, sink, watch);
    auto first = co_await (std::move(fetching) || std::move(telling));
    if (watch.fault)
        std::rethrow_exception(watch.fault);
    if (first.index() == 1) {
        const auto ec = std::get<1>(first);
        co_return ec ? ec : make_error_code(errc::cancelled);
    }
    for (std::size_t i = 0; i < heads.size(); ++i)
        heads[i].ensured = std::move(answers[i]);
    co_return error_code();
}

// An absence that is nobody's fault, or that the coverage beside the report stands for; what a provider should have
// had, what we missed and what was refused are gaps.
bool is_explained(store::Cause cause) noexcept {
    switch (cause) {
    case store::Cause::session_closed:
    case store::Cause::no_trades:
    case store::Cause::not_entitled:
    case store::Cause::not_fetched:
        return true;
    case store::Cause::none:
    case store::Cause::provider_hole:
    case store::Cause::gateway_outage:
    case store::Cause::rejected:
        break;
    }
    return false;
}

quality::Checker checker_of(
    const HistoryAccess& history, const backfill::Part& part, const std::vector<store::CoverageSpan>& coverage) {
    quality::Subject subject;
    subject.instrument = part.series.instrument;
    subject.timeframe = part.series.timeframe;
    subject.variant = part.series.variant;
    subject.continuous = part.continuous;
    subject.from = part.span.from;
    subject.to = part.span.to;
    quality::Checker checker(std::move(subject), history.hours());
    for (const auto& c : coverage)
        if (is_explained(c.cause) && c.span.from < part.span.to && c.span.to > part.span.from)
            checker.explained(std::max(c.span.from, part.span.from), std::min(c.span.to, part.span.to));
    return checker;
}

struct Told {
    BarsSummary summary;
    error_code store, sink; // what went wrong where
};

using Page = result<std::vector<store::StoredBar>>;

asio::awaitable<error_code> tell_page(
    const BarsHead& head, const backfill::Part& part, Page page, quality::Checker* checker, BarsSink& sink) {
    if (checker != nullptr)
        for (const auto& b : *page)
            checker->add(b.bar);
    const std::span<const store::StoredBar> view(*page);
    const auto ec = co_await sink.bars(head, part, view);
    co_return ec;
}

// One part. The store reads the next page while this one is told.
asio::awaitable<void> tell_part(HistoryAccess& history, const BarsHead& head, const backfill::Part& part,
    std::uint64_t limit, quality::Checker* checker, BarsSink& sink, Told& told) {
    using namespace asio::experimental::awaitable_operators;
    auto& summary = told.summary;
    auto left = part.span;
    auto told_to = left.from;
    auto reading = history.read(part.series, left, page_bars);
    auto page = co_await std::move(reading);
    while (page && !page->empty()) {
        const bool last = page->size() < page_bars;
        left.from = page->back().bar.open_time + std::chrono::nanoseconds(1);
        if (limit != 0 && summary.bars + page->size() > limit) {
            page->resize(static_cast<std::size_t>(limit - summary.bars));
            summary.cut = true;
        }
        summary.bars += page->size();
        if (!page->empty())
            told_to = page->back().bar.close_time;
        auto telling = tell_page(head, part, std::move(page), checker, sink);
        if (last || summary.cut) {
            told.sink = co_await std::move(telling);
            break;
        }
        auto next = history.read(part.series, left, page_bars);
        try {
            std::tie(page, told.sink) = co_await (std::move(next) && std::move(telling));
        } catch (const asio::multiple_exceptions& both) { // cancelled: callers know the one it began with
            std::rethrow_exception(both.first_exception());
        }
        if (told.sink)
            co_return;
    }
    if (!page && !told.sink && !summary.cut)
        told.store = page.error();
    if (checker != nullptr && summary.cut) // what was not read is no gap
        checker->explained(told_to, part.span.to);
}

asio::awaitable<Told> tell_bars(HistoryAccess& history, const BarsHead& head, const BarsQuery& query, BarsSink& sink) {
    Told told;
    for (const auto& part : head.ensured.parts) {
        std::optional<quality::Checker> checker;
        if (query.validate)
            checker.emplace(checker_of(history, part, head.ensured.coverage));
        auto telling = tell_part(history, head, part, query.limit, checker ? &*checker : nullptr, sink, told);
        co_await std::move(telling);
        if (told.store || told.sink)
            co_return told;
        if (checker) {
            auto report = checker->finish();
            if (told.summary.report)
                merge(*told.summary.report, report);
            else
                told.summary.report = std::move(report);
        }
        if (told.summary.cut)
            break;
    }
    if (query.validate && !told.summary.report)
        told.summary.report.emplace();
    co_return told;
}

} // namespace

void merge(quality::Report& into, const quality::Report& other) {
    into.grade = std::max(into.grade, other.grade);
    into.checked += other.checked;
    into.expected += other.expected;
    for (std::size_t i = 0; i < into.counts.size(); ++i)
        into.counts[i] += other.counts[i];
    for (const auto& issue : other.issues)
        if (into.issues.size() < most_issues)
            into.issues.push_back(issue);
}

Error error_of(const backfill::Ensured& ensured) {
    auto e = error_from(ensured.error, ensured.detail, ensured.retry_after);
    if (e.code == "rate_limited")
        e.hint = "what came is kept; ask again later, or start a backfill, which waits by itself";
    else if (e.code == "not_supported")
        e.hint = "no provider of the route has such bars so far back, or not of this timeframe; see coverage";
    else if (e.code == "not_entitled")
        e.hint = "the plan or the account of the provider does not include it";
    else if (e.code == "unknown_symbol")
        e.hint = "operation search finds names";
    else if (e.code == "expired")
        e.hint = "what came is kept: ask again, give a larger deadline_ms, or start a backfill";
    return e;
}

asio::awaitable<result<quality::Report>> check_stored(
    HistoryAccess& history, backfill::Part part, std::vector<store::CoverageSpan> coverage) {
    auto checker = checker_of(history, part, coverage);
    auto left = part.span;
    while (left.from < left.to) {
        auto reading = history.read(part.series, left, page_bars);
        const auto bars = co_await std::move(reading);
        if (!bars)
            co_return bars.error();
        for (const auto& b : *bars)
            checker.add(b.bar);
        if (bars->size() < page_bars)
            break;
        left.from = bars->back().bar.open_time + std::chrono::nanoseconds(1);
    }
    co_return checker.finish();
}

namespace {

// What one instrument's answer is, once everything was asked for.
asio::awaitable<std::optional<Error>> answer_one(
    HistoryAccess& history, BarsHead& head, const BarsQuery& query, BarsSink& sink) {
    head.complete = !head.ensured.error;
    if (!head.complete)
        head.error = error_of(head.ensured);
    if (!head.ensured.parts.empty())
        head.provider = head.ensured.parts.front().series.provider;
    const bool any = std::any_of(head.ensured.coverage.begin(), head.ensured.coverage.end(),
        [](const auto& c) { return c.cause == store::Cause::none; });
    if (head.error && !any) {
        if (query.names.size() == 1)
            co_return head.error;
        if (const auto ec = co_await sink.failed(head.name, *head.error); ec)
            co_return error_from(ec);
        co_return std::nullopt;
    }
    if (const auto ec = co_await sink.begin(head); ec)
        co_return error_from(ec);
    auto telling = tell_bars(history, head, query, sink);
    const auto told = co_await std::move(telling);
    if (told.store || told.sink)
        co_return error_from(told.store ? told.store : told.sink);
    if (const auto ec = co_await sink.end(head, told.summary); ec)
        co_return error_from(ec);
    co_return std::nullopt;
}

} // namespace

asio::awaitable<std::optional<Error>> run_bars(HistoryAccess& history, BarsQuery query, BarsSink& sink) {
    std::vector<BarsHead> heads;
    for (const auto& name : query.names) {
        auto& head = heads.emplace_back();
        head.name = name;
        head.timeframe = query.request.timeframe;
        head.range = read_range(query.start, query.end, name.asset_class, history.now());
        if (head.range.error)
            co_return head.range.error; // of the request, not of the instrument
    }
    for (std::size_t begin = 0; begin < heads.size(); begin += symbols_at_once) {
        const auto some = std::span(heads).subspan(begin, std::min(symbols_at_once, heads.size() - begin));
        auto ensuring = ensure(history, some, query, sink);
        if (const auto ec = co_await std::move(ensuring); ec)
            co_return error_from(ec);
        for (auto& head : some) {
            auto answering = answer_one(history, head, query, sink);
            if (auto failed = co_await std::move(answering))
                co_return failed;
            head.ensured = {};
        }
    }
    co_return std::nullopt;
}

} // namespace tickgate::ops
