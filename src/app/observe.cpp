// What the gateway tells of itself: readiness and metrics.
#include "app/gateway.hpp"

#include "app/version.hpp"
#include "core/clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace tickgate::app {

namespace {

using api::Family;

class Families {
public:
    Family& add(Family::Type type, std::string name, std::string help) {
        families_.push_back(Family{std::move(name), std::move(help), type, {}});
        return families_.back();
    }
    Family& counter(std::string name, std::string help) {
        return add(Family::Type::counter, std::move(name), std::move(help));
    }
    Family& gauge(std::string name, std::string help) {
        return add(Family::Type::gauge, std::move(name), std::move(help));
    }
    Family& histogram(std::string name, std::string help) {
        return add(Family::Type::histogram, std::move(name), std::move(help));
    }
    std::vector<Family> take() {
        return {std::make_move_iterator(families_.begin()), std::make_move_iterator(families_.end())};
    }

private:
    std::deque<Family> families_; // references stay valid
};

using Labels = std::vector<std::pair<std::string, std::string>>;

template <class Number>
void put(Family& family, Labels labels, Number value) {
    Family::Sample s;
    s.labels = std::move(labels);
    s.value = static_cast<double>(value);
    family.samples.push_back(std::move(s));
}

template <class Buckets>
void put_histogram(Family& family, Labels labels, const Buckets& buckets, std::uint64_t sum_us) {
    Family::Sample s;
    s.labels = std::move(labels);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        total += buckets[i];
        if (i < 27) // 2^26 µs is 67 s
            s.cumulative_buckets.emplace_back(static_cast<double>(std::uint64_t{1} << i) * 1e-6, total);
    }
    s.count = total;
    s.sum = static_cast<double>(sum_us) * 1e-6;
    family.samples.push_back(std::move(s));
}

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void put_feed(Families& f, const std::vector<std::pair<std::string, feed::FeedStats>>& feeds) {
    auto each = [&](Family& family, auto&& value) {
        for (const auto& [name, stats] : feeds)
            put(family, {{"feed", name}}, value(stats));
    };
    auto& state = f.gauge("tickgate_feed_state", "1 for the state the feed is in");
    for (const auto& [name, stats] : feeds)
        for (const auto s :
            {FeedState::connecting, FeedState::live, FeedState::closed, FeedState::down, FeedState::refused})
            put(state, {{"feed", name}, {"state", std::string(to_string(s))}}, stats.status.state == s ? 1 : 0);
    auto& messages = f.counter("tickgate_feed_messages_total", "Market data messages received and passed on");
    for (const auto& [name, stats] : feeds)
        for (const auto k : {Kind::quote, Kind::trade, Kind::bar})
            put(messages, {{"feed", name}, {"kind", std::string(to_string(k))}},
                stats.messages[static_cast<std::size_t>(k)]);
    auto& skipped = f.counter("tickgate_feed_skipped_total", "Frames that were not passed on, by reason");
    for (const auto& [name, stats] : feeds)
        for (int i = 0; i < skip_count; ++i)
            put(skipped, {{"feed", name}, {"reason", std::string(to_string(static_cast<Skip>(i)))}},
                stats.skipped[static_cast<std::size_t>(i)]);
    auto& ends = f.counter("tickgate_feed_connection_ends_total", "Ended connections, by reason");
    for (const auto& [name, stats] : feeds)
        for (const auto& [reason, count] : stats.ends)
            put(ends, {{"feed", name}, {"reason", reason}}, count);
    each(f.gauge("tickgate_feed_subscriptions_wanted", "Upstream subscriptions wanted"),
        [](const auto& s) { return s.status.wanted; });
    each(f.gauge("tickgate_feed_subscriptions_acked", "Upstream subscriptions the venue confirmed"),
        [](const auto& s) { return s.status.acked; });
    each(f.gauge("tickgate_feed_connections", "Open connections"), [](const auto& s) { return s.status.connections; });
    each(f.counter("tickgate_feed_connect_attempts_total", "Connection attempts"),
        [](const auto& s) { return s.connect_attempts; });
    each(f.counter("tickgate_feed_reconnects_total", "Connections lost while serving"),
        [](const auto& s) { return s.reconnects; });
    each(f.counter("tickgate_feed_rotations_total", "Planned replacements of a connection"),
        [](const auto& s) { return s.rotations; });
    each(f.counter("tickgate_feed_gaps_total", "Holes in the data, each announced"),
        [](const auto& s) { return s.gaps; });
    each(f.counter("tickgate_feed_lost_messages_total", "Messages known to be lost upstream"),
        [](const auto& s) { return s.lost; });
    each(f.counter("tickgate_feed_received_bytes_total", "Bytes received"), [](const auto& s) { return s.bytes_in; });
    each(f.counter("tickgate_feed_frames_total", "WebSocket messages received"),
        [](const auto& s) { return s.frames_in; });
    each(f.counter("tickgate_feed_reads_total", "Socket reads; frames / reads is the batch"),
        [](const auto& s) { return s.reads; });
    each(f.counter("tickgate_feed_clock_ahead_total", "Messages whose venue time was ahead of our clock"),
        [](const auto& s) { return s.clock_ahead; });
    auto& latency = f.histogram("tickgate_venue_to_received_seconds", "Venue event time to our receive time");
    for (const auto& [name, stats] : feeds)
        put_histogram(latency, {{"feed", name}}, stats.latency, stats.latency_sum_us);
}

void put_publisher(Families& f, const redis::PublisherStats& s) {
    auto& published = f.counter("tickgate_published_total", "Messages published, by kind");
    for (const auto k : {Kind::quote, Kind::trade, Kind::bar})
        put(published, {{"kind", std::string(to_string(k))}}, s.published[static_cast<std::size_t>(k)]);
    const auto counter = [&](const char* name, const char* help, auto value) { put(f.counter(name, help), {}, value); };
    const auto gauge = [&](const char* name, const char* help, auto value) { put(f.gauge(name, help), {}, value); };
    counter("tickgate_redis_commands_sent_total", "Commands handed to the Redis socket", s.commands_sent);
    counter("tickgate_redis_commands_acked_total", "Commands Redis answered", s.commands_acked);
    counter("tickgate_redis_command_errors_total", "Commands Redis answered with an error", s.command_errors);
    counter("tickgate_redis_bytes_sent_total", "Bytes handed to the Redis socket", s.bytes_sent);
    counter("tickgate_redis_flushes_total", "Writes to Redis; commands / flushes is the batch", s.flushes);
    counter("tickgate_redis_reconnects_total", "Connections to Redis replaced", s.reconnects);
    counter("tickgate_conflated_quotes_total", "Quotes replaced by newer ones while Redis was away or slow",
        s.conflated_quotes);
    counter("tickgate_dropped_messages_total", "Messages dropped because the queue was full, each announced",
        s.lost_messages);
    counter("tickgate_gaps_announced_total", "Holes caused by Redis and announced", s.gaps_announced);
    gauge("tickgate_redis_queue_bytes", "Bytes waiting for Redis or its answer", s.queued_bytes);
    gauge("tickgate_redis_queue_commands", "Commands waiting for Redis or its answer", s.queued_commands);
    gauge("tickgate_redis_unanswered", "Commands sent and not answered", s.unanswered);
    gauge("tickgate_last_value_lag_seconds", "Age of the oldest last value not written yet",
        static_cast<double>(s.last_value_lag_us) * 1e-6);
    gauge("tickgate_redis_connected", "1 while connected", s.connected ? 1 : 0);
    gauge("tickgate_owner", "1 while this instance owns the prefix", s.owner ? 1 : 0);
    gauge("tickgate_redis_writable", "1 while Redis takes writes", s.writable ? 1 : 0);
    gauge("tickgate_epoch", "Epoch of the ownership", s.epoch);
}

} // namespace

asio::awaitable<Gateway::HotSnapshot> Gateway::hot_snapshot() {
    auto copy = [this]() -> asio::awaitable<HotSnapshot> {
        HotSnapshot s;
        s.publisher = publisher_->stats();
        for (const auto& f : feeds_)
            s.feeds.emplace_back(f->name(), f->stats());
        s.written = latency_.written;
        s.round_trip = latency_.round_trip;
        s.session = publisher_->session();
        co_return s;
    };
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto task = copy();
    auto snapshot = co_await asio::co_spawn(hot_, std::move(task), token);
    co_return snapshot;
}

asio::awaitable<api::Readiness> Gateway::readiness() {
    const auto s = co_await hot_snapshot();
    api::Readiness r;
    if (!s.publisher.connected)
        r.reasons.push_back("redis: not connected" + (s.publisher.error.empty() ? "" : ": " + s.publisher.error));
    else if (!s.publisher.owner) {
        r.holder = s.publisher.holder;
        r.reasons.push_back("redis: another instance publishes on this prefix");
    } else if (!s.publisher.writable)
        r.reasons.push_back("redis: not writable" + (s.publisher.error.empty() ? "" : ": " + s.publisher.error));
    for (const auto& [name, stats] : s.feeds) {
        const auto state = stats.status.state;
        r.feeds.emplace_back(name, std::string(to_string(state)));
        if (state != FeedState::live && state != FeedState::closed)
            r.reasons.push_back("feed " + name + ": " + std::string(to_string(state)) +
                                (stats.status.reason.empty() ? "" : ": " + stats.status.reason));
    }
    if (s.feeds.empty() && !config_.symbols.empty())
        r.reasons.push_back("feeds: symbols are being looked up");
    if (stopping_)
        r.reasons.push_back("stopping");
    r.ready = r.reasons.empty();
    co_return r;
}

asio::awaitable<std::vector<api::Family>> Gateway::metrics() {
    const auto s = co_await hot_snapshot();
    Families f;
    put(f.gauge("tickgate_build_info", "1, with the version as a label"), {{"version", version_text}}, 1);
    put(f.gauge("tickgate_uptime_seconds", "Seconds since the start"), {},
        std::chrono::duration<double>(mono_now() - started_).count());
    put(f.gauge("tickgate_resident_bytes", "Resident memory"), {}, resident_bytes());
    put_feed(f, s.feeds);
    put_publisher(f, s.publisher);
    put_histogram(f.histogram("tickgate_received_to_written_seconds", "Receive time to the Redis socket"), {},
        s.written.buckets, s.written.sum_us);
    put_histogram(f.histogram("tickgate_redis_round_trip_seconds", "A command to its answer, one a flush"), {},
        s.round_trip.buckets, s.round_trip.sum_us);
    auto& requests = f.counter("tickgate_rest_requests_total", "REST requests sent");
    auto& failures = f.counter("tickgate_rest_failures_total", "REST requests without an answer");
    for (const auto& p : providers_) {
        put(requests, {{"provider", p->name}}, p->rest->stats().requests);
        put(failures, {{"provider", p->name}}, p->rest->stats().failures);
    }
    auto& answers = f.counter("tickgate_rest_answers_total", "REST answers by status");
    for (const auto& p : providers_)
        for (const auto& [status, count] : p->rest->stats().by_status)
            put(answers, {{"provider", p->name}, {"status", std::to_string(status)}}, count);
    auto& limit = f.gauge("tickgate_budget_limit", "Request weight allowed in the window");
    auto& used = f.gauge("tickgate_budget_used", "Request weight used in the window");
    auto& paused = f.gauge("tickgate_budget_paused_seconds", "Pause the venue asked for, what is left of it");
    for (const auto& p : providers_)
        for (const auto& [name, state] : p->rest->budgets()) {
            const Labels labels{{"provider", p->name}, {"budget", name}};
            put(limit, labels, state.limit);
            put(used, labels, state.used);
            put(paused, labels, static_cast<double>(state.paused_for.count()) * 1e-3);
        }
    co_return f.take();
}

} // namespace tickgate::app
