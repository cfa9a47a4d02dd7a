// The door to live streams, as the HTTP server sees it. Implemented in src/stream.
#pragma once

#include "api/api.hpp"
#include "net/http_server.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::api {

inline constexpr std::string_view websocket_folder = "/ws"; // and a client's name
inline constexpr std::string_view event_stream_path = "/api/v1/stream";

// On the API's loop; who asks has been let in already. Must live until Api::run() has returned.
class Live {
public:
    virtual ~Live() = default;

    struct Verdict {
        int status = 101; // else that of a problem with the other two
        std::string code, detail;
    };
    // Whether a WebSocket may be opened, by its path and by what is going on.
    virtual Verdict may_connect(const net::HttpRequest& request) = 0;
    // Owns the connection until its end.
    virtual asio::awaitable<void> websocket(
        net::HttpRequest request, std::unique_ptr<net::WsConnection> connection) = 0;

    struct Streamed {
        int status = 499; // of the answer begun; 499: the client went away before
        std::uint64_t bytes = 0;
    };
    // Server-sent events, head included; the caller runs `response`. Returns when there is no more to send.
    virtual asio::awaitable<void> events(
        net::HttpRequest request, net::HttpStreamResponse& response, std::string request_id, Streamed& done) = 0;

    virtual std::vector<Family> families() const = 0;
};

} // namespace tickgate::api
