// One request from the stream to its answer.
#include "redis/requests_impl.hpp"

#include "core/secret.hpp"
#include "ops/json_text.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace tickgate::redis {

namespace {

using namespace std::chrono_literals;
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t most_deliveries = 3; // a request that was given to so many gateways is not tried again
constexpr auto error_grace = 2000ms;         // for writing an error after the deadline
constexpr auto own_turn_again = 2000ms;      // after a request was handed on

} // namespace

// Elements into chunks; waits while too many chunks are unread.
class RequestServer::Impl::ChunkAnswer final : public ops::Answer {
public:
    ChunkAnswer(Impl& server, std::shared_ptr<Job> job) : server_(server), job_(std::move(job)) {}

    asio::awaitable<error_code> add(std::string element) override {
        const auto most = server_.options.chunk_bytes - reply_overhead;
        if (element.size() > most)
            co_return errc::message_too_large;
        if (!job_->data.empty() && job_->data.size() + 1 + element.size() > most) {
            const auto ec = co_await server_.push_chunk(job_, false);
            late_ = ec == errc::timed_out;
            if (ec)
                co_return ec;
        }
        if (!job_->data.empty())
            job_->data += ',';
        job_->data += element;
        co_return error_code();
    }

    asio::awaitable<error_code> flush() override {
        if (job_->data.empty())
            co_return error_code();
        const auto ec = co_await server_.push_chunk(job_, false);
        late_ = ec == errc::timed_out;
        co_return ec;
    }

    bool late() const noexcept { return late_; } // the deadline passed while nobody read

private:
    Impl& server_;
    std::shared_ptr<Job> job_;
    bool late_ = false;
};

void RequestServer::Impl::take(std::string entry, RequestText text, std::uint64_t deliveries) {
    if (held.contains(entry) || unfinished.contains(entry))
        return;
    ++stats.received;
    if (text.id.empty()) {
        ++stats.malformed;
        if (std::uint64_t suppressed = 0; malformed_log.allow(mono_now(), suppressed))
            log::warn("redis", "request_without_id",
                {{"entry", entry}, {"op", text.op}, {"hint", "id matches [A-Za-z0-9_-]{8,64}"},
                    {"suppressed", suppressed}});
        unfinished.insert(entry);
        return spawn(finish(std::move(entry)), "finish");
    }
    if (ids.contains(text.id)) {
        ++stats.duplicates;
        unfinished.insert(entry);
        return spawn(finish(std::move(entry)), "finish");
    }
    const auto at = mono_now();
    const std::int64_t now_ms = to_micros(wall_now()) / 1000 + clock_offset_ms;
    const auto age = std::max<std::int64_t>(now_ms - entry_millis(entry).value_or(now_ms), 0);
    auto job = std::make_shared<Job>(executor, std::move(entry), std::move(text));
    auto& t = job->text;
    job->deadline = at + t.deadline - std::chrono::milliseconds(age);
    held.emplace(job->entry, job);
    ids.insert(t.id);
    job->has_id = true;
    auto& client = clients[t.request.client];
    if (!t.error && at >= job->deadline)
        t.error = ops::Error("expired", "the request was older than its deadline when it was read");
    if (!t.error && deliveries > most_deliveries)
        t.error = ops::Error("internal", "every gateway that took this request went away before it was answered");
    if (!t.error && client.waiting.size() >= options.max_waiting_per_client) {
        t.error =
            ops::Error("busy", "too many requests of this client are waiting", "ask for many symbols in one request");
        t.error->retry_after = 1000ms;
    }
    if (t.error)
        return begin(std::move(job));
    if (client.waiting.empty())
        ring.push_back(t.request.client);
    client.waiting.push_back(std::move(job));
    ++stats.waiting;
    schedule();
}

// The client with the least in flight comes next, so that one that asks for much waits behind itself.
void RequestServer::Impl::schedule() {
    while (!stopping && stats.in_flight < options.max_in_flight && !ring.empty()) {
        const auto next = std::min_element(ring.begin(), ring.end(),
            [&](const std::string& a, const std::string& b) { return clients[a].running < clients[b].running; });
        std::string name = std::move(*next);
        ring.erase(next);
        auto& client = clients[name];
        auto job = std::move(client.waiting.front());
        client.waiting.pop_front();
        --stats.waiting;
        if (!client.waiting.empty())
            ring.push_back(std::move(name));
        begin(std::move(job));
    }
}

void RequestServer::Impl::begin(std::shared_ptr<Job> job) {
    job->running = true;
    ++stats.in_flight;
    ++clients[job->text.request.client].running;
    spawn(serve(std::move(job)), "request");
}

void RequestServer::Impl::free_id(Job& job) {
    if (std::exchange(job.has_id, false))
        ids.erase(job.text.id);
}

void RequestServer::Impl::ended(const std::shared_ptr<Job>& job) {
    --stats.in_flight;
    const auto at = clients.find(job->text.request.client);
    if (--at->second.running == 0 && at->second.waiting.empty())
        clients.erase(at);
    free_id(*job);
    held.erase(job->entry);
    schedule();
    room_timer.cancel();
}

asio::awaitable<void> RequestServer::Impl::serve(std::shared_ptr<Job> job) {
    auto error = job->text.error;
    if (!error && mono_now() >= job->deadline)
        error = ops::Error("expired", "the deadline passed before its turn came");
    if (!error)
        error = co_await handle(job);
    // What it would be answered from has been stopped: another gateway can do better.
    job->cut = job->cut || (stopping && error && error->code == "unavailable");
    const bool not_ours = error && error->code == "not_owner" && mono_now() < job->deadline;
    if (job->cut || not_ours) {
        ++stats.handed_on;
        handed_on[job->entry] = std::min(job->deadline, mono_now() + own_turn_again);
        std::vector<std::string> entries;
        entries.push_back(job->entry);
        co_await hand_on(std::move(entries));
        ended(job);
        co_return;
    }
    if (error)
        co_await answer_error(job, std::move(*error));
    else
        ++stats.answered;
    free_id(*job); // whoever has the answer may use it again
    unfinished.insert(job->entry);
    co_await finish(job->entry);
    ended(job);
}

asio::awaitable<std::optional<ops::Error>> RequestServer::Impl::handle(std::shared_ptr<Job> job) {
    using namespace asio::experimental::awaitable_operators;
    ChunkAnswer answer(*this, job);
    ops::Request request = job->text.request;
    auto first = co_await (guarded(std::move(request), answer) || wait_deadline(job));
    if (first.index() == 0 && !answer.late()) {
        if (auto& error = std::get<0>(first))
            co_return std::move(error);
        if (!co_await push_chunk(job, true))
            co_return std::nullopt;
    }
    ops::Error late("expired", "the deadline passed before the answer was complete",
        "read chunks as they come, or give a larger deadline_ms");
    if (first.index() == 0 || job->cut) // it was there, but nobody read it in time; or we stop
        co_return late;
    ops::Request asked = job->text.request;
    auto explaining = operations.expired(std::move(asked));
    late = co_await std::move(explaining);
    co_return late;
}

asio::awaitable<std::optional<ops::Error>> RequestServer::Impl::guarded(ops::Request request, ops::Answer& answer) {
    try {
        auto error = co_await operations.run(std::move(request), answer);
        co_return error;
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted)
            throw; // the deadline
        log::error("redis", "request_failed", {{"error", e.code()}});
    } catch (const std::exception& e) {
        log::error("redis", "request_failed", {{"error", redact(e.what())}});
    }
    co_return ops::Error("internal", "the gateway failed on this request", "its log says why");
}

asio::awaitable<void> RequestServer::Impl::wait_deadline(std::shared_ptr<Job> job) {
    while (true) {
        const auto now = mono_now();
        if (stopping && drain_until < job->deadline && now >= drain_until) {
            job->cut = true;
            co_return;
        }
        if (now >= job->deadline)
            co_return;
        job->wake.expires_at(stopping ? std::min(job->deadline, drain_until) : job->deadline);
        co_await job->wake.async_wait(use_result);
    }
}

asio::awaitable<void> RequestServer::Impl::answer_error(std::shared_ptr<Job> job, ops::Error error) {
    ++stats.errors;
    stats.expired += error.code == "expired";
    stats.busy += error.code == "busy";
    std::string text = reply_error(job->text.id, job->text.op, error);
    const auto until = std::max(job->deadline, mono_now() + error_grace);
    const auto ec = co_await push(job, std::move(text), job->chunk == 0, false, std::min(until, mono_now() + 10s));
    if (ec)
        ++stats.unanswered;
}

asio::awaitable<error_code> RequestServer::Impl::push_chunk(std::shared_ptr<Job> job, bool done) {
    std::string text = reply_chunk(job->text.id, job->text.op, job->chunk, done, job->data);
    job->data.clear();
    const auto size = text.size();
    const bool first = job->chunk == 0;
    const auto ec = co_await push(job, std::move(text), first, true, job->deadline);
    if (ec)
        co_return ec;
    ++job->chunk;
    ++stats.chunks;
    stats.reply_bytes += size;
    co_return error_code();
}

// `bounded`: waits while max_unread_chunks are unread. Errors: timed_out (not written before `until`).
asio::awaitable<error_code> RequestServer::Impl::push(
    std::shared_ptr<Job> job, std::string text, bool first, bool bounded, MonoTime until) {
    const auto most = std::to_string(bounded ? options.max_unread_chunks : 0);
    const auto ttl = std::to_string(options.reply_ttl.count());
    const auto words =
        command({"EVAL", script::push, "1", reply_prefix + job->text.id, text, most, ttl, first ? "1" : "0"});
    for (auto wait = 10ms;; wait = std::min(wait * 2, 250ms)) {
        auto again = words;
        auto reply = co_await ask_one(std::move(again));
        if (reply && !reply->is_error() && reply->integer == 1)
            co_return error_code();
        if (reply && reply->is_error()) {
            if (std::uint64_t suppressed = 0; answer_log.allow(mono_now(), suppressed))
                log::warn("redis", "reply_refused", {{"error", redact(reply->text)}, {"suppressed", suppressed}});
            if (reply->text.starts_with("NOPERM") || reply->text.starts_with("NOAUTH"))
                co_return errc::unauthorized;
        }
        if (stopping)
            until = std::min(until, drain_until);
        if (mono_now() + wait >= until)
            co_return errc::timed_out;
        job->timer.expires_after(wait);
        co_await job->timer.async_wait(use_result);
    }
}

asio::awaitable<void> RequestServer::Impl::finish(std::string entry) {
    auto words = command({"EVAL", script::finish, "1", stream, "tickgate", entry});
    auto reply = co_await ask_one(std::move(words));
    if (reply && !reply->is_error()) {
        unfinished.erase(entry);
        room_timer.cancel();
    }
}

} // namespace tickgate::redis
