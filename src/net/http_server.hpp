// HTTP/1.1 server half: the daemon's API and the simulated venues.
#pragma once

#include "net/http_stream_response.hpp"
#include "net/tls.hpp"
#include "net/ws_connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::net {

struct HttpRequest {
    std::string method;                                       // upper case
    std::string path;                                         // percent-encoded as sent, without query
    std::string query;                                        // without '?'
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
    std::string body;
    std::string peer;   // `1.2.3.4:55123`
    std::string client; // who asks, as the admission found out; empty: nobody it knows

    std::string_view header(std::string_view lower_name) const noexcept;
    // Decoded query parameter; empty if absent.
    std::string parameter(std::string_view name) const;
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool close = false; // the connection after this answer
};

struct HttpServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0; // 0: the system chooses
    std::shared_ptr<TlsContext> tls;
    std::size_t max_connections = 1024;             // further ones get 503 and are closed
    std::size_t max_connections_per_peer = 0;       // likewise, of one address (IPv6: /64); 0: no such limit
    std::size_t max_body = 1u << 20;                // 413; also the longest WebSocket message taken
    std::size_t max_head = 16u << 10;               // 431
    std::size_t max_target = 12u << 10;             // path and query: 414
    std::chrono::milliseconds head_deadline{30000}; // a request head must be complete within
    std::chrono::milliseconds idle_deadline{60000}; // between requests; also for a body and for sending an answer
    // How the server's own errors look (400, 408, 413, 414, 426, 431, 500, 503; the status stays). Empty: one line of
    // text.
    std::function<HttpResponse(int status, std::string_view text)> error_answer;
};

// What is decided of a request when its head is there, before its body is read and before anybody else sees it.
struct Admission {
    std::optional<HttpResponse> refusal;                      // sent instead; a body is not waited for
    std::vector<std::pair<std::string, std::string>> headers; // added to whatever answers it
    std::string client;                                       // becomes HttpRequest::client
};
using AdmissionCheck = std::function<Admission(const HttpRequest&)>; // the request without its body

using HttpHandler = std::function<asio::awaitable<HttpResponse>(HttpRequest)>;
// Decides on an upgrade request: status 101 accepts (headers are added), anything else is sent as answer.
using UpgradeCheck = std::function<HttpResponse(const HttpRequest&)>;
// Owns the upgraded connection; awaited until it returns.
using UpgradeHandler = std::function<asio::awaitable<void>(HttpRequest, std::unique_ptr<WsConnection>)>;
// Whether this request (no upgrade) is answered by a stream. If not, the HttpHandler gets it at once, with nothing in
// between.
using StreamCheck = std::function<bool(const HttpRequest&)>;
// Owns the rest of the connection; awaited until it returns, after which the connection is closed. It sends the head.
using StreamHandler = std::function<asio::awaitable<void>(HttpRequest, std::unique_ptr<HttpStreamResponse>)>;

// One loop, one owner. run() must have returned before destruction. An exception of a handler answers 500, logged.
class HttpServer {
public:
    HttpServer(asio::any_io_executor executor, HttpServerOptions options, HttpHandler handler);
    ~HttpServer();

    void on_admission(AdmissionCheck check); // without it everything is let in
    void on_upgrade(UpgradeCheck check, UpgradeHandler handler);
    void on_stream(StreamCheck check, StreamHandler handler);

    // Binds and listens. Errors: system errors (address in use, permission), configuration (bad host).
    error_code listen();
    std::uint16_t port() const noexcept; // after listen()

    asio::awaitable<void> run(); // accepts until stop(); returns after all connections have ended
    // Closes the listener and all connections: from another thread soon, from the loop's own at once.
    void stop();
    // For connections to come; those that are there go on as they began. From the loop's own thread.
    void set_tls(std::shared_ptr<TlsContext> tls);
    // Ends the connections whose last request came from such a client (empty: nobody known), from the loop's thread.
    // One that waits for an answer gets it first; streams and WebSockets end at once.
    void drop_clients(const std::function<bool(std::string_view client)>& which);
    std::size_t connections() const noexcept;
    // Venue faults: new connections are closed at once (refused) while set.
    void refuse_connections(bool on);

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

} // namespace tickgate::net
