#include "net/http_stream_response.hpp"

#include "net/deadline.hpp"
#include "net/http_server_impl.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <charconv>
#include <exception>
#include <utility>

namespace tickgate::net {

namespace {

constexpr std::size_t write_piece = 64 * 1024;     // how exact queued() is while a write is under way
constexpr std::size_t keep_capacity = 1024 * 1024; // a queue that grew beyond gives its memory back
constexpr std::chrono::seconds close_limit{2};

} // namespace

// The writer holds it too, so that it outlives the owner if need be.
struct HttpStreamResponse::Impl : std::enable_shared_from_this<HttpStreamResponse::Impl> {
    explicit Impl(std::unique_ptr<ByteStream> s)
        : stream(std::move(s)),
          executor(stream->executor()),
          wake(executor, MonoTime::max()),
          close_timer(executor),
          room(executor) {}

    void queue(std::string_view bytes);
    void flush();
    static asio::awaitable<void> write_loop(std::shared_ptr<Impl> self);
    void drained();
    void arm_close();
    void shut();
    std::size_t queued() const noexcept { return pending.size() + writing.size() - written; }

    std::unique_ptr<ByteStream> stream;
    std::vector<std::pair<std::string, std::string>> headers; // of whoever let the request in
    asio::any_io_executor executor;
    asio::steady_timer wake; // never expires: cancelled when the writer ends or writing resumes
    asio::steady_timer close_timer;
    asio::steady_timer room; // cancelled whenever something was written or all is over
    std::string pending;     // not yet given to a write
    std::string writing;     // under way, from `written` on
    std::size_t written = 0;
    bool write_active = false;
    bool paused = false;
    bool closing = false; // nothing more is queued; FIN when all is written
    bool broken = false;  // a write failed: reading will find out why, or the timer does
    bool over = false;
};

void HttpStreamResponse::Impl::queue(std::string_view bytes) {
    if (over || closing || broken)
        return;
    pending.append(bytes);
    flush();
}

void HttpStreamResponse::Impl::flush() {
    if (write_active || paused || over || broken)
        return;
    if (!pending.empty()) {
        error_code ec;
        const std::size_t n = stream->try_write(pending, ec);
        if (ec) {
            broken = true;
            return arm_close();
        }
        pending.erase(0, n);
    }
    if (pending.empty())
        return drained();
    writing.swap(pending);
    written = 0;
    write_active = true;
    auto self = shared_from_this();
    asio::co_spawn(executor, write_loop(self), [self](const std::exception_ptr& bug) {
        self->write_active = false;
        if (bug)
            self->broken = true;
        if (self->broken && !self->over)
            self->arm_close();
        self->flush(); // what was queued while the coroutine was ending
        self->wake.cancel();
        self->room.cancel();
    });
}

asio::awaitable<void> HttpStreamResponse::Impl::write_loop(std::shared_ptr<Impl> self) {
    while (!self->broken && !self->over) {
        while (self->written < self->writing.size()) {
            if (self->paused) {
                co_await self->wake.async_wait(use_result);
                if (self->over)
                    co_return;
                continue;
            }
            const auto piece = std::string_view(self->writing).substr(self->written, write_piece);
            if (co_await self->stream->write(piece)) {
                self->broken = true;
                co_return;
            }
            self->written += piece.size();
            self->room.cancel();
        }
        self->writing.clear();
        self->written = 0;
        if (self->writing.capacity() > keep_capacity)
            std::string().swap(self->writing);
        if (self->pending.empty())
            break;
        self->writing.swap(self->pending);
    }
}

void HttpStreamResponse::Impl::drained() {
    if (closing)
        stream->shutdown_write(); // the peer answers with its own end; the timer ends it otherwise
}

void HttpStreamResponse::Impl::arm_close() {
    close_timer.expires_after(close_limit);
    close_timer.async_wait([self = shared_from_this()](const error_code& ec) {
        if (!ec)
            self->shut();
    });
}

void HttpStreamResponse::Impl::shut() {
    over = true;
    stream->close();
    wake.cancel();
    close_timer.cancel();
    room.cancel();
}

HttpStreamResponse::HttpStreamResponse(
    std::unique_ptr<ByteStream> stream, std::vector<std::pair<std::string, std::string>> headers)
    : impl_(std::make_shared<Impl>(std::move(stream))) {
    impl_->headers = std::move(headers);
}

HttpStreamResponse::~HttpStreamResponse() { impl_->shut(); }

asio::awaitable<void> HttpStreamResponse::run() {
    const auto self = impl_;
    std::array<char, 4096> scratch;
    while (!self->over) {
        const std::span<char> room(scratch.data(), scratch.size());
        const auto n = co_await self->stream->read_some(room);
        if (!n)
            break;
    }
    self->shut();
    // The caller may be cancelled already; what remains is short and must not throw.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    while (self->write_active)
        co_await self->wake.async_wait(use_result);
    co_await asio::this_coro::throw_if_cancelled(throws);
}

void HttpStreamResponse::send_head(const HttpResponse& head) {
    auto with = head;
    with.headers.insert(with.headers.end(), impl_->headers.begin(), impl_->headers.end());
    impl_->queue(render_stream_head(with));
}
void HttpStreamResponse::send_answer(const HttpResponse& whole) {
    auto with = whole;
    with.headers.insert(with.headers.end(), impl_->headers.begin(), impl_->headers.end());
    impl_->queue(render_response(with, false, true));
}
void HttpStreamResponse::send_raw(std::string_view bytes) { impl_->queue(bytes); }

void HttpStreamResponse::send_chunk(std::string_view text) {
    if (!text.empty())
        impl_->queue(http_chunk(text));
}

void HttpStreamResponse::finish() {
    impl_->queue(http_chunk({}));
    close();
}

void HttpStreamResponse::close() {
    if (impl_->over || impl_->closing)
        return;
    impl_->closing = true;
    if (!impl_->paused)
        impl_->arm_close();
    impl_->flush();
}

void HttpStreamResponse::stop() { impl_->shut(); }

void HttpStreamResponse::abort() {
    impl_->stream->abort();
    impl_->shut();
}

void HttpStreamResponse::pause_writing(bool on) {
    impl_->paused = on;
    if (on || impl_->over)
        return;
    impl_->wake.cancel();
    if (impl_->closing)
        impl_->arm_close();
    impl_->flush();
}

std::size_t HttpStreamResponse::queued() const noexcept { return impl_->queued(); }
asio::awaitable<bool> HttpStreamResponse::wait_room(std::size_t most, std::chrono::milliseconds idle) {
    const auto self = impl_;
    while (!self->over && !self->broken) {
        const auto queued_before = self->queued();
        if (queued_before <= most)
            co_return true;
        self->room.expires_after(idle);
        const auto [ec] = co_await self->room.async_wait(use_result);
        if (!ec && self->queued() >= queued_before)
            co_return false;
    }
    co_return false;
}

std::string HttpStreamResponse::peer() const { return impl_->stream->peer(); }

std::string http_chunk(std::string_view text) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), text.size(), 16).ptr;
    std::string out(size.data(), end);
    out += "\r\n";
    out += text;
    out += "\r\n";
    return out;
}

} // namespace tickgate::net
