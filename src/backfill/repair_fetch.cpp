// One task, one provider: asks, and hands over what comes.
#include "backfill/repair_job.hpp"
#include "backfill/repair_trades.hpp"

#include <algorithm>

namespace tickgate::backfill {

namespace {

constexpr int most_short_answers = 2; // the REST of a venue may be a little behind its stream

std::chrono::nanoseconds length_or_month(Timeframe tf) noexcept {
    return length_of(tf).value_or(std::chrono::hours(24 * 31));
}

} // namespace

asio::awaitable<void> Repairer::hand_over_bars(JobPtr job, std::string provider, std::vector<Bar> bars) {
    for (std::size_t at = 0; at < bars.size() && !job->cancelled; at += options_.batch) {
        const auto count = std::min(options_.batch, bars.size() - at);
        const std::span<const Bar> piece(bars.data() + at, count);
        const bool wanted = co_await output_.take(job->task.number, provider, piece);
        if (!wanted)
            job->cancelled = true;
        job->told += count;
        stats_.bars += count;
    }
}

// A piece of the span at a time, so that little is held. What was handed over is not asked again.
asio::awaitable<void> Repairer::fetch_bars(JobPtr job, std::string provider) {
    const auto length = length_or_month(job->task.timeframe);
    while (job->task.span.from < job->task.span.to && !job->cancelled && !stopping_) {
        const auto piece_end =
            std::min(job->task.span.to, job->task.span.from + length * static_cast<std::int64_t>(options_.page));
        BarsRequest request;
        request.instrument = job->task.instrument;
        request.timeframe = job->task.timeframe;
        request.span = {job->task.span.from, piece_end};
        request.variant = job->task.variant;
        request.provider = provider;
        request.method = Method::rest;
        request.priority = job->task.reconcile ? Priority::bulk : Priority::repair;
        request.client = "repair";
        auto asking = history_.ensure(std::move(request));
        const auto ensured = co_await std::move(asking);
        if (ensured.error) {
            job->outcome.error = ensured.error;
            job->outcome.detail = ensured.detail;
            job->retry_after = ensured.retry_after;
            co_return;
        }
        std::vector<Bar> bars;
        std::function<bool(const Part&, const store::StoredBar&)> take = [&bars, this](const Part& part,
                                                                             const store::StoredBar& stored) {
            if (stored.bar.open_time >= part.span.from && stored.bar.open_time < part.span.to)
                bars.push_back(stored.bar);
            return bars.size() <= options_.page;
        };
        auto reading = history_.read(ensured.parts, std::move(take));
        const auto failed = co_await std::move(reading);
        if (failed) {
            job->outcome.error = failed;
            job->outcome.detail = "reading the store";
            co_return;
        }
        std::sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) { return a.open_time < b.open_time; });
        auto handing = hand_over_bars(job, provider, std::move(bars));
        co_await std::move(handing);
        job->task.span.from = piece_end;
        if (job->told > 0)
            job->teller = provider;
    }
    job->outcome.complete = !job->cancelled && !stopping_;
}

asio::awaitable<void> Repairer::hand_over_trades(JobPtr job, std::string provider, std::span<const Trade> trades) {
    for (std::size_t at = 0; at < trades.size() && !job->cancelled; at += options_.batch) {
        const auto piece = trades.subspan(at, std::min(options_.batch, trades.size() - at));
        const bool wanted = co_await output_.take(job->task.number, provider, piece);
        if (!wanted) {
            job->cancelled = true;
            co_return;
        }
        job->teller = provider;
        job->told += piece.size();
        stats_.trades += piece.size();
        for (const auto& trade : piece) {
            if (job->task.first_id && trade.src_seq) {
                job->task.first_id = *trade.src_seq + 1;
                job->numbered = true;
            }
            if (!trade.event_time)
                continue;
            job->repeats = job->reached == trade.event_time ? job->repeats + 1 : 1;
            job->reached = trade.event_time;
        }
    }
}

// A page at a time. By id the next one follows the last; by time it begins at the last one's time, and as many of that
// time as were handed over are left out.
asio::awaitable<void> Repairer::fetch_trades(JobPtr job, std::string provider) {
    TradeBatch page;
    while (!job->cancelled && !stopping_) {
        const bool by_id = job->task.first_id.has_value();
        if (by_id && job->task.last_id && *job->task.first_id > *job->task.last_id)
            break;
        History::TradesRequest request;
        request.instrument = job->task.instrument;
        request.span = job->task.span;
        if (job->reached)
            request.span.from = std::max(request.span.from, *job->reached);
        if (by_id && job->task.last_id) {
            request.first_id = job->task.first_id;
            request.last_id = job->task.last_id;
        }
        request.provider = provider;
        request.priority = Priority::repair;
        request.client = "repair";
        page.clear();
        auto skip = by_id ? 0 : job->repeats;
        const auto skip_at = job->reached;
        bool full = false;
        History::TakeTrade take = [&](const std::string&, const Trade& trade) {
            if (skip > 0 && trade.event_time == skip_at) {
                --skip;
                return true;
            }
            if (by_id && trade.src_seq && *trade.src_seq < *job->task.first_id)
                return true;
            page.add(trade);
            full = page.size() >= options_.page;
            return !full;
        };
        auto asking = history_.trades(std::move(request), std::move(take));
        const auto done = co_await std::move(asking);
        auto handing = hand_over_trades(job, provider, page.trades());
        co_await std::move(handing);
        if (job->told > options_.most_trades) {
            job->outcome.error = errc::overflow;
            job->outcome.detail = "more than " + std::to_string(options_.most_trades) + " trades were missed";
            co_return;
        }
        if (full && (page.trades().back().event_time || by_id))
            continue;
        if (!done.complete || done.error) {
            job->outcome.error = done.error ? done.error : make_error_code(errc::venue_error);
            job->outcome.detail = done.detail;
            co_return;
        }
        const bool lacks = by_id && job->task.last_id && *job->task.first_id <= *job->task.last_id;
        if (lacks && (job->told == 0 || job->numbered) && job->short_answers++ < most_short_answers) {
            job->outcome.error = errc::venue_error;
            job->outcome.detail = "the provider does not tell the latest trades so far";
            co_return;
        }
        break;
    }
    job->outcome.complete = !job->cancelled && !stopping_;
}

} // namespace tickgate::backfill
