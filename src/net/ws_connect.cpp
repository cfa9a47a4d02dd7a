#include "core/secret.hpp"
#include "core/text.hpp"
#include "net/deadline.hpp"
#include "net/http_parser.hpp"
#include "net/http_refusal.hpp"
#include "net/ws_connection.hpp"
#include "net/ws_handshake.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace tickgate::net {

namespace {

constexpr std::size_t quoted_body = 300;                // of a refusal, for the log
constexpr std::chrono::milliseconds refusal_wait{1000}; // for that body

result<std::string> upgrade_request(const Url& url, const WsConnectOptions& options, const std::string& key) {
    std::string out = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority() +
                      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
                      "\r\nSec-WebSocket-Version: 13\r\n";
    bool agent = false;
    for (const auto& [name, value] : options.headers) {
        if (name.empty() || !header_safe(name) || !header_safe(value))
            return errc::configuration;
        agent = agent || equals_ignoring_case(name, "user-agent");
        out += name + ": " + value + "\r\n";
    }
    if (!agent)
        out += "User-Agent: tickgate/" TICKGATE_VERSION "\r\n";
    out += "\r\n";
    return out;
}

// Why an answer with status 101 is not the one we asked for; empty if it is.
std::string upgrade_problem(const HttpHead& head, const WsConnectOptions& options, const std::string& key) {
    if (!head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade"))
        return "answer 101 without Upgrade: websocket";
    if (head.header("sec-websocket-accept") != websocket_accept(key))
        return "wrong Sec-WebSocket-Accept";
    if (!head.header("sec-websocket-extensions").empty())
        return "an extension was chosen that we did not offer";
    const bool offered = std::any_of(options.headers.begin(), options.headers.end(),
        [](const auto& h) { return equals_ignoring_case(h.first, "sec-websocket-protocol"); });
    if (!offered && !head.header("sec-websocket-protocol").empty())
        return "a subprotocol was chosen that we did not offer";
    return {};
}

} // namespace

asio::awaitable<result<std::unique_ptr<WsConnection>>> ws_connect(
    std::string url_text, WsConnectOptions options, int& status, std::string& detail) {
    status = 0;
    detail.clear();
    const MonoTime until = mono_now() + options.connect.deadline;
    const auto url = Url::parse(url_text);
    if (!url || (url->scheme != "ws" && url->scheme != "wss")) {
        detail = "not a ws:// or wss:// address: " + redact(url_text);
        co_return errc::configuration;
    }
    const std::string key = websocket_key();
    const auto request = upgrade_request(*url, options, key);
    if (!request) {
        detail = "a header holds control characters";
        co_return request.error();
    }
    auto connected = co_await connect(*url, options.connect, detail);
    if (!connected) {
        detail = redact(detail);
        co_return connected.error();
    }
    auto stream = std::move(*connected);
    Deadline deadline(stream->executor(), until, [s = stream.get()] { s->cancel(); });

    std::string body;
    HttpInput input;
    HttpParser parser(HttpParser::Kind::response, HttpLimits());
    parser.on_body([&body](std::string_view piece) -> error_code {
        body.append(piece.substr(0, quoted_body - std::min(quoted_body, body.size())));
        return body.size() < quoted_body ? error_code() : make_error_code(errc::overflow);
    });
    error_code ec = co_await stream->write(*request);
    if (!ec)
        ec = co_await read_http(*stream, input, parser, true);
    if (ec) {
        const bool late = deadline.passed();
        if (ec == asio::error::eof || ec == errc::overflow)
            ec = errc::protocol_error;
        detail = late ? "no answer to the upgrade request in time" : "upgrade request: " + ec.message();
        co_return late ? make_error_code(errc::timed_out) : ec;
    }

    status = parser.head().status;
    if (status != 101) {
        deadline.rearm(std::min(until, mono_now() + refusal_wait));
        const auto ignored = co_await read_http(*stream, input, parser, false); // what came is good enough
        stream->close();
        detail = redact("upgrade refused: HTTP " + std::to_string(status) + (body.empty() ? "" : ": ") + body);
        if (ignored == asio::error::operation_aborted && !deadline.passed())
            co_return ignored;
        co_return refusal_of(status, errc::protocol_error);
    }
    if (auto problem = upgrade_problem(parser.head(), options, key); !problem.empty()) {
        detail = std::move(problem);
        co_return errc::protocol_error;
    }
    status = 0;
    co_return std::make_unique<WsConnection>(
        std::move(stream), WsRole::client, options.max_message, std::string(input.unread()));
}

} // namespace tickgate::net
