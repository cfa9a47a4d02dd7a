#include "redis/requests_impl.hpp"

#include "core/secret.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cassert>
#include <exception>

namespace tickgate::redis {

namespace {

using namespace std::chrono_literals;
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr auto block = 2000ms;
constexpr std::size_t entries_at_once = 64;
// What is larger comes alone and cut by a script, see recover_own().
constexpr ReplyLimits reader_limits{8u << 20, 4096};

} // namespace

RequestServer::Impl::Impl(asio::any_io_executor e, RequestServerOptions o, ops::Operations& ops)
    : executor(std::move(e)),
      options(std::move(o)),
      operations(ops),
      stream(options.prefix + ":req"),
      reply_prefix(options.prefix + ":rep:"),
      pause_timer(executor),
      keep_timer(executor),
      room_timer(executor),
      stopped(executor, MonoTime::max()),
      tasks_timer(executor),
      drain_timer(executor) {}

RequestServer::RequestServer(asio::any_io_executor executor, RequestServerOptions options, ops::Operations& operations)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), operations)) {}

RequestServer::~RequestServer() { assert(!impl_->running); }

asio::awaitable<void> RequestServer::run() { return impl_->run(); }
void RequestServer::stop() { impl_->stop(); }
const RequestStats& RequestServer::stats() const noexcept { return impl_->stats; }

asio::awaitable<void> RequestServer::Impl::run() {
    running = true;
    if (!stopping) {
        spawn(until_stopped(read_forever()), "reader");
        spawn(until_stopped(keep_forever()), "keeper");
    }
    while (tasks > 0) {
        tasks_timer.expires_at(MonoTime::max());
        co_await tasks_timer.async_wait(use_result);
    }
    drain_timer.cancel();
    co_await leave();
    if (commander)
        commander->close();
    commander.reset();
    running = false;
}

void RequestServer::Impl::stop() {
    if (std::exchange(stopping, true))
        return;
    options.redis.deadline = std::min(options.redis.deadline, std::chrono::milliseconds(1000));
    drain_until = mono_now() + options.drain;
    stopped.expires_at(MonoTime::min()); // for waits to come, too
    room_timer.cancel();
    drain_timer.expires_at(drain_until);
    drain_timer.async_wait([this](const error_code& ec) {
        if (!ec && commander)
            commander->close(); // a Redis that hangs does not hold us up
    });
    for (auto& [entry, job] : held)
        if (job->running)
            job->wake.cancel(); // looks at drain_until
}

void RequestServer::Impl::spawn(asio::awaitable<void> task, const char* what) {
    ++tasks;
    asio::co_spawn(executor, std::move(task), [this, what](std::exception_ptr e) {
        --tasks;
        tasks_timer.cancel();
        try {
            if (e)
                std::rethrow_exception(e);
        } catch (const std::exception& ex) {
            log::error("redis", "request_task_failed", {{"task", what}, {"error", ex.what()}});
        }
    });
}

asio::awaitable<void> RequestServer::Impl::until_stopped(asio::awaitable<void> task) {
    using namespace asio::experimental::awaitable_operators;
    co_await (logged(std::move(task)) || stopped.async_wait(use_result));
}

// `||` waits on when one side throws: what is no cancellation is told here.
asio::awaitable<void> RequestServer::Impl::logged(asio::awaitable<void> task) {
    try {
        co_await std::move(task);
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted)
            throw;
        log::error("redis", "request_task_failed", {{"error", e.code()}});
    } catch (const std::exception& e) {
        log::error("redis", "request_task_failed", {{"error", redact(e.what())}});
    }
}

asio::awaitable<void> RequestServer::Impl::pause(std::chrono::milliseconds time) {
    pause_timer.expires_after(time);
    co_await pause_timer.async_wait(use_result);
}

std::chrono::milliseconds RequestServer::Impl::back_off(int attempt) {
    const auto most = std::max(std::min(options.back_off_cap, 100ms * (1 << std::min(attempt, 8))), 2ms);
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(most.count() / 2, most.count())(random));
}

void RequestServer::Impl::failed(const char* what, const error_code& ec, const std::string& detail) {
    ++stats.failures;
    if (std::uint64_t suppressed = 0; failure_log.allow(mono_now(), suppressed))
        log::warn("redis", what, {{"error", ec}, {"detail", redact(detail)}, {"suppressed", suppressed}});
}

std::size_t RequestServer::Impl::room() const noexcept {
    const auto used = held.size() + unfinished.size();
    const auto limit = options.max_waiting + options.max_in_flight;
    return used < limit ? limit - used : 0;
}

// Ends by cancellation alone.
asio::awaitable<void> RequestServer::Impl::read_forever() {
    for (int attempts = 0; !stopping;) {
        Client client(reader_limits);
        std::string detail;
        ClientOptions how = options.redis;
        auto ec = co_await client.connect(std::move(how), detail);
        if (!ec)
            ec = co_await make_group(client, detail);
        if (!ec) {
            if (std::exchange(reader_was_connected, true))
                ++stats.reconnects;
            co_await read_clock();
            co_await recover_own(); // given to us and lost on the way
        }
        while (!ec) {
            stats.connected = true;
            ec = co_await read_some(client, detail);
            if (!ec)
                attempts = 0;
        }
        client.close();
        stats.connected = false;
        if (stopping)
            break;
        failed("requests_not_read", ec, detail);
        co_await pause(back_off(attempts++));
    }
}

asio::awaitable<error_code> RequestServer::Impl::make_group(Client& client, std::string& detail) {
    // From the first entry on: those that came before there was a group are answered too, if their time is not over.
    auto words = command({"XGROUP", "CREATE", stream, "tickgate", "0", "MKSTREAM"});
    auto reply = co_await client.command(std::move(words));
    if (!reply)
        co_return reply.error();
    if (!reply->is_error() || reply->text.starts_with("BUSYGROUP"))
        co_return error_code();
    detail = reply->text;
    co_return errc::unavailable;
}

asio::awaitable<error_code> RequestServer::Impl::read_some(Client& client, std::string& detail) {
    while (room() == 0) {
        room_timer.expires_at(MonoTime::max());
        co_await room_timer.async_wait(use_result);
        // The connection may have been idle for long; a dead one shows at the next command.
    }
    const auto count = std::to_string(std::min(room(), entries_at_once));
    Commands commands;
    commands.push_back(command({"XREADGROUP", "GROUP", "tickgate", options.consumer, "COUNT", count, "BLOCK",
        std::to_string(block.count()), "STREAMS", stream, ">"}));
    auto replies = co_await client.commands(std::move(commands), options.redis.deadline + block);
    if (!replies)
        co_return replies.error();
    auto& reply = replies->front();
    if (reply.is_error()) {
        detail = reply.text;
        if (reply.text.starts_with("NOGROUP") || reply.text.starts_with("UNBLOCKED")) {
            const auto ec = co_await make_group(client, detail);
            co_return ec;
        }
        co_return errc::unavailable;
    }
    take_entries(reply);
    co_return error_code();
}

// [[stream, [[entry, [name, value, …]], …]]], or nil when the wait was in vain.
void RequestServer::Impl::take_entries(Reply& reply) {
    for (auto& of_stream : reply.elements) {
        if (of_stream.elements.size() != 2)
            continue;
        for (auto& e : of_stream.elements[1].elements) {
            if (e.elements.size() != 2)
                continue;
            std::vector<std::string> pairs;
            for (auto& word : e.elements[1].elements)
                pairs.push_back(std::move(word.text));
            take(std::move(e.elements[0].text), read_request(pairs), 1);
        }
    }
}

asio::awaitable<result<std::vector<Reply>>> RequestServer::Impl::ask(Commands commands) {
    // A command that is cut would cost the connection of all others: it goes on when whoever asked is cancelled.
    struct Asked {
        explicit Asked(const asio::any_io_executor& e) : done(e, MonoTime::max()) {}
        asio::steady_timer done;
        bool is_done = false;
        result<std::vector<Reply>> replies = errc::unavailable;
    };
    auto asked = std::make_shared<Asked>(executor);
    auto task = ask_now(std::move(commands));
    ++tasks;
    asio::co_spawn(executor, std::move(task), [this, asked](std::exception_ptr e, result<std::vector<Reply>> replies) {
        --tasks;
        tasks_timer.cancel();
        if (!e)
            asked->replies = std::move(replies);
        asked->is_done = true;
        asked->done.cancel();
    });
    while (!asked->is_done)
        co_await asked->done.async_wait(use_result);
    co_return std::move(asked->replies);
}

asio::awaitable<result<std::vector<Reply>>> RequestServer::Impl::ask_now(Commands commands) {
    while (asking) {
        auto turn = std::make_shared<asio::steady_timer>(executor, MonoTime::max());
        askers.push_back(turn);
        co_await turn->async_wait(use_result);
    }
    asking = true;
    result<std::vector<Reply>> replies = errc::unavailable;
    if (!commander && mono_now() >= next_connect) {
        commander = std::make_unique<Client>();
        std::string detail;
        ClientOptions how = options.redis;
        const auto ec = co_await commander->connect(std::move(how), detail);
        if (ec) {
            failed("replies_not_written", ec, detail);
            commander.reset();
            next_connect = mono_now() + back_off(connect_attempts++);
        } else {
            connect_attempts = 0;
            if (std::exchange(commander_was_connected, true))
                ++stats.reconnects;
        }
    }
    if (commander) {
        replies = co_await commander->commands(std::move(commands), options.redis.deadline);
        if (!replies) {
            failed("replies_not_written", replies.error(), {});
            commander->close();
            commander.reset();
        }
    }
    asking = false;
    if (!askers.empty()) {
        askers.front()->cancel();
        askers.pop_front();
    }
    co_return replies;
}

asio::awaitable<result<Reply>> RequestServer::Impl::ask_one(std::vector<std::string> words) {
    Commands commands;
    commands.push_back(std::move(words));
    auto replies = co_await ask(std::move(commands));
    if (!replies)
        co_return replies.error();
    co_return std::move(replies->front());
}

} // namespace tickgate::redis
