#include "net/http_server_impl.hpp"
#include "net/ws_handshake.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace tickgate::net {

namespace {

constexpr std::chrono::milliseconds drain_limit{500}; // for what a refused client still sends
constexpr std::size_t drain_bytes = 1u << 20;

HttpResponse plain(int status, std::string text) {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(text) + "\n";
    return response;
}

// Status for what went wrong while a request came in; 0: nothing can or need be said.
int status_of(const error_code& ec) {
    if (ec == errc::protocol_error)
        return 400;
    if (ec == errc::overflow)
        return 431;
    if (ec == errc::message_too_large)
        return 413;
    return 0;
}

} // namespace

HttpSession::HttpSession(std::shared_ptr<HttpServer::Impl> server, std::shared_ptr<HttpConnection> connection,
    std::unique_ptr<ByteStream> stream)
    : server_(std::move(server)),
      connection_(std::move(connection)),
      stream_(std::move(stream)),
      input_(server_->options.max_head + 4096) {}

HttpResponse HttpSession::error_answer(int status, std::string text) const {
    const auto& render = server_->options.error_answer;
    if (!render)
        return plain(status, std::move(text));
    try {
        HttpResponse response = render(status, text);
        response.status = status;
        return response;
    } catch (const std::exception& e) {
        log::error("net", "http_handler_failed", {{"peer", stream_->peer()}, {"error", e.what()}});
        return plain(status, std::move(text));
    }
}

asio::awaitable<void> HttpSession::run(std::string refused) {
    if (!refused.empty()) {
        co_await refuse(503, std::move(refused));
        co_return;
    }
    for (bool first = true;; first = false) {
        const Next next = co_await next_request(first);
        if (next == Next::over)
            co_return;
        if (next == Next::request)
            continue;
        if (!co_await answer_request())
            co_return;
    }
}

asio::awaitable<HttpSession::Next> HttpSession::next_request(bool first) {
    const auto& options = server_->options;
    Deadline deadline(stream_->executor(), mono_now() + (first ? options.head_deadline : options.idle_deadline),
        [s = stream_.get()] { s->cancel(); });
    HttpLimits limits;
    limits.head = options.max_head;
    limits.body = options.max_body;
    HttpParser parser(HttpParser::Kind::request, limits);
    request_ = HttpRequest();
    admission_ = Admission();
    parser.on_body([this](std::string_view piece) {
        request_.body.append(piece);
        return error_code();
    });

    error_code ec;
    if (input_.unread().empty())
        ec = co_await input_.fill(*stream_);
    const bool began = !ec;
    if (began) {
        if (!first)
            deadline.rearm(mono_now() + options.head_deadline);
        ec = co_await read_http(*stream_, input_, parser, true);
    }
    if (ec) {
        co_await fail(ec, began, deadline);
        co_return Next::over;
    }
    const HttpHead& head = parser.head();
    keep_ = parser.keep_alive();
    wants_upgrade_ =
        server_->upgrade_handler && head.lists("upgrade", "websocket") && head.lists("connection", "upgrade");
    continues_ = head.version >= 11 && head.lists("expect", "100-continue");
    RequestBody body;
    request_.peer = stream_->peer();
    auto fault = take_head(std::move(parser.head()), options.max_target, request_, body);
    if (fault.status == 0 && body.announced > limits.body) { // before anybody is told to continue
        fault.status = 413;
        fault.text = make_error_code(errc::message_too_large).message();
    }
    if (fault.status != 0) {
        deadline.rearm(MonoTime::max()); // the refusal has its own
        co_await refuse(fault.status, std::move(fault.text));
        co_return Next::over;
    }
    if (!admit()) {
        deadline.rearm(MonoTime::max());
        if (body.any()) {
            co_await turn_away(std::move(*admission_.refusal));
            co_return Next::over;
        }
        const bool on = co_await send(std::move(*admission_.refusal), keep_, request_.method != "HEAD");
        co_return on ? Next::request : Next::over;
    }
    const bool whole = co_await read_body(parser, deadline);
    co_return whole ? Next::answer : Next::over;
}

asio::awaitable<bool> HttpSession::read_body(HttpParser& parser, Deadline& deadline) {
    if (parser.done())
        co_return true;
    deadline.rearm(mono_now() + server_->options.idle_deadline);
    error_code ec;
    if (continues_ && input_.unread().empty())
        ec = co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!ec)
        ec = co_await read_http(*stream_, input_, parser, false);
    if (!ec)
        co_return true;
    co_await fail(ec, true, deadline);
    co_return false;
}

// Tells what went wrong while a request came in, if that can and need be told.
asio::awaitable<void> HttpSession::fail(const error_code& ec, bool began, Deadline& deadline) {
    const bool late = ec == asio::error::operation_aborted && deadline.passed();
    const int status = late && began ? 408 : status_of(ec);
    deadline.rearm(MonoTime::max()); // the refusal has its own
    std::string text = late ? "request not complete in time" : ec.message();
    if (status != 0)
        co_await refuse(status, std::move(text));
}

// Asks whether the request is let in; false leaves the refusal in `admission_`.
bool HttpSession::admit() {
    if (!server_->admission_check)
        return true;
    try {
        admission_ = server_->admission_check(request_);
    } catch (const std::exception& e) {
        log::error("net", "http_handler_failed", {{"peer", stream_->peer()}, {"error", e.what()}});
        admission_ = Admission();
        admission_.refusal = error_answer(500, "internal error");
    }
    request_.client = admission_.client;
    connection_->client = admission_.client;
    if (admission_.refusal)
        add_headers(*admission_.refusal);
    return !admission_.refusal;
}

void HttpSession::add_headers(HttpResponse& response) const {
    response.headers.insert(response.headers.end(), admission_.headers.begin(), admission_.headers.end());
}

asio::awaitable<bool> HttpSession::answer_request() {
    if (wants_upgrade_)
        co_return co_await upgrade();
    if (server_->stream_handler && server_->stream_check(request_)) {
        auto response = std::make_unique<HttpStreamResponse>(std::move(stream_), admission_.headers);
        co_await server_->stream_handler(std::move(request_), std::move(response));
        co_return false;
    }
    const bool with_body = request_.method != "HEAD";
    const bool keep = keep_;
    HttpResponse response;
    std::string fault;
    connection_->answering = true;
    try {
        response = co_await server_->handler(std::move(request_));
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted)
            throw; // we are being stopped
        fault = e.what();
    } catch (const std::exception& e) {
        fault = e.what();
    }
    if (!fault.empty()) {
        log::error("net", "http_handler_failed", {{"peer", stream_->peer()}, {"error", fault}});
        response = error_answer(500, "internal error");
    }
    add_headers(response);
    const bool on = co_await send(std::move(response), keep, with_body);
    connection_->answering = false;
    co_return on && !connection_->dropped;
}

asio::awaitable<bool> HttpSession::upgrade() {
    const std::string key(request_.header("sec-websocket-key"));
    HttpResponse response;
    if (request_.header("sec-websocket-version") != "13") {
        response = error_answer(426, "WebSocket version 13 wanted");
        response.headers.emplace_back("Sec-WebSocket-Version", "13");
    } else if (request_.method != "GET" || !valid_websocket_key(key)) {
        response = error_answer(400, "not a WebSocket request");
    } else {
        response.status = 101;
        if (server_->upgrade_check)
            response = server_->upgrade_check(request_);
    }
    add_headers(response);
    if (response.status != 101)
        co_return co_await send(std::move(response), keep_, true);

    const std::string head = render_upgrade(response, key);
    {
        const Deadline deadline(
            stream_->executor(), mono_now() + server_->options.idle_deadline, [s = stream_.get()] { s->abort(); });
        if (co_await stream_->write(head))
            co_return false;
    }
    auto connection = std::make_unique<WsConnection>(
        std::move(stream_), WsRole::server, server_->options.max_body, std::string(input_.unread()));
    co_await server_->upgrade_handler(std::move(request_), std::move(connection));
    co_return false;
}

asio::awaitable<bool> HttpSession::send(HttpResponse response, bool keep, bool with_body) {
    keep = keep && !response.close && !server_->stopping && !connection_->dropped;
    const std::string text = render_response(response, keep, with_body);
    const Deadline deadline(
        stream_->executor(), mono_now() + server_->options.idle_deadline, [s = stream_.get()] { s->abort(); });
    const auto ec = co_await stream_->write(text);
    co_return !ec && keep;
}

asio::awaitable<void> HttpSession::refuse(int status, std::string text) {
    HttpResponse response = error_answer(status, std::move(text));
    co_await turn_away(std::move(response));
}

// The last answer of a connection. What still comes is read and dropped for a moment: closing with unread bytes would
// reset the connection and could take the answer along.
asio::awaitable<void> HttpSession::turn_away(HttpResponse response) {
    co_await send(std::move(response), false, true);
    const Deadline deadline(stream_->executor(), mono_now() + drain_limit, [s = stream_.get()] { s->close(); });
    stream_->shutdown_write();
    std::string scratch(4096, '\0');
    for (std::size_t dropped = 0; dropped < drain_bytes;) {
        const std::span<char> room(scratch.data(), scratch.size());
        const auto n = co_await stream_->read_some(room);
        if (!n)
            break;
        dropped += *n;
    }
}

} // namespace tickgate::net
