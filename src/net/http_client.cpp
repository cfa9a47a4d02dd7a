#include "net/http_client.hpp"

#include "core/secret.hpp"
#include "core/text.hpp"
#include "net/deadline.hpp"
#include "net/gzip.hpp"
#include "net/http_parser.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace tickgate::net {

namespace {

constexpr std::chrono::seconds keep_idle{30};
constexpr std::size_t keep_per_origin = 4;
constexpr std::size_t one_write = 16 * 1024; // the socket of an idle connection takes so much whole, or nothing

// Whether the peer has ended a connection that should be quiet. Pending bytes are no sign: TLS tickets come late.
bool ended_by_peer(const ByteStream& stream) noexcept {
    char byte = 0;
    const ssize_t n = ::recv(stream.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

bool has_body(const RestRequest& request) noexcept { return request.method == "POST" || request.method == "PUT"; }

result<std::string> render_request(const RestRequest& request, const Url& base) {
    constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "POST", "PUT", "DELETE"};
    if (std::find(methods.begin(), methods.end(), request.method) == methods.end() ||
        (!has_body(request) && !request.body.empty()))
        return errc::bad_request;
    std::string path = base.target;
    if (path.ends_with('/'))
        path.pop_back();
    path += request.target.starts_with('/') ? request.target : "/" + request.target;
    if (!header_safe(path) || path.find_first_of(" \t") != std::string::npos)
        return errc::bad_request;
    std::string out = request.method + " " + path + " HTTP/1.1\r\nHost: " + base.authority() + "\r\n";
    bool agent = false;
    bool encoding = false;
    bool type = false;
    for (const auto& [name, value] : request.headers) {
        if (name.empty() || !header_safe(name) || !header_safe(value))
            return errc::bad_request;
        agent = agent || equals_ignoring_case(name, "user-agent");
        encoding = encoding || equals_ignoring_case(name, "accept-encoding");
        type = type || equals_ignoring_case(name, "content-type");
        out += name + ": " + value + "\r\n";
    }
    if (!agent)
        out += "User-Agent: tickgate/" TICKGATE_VERSION "\r\n";
    if (!encoding)
        out += "Accept-Encoding: gzip\r\n";
    if (has_body(request)) { // also an empty one: some servers refuse a POST without a length
        if (!type)
            out += "Content-Type: application/x-www-form-urlencoded\r\n";
        out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    }
    return out + "\r\n" + request.body;
}

// Decompresses, limits and hands on the body of one answer.
class BodyReceiver {
public:
    BodyReceiver(const BodySink& sink, std::size_t limit) : sink_(sink), limit_(limit) {}

    error_code begin(const HttpHead& head) {
        begun_ = true;
        streamed_ = sink_ && head.status >= 200 && head.status <= 299;
        const auto encoding = head.header("content-encoding");
        if (equals_ignoring_case(encoding, "gzip") || equals_ignoring_case(encoding, "x-gzip") ||
            equals_ignoring_case(encoding, "deflate"))
            inflater_.emplace();
        else if (!encoding.empty() && !equals_ignoring_case(encoding, "identity"))
            return errc::protocol_error;
        return {};
    }

    error_code take(const HttpHead& head, std::string_view piece) {
        if (!begun_) {
            if (const auto ec = begin(head); ec)
                return ec;
        }
        any_ = true;
        if (!inflater_)
            return deliver(piece);
        return inflater_->feed(piece, [this](std::string_view plain) { return deliver(plain); });
    }

    bool complete() const noexcept { return !any_ || !inflater_ || inflater_->finished(); }
    std::string&& body() noexcept { return std::move(body_); }

private:
    error_code deliver(std::string_view piece) {
        if (streamed_)
            return sink_(piece);
        if (piece.size() > limit_ - body_.size())
            return errc::message_too_large;
        body_.append(piece);
        return {};
    }

    const BodySink& sink_;
    std::size_t limit_;
    std::optional<Inflater> inflater_;
    std::string body_;
    bool begun_ = false, streamed_ = false, any_ = false;
};

} // namespace

struct HttpClient::Impl {
    struct Idle {
        std::unique_ptr<ByteStream> stream;
        MonoTime since;
    };

    // One request and its answer over `stream`.
    struct Exchange {
        std::unique_ptr<ByteStream> stream;
        std::string request;
        bool written = false;  // maybe only in part, if it is long
        bool answered = false; // at least one byte came
        bool head = false;     // of a HEAD there is no body
        bool reusable = false; // afterwards
        RestResponse response;
    };

    Impl(asio::any_io_executor e, std::shared_ptr<TlsContext> t) : executor(std::move(e)), tls(std::move(t)) {}

    std::unique_ptr<ByteStream> take_idle(const std::string& origin);
    void keep(const std::string& origin, std::unique_ptr<ByteStream> stream);
    void drop_old();
    using Connected = result<std::unique_ptr<ByteStream>>;
    static asio::awaitable<Connected> open(std::shared_ptr<Impl> self, Url url, MonoTime until, std::string& detail);
    static asio::awaitable<error_code> exchange(std::shared_ptr<Impl> self, Exchange& x, const BodySink& sink,
        std::size_t max_body, MonoTime until, std::string& detail);

    asio::any_io_executor executor;
    std::shared_ptr<TlsContext> tls;
    std::map<std::string, std::vector<Idle>> idle; // by scheme and authority; the last is the youngest
    std::list<std::shared_ptr<asio::cancellation_signal>> connecting;
    std::set<ByteStream*> busy;
    bool stopped = false;
};

void HttpClient::Impl::drop_old() {
    const MonoTime oldest = mono_now() - keep_idle;
    for (auto it = idle.begin(); it != idle.end();) {
        std::erase_if(it->second, [&](const Idle& i) { return i.since < oldest || ended_by_peer(*i.stream); });
        it = it->second.empty() ? idle.erase(it) : std::next(it);
    }
}

std::unique_ptr<ByteStream> HttpClient::Impl::take_idle(const std::string& origin) {
    drop_old();
    const auto it = idle.find(origin);
    if (it == idle.end())
        return nullptr;
    auto stream = std::move(it->second.back().stream);
    it->second.pop_back();
    return stream;
}

void HttpClient::Impl::keep(const std::string& origin, std::unique_ptr<ByteStream> stream) {
    auto& kept = idle[origin];
    if (kept.size() >= keep_per_origin)
        kept.erase(kept.begin());
    kept.push_back({std::move(stream), mono_now()});
}

// A coroutine of its own, so that stop() can cancel it; the caller's cancellation is passed on.
asio::awaitable<HttpClient::Impl::Connected> HttpClient::Impl::open(
    std::shared_ptr<Impl> self, Url url, MonoTime until, std::string& detail) {
    ConnectOptions options;
    options.tls = self->tls;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - mono_now());
    options.deadline = std::max(left, std::chrono::milliseconds(1));
    const auto signal = std::make_shared<asio::cancellation_signal>();
    const auto place = self->connecting.insert(self->connecting.end(), signal);
    auto caller = (co_await asio::this_coro::cancellation_state).slot();
    if (caller.is_connected())
        caller.assign([signal](asio::cancellation_type type) { signal->emit(type); });
    auto attempt = connect(std::move(url), std::move(options), detail);
    auto token = asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable);
    Connected stream = error_code(asio::error::operation_aborted);
    try {
        stream = co_await asio::co_spawn(co_await asio::this_coro::executor, std::move(attempt), token);
    } catch (const boost::system::system_error& e) { // cancelled between two of its steps
        stream = e.code();
    }
    if (caller.is_connected())
        caller.clear();
    self->connecting.erase(place);
    if (self->stopped)
        co_return errc::stopped;
    co_return stream;
}

asio::awaitable<error_code> HttpClient::Impl::exchange(std::shared_ptr<Impl> self, Exchange& x, const BodySink& sink,
    std::size_t max_body, MonoTime until, std::string& detail) {
    ByteStream& stream = *x.stream;
    struct Busy {
        Busy(Impl& i, ByteStream* s) : impl(i), stream(s) { impl.busy.insert(stream); }
        ~Busy() { impl.busy.erase(stream); }
        Impl& impl;
        ByteStream* stream;
    };
    const Busy busy(*self, &stream);
    const Deadline deadline(stream.executor(), until, [&stream] { stream.cancel(); });
    BodyReceiver receiver(sink, max_body);
    HttpLimits limits;
    if (!sink)
        limits.body = max_body;
    HttpInput input(64u << 10);
    std::optional<HttpParser> parser;

    error_code ec = co_await stream.write(x.request);
    x.written = !ec || x.request.size() > one_write;
    while (!ec && (!parser || (parser->head().status / 100 == 1 && parser->head().status != 101))) {
        parser.emplace(HttpParser::Kind::response, limits); // again after an interim answer
        parser->on_body([&](std::string_view piece) { return receiver.take(parser->head(), piece); });
        ec = co_await read_http(stream, input, *parser, x.head);
        x.answered = x.answered || parser->started() || !input.unread().empty();
    }
    if (!ec && !receiver.complete())
        ec = errc::protocol_error;
    if (ec == errc::overflow)
        ec = errc::protocol_error;
    if (ec) {
        if (ec == asio::error::operation_aborted && deadline.passed())
            ec = errc::timed_out;
        if (self->stopped)
            ec = errc::stopped;
        detail = stream.peer() + (x.answered ? ": answer: " : ": no answer: ") + ec.message();
        co_return ec;
    }
    x.response.status = parser->head().status;
    x.response.headers = std::move(parser->head().headers);
    x.response.body = receiver.body();
    x.reusable = parser->keep_alive() && !self->stopped && input.unread().empty() && x.response.status != 101;
    co_return error_code();
}

HttpClient::HttpClient(asio::any_io_executor executor, std::shared_ptr<TlsContext> tls)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(tls))) {}

HttpClient::~HttpClient() { close_idle(); }

void HttpClient::close_idle() noexcept { impl_->idle.clear(); }

void HttpClient::stop() {
    impl_->stopped = true;
    close_idle();
    const auto attempts = impl_->connecting; // an end takes its place out of the list
    for (const auto& signal : attempts)
        signal->emit(asio::cancellation_type::terminal);
    for (auto* stream : impl_->busy)
        stream->close();
}

asio::awaitable<result<RestResponse>> HttpClient::send(RestRequest request, BodySink sink, std::string& detail) {
    const auto self = impl_;
    if (self->stopped)
        co_return errc::stopped;
    const MonoTime until = mono_now() + request.deadline;
    const auto url = Url::parse(request.base);
    if (!url || (url->scheme != "http" && url->scheme != "https") || url->target.find('?') != std::string::npos) {
        detail = "not an http:// or https:// address: " + redact(request.base);
        co_return errc::configuration;
    }
    const auto text = render_request(request, *url);
    if (!text) {
        detail = "a method, target, header or body that no request can have";
        co_return text.error();
    }
    const std::string origin = url->scheme + "://" + url->authority();
    Impl::Exchange x;
    x.request = *text;
    x.head = request.method == "HEAD";
    x.stream = self->take_idle(origin);
    bool kept = x.stream != nullptr;
    for (;;) {
        if (!x.stream) {
            auto stream = co_await Impl::open(self, *url, until, detail);
            if (!stream)
                co_return stream.error();
            x.stream = std::move(*stream);
        }
        const auto ec = co_await Impl::exchange(self, x, sink, request.max_body, until, detail);
        if (!ec)
            break;
        // A kept connection that died meanwhile says nothing about the server.
        const bool stale = kept && !x.answered && ec != asio::error::operation_aborted && ec != errc::timed_out;
        const bool repeatable = request.method == "GET" || request.method == "HEAD" || !x.written;
        if (!stale || !repeatable || self->stopped)
            co_return ec;
        kept = false;
        x.stream.reset();
    }
    if (x.reusable)
        self->keep(origin, std::move(x.stream));
    co_return std::move(x.response);
}

} // namespace tickgate::net
