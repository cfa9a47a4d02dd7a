#include "net/http_stream.hpp"

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "core/text.hpp"
#include "net/deadline.hpp"
#include "net/http_parser.hpp"
#include "net/http_refusal.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace tickgate::net {

namespace {

constexpr std::size_t input_size = 128 * 1024;          // one read
constexpr std::size_t quoted_body = 300;                // of a refusal, for the log
constexpr std::chrono::milliseconds refusal_wait{1000}; // for that body

result<std::string> render(const Url& url, const HttpStreamOptions& options) {
    const bool post = !options.form.empty();
    std::string out = (post ? "POST " : "GET ") + url.target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\n";
    bool agent = false;
    for (const auto& [name, value] : options.headers) {
        if (name.empty() || !header_safe(name) || !header_safe(value))
            return errc::configuration;
        agent = agent || equals_ignoring_case(name, "user-agent");
        out += name + ": " + value + "\r\n";
    }
    if (!agent)
        out += "User-Agent: tickgate/" TICKGATE_VERSION "\r\n";
    if (post)
        out += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
               std::to_string(options.form.size()) + "\r\n";
    return out + "\r\n" + options.form;
}

} // namespace

// The timer holds it too, so that it outlives its owner if need be.
struct HttpStream::Impl : std::enable_shared_from_this<HttpStream::Impl> {
    explicit Impl(std::unique_ptr<ByteStream> s)
        : stream(std::move(s)), input(input_size), silence_timer(stream->executor()), breath(stream->executor()) {}

    asio::awaitable<error_code> request_head(std::string request);
    bool dispatch(WsHandler& handler, Moment at);
    asio::awaitable<error_code> read_loop(WsHandler& handler);
    asio::awaitable<void> breathe(WsHandler& handler);
    void arm_silence(std::chrono::milliseconds limit);
    void shut();
    void conclude(error_code ec);

    std::unique_ptr<ByteStream> stream;
    HttpInput input;
    std::unique_ptr<HttpParser> parser;
    asio::steady_timer silence_timer;
    asio::steady_timer breath; // a short pause between reads
    error_code broken;         // what the parser says of the body
    bool over = false, stopped = false, closed = false, silent = false;
    WsEnd end;
    WsStats stats;
};

asio::awaitable<error_code> HttpStream::Impl::request_head(std::string request) {
    error_code ec = co_await stream->write(request);
    stats.bytes_out += request.size();
    while (!ec && (!parser || (parser->head().status / 100 == 1 && parser->head().status != 101))) {
        parser =
            std::make_unique<HttpParser>(HttpParser::Kind::response, HttpLimits()); // again after an interim answer
        ec = co_await read_http(*stream, input, *parser, true);
    }
    co_return ec;
}

// All pieces of one read. False when the body has ended, one way or the other.
bool HttpStream::Impl::dispatch(WsHandler& handler, Moment at) {
    bool more = false;
    while (!more && !over && !broken && !parser->done() && !input.unread().empty())
        input.consume(parser->put(input.unread(), more, broken));
    handler.on_read_done(at);
    return !over && !broken && !parser->done();
}

asio::awaitable<error_code> HttpStream::Impl::read_loop(WsHandler& handler) {
    Moment at = now();
    parser->on_body([this, &handler, &at](std::string_view piece) -> error_code {
        ++stats.messages_in;
        handler.on_message(piece, at);
        return over ? make_error_code(errc::stopped) : error_code();
    });
    stats.bytes_in += input.unread().size();
    if (!dispatch(handler, at))
        co_return error_code();
    while (!over) {
        const std::size_t before = input.unread().size();
        const auto ec = co_await input.fill(*stream);
        if (ec)
            co_return ec;
        at = now();
        ++stats.reads;
        stats.bytes_in += input.unread().size() - before;
        stats.last_received = at.mono;
        if (!dispatch(handler, at))
            break;
        if (handler.wants_pause()) [[unlikely]]
            co_await breathe(handler);
    }
    co_return error_code();
}

// Bounded: what the consumer cannot take in this time it must deal with otherwise.
asio::awaitable<void> HttpStream::Impl::breathe(WsHandler& handler) {
    constexpr auto step = std::chrono::microseconds(200);
    for (int steps = 25; steps > 0 && !over && handler.wants_pause(); --steps) {
        breath.expires_after(step);
        co_await breath.async_wait(use_result);
    }
}

void HttpStream::Impl::arm_silence(std::chrono::milliseconds limit) {
    silence_timer.expires_at(stats.last_received + limit);
    silence_timer.async_wait([self = shared_from_this(), limit](const error_code& ec) {
        if (ec || self->over)
            return;
        if (mono_now() < self->stats.last_received + limit)
            return self->arm_silence(limit);
        self->silent = true;
        self->shut();
    });
}

void HttpStream::Impl::shut() {
    over = true;
    stream->close();
    silence_timer.cancel();
    breath.cancel();
}

void HttpStream::Impl::conclude(error_code ec) {
    end.by_us = stopped || closed || silent;
    if (stopped)
        end.error = errc::stopped;
    else if (closed)
        end.error.clear();
    else if (silent)
        end.error = errc::silent;
    else if (broken || ec == errc::overflow) { // overflow: a chunk's header without end
        end.error = errc::protocol_error;
        end.reason = "the body's chunks cannot be read";
    } else if (parser->done()) {
        end.error = errc::closed_by_venue;
        end.reason = "the body came to its end";
    } else if (ec == asio::error::eof) {
        error_code cut;
        parser->put_eof(cut); // a body without length and chunks ends so
        end.error = cut ? error_code(asio::error::eof) : make_error_code(errc::closed_by_venue);
        end.reason = cut ? "the body was cut off" : "the body came to its end";
    } else {
        end.error = ec == asio::error::operation_aborted ? make_error_code(errc::stopped) : ec;
    }
}

HttpStream::HttpStream(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpStream::~HttpStream() { impl_->shut(); }

asio::awaitable<WsEnd> HttpStream::run(WsHandler& handler, std::chrono::milliseconds silence_limit) {
    const auto self = impl_;
    struct Shut { // also when a handler throws
        explicit Shut(Impl& i) : impl(i) {}
        ~Shut() {
            impl.shut();
            impl.parser->on_body({}); // it points into read_loop()'s frame
        }
        Impl& impl;
    };
    const Shut guard(*self);
    self->stats.last_received = mono_now();
    if (silence_limit.count() > 0)
        self->arm_silence(silence_limit);
    const error_code ec = co_await self->read_loop(handler);
    self->conclude(ec);
    co_return self->end;
}

void HttpStream::close(std::uint16_t, std::string_view) {
    impl_->closed = impl_->closed || !impl_->over;
    impl_->shut();
}

void HttpStream::stop() {
    impl_->stopped = impl_->stopped || !impl_->over;
    impl_->shut();
}

const WsStats& HttpStream::stats() const noexcept { return impl_->stats; }
std::string HttpStream::peer() const { return impl_->stream->peer(); }

asio::awaitable<result<std::unique_ptr<HttpStream>>> http_stream_connect(
    std::string url_text, HttpStreamOptions options, int& status, std::string& detail) {
    status = 0;
    detail.clear();
    const MonoTime until = mono_now() + options.connect.deadline;
    const auto url = Url::parse(url_text);
    if (!url || (url->scheme != "http" && url->scheme != "https")) {
        detail = "not an http:// or https:// address: " + redact(url_text);
        co_return errc::configuration;
    }
    auto request = render(*url, options);
    if (!request) {
        detail = "a header holds control characters";
        co_return request.error();
    }
    auto connected = co_await connect(*url, options.connect, detail);
    if (!connected) {
        detail = redact(detail);
        co_return connected.error();
    }
    const auto impl = std::make_shared<HttpStream::Impl>(std::move(*connected));
    auto& stream = *impl->stream;
    Deadline deadline(stream.executor(), until, [s = &stream] { s->cancel(); });
    error_code ec = co_await impl->request_head(std::move(*request));
    if (ec) {
        const bool late = deadline.passed();
        if (ec == asio::error::eof || ec == errc::overflow)
            ec = errc::protocol_error;
        detail = late ? "no answer to the request in time" : "request: " + ec.message();
        co_return late ? make_error_code(errc::timed_out) : ec;
    }

    auto& parser = *impl->parser;
    status = parser.head().status;
    if (status != 200) {
        std::string body;
        parser.on_body([&body](std::string_view piece) -> error_code {
            body.append(piece.substr(0, quoted_body - std::min(quoted_body, body.size())));
            return body.size() < quoted_body ? error_code() : make_error_code(errc::overflow);
        });
        deadline.rearm(std::min(until, mono_now() + refusal_wait));
        const auto ignored = co_await read_http(stream, impl->input, parser, false); // what came is good enough
        parser.on_body({});
        stream.close();
        detail = redact("request refused: HTTP " + std::to_string(status) + (body.empty() ? "" : ": ") + body);
        if (ignored == asio::error::operation_aborted && !deadline.passed())
            co_return ignored;
        const bool ours = status >= 400 && status <= 499;
        co_return refusal_of(status, ours ? errc::bad_request : errc::protocol_error);
    }
    status = 0;
    if (const auto encoding = parser.head().header("content-encoding");
        !encoding.empty() && !equals_ignoring_case(encoding, "identity")) {
        detail = "an encoding was chosen that we did not offer";
        co_return errc::protocol_error;
    }
    co_return std::make_unique<HttpStream>(impl);
}

} // namespace tickgate::net
