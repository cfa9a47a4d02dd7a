// Inside of HttpServer.
#pragma once

#include "core/log.hpp"
#include "net/deadline.hpp"
#include "net/http_parser.hpp"
#include "net/http_request.hpp"
#include "net/http_server.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <map>
#include <memory>
#include <string>

namespace tickgate::net {

// What the server knows of a connection.
struct HttpConnection {
    asio::cancellation_signal signal;
    std::string network;    // of the peer, see peer_network()
    std::string client;     // of the last request
    bool answering = false; // a handler works on its request: it may end that first
    bool dropped = false;   // no further request
    bool served = true;     // else it is told that there is no room
};

// Connections hold it, so that it outlives them.
struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
    Impl(asio::any_io_executor e, HttpServerOptions o, HttpHandler h);

    void start(asio::ip::tcp::socket socket);
    std::string_view no_room(const std::string& network) const; // why; empty: there is some
    void end(std::list<std::shared_ptr<HttpConnection>>::iterator place);
    void stop();
    asio::awaitable<void> accept_loop();

    asio::any_io_executor executor;
    HttpServerOptions options;
    HttpHandler handler;
    AdmissionCheck admission_check;
    UpgradeCheck upgrade_check;
    UpgradeHandler upgrade_handler;
    StreamCheck stream_check;
    StreamHandler stream_handler;
    asio::ip::tcp::acceptor acceptor;
    asio::steady_timer ended; // never expires: cancelled when a connection ends or the server stops
    std::list<std::shared_ptr<HttpConnection>> connections;
    std::map<std::string, std::size_t, std::less<>> by_network; // connections
    std::size_t turned_away = 0;                                // of `connections`, not served
    std::uint16_t port = 0;
    bool stopping = false;
    bool refusing = false;
    log::Throttle accept_problems;
};

// One connection from accept to end.
class HttpSession {
public:
    HttpSession(std::shared_ptr<HttpServer::Impl> server, std::shared_ptr<HttpConnection> connection,
        std::unique_ptr<ByteStream> stream);

    // `refused`: the only answer there will be; empty: requests are served.
    asio::awaitable<void> run(std::string refused);

private:
    enum class Next : std::uint8_t { answer, request, over }; // what comes: the answer, another request, the end
    asio::awaitable<Next> next_request(bool first);
    asio::awaitable<bool> read_body(HttpParser& parser, Deadline& deadline);
    asio::awaitable<void> fail(const error_code& ec, bool began, Deadline& deadline);
    bool admit();
    void add_headers(HttpResponse& response) const;
    asio::awaitable<bool> answer_request();
    asio::awaitable<bool> upgrade();
    asio::awaitable<bool> send(HttpResponse response, bool keep, bool with_body);
    asio::awaitable<void> refuse(int status, std::string text);
    asio::awaitable<void> turn_away(HttpResponse response);
    HttpResponse error_answer(int status, std::string text) const;

    std::shared_ptr<HttpServer::Impl> server_;
    std::shared_ptr<HttpConnection> connection_;
    std::unique_ptr<ByteStream> stream_;
    HttpInput input_;
    HttpRequest request_;
    Admission admission_; // of that request
    bool keep_ = false;
    bool wants_upgrade_ = false;
    bool continues_ = false; // waits for `100 Continue`
};

std::string render_response(const HttpResponse& response, bool keep, bool with_body);
std::string render_stream_head(const HttpResponse& head); // chunked body follows
std::string render_upgrade(const HttpResponse& response, std::string_view key);

} // namespace tickgate::net
