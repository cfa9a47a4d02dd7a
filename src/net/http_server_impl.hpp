// Inside of HttpServer.
#pragma once

#include "core/log.hpp"
#include "net/http_parser.hpp"
#include "net/http_server.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>
#include <string>

namespace tickgate::net {

// Connections hold it, so that it outlives them.
struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
    Impl(asio::any_io_executor e, HttpServerOptions o, HttpHandler h);

    void start(asio::ip::tcp::socket socket);
    void stop();
    asio::awaitable<void> accept_loop();

    asio::any_io_executor executor;
    HttpServerOptions options;
    HttpHandler handler;
    UpgradeCheck upgrade_check;
    UpgradeHandler upgrade_handler;
    StreamCheck stream_check;
    StreamHandler stream_handler;
    asio::ip::tcp::acceptor acceptor;
    asio::steady_timer ended; // never expires: cancelled when a connection ends or the server stops
    std::list<std::shared_ptr<asio::cancellation_signal>> connections;
    std::uint16_t port = 0;
    bool stopping = false;
    bool refusing = false;
    log::Throttle accept_problems;
};

// One connection from accept to end.
class HttpSession {
public:
    HttpSession(std::shared_ptr<HttpServer::Impl> server, std::unique_ptr<ByteStream> stream);

    asio::awaitable<void> run(bool over_limit);

private:
    asio::awaitable<bool> next_request(bool first); // false: the connection is done
    asio::awaitable<bool> answer_request();
    asio::awaitable<bool> upgrade();
    asio::awaitable<bool> send(HttpResponse response, bool keep, bool with_body);
    asio::awaitable<void> refuse(int status, std::string text);
    HttpResponse error_answer(int status, std::string text) const;

    std::shared_ptr<HttpServer::Impl> server_;
    std::unique_ptr<ByteStream> stream_;
    HttpInput input_;
    HttpRequest request_;
    bool keep_ = false;
    bool wants_upgrade_ = false;
};

std::string render_response(const HttpResponse& response, bool keep, bool with_body);
std::string render_stream_head(const HttpResponse& head); // chunked body follows
std::string render_upgrade(const HttpResponse& response, std::string_view key);

} // namespace tickgate::net
