#include "core/secret.hpp"
#include "ops/history_text.hpp"

#include <array>
#include <type_traits>

namespace tickgate::ops {

namespace {

std::int64_t number(std::uint64_t n) noexcept { return static_cast<std::int64_t>(n); }

std::vector<std::string> names_of(const std::vector<InstrumentName>& names) {
    std::vector<std::string> out;
    out.reserve(names.size());
    for (const auto& n : names)
        out.push_back(n.to_string());
    return out;
}

std::vector<std::string> names_of(const std::vector<Timeframe>& timeframes) {
    std::vector<std::string> out;
    for (const auto tf : timeframes)
        out.emplace_back(to_string(tf));
    return out;
}

std::string_view word_of(backfill::Method m) noexcept {
    constexpr std::array<std::string_view, 3> words{"auto", "rest", "flat_files"};
    return words[static_cast<std::size_t>(m)];
}

// How long the rest takes if it goes on as since the start; empty: nobody can tell yet.
std::optional<std::int64_t> eta_ms(const backfill::JobView& job, UnixNanos now) {
    const auto& p = job.progress;
    if (job.state != backfill::JobState::running || !job.started || p.done.count() <= 0 || p.total <= p.done)
        return std::nullopt;
    const auto spent = static_cast<double>((now - *job.started).count());
    const auto ms = spent * static_cast<double>((p.total - p.done).count()) / static_cast<double>(p.done.count()) / 1e6;
    return ms >= 0 && ms < 1e12 ? std::optional(static_cast<std::int64_t>(ms)) : std::nullopt;
}

void add_progress(JsonObject& o, const backfill::JobView& job, UnixNanos now) {
    const bool done = job.state == backfill::JobState::done;
    o.raw("fraction", done ? "1.0000" : fraction_json(job.progress)).integer("bars", number(job.progress.bars));
    o.integer("requests", number(job.progress.requests));
    o.integer("waiting_ms", static_cast<std::int64_t>(job.progress.waiting.count()));
    o.integer("eta_ms", eta_ms(job, now));
    o.integer("series_done", number(job.series_done)).integer("series", number(job.series));
}

} // namespace

std::string job_element(const backfill::JobView& job, UnixNanos now, Times times) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "job").text("id", job.id).text("state", to_string(job.state));
    o.texts("symbols", names_of(job.spec.instruments)).texts("timeframes", names_of(job.spec.timeframes));
    add_time(o, "start", job.spec.span.from, times);
    add_time(o, "end", job.spec.span.to, times);
    o.text("provider", job.spec.provider).boolean("use_cache", job.spec.use_cache);
    o.text("method", word_of(job.spec.method)).text("client", job.spec.client);
    add_progress(o, job, now);
    bool cut = false;
    o.raw("missing", coverage_json(job.missing, times, cut, 100)).text("error", redact(job.error));
    add_time(o, "created", job.created, times);
    add_time(o, "updated", job.updated, times);
    add_time(o, "started", job.started, times);
    add_time(o, "ended", job.ended, times);
    return o.take();
}

std::string job_progress_element(const backfill::JobView& job, UnixNanos now, Times) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "progress").text("job", job.id).text("state", to_string(job.state));
    add_progress(o, job, now);
    return o.take();
}

std::string collector_element(const backfill::CollectorStatus& collector, Times times) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "collector").text("name", collector.spec.name);
    o.boolean("running", collector.running).texts("symbols", names_of(collector.spec.instruments));
    o.texts("timeframes", names_of(collector.spec.timeframes)).text("provider", collector.spec.provider);
    o.integer("in_session_s", std::int64_t{collector.spec.in_session.count()});
    o.integer("outside_s", std::int64_t{collector.spec.outside.count()});
    o.integer("look_back_s", std::int64_t{collector.spec.look_back.count()});
    add_time(o, "next", collector.next, times);
    std::string list = "[";
    for (const auto& s : collector.series) {
        JsonObject one;
        one.text("class", to_string(s.instrument.asset_class)).text("symbol", s.instrument.symbol);
        one.text("timeframe", to_string(s.timeframe)).text("source", s.source);
        add_time(one, "last_collection", s.last_collection, times);
        add_time(one, "last_bar", s.last_bar, times);
        one.integer("bars", number(s.bars)).integer("failures", number(s.failures)).text("error", redact(s.error));
        one.boolean("in_trading_hours", s.in_trading_hours);
        if (list.size() > 1)
            list += ',';
        list += one.take();
    }
    o.raw("series", list + "]");
    return o.take();
}

std::string_view to_string(LimitView::What w) noexcept {
    constexpr std::array<std::string_view, 4> words{"requests", "connections", "streams", "messages"};
    return words[static_cast<std::size_t>(w)];
}

std::string limit_element(const LimitView& limit) {
    const auto ms = [](std::optional<std::chrono::milliseconds> d) {
        return d ? std::optional<std::int64_t>(d->count()) : std::nullopt;
    };
    const bool known = limit.limit > 0;
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "limit").text("provider", limit.provider).text("name", limit.name);
    o.text("what", to_string(limit.what)).integer("limit", known ? std::optional(limit.limit) : std::nullopt);
    o.integer("used", limit.used);
    const auto remaining = limit.remaining.value_or(limit.limit - limit.used);
    o.integer("remaining", known ? std::optional(std::max<std::int64_t>(remaining, 0)) : std::nullopt);
    o.integer("window_ms", ms(limit.window)).integer("reset_in_ms", ms(limit.reset_in));
    o.integer("waiting", number(limit.waiting)).boolean("paused", limit.paused);
    return o.take();
}

std::string cache_element(const store::StoreStats& stats, const store::AsyncStats& usage,
    const backfill::HistoryStats& history, Times times) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "cache").text("backend", stats.backend);
    o.boolean("open", usage.open).text("problem", redact(usage.problem)).integer("series", number(stats.series));
    o.integer("bars", number(stats.bars)).integer("spans", number(stats.spans)).integer("jobs", number(stats.jobs));
    o.integer("bytes", number(stats.bytes));
    add_time(o, "oldest", stats.oldest, times);
    add_time(o, "newest", stats.newest, times);
    o.integer("requests", number(history.requests)).integer("cached", number(history.cached));
    o.integer("merged", number(history.merged)).integer("failed", number(history.failed));
    o.integer("pages", number(history.pages)).integer("bars_fetched", number(history.bars_fetched));
    o.integer("bars_rejected", number(history.bars_rejected)).integer("bars_derived", number(history.bars_derived));
    o.integer("files", number(history.files)).integer("bars_read", number(usage.bars_read));
    o.integer("bars_written", number(usage.bars_written));
    const auto percent = history.requests == 0 ? 0 : history.cached * 10000 / history.requests;
    o.raw("hit_rate", history.requests == 0
                          ? "null"
                          : std::to_string(percent / 10000) + "." + std::to_string(10000 + percent % 10000).substr(1));
    return o.take();
}

} // namespace tickgate::ops
