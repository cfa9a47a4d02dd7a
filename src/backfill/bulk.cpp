// Files that hold a day of a whole market: for many instruments or long spans they cost far less than asking for each.
#include "backfill/bulk_reader.hpp"
#include "backfill/history_impl.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <set>

namespace tickgate::backfill {

using store::Cause;
using store::Span;

namespace {

using Impl = History::Impl;
using Wanted = std::vector<BulkReader::Wanted>;

constexpr std::size_t many_symbols = 5;
constexpr auto long_span = std::chrono::hours(24 * 7);
constexpr int failures_at_most = 2; // then the rest is asked for by REST
constexpr int erasures_at_most = 3; // while a file is read, which then is read again

bool files_are_wanted(const Run& run, const Fetch& fetch, const std::vector<Span>& spans) {
    const auto& request = run.request;
    const auto timeframe = fetch.series.timeframe;
    if (request.method == Method::rest || !fetch.offer.source.provider->capabilities().bulk_files || spans.empty() ||
        (timeframe != Timeframe::m1 && timeframe != Timeframe::d1) || fetch.series.variant.adjusted)
        return false;
    if (request.method == Method::flat_files)
        return true;
    const auto symbols = std::max(request.symbols, request.alongside ? request.alongside->size() : 0);
    return symbols > many_symbols || length_of(spans) > long_span;
}

// What has to be asked for in each window, as one span: how much it is, and from when to when.
asio::awaitable<std::vector<Span>> hulls(
    Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, std::vector<Span> spans) {
    const Grid grid{fetch->series.timeframe, fetch->series.variant.align};
    std::vector<Span> out;
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
        auto end = span->to;
        while (const auto window = window_before(*span, end, grid, window_bars)) {
            end = window->from;
            const auto what_is_known = co_await Impl::known(self, run, fetch->series, *window);
            const auto spans_missing = missing(what_is_known, *window, grid, run->view);
            if (!spans_missing.empty())
                out.push_back({spans_missing.front().from, spans_missing.back().to});
        }
    }
    std::reverse(out.begin(), out.end());
    co_return out;
}

std::vector<InstrumentName> instruments_of(const BarsRequest& request) {
    std::set<InstrumentName> names{request.instrument};
    if (request.alongside)
        for (const auto& name : *request.alongside)
            if (name.asset_class == request.instrument.asset_class)
                names.insert(name);
    return {names.begin(), names.end()};
}

// The series that lack something of the file; nothing if the one asked for does not.
asio::awaitable<Wanted> wanted_of(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, BulkFile file) {
    const auto& provider = *fetch->offer.source.provider;
    const auto& own = fetch->series;
    Wanted wanted;
    for (const auto& name : instruments_of(run->request)) {
        store::SeriesKey series = own;
        series.instrument = name;
        const bool is_own = name == own.instrument;
        if (!is_own) {
            const auto history = provider.bar_history(name, series.timeframe, series.variant);
            if (!history || history->variant != series.variant)
                continue;
        }
        const Grid grid{series.timeframe, series.variant.align};
        const Span asked{std::max(file.from, run->request.span.from), std::min(file.to, run->request.span.to)};
        const auto within = whole_bars(grid, asked);
        if (within.from >= within.to || (!is_own && self->in_flight.find(series, within)))
            continue;
        const auto what_is_known = co_await Impl::known(self, run, series, within);
        if (run->store_fault)
            co_return Wanted();
        if (missing(what_is_known, within, grid, run->view).empty())
            continue;
        BulkReader::Wanted one;
        one.asked.instrument = name;
        one.asked.timeframe = series.timeframe;
        one.asked.variant = series.variant;
        one.asked.continuous = fetch->offer.history.continuous;
        one.asked.span = within;
        one.series = std::move(series);
        wanted.push_back(std::move(one));
    }
    const bool own_too = std::any_of(wanted.begin(), wanted.end(),
        [&](const BulkReader::Wanted& w) { return w.series.instrument == own.instrument; });
    if (!own_too)
        wanted.clear();
    co_return wanted;
}

asio::awaitable<error_code> read_once(
    Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, BulkFile file, Wanted wanted) {
    const auto& source = fetch->offer.source;
    auto place = co_await Lane::enter(self->lane(source.name, run->request.priority), run->request.client, 1);
    if (self->halted(*run, *fetch))
        co_return errc::cancelled;
    auto rest = source.rest(run->request.priority, run->request.client);
    if (!rest)
        co_return errc::unavailable;
    WatchedRest watched(std::move(rest), *source.provider, self->paused_until[source.name]);
    std::vector<InstrumentName> names;
    const auto known_at = self->now();
    for (auto& one : wanted) {
        one.asked.known_at = known_at;
        names.push_back(one.series.instrument);
    }
    BulkReader reader(self->control, self->store, self->hours, std::move(wanted), self->options.max_bars_in_flight / 2);
    ++run->progress.requests;
    ++self->stats.in_flight;
    auto fault = co_await reader.begin();
    if (!fault)
        fault = co_await source.provider->read_bulk_file(std::move(file), std::move(names), reader, watched);
    --self->stats.in_flight;
    place.leave();
    if (fault)
        co_await reader.drain();
    else
        fault = co_await reader.finish();
    self->stats.bars_fetched += reader.bars();
    self->stats.bars_rejected += reader.rejected();
    if (fault == errc::cancelled) // perhaps read again
        co_return fault;
    run->progress.bars += reader.bars();
    run->answer.fetched += reader.bars();
    if (!fault)
        ++self->stats.files;
    co_return fault;
}

// More rows than memory is for them: fewer instruments at a time.
asio::awaitable<error_code> read_file(
    Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, BulkFile file, Wanted wanted) {
    std::vector<Wanted> groups;
    groups.push_back(std::move(wanted));
    int erasures = 0;
    while (!groups.empty()) {
        const auto some = std::move(groups.back());
        groups.pop_back();
        const auto fault = co_await read_once(self, run, fetch, file, some);
        if (fault == errc::overflow && some.size() > 1) {
            const auto half = static_cast<std::ptrdiff_t>(some.size() / 2);
            groups.emplace_back(some.begin(), some.begin() + half);
            groups.emplace_back(some.begin() + half, some.end());
        } else if (fault == errc::cancelled && !self->halted(*run, *fetch) && ++erasures <= erasures_at_most) {
            groups.push_back(some);
        } else if (fault) {
            co_return fault;
        }
    }
    co_return error_code();
}

asio::awaitable<error_code> take_file(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, BulkFile file) {
    const Span span{std::max(file.from, run->request.span.from), std::min(file.to, run->request.span.to)};
    while (const auto other = self->in_flight.find(fetch->series, span)) {
        ++self->stats.merged;
        run->asked = true;
        while (other->open)
            co_await other->ended.wait();
        if (self->halted(*run, *fetch))
            co_return errc::cancelled;
    }
    auto own = self->in_flight.claim(fetch->series, span, self->now());
    auto wanted = co_await wanted_of(self, run, fetch, file);
    if (wanted.empty() || run->store_fault)
        co_return error_code();
    run->asked = true;
    std::vector<InFlight::Held> held;
    for (const auto& one : wanted)
        if (one.series.instrument != fetch->series.instrument)
            held.push_back(self->in_flight.claim(one.series, one.asked.span, self->now()));
    co_return co_await read_file(self, run, fetch, std::move(file), std::move(wanted));
}

// Days without a file between two that have one: no session, by the calendar.
asio::awaitable<void> mark_closed(Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span between) {
    Asked asked;
    asked.instrument = fetch->series.instrument;
    asked.timeframe = fetch->series.timeframe;
    asked.variant = fetch->series.variant;
    asked.span = between;
    asked.known_at = self->now();
    std::vector<store::CoverageSpan> why;
    explain_gap(why, between, asked, self->hours);
    for (const auto& piece : why)
        if (piece.cause == Cause::session_closed)
            co_await Impl::mark(self, run, fetch->series, piece.span, Cause::session_closed, asked.known_at);
}

asio::awaitable<result<std::vector<BulkFile>>> list_files(
    Impl::Self self, Impl::RunPtr run, Impl::FetchPtr fetch, Span span) {
    const auto& source = fetch->offer.source;
    auto rest = source.rest(run->request.priority, run->request.client);
    if (!rest)
        co_return errc::unavailable;
    WatchedRest watched(std::move(rest), *source.provider, self->paused_until[source.name]);
    BulkRequest question;
    question.asset_class = fetch->series.instrument.asset_class;
    question.kind = Kind::bar;
    question.timeframe = fetch->series.timeframe;
    question.from = span.from;
    question.to = span.to;
    ++run->progress.requests;
    co_return co_await source.provider->bulk_files(std::move(question), watched);
}

// What files told is done; it is added to the total at the end, as the pages that follow subtract what is covered.
class DoneByFiles {
public:
    explicit DoneByFiles(Run& run) : run_(run), before_(run.progress.done) {}
    ~DoneByFiles() { run_.progress.total += run_.progress.done - before_; }
    DoneByFiles(const DoneByFiles&) = delete;
    DoneByFiles& operator=(const DoneByFiles&) = delete;

private:
    Run& run_;
    std::chrono::nanoseconds before_;
};

void note_failure(HistoryStats& stats, const Fetch& fetch, const std::string& file, const error_code& fault) {
    ++stats.bulk_failures;
    log::warn("backfill", "bulk_failed",
        {{"provider", fetch.offer.source.name}, {"file", file}, {"error", fault}, {"then", "rest"}});
}

} // namespace

asio::awaitable<void> Impl::fetch_files(Self self, RunPtr run, FetchPtr fetch, std::vector<Span> spans) {
    if (!files_are_wanted(*run, *fetch, spans))
        co_return;
    const auto unread = co_await hulls(self, run, fetch, std::move(spans));
    if (!files_are_wanted(*run, *fetch, unread))
        co_return;
    run->asked = true;
    const DoneByFiles done(*run);
    int failures = 0;
    for (const auto& hull : unread) {
        const auto files = co_await list_files(self, run, fetch, hull);
        if (!files) {
            note_failure(self->stats, *fetch, "list", files.error());
            co_return;
        }
        for (std::size_t i = 0; i < files->size(); ++i) {
            if (self->halted(*run, *fetch))
                co_return;
            const auto& file = (*files)[i];
            const auto fault = co_await take_file(self, run, fetch, file);
            if (fault && !self->halted(*run, *fetch)) {
                note_failure(self->stats, *fetch, file.key, fault);
                if (++failures == failures_at_most)
                    co_return;
            }
            if (!fault && i > 0 && (*files)[i - 1].to < file.from) {
                const Span between{std::max((*files)[i - 1].to, hull.from), std::min(file.from, hull.to)};
                co_await mark_closed(self, run, fetch, between);
            }
            run->progress.done += std::min(file.to, hull.to) - std::max(file.from, hull.from);
            self->report(*run);
        }
    }
}

} // namespace tickgate::backfill
