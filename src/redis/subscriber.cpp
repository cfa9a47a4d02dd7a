#include "redis/subscriber.hpp"

#include "redis/handshake_fsm.hpp"
#include "redis/redis_url.hpp"
#include "redis/resp_writer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <variant>

namespace tickgate::redis {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

template <class T>
asio::awaitable<result<T>> within(asio::awaitable<result<T>> op, std::chrono::milliseconds limit) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    auto first = co_await (std::move(op) || timer.async_wait(use_result));
    if (auto* done = std::get_if<0>(&first))
        co_return std::move(*done);
    co_return errc::timed_out;
}

// Empty for the confirmation of a subscription.
std::optional<Message> as_message(Reply& reply) {
    auto& e = reply.elements;
    if (e.size() != 4 || e[0].text != "pmessage")
        return std::nullopt;
    return Message{std::move(e[2].text), std::move(e[3].text)};
}

} // namespace

void Client::close() noexcept {
    if (stream_)
        stream_->close();
}

asio::awaitable<error_code> Client::connect(ClientOptions options, std::string& detail) {
    deadline_ = options.deadline;
    auto url = net::Url::parse(options.url);
    const int database = url ? database_of(*url) : -1;
    if (database < 0) {
        detail = "not a Redis address";
        co_return errc::configuration;
    }
    net::ConnectOptions how;
    how.tls = options.tls;
    how.deadline = options.deadline;
    auto connected = co_await net::connect(std::move(*url), std::move(how), detail);
    if (!connected)
        co_return connected.error();
    stream_ = std::move(*connected);
    scanner_.reset();
    std::vector<std::vector<std::string>> steps;
    if (!options.password.empty()) {
        steps.push_back({"AUTH"});
        if (!options.username.empty())
            steps.back().push_back(options.username);
        steps.back().push_back(options.password.reveal());
    }
    if (database > 0)
        steps.push_back({"SELECT", std::to_string(database)});
    steps.push_back({"PING"});
    for (auto& step : steps) {
        auto reply = co_await command(std::move(step));
        if (!reply)
            co_return reply.error();
        if (reply->is_error()) {
            detail = reply->text;
            co_return classify_error(reply->text) == ErrorClass::access ? errc::unauthorized : errc::unavailable;
        }
    }
    co_return error_code();
}

asio::awaitable<error_code> Client::send(std::vector<std::string> arguments) {
    if (!stream_)
        co_return errc::unavailable;
    std::string text;
    append_command(text, arguments);
    const auto ec = co_await stream_->write(text);
    co_return ec;
}

asio::awaitable<result<Reply>> Client::receive() {
    while (stream_) {
        const auto step = scanner_.next();
        if (step == ReplyScanner::Step::failed)
            co_return errc::protocol_error;
        if (step == ReplyScanner::Step::object)
            co_return std::move(scanner_.object());
        if (step != ReplyScanner::Step::need_more)
            co_return scanner_.as_reply(step);
        const auto n = co_await stream_->read_some(scanner_.prepare());
        if (!n)
            co_return n.error();
        scanner_.commit(*n);
    }
    co_return errc::unavailable;
}

asio::awaitable<result<Reply>> Client::command(std::vector<std::string> arguments) {
    const auto ec = co_await send(std::move(arguments));
    if (ec)
        co_return ec;
    auto reply = co_await within(receive(), deadline_);
    co_return reply;
}

asio::awaitable<result<std::vector<Reply>>> Client::exchange(std::string text, std::size_t replies) {
    if (!stream_)
        co_return errc::unavailable;
    const auto ec = co_await stream_->write(text);
    if (ec)
        co_return ec;
    std::vector<Reply> list;
    while (list.size() < replies) {
        auto reply = co_await receive();
        if (!reply)
            co_return reply.error();
        list.push_back(std::move(*reply));
    }
    co_return list;
}

asio::awaitable<result<std::vector<Reply>>> Client::commands(
    std::vector<std::vector<std::string>> list, std::chrono::milliseconds deadline) {
    std::string text;
    for (const auto& arguments : list)
        append_command(text, arguments);
    const auto limit = deadline.count() > 0 ? deadline : deadline_;
    auto replies = co_await within(exchange(std::move(text), list.size()), limit);
    co_return replies;
}

asio::awaitable<error_code> Subscriber::subscribe(std::vector<std::string> patterns) {
    const std::size_t count = patterns.size();
    patterns.insert(patterns.begin(), "PSUBSCRIBE");
    const auto ec = co_await send(std::move(patterns));
    if (ec)
        co_return ec;
    for (std::size_t confirmed = 0; confirmed < count;) {
        auto reply = co_await within(receive(), deadline_);
        if (!reply)
            co_return reply.error();
        if (reply->is_error())
            co_return classify_error(reply->text) == ErrorClass::access ? errc::unauthorized : errc::unavailable;
        if (auto message = as_message(*reply))
            early_.push_back(std::move(*message));
        else
            ++confirmed;
    }
    co_return error_code();
}

asio::awaitable<result<Message>> Subscriber::next() {
    if (!early_.empty()) {
        Message m = std::move(early_.front());
        early_.pop_front();
        co_return m;
    }
    while (true) {
        auto reply = co_await receive();
        if (!reply)
            co_return reply.error();
        if (reply->type != Reply::Type::array)
            co_return errc::protocol_error;
        if (auto message = as_message(*reply))
            co_return std::move(*message);
    }
}

} // namespace tickgate::redis
