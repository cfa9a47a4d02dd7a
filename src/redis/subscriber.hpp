// Reading side of Redis for clients of the gateway: patterns to listen to, and single commands.
#pragma once

#include "core/secret.hpp"
#include "net/byte_stream.hpp"
#include "redis/reply_scanner.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::redis {

namespace asio = boost::asio;

struct ClientOptions {
    std::string url; // as PublisherOptions
    std::string username;
    Secret password;
    std::shared_ptr<net::TlsContext> tls;
    std::chrono::milliseconds deadline{5000}; // for connecting and each command; next() has none
};

// One connection to Redis: commands one at a time. One loop, one owner; cancellation ends what is in progress.
class Client {
public:
    explicit Client(ReplyLimits limits = {}) : scanner_(32 * 1024, limits) {}

    // Connects, authenticates, selects the database. `detail` receives a sentence for the log.
    // Errors: those of net::connect, unauthorized, configuration (url), protocol_error.
    asio::awaitable<error_code> connect(ClientOptions options, std::string& detail);

    // Any command with one reply; an error reply is a Reply of type error. Not after subscribe().
    // Errors: timed_out, protocol_error, those of the connection.
    asio::awaitable<result<Reply>> command(std::vector<std::string> arguments);

    // Commands written together, each with its reply, in their order. `deadline` covers all of them; 0: as connected.
    asio::awaitable<result<std::vector<Reply>>> commands(
        std::vector<std::vector<std::string>> list, std::chrono::milliseconds deadline = {});

    bool connected() const noexcept { return stream_ != nullptr; }
    void close() noexcept;

protected:
    asio::awaitable<error_code> send(std::vector<std::string> arguments);
    asio::awaitable<result<Reply>> receive();
    asio::awaitable<result<std::vector<Reply>>> exchange(std::string text, std::size_t replies);

    std::unique_ptr<net::ByteStream> stream_;
    ReplyScanner scanner_;
    std::chrono::milliseconds deadline_{5000};
};

struct Message {
    std::string channel, payload;
};

// A connection that listens. After an error it is of no use: connect a new one and subscribe again.
class Subscriber : public Client {
public:
    // PSUBSCRIBE; returns when Redis has confirmed all. Errors: as command().
    asio::awaitable<error_code> subscribe(std::vector<std::string> patterns);
    // The next message, in order. Waits without limit. Errors: protocol_error, those of the connection.
    asio::awaitable<result<Message>> next();

private:
    std::deque<Message> early_; // came between the confirmations
};

} // namespace tickgate::redis
