// Inside of Tail.
#pragma once

#include "cli/message.hpp"
#include "cli/seq_checker.hpp"
#include "cli/tail.hpp"
#include "cli/tail_pattern.hpp"
#include "cli/terminal.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <optional>

namespace tickgate::cli {

struct Tail::Impl {
    Impl(asio::any_io_executor e, TailOptions o, std::ostream& output, std::ostream& errors);

    asio::awaitable<int> run();
    void finish(int code);

private:
    enum Task : std::uint8_t { listening, asking, drawing, task_count };

    void start(Task task, asio::awaitable<void> work);
    asio::awaitable<void> listen();
    asio::awaitable<error_code> read_messages(redis::Subscriber& subscriber);
    asio::awaitable<void> pause(std::chrono::milliseconds length);
    asio::awaitable<void> watch_alive();
    asio::awaitable<result<redis::Reply>> ask_alive(std::optional<redis::Client>& client);
    asio::awaitable<void> watch_output();

    void on_connected();
    void on_message(const redis::Message& message);
    void on_alive(const redis::Reply& reply);
    void check(const redis::Message& message, bool& droppable);
    void show(const std::string& channel);
    void print(const std::string& payload);
    bool write_lines();
    void redraw();
    void say(std::string text, bool warning = true);
    void explain_unreachable(const error_code& ec, const std::string& detail);
    std::string address() const;
    bool table() const noexcept { return model_.has_value(); }

    asio::any_io_executor executor_;
    TailOptions options_;
    std::ostream& out_;
    std::ostream& err_;
    TailPattern pattern_;
    PayloadParser parser_;
    Message fields_;
    SeqChecker seq_;
    std::optional<TableModel> model_; // table only
    std::optional<Screen> screen_;    // from the first connection on
    std::deque<std::string> kept_;    // warnings for the end
    std::uint64_t messages_ = 0, unkept_ = 0;

    std::string lines_;
    bool write_posted_ = false;

    enum class Alive : std::uint8_t { unknown, yes, no };
    Alive alive_ = Alive::unknown;

    std::array<asio::cancellation_signal, task_count> signals_;
    asio::steady_timer ended_;                                    // never expires: cancelled when a task ends
    std::shared_ptr<bool> exists_ = std::make_shared<bool>(true); // for the handler that writes
    int running_ = 0;
    int code_ = 0;
    bool stopping_ = false;
    bool ever_connected_ = false;
};

} // namespace tickgate::cli
