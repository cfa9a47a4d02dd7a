#include "redis/budget_ledger.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"
#include "redis/keep_on.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <deque>
#include <optional>
#include <random>
#include <utility>

namespace tickgate::redis {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_jobs = 10000, most_together = 64;
constexpr std::size_t amount_at = 5; // in a command
constexpr auto look_every = 5000ms;  // a connection that nobody uses

// A take whose caller waits.
struct Waiting {
    explicit Waiting(asio::any_io_executor e) : timer(std::move(e)) {}
    asio::steady_timer timer;
    std::optional<result<budget::SharedLedger::Answer>> answer;
};

struct Job {
    std::vector<std::string> command;
    std::shared_ptr<Waiting> waiting; // null: nobody waits, it is sent again after an outage
    MonoTime until = MonoTime::max(); // later it does not matter
};

std::string_view word_of(LimitSpec::Kind kind) noexcept {
    switch (kind) {
    case LimitSpec::Kind::rolling:
        return "rolling";
    case LimitSpec::Kind::bucket:
        return "bucket";
    case LimitSpec::Kind::day:
        return "day";
    case LimitSpec::Kind::month:
        break;
    }
    return "month";
}

void append_limits(std::vector<std::string>& command, const std::vector<LimitSpec>& limits) {
    for (const auto& l : limits) {
        command.emplace_back(word_of(l.kind));
        command.emplace_back(l.unit == LimitSpec::Unit::bytes ? "bytes" : "weight");
        command.push_back(std::to_string(l.limit));
        const bool quota = l.kind == LimitSpec::Kind::day || l.kind == LimitSpec::Kind::month;
        command.push_back(quota ? "0" : std::to_string(l.window.count()));
        command.push_back(std::to_string(std::max<std::int64_t>(l.burst > 0 ? l.burst : l.limit, 1)));
    }
}

result<budget::SharedLedger::Answer> answer_of(const Reply& reply) {
    if (reply.is_error())
        return errc::unavailable;
    if (reply.type != Reply::Type::array || reply.elements.empty())
        return errc::protocol_error;
    budget::SharedLedger::Answer a;
    for (const auto& e : reply.elements) {
        if (e.type != Reply::Type::integer)
            return errc::protocol_error;
        a.used.push_back(e.integer);
    }
    a.wait = milliseconds(a.used.front());
    a.used.erase(a.used.begin());
    return a;
}

} // namespace

struct BudgetLedger::Impl {
    Impl(asio::any_io_executor e, BudgetLedgerOptions o)
        : executor(e), options(std::move(o)), wake(e, MonoTime::max()), stopped(e, MonoTime::max()) {}

    std::vector<std::string> command(
        const std::string& budget, std::string_view op, std::int64_t amount, std::int64_t expected) const;
    void push(Job job);
    void tell(Job& job, result<Answer> answer);
    void fail_takes(std::deque<Job>& jobs, const error_code& ec);
    asio::awaitable<void> serve_on();
    asio::awaitable<void> task_failed(std::string what);
    asio::awaitable<void> serve();
    asio::awaitable<error_code> exchange(Client& client, std::string& detail);
    asio::awaitable<void> wait_for_work();
    asio::awaitable<void> back_off(int attempts);
    void lost(const error_code& ec, const std::string& detail);
    void found();
    static asio::awaitable<result<Answer>> take(std::shared_ptr<Impl> self, Job job);

    asio::any_io_executor executor;
    BudgetLedgerOptions options;
    asio::steady_timer wake, stopped;
    std::deque<Job> jobs, sent;
    BudgetLedgerStats stats;
    log::Throttle refusals;
    std::mt19937 random{std::random_device{}()};
    bool running = false, stopping = false, told_lost = false, ever_connected = false;
};

BudgetLedger::BudgetLedger(asio::any_io_executor executor, BudgetLedgerOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

BudgetLedger::~BudgetLedger() { assert(!impl_->running); }

const BudgetLedgerStats& BudgetLedger::stats() const noexcept { return impl_->stats; }
bool BudgetLedger::connected() const noexcept { return impl_->stats.connected; }

void BudgetLedger::stop() {
    impl_->stopping = true;
    impl_->stopped.expires_at(MonoTime::min()); // for waits to come, too
}

asio::awaitable<void> BudgetLedger::run() {
    using namespace asio::experimental::awaitable_operators;
    impl_->running = true;
    if (!impl_->stopping)
        co_await (impl_->serve_on() || impl_->stopped.async_wait(use_result));
    impl_->stats.connected = false;
    impl_->fail_takes(impl_->sent, errc::stopped);
    impl_->fail_takes(impl_->jobs, errc::stopped);
    impl_->running = false;
}

std::vector<std::string> BudgetLedger::Impl::command(
    const std::string& budget, std::string_view op, std::int64_t amount, std::int64_t expected) const {
    return {"EVAL", std::string(budget_script), "1", options.prefix + ":budget:" + budget, std::string(op),
        std::to_string(amount), std::to_string(expected)};
}

void BudgetLedger::Impl::push(Job job) {
    if (jobs.size() >= most_jobs) { // told late is better than never, but not without end
        tell(jobs.front(), errc::overflow);
        jobs.pop_front();
    }
    jobs.push_back(std::move(job));
    wake.cancel();
}

void BudgetLedger::Impl::tell(Job& job, result<Answer> answer) {
    if (!job.waiting)
        return;
    if (answer) {
        ++stats.takes;
        stats.waits += answer->wait > 0ms ? 1u : 0u;
    } else {
        ++stats.failures;
    }
    job.waiting->answer.emplace(std::move(answer));
    job.waiting->timer.cancel();
}

// Takes end; what nobody waits for stays, to be sent later.
void BudgetLedger::Impl::fail_takes(std::deque<Job>& list, const error_code& ec) {
    for (auto& job : list)
        tell(job, ec);
    std::erase_if(list, [at = mono_now()](const Job& job) { return job.waiting || job.until <= at; });
}

asio::awaitable<result<BudgetLedger::Answer>> BudgetLedger::take(
    std::string budget, budget::Cost cost, std::vector<LimitSpec> limits) {
    Job job;
    job.command = impl_->command(budget, "take", std::max<std::int64_t>(cost.weight, 0), cost.bytes);
    append_limits(job.command, limits);
    return Impl::take(impl_, std::move(job));
}

asio::awaitable<result<BudgetLedger::Answer>> BudgetLedger::Impl::take(std::shared_ptr<Impl> self, Job job) {
    if (!self->stats.connected || self->stopping) {
        ++self->stats.failures;
        co_return errc::unavailable;
    }
    auto waiting = std::make_shared<Waiting>(self->executor);
    waiting->timer.expires_after(2 * self->options.deadline);
    job.waiting = waiting;
    self->push(std::move(job));
    if (!waiting->answer)
        (void)co_await waiting->timer.async_wait(use_result);
    if (!waiting->answer)
        co_return errc::timed_out;
    co_return std::move(*waiting->answer);
}

void BudgetLedger::spend(std::string budget, std::int64_t bytes, std::vector<LimitSpec> limits) {
    Job job;
    job.command = impl_->command(budget, "spend", std::max<std::int64_t>(bytes, 0), 0);
    append_limits(job.command, limits);
    impl_->push(std::move(job));
}

void BudgetLedger::pause(std::string budget, milliseconds time) {
    if (time <= 0ms)
        return;
    Job job;
    job.command = impl_->command(budget, "pause", time.count(), 0);
    job.until = mono_now() + time;
    impl_->push(std::move(job));
}

void BudgetLedger::Impl::lost(const error_code& ec, const std::string& detail) {
    stats.connected = false;
    fail_takes(sent, errc::unavailable);
    fail_takes(jobs, errc::unavailable);
    while (!sent.empty()) { // in their order before what came later
        jobs.push_front(std::move(sent.back()));
        sent.pop_back();
    }
    if (!std::exchange(told_lost, true))
        log::warn("budget", "shared_lost", {{"error", ec}, {"detail", redact(detail)}});
}

void BudgetLedger::Impl::found() {
    stats.connected = true;
    if (std::exchange(ever_connected, true))
        ++stats.reconnects;
    if (std::exchange(told_lost, false))
        log::info("budget", "shared_back");
}

asio::awaitable<void> BudgetLedger::Impl::serve_on() {
    return keep_on(
        stopping, [this] { return serve(); }, [this](std::string what) { return task_failed(std::move(what)); });
}

asio::awaitable<void> BudgetLedger::Impl::task_failed(std::string what) {
    lost(errc::unavailable, what);
    log::error("budget", "shared_task_failed", {{"error", redact(what)}});
    co_await back_off(8);
}

// Ends by cancellation alone.
asio::awaitable<void> BudgetLedger::Impl::serve() {
    int attempts = 0;
    while (!stopping) {
        Client client;
        std::string detail;
        ClientOptions how = options.redis;
        auto ec = co_await client.connect(std::move(how), detail);
        if (!ec)
            found();
        while (!ec) {
            attempts = 0;
            co_await wait_for_work();
            ec = co_await exchange(client, detail);
        }
        client.close();
        if (stopping)
            break;
        lost(ec, detail);
        co_await back_off(attempts++);
    }
}

asio::awaitable<void> BudgetLedger::Impl::wait_for_work() {
    if (!jobs.empty())
        co_return;
    wake.expires_after(look_every);
    (void)co_await wake.async_wait(use_result);
}

asio::awaitable<void> BudgetLedger::Impl::back_off(int attempts) {
    const auto most = std::max(std::min(options.back_off_cap, 50ms * (1 << std::min(attempts, 8))), 2ms);
    asio::steady_timer timer(executor);
    timer.expires_after(
        milliseconds(std::uniform_int_distribution<std::int64_t>(most.count() / 2, most.count())(random)));
    (void)co_await timer.async_wait(use_result);
}

// What waits, together; an answer for each. A refused command is no broken connection.
asio::awaitable<error_code> BudgetLedger::Impl::exchange(Client& client, std::string& detail) {
    std::vector<std::vector<std::string>> commands;
    for (const auto at = mono_now(); !jobs.empty() && commands.size() < most_together; jobs.pop_front()) {
        if (jobs.front().until <= at)
            continue;
        if (jobs.front().until != MonoTime::max()) // a pause is told late: what is left of it
            jobs.front().command[amount_at] =
                std::to_string(std::chrono::ceil<milliseconds>(jobs.front().until - at).count());
        commands.push_back(jobs.front().command);
        sent.push_back(std::move(jobs.front()));
    }
    if (commands.empty())
        commands.push_back({"PING"});
    auto replies = co_await client.commands(std::move(commands), options.deadline);
    if (!replies)
        co_return replies.error();
    for (std::size_t i = 0; !sent.empty(); sent.pop_front(), ++i) {
        const auto& reply = replies->at(i);
        if (std::uint64_t suppressed = 0; reply.is_error() && refusals.allow(mono_now(), suppressed)) {
            detail = reply.text;
            log::warn("budget", "shared_refused", {{"detail", redact(detail)}, {"suppressed", suppressed}});
        }
        tell(sent.front(), answer_of(reply));
    }
    co_return error_code();
}

} // namespace tickgate::redis
