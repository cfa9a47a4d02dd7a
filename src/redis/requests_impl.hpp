// Inside of RequestServer; included by its sources alone.
#pragma once

#include "core/clock.hpp"
#include "core/log.hpp"
#include "redis/request_text.hpp"
#include "redis/requests.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickgate::redis {

using Commands = std::vector<std::vector<std::string>>;

struct RequestServer::Impl {
    // One request from the stream to its end.
    struct Job {
        Job(const asio::any_io_executor& e, std::string stream_entry, RequestText t)
            : entry(std::move(stream_entry)), text(std::move(t)), timer(e), wake(e, MonoTime::max()) {}
        std::string entry;
        RequestText text;
        MonoTime deadline{};
        asio::steady_timer timer; // pauses of the answer
        asio::steady_timer wake;  // its deadline; moved by stop()
        std::string data;         // of the chunk being filled
        std::uint64_t chunk = 0;
        bool running = false;
        bool has_id = false; // its id is among `ids`
        bool cut = false;    // the drain is over: hand it on
    };
    struct ClientQueue {
        std::deque<std::shared_ptr<Job>> waiting;
        std::size_t running = 0;
    };
    class ChunkAnswer;

    Impl(asio::any_io_executor e, RequestServerOptions o, ops::Operations& ops);

    // requests.cpp
    asio::awaitable<void> run();
    void stop();
    void spawn(asio::awaitable<void> task, const char* what);
    asio::awaitable<void> read_forever();
    asio::awaitable<void> until_stopped(asio::awaitable<void> task);
    asio::awaitable<void> logged(asio::awaitable<void> task);
    asio::awaitable<error_code> read_some(Client& client, std::string& detail);
    asio::awaitable<error_code> make_group(Client& client, std::string& detail);
    asio::awaitable<void> pause(std::chrono::milliseconds time);
    std::chrono::milliseconds back_off(int attempt);
    void failed(const char* what, const error_code& ec, const std::string& detail);
    void take_entries(Reply& reply);
    std::size_t room() const noexcept;
    // The connection for everything but waiting: commands in one write, one caller after the other. Not cancellable.
    asio::awaitable<result<std::vector<Reply>>> ask(Commands commands);
    asio::awaitable<result<std::vector<Reply>>> ask_now(Commands commands);
    asio::awaitable<result<Reply>> ask_one(std::vector<std::string> command);

    // requests_jobs.cpp
    void take(std::string entry, RequestText text, std::uint64_t deliveries);
    void schedule();
    void begin(std::shared_ptr<Job> job);
    asio::awaitable<void> serve(std::shared_ptr<Job> job);
    asio::awaitable<std::optional<ops::Error>> handle(std::shared_ptr<Job> job);
    asio::awaitable<std::optional<ops::Error>> guarded(ops::Request request, ops::Answer& answer);
    asio::awaitable<void> wait_deadline(std::shared_ptr<Job> job);
    asio::awaitable<void> answer_error(std::shared_ptr<Job> job, ops::Error error);
    asio::awaitable<error_code> push_chunk(std::shared_ptr<Job> job, bool done);
    asio::awaitable<error_code> push(
        std::shared_ptr<Job> job, std::string text, bool first, bool bounded, MonoTime until);
    asio::awaitable<void> finish(std::string entry);
    void ended(const std::shared_ptr<Job>& job);
    void free_id(Job& job);

    // requests_keeper.cpp
    asio::awaitable<void> keep_forever();
    asio::awaitable<void> keep();
    asio::awaitable<void> read_clock();
    asio::awaitable<void> finish_again();
    asio::awaitable<void> touch();
    asio::awaitable<void> claim_abandoned();
    asio::awaitable<void> recover_own();
    asio::awaitable<void> take_by_id(std::string entry, std::uint64_t deliveries);
    asio::awaitable<void> hand_on(std::vector<std::string> entries);
    asio::awaitable<void> bury();
    asio::awaitable<void> leave();

    std::vector<std::string> command(std::initializer_list<std::string_view> words) const {
        return std::vector<std::string>(words.begin(), words.end());
    }

    asio::any_io_executor executor;
    RequestServerOptions options;
    ops::Operations& operations;
    std::string stream, reply_prefix;
    RequestStats stats;

    std::unordered_map<std::string, std::shared_ptr<Job>> held; // by entry: waiting or in flight
    std::set<std::string> ids;                                  // of requests without an answer
    std::map<std::string, ClientQueue> clients;
    std::deque<std::string> ring;              // clients with something waiting
    std::set<std::string> unfinished;          // answered, not yet acknowledged
    std::map<std::string, MonoTime> handed_on; // not claimed again before
    std::int64_t clock_offset_ms = 0;          // Redis' wall clock less ours

    std::unique_ptr<Client> commander; // null: to be connected
    bool asking = false;
    std::deque<std::shared_ptr<asio::steady_timer>> askers;
    MonoTime next_connect{};
    int connect_attempts = 0;
    bool commander_was_connected = false, reader_was_connected = false;

    asio::steady_timer pause_timer, keep_timer, room_timer, stopped, tasks_timer, drain_timer;
    MonoTime next_touch{}, next_bury{};
    MonoTime drain_until{};
    bool running = false, stopping = false;
    std::size_t tasks = 0;
    std::mt19937 random{std::random_device{}()};
    log::Throttle failure_log, malformed_log, answer_log;
};

} // namespace tickgate::redis
