// An HTTP answer whose body has no end, as a client reads it.
#pragma once

#include "net/byte_stream.hpp"
#include "net/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::net {

struct HttpStreamOptions {
    ConnectOptions connect;
    std::vector<std::pair<std::string, std::string>> headers; // may hold secrets
    std::string form; // not empty: POST of this body, application/x-www-form-urlencoded; else GET
};

// Delivers the body as it comes, without its chunk framing: pieces end wherever a chunk or a read ends. How run() ends:
// closed_by_venue when the body came to its orderly end, eof when it was cut off, protocol_error, silent, stopped.
class HttpStream final : public Transport {
public:
    struct Impl;
    explicit HttpStream(std::shared_ptr<Impl> impl);
    ~HttpStream() override;

    asio::awaitable<WsEnd> run(WsHandler& handler, std::chrono::milliseconds silence_limit) override;
    void send_text(std::string_view) override {}          // the request was all we have to say
    void close(std::uint16_t, std::string_view) override; // as stop(), without an error
    void stop() override;
    const WsStats& stats() const noexcept override; // a piece is a message
    std::string peer() const override;

private:
    std::shared_ptr<Impl> impl_; // shared with its own pending operations
};

// Connects, asks, and reads the head of the answer, all within connect.deadline. `status` receives the HTTP status of a
// refusal (anything but 200), `detail` a sentence for the log (with the start of the answer's body), already redacted.
// Errors: those of connect(); unauthorized (401, 403), rate_limited (429), banned (418), restricted (451), bad_request
// (other 4xx), venue_error (5xx), protocol_error (anything else that is no stream), configuration (address, headers).
asio::awaitable<result<std::unique_ptr<HttpStream>>> http_stream_connect(
    std::string url, HttpStreamOptions options, int& status, std::string& detail);

} // namespace tickgate::net
