// Operations on the store, on backfill jobs and on collectors; searching; limits.
#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "ops/operations.hpp"
#include "ops/paging.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace tickgate::ops {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds look_interval{250};

Error no_history() {
    return Error(
        "unavailable", "this gateway keeps no history", "history needs a store: set store.url in the configuration");
}

Error no_job(std::string_view id) {
    return Error("not_found", "there is no job \"" + shown(id) + "\"", "operation jobs lists them");
}

bool has_ended(backfill::JobState s) noexcept {
    return s != backfill::JobState::waiting && s != backfill::JobState::running;
}

} // namespace

Operations::Done Operations::latest(const Request& r, Answer& answer) {
    std::vector<InstrumentName> names;
    if (auto failed = co_await instruments_of(r, names))
        co_return failed;
    const auto timeframe = timeframe_from(value_of(*find(r.op), r.fields, "timeframe")).value_or(Timeframe::m1);
    for (const auto& name : names) {
        auto asking = services_.latest(name, timeframe);
        const auto got = co_await std::move(asking);
        if (got.error)
            co_return error_from(got.error, got.detail, got.retry_after);
        const auto or_null = [](const std::string& payload) {
            return payload.empty() ? std::string_view("null") : std::string_view(payload);
        };
        JsonObject o;
        o.integer("v", std::int64_t{1}).text("type", "latest").text("class", to_string(name.asset_class));
        o.text("symbol", name.symbol).raw("quote", or_null(got.value.quote)).raw("trade", or_null(got.value.trade));
        o.raw("bar", or_null(got.value.bar));
        auto element = o.take();
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    co_return std::nullopt;
}

Operations::Done Operations::rate_limit(const Request& r, Answer& answer) {
    const auto provider = value_of(*find(r.op), r.fields, "provider");
    auto asking = services_.limits();
    const auto limits = co_await std::move(asking);
    if (limits.error)
        co_return error_from(limits.error, limits.detail);
    for (const auto& l : limits.value) {
        if (!provider.empty() && l.provider != provider)
            continue;
        auto element = limit_element(l);
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    co_return std::nullopt;
}

Operations::Done Operations::cache_stats(const Request& r, Answer& answer) {
    if (history_ == nullptr)
        co_return no_history();
    auto asking = history_->store_stats();
    const auto stats = co_await std::move(asking);
    if (!stats)
        co_return error_from(stats.error(), history_->store_usage().problem);
    auto element = cache_element(*stats, history_->store_usage(), history_->stats(), r.times);
    co_return co_await answer.last(std::move(element));
}

Operations::Done Operations::cache_clear(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    for (const auto& [name, value] : r.fields) // a script's empty variable does not mean everything
        if (value.find_first_not_of(' ') == std::string::npos)
            co_return Error("bad_request", "field " + shown(name) + " is empty", "leave it out to mean all");
    store::EraseFilter filter;
    filter.provider = value_of(op, r.fields, "provider");
    filter.timeframe = timeframe_from(value_of(op, r.fields, "timeframe"));
    if (const auto days = integer_from(value_of(op, r.fields, "older_than_days")))
        filter.fetched_before = history_->now() - std::chrono::hours(24 * *days);
    std::vector<InstrumentName> names;
    if (auto failed = co_await instruments_of(r, names))
        co_return failed;
    std::uint64_t removed = 0;
    for (std::size_t i = 0; i < std::max<std::size_t>(names.size(), 1); ++i) {
        auto one = filter;
        if (!names.empty())
            one.instrument = names[i];
        auto erasing = history_->erase(std::move(one));
        const auto n = co_await std::move(erasing);
        if (!n)
            co_return error_from(n.error(), history_->store_usage().problem);
        removed += *n;
    }
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "cleared").integer("removed", static_cast<std::int64_t>(removed));
    auto element = o.take();
    co_return co_await answer.last(std::move(element));
}

Operations::Done Operations::backfill_job(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    backfill::JobSpec spec;
    if (auto failed = co_await instruments_of(r, spec.instruments))
        co_return failed;
    spec.timeframes = timeframes_from(value_of(op, r.fields, "timeframes"));
    // Dates mean different hours in different classes: the job spans them all.
    for (std::size_t i = 0; i < spec.instruments.size(); ++i) {
        const auto range = read_range(value_of(op, r.fields, "start"), value_of(op, r.fields, "end"),
            spec.instruments[i].asset_class, history_->now());
        if (range.error)
            co_return range.error;
        spec.span.from = i == 0 ? range.from : std::min(spec.span.from, range.from);
        spec.span.to = i == 0 ? range.to : std::max(spec.span.to, range.to);
    }
    spec.provider = value_of(op, r.fields, "provider");
    spec.variant = variant_from(op, r.fields, spec.instruments.front().asset_class, spec.timeframes.front());
    spec.use_cache = boolean_from(value_of(op, r.fields, "use_cache")).value_or(true);
    const auto method = value_of(op, r.fields, "method");
    if (method == "rest")
        spec.method = backfill::Method::rest;
    if (method == "flat_files")
        spec.method = backfill::Method::flat_files;
    spec.client = r.client;
    auto adding = history_->add_job(std::move(spec));
    const auto job = co_await std::move(adding);
    if (!job)
        co_return error_from(job.error(), history_->store_usage().problem);
    auto element = job_element(*job, history_->now(), r.times);
    if (const auto ec = co_await answer.add(std::move(element)); ec)
        co_return error_from(ec);
    if (!boolean_from(value_of(op, r.fields, "follow")).value_or(true))
        co_return std::nullopt;
    if (const auto ec = co_await answer.flush(); ec)
        co_return error_from(ec);
    auto following = follow(job->id, r.times, answer);
    auto failed = co_await std::move(following);
    co_return failed;
}

// Progress at most once a second, then the job as it ended.
Operations::Done Operations::follow(std::string id, Times times, Answer& answer) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    std::string told;
    for (int look = 0;; ++look) {
        const auto job = history_->find_job(id);
        if (!job)
            co_return no_job(id);
        if (has_ended(job->state)) {
            auto element = job_element(*job, history_->now(), times);
            if (const auto ec = co_await answer.add(std::move(element)); ec)
                co_return error_from(ec);
            co_return std::nullopt;
        }
        if (auto element = job_progress_element(*job, history_->now(), times); look % 4 == 0 && element != told) {
            told = element;
            auto ec = co_await answer.add(std::move(element));
            if (!ec)
                ec = co_await answer.flush();
            if (ec)
                co_return error_from(ec);
        }
        timer.expires_after(look_interval);
        co_await timer.async_wait(use_result);
    }
}

Operations::Done Operations::jobs(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    const std::string id(value_of(op, r.fields, "id"));
    const bool following = boolean_from(value_of(op, r.fields, "follow")).value_or(false);
    if (following && id.empty())
        co_return Error("bad_request", "follow needs field id", "one job is followed");
    if (following) {
        auto task = follow(id, r.times, answer);
        auto failed = co_await std::move(task);
        co_return failed;
    }
    std::vector<backfill::JobView> list;
    if (id.empty())
        list = history_->jobs();
    else if (auto job = history_->find_job(id))
        list.push_back(std::move(*job));
    else
        co_return no_job(id);
    // Newest first, by the id of the last one told.
    const auto cursor = value_of(op, r.fields, "cursor");
    auto job = list.begin();
    if (!cursor.empty()) {
        job = std::find_if(list.begin(), list.end(), [&](const backfill::JobView& j) { return j.id == cursor; });
        if (job == list.end())
            co_return bad_cursor(cursor);
        ++job;
    }
    Page page;
    auto left = integer_from(value_of(op, r.fields, "limit")).value_or(1000);
    for (; job != list.end() && left > 0; ++job, --left) {
        auto element = job_element(*job, history_->now(), r.times);
        page.next = job->id;
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    if (job == list.end())
        page.next.clear();
    if (const auto ec = co_await answer.page(std::move(page)); ec)
        co_return error_from(ec);
    co_return std::nullopt;
}

Operations::Done Operations::job_cancel(const Request& r, Answer& answer) {
    if (history_ == nullptr)
        co_return no_history();
    const std::string id(value_of(*find(r.op), r.fields, "id"));
    if (!history_->find_job(id))
        co_return no_job(id);
    auto cancelling = history_->cancel_job(id);
    co_await std::move(cancelling); // false: it has ended by itself, which the answer shows
    const auto job = history_->find_job(id);
    if (!job)
        co_return no_job(id);
    auto element = job_element(*job, history_->now(), r.times);
    co_return co_await answer.last(std::move(element));
}

Operations::Done Operations::collectors(const Request& r, Answer& answer) {
    if (history_ == nullptr)
        co_return no_history();
    const auto name = value_of(*find(r.op), r.fields, "name");
    bool any = false;
    for (const auto& c : history_->collectors()) {
        if (!name.empty() && c.spec.name != name)
            continue;
        any = true;
        auto element = collector_element(c, r.times);
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    if (!name.empty() && !any)
        co_return Error(
            "not_found", "there is no collector \"" + shown(name) + "\"", "operation collectors lists them");
    co_return std::nullopt;
}

Operations::Done Operations::collector_start(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    const auto seconds = [&](std::string_view field) {
        const auto d = duration_from(value_of(op, r.fields, field)).value_or(std::chrono::milliseconds(60000));
        return std::chrono::duration_cast<std::chrono::seconds>(d);
    };
    backfill::CollectorSpec spec;
    if (auto failed = co_await instruments_of(r, spec.instruments))
        co_return failed;
    spec.name = value_of(op, r.fields, "name");
    if (!spec.name.empty() && (!is_symbol(spec.name) || spec.name == "status")) // the path of all of them
        co_return Error("bad_request", "field name is \"" + shown(spec.name) + "\"",
            "allowed: 1 to 64 characters of A-Z a-z 0-9 . _ -, but not status");
    spec.timeframes = timeframes_from(value_of(op, r.fields, "timeframes"));
    spec.provider = value_of(op, r.fields, "provider");
    spec.in_session = seconds("in_session");
    spec.outside = seconds("outside");
    spec.look_back = seconds("look_back");
    auto starting = history_->start_collector(std::move(spec));
    const auto started = co_await std::move(starting);
    if (!started)
        co_return error_from(started.error());
    auto element = collector_element(*started, r.times);
    co_return co_await answer.last(std::move(element));
}

Operations::Done Operations::collector_end(const Request& r, Answer& answer) {
    if (history_ == nullptr)
        co_return no_history();
    const std::string name(value_of(*find(r.op), r.fields, "name"));
    auto ending = history_->end_collector(name);
    const bool ended = co_await std::move(ending);
    if (!ended)
        co_return Error(
            "not_found", "there is no collector \"" + shown(name) + "\"", "operation collectors lists them");
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "collector_ended").text("name", name);
    auto element = o.take();
    co_return co_await answer.last(std::move(element));
}

} // namespace tickgate::ops
