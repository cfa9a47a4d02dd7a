#include "net/ws_connection.hpp"

#include "net/ws_connection_impl.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace tickgate::net {

namespace {

constexpr std::size_t write_piece = 64 * 1024;     // how exact queued() is while a write is under way
constexpr std::size_t keep_capacity = 1024 * 1024; // a queue that grew beyond gives its memory back
constexpr std::size_t max_queued_pongs = 1024 * 1024;
constexpr std::chrono::seconds close_limit{2};
constexpr std::chrono::milliseconds drain_limit{500};

} // namespace

WsConnection::Impl::Impl(std::unique_ptr<ByteStream> s, WsRole r, std::size_t max_message, std::string already_read)
    : stream(std::move(s)),
      role(r),
      executor(stream->executor()),
      decoder(r, max_message),
      early(std::move(already_read)),
      silence_timer(executor),
      close_timer(executor),
      ping_timer(executor),
      wake(executor, MonoTime::max()),
      breath(executor) {}

void WsConnection::Impl::send(WsEvent::Type type, std::string_view payload) {
    if (over || close_sent || write_error)
        return;
    ws_encode(pending, type, payload, role, role == WsRole::client ? masks.next() : 0);
    flush();
}

void WsConnection::Impl::send_close(std::uint16_t code, std::string_view reason) {
    if (over || close_sent || write_error)
        return;
    close_sent = true;
    ws_encode_close(pending, code, reason, role, role == WsRole::client ? masks.next() : 0);
    flush();
}

void WsConnection::Impl::flush() {
    if (write_active || corked || pending.empty() || over)
        return;
    error_code ec;
    const std::size_t n = stream->try_write(pending, ec);
    stats.bytes_out += n;
    if (ec)
        return write_failed(ec);
    if (n == pending.size()) {
        pending.clear();
        return;
    }
    writing.swap(pending);
    written = n;
    write_active = true;
    auto self = shared_from_this();
    asio::co_spawn(executor, write_loop(self), [self](const std::exception_ptr& bug) {
        self->write_active = false;
        if (bug) // write() reports by value: an exception is memory or a fault of ours
            self->write_failed(errc::protocol_error);
        self->flush(); // what was queued while the coroutine was ending
        self->wake.cancel();
    });
}

asio::awaitable<void> WsConnection::Impl::write_loop(std::shared_ptr<Impl> self) {
    while (!self->write_error) {
        while (self->written < self->writing.size() && !self->write_error) {
            const auto piece = std::string_view(self->writing).substr(self->written, write_piece);
            const auto ec = co_await self->stream->write(piece);
            if (ec) {
                self->write_failed(ec);
                break;
            }
            self->written += piece.size();
            self->stats.bytes_out += piece.size();
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

// Reading goes on, for the peer's last words; it will find the end, or the timer does.
void WsConnection::Impl::write_failed(const error_code& ec) {
    if (write_error)
        return;
    write_error = ec;
    pending.clear();
    if (!over)
        arm_close(close_limit);
}

void WsConnection::Impl::arm_silence(std::chrono::milliseconds limit) {
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

void WsConnection::Impl::arm_close(std::chrono::milliseconds limit) {
    close_timer.expires_after(limit);
    close_timer.async_wait([self = shared_from_this()](const error_code& ec) {
        if (ec || self->over)
            return;
        self->close_expired = true;
        self->shut();
    });
}

void WsConnection::Impl::arm_ping() {
    ping_timer.expires_after(ping_interval);
    ping_timer.async_wait([self = shared_from_this()](const error_code& ec) {
        if (ec || self->over || self->close_sent)
            return;
        self->send(WsEvent::Type::ping, {});
        self->arm_ping();
    });
}

void WsConnection::Impl::shut() {
    over = true;
    ping_timer.cancel();
    stream->close();
    wake.cancel();
}

// All messages of one read. False when the connection is to end.
bool WsConnection::Impl::dispatch(WsHandler& handler, Moment at) {
    struct Cork {
        explicit Cork(Impl& i) : impl(i) { impl.corked = true; }
        ~Cork() { impl.corked = false; }
        Impl& impl;
    };
    bool goes_on = true;
    {
        const Cork cork(*this);
        WsEvent event;
        while (goes_on && !over) {
            const auto step = decoder.next(event);
            if (step == WsDecoder::Step::need_more)
                break;
            if (step == WsDecoder::Step::failed) {
                end.error = decoder.error();
                end.code = decoder.close_code_for_error();
                end.by_us = true;
                send_close(end.code, {});
                goes_on = false;
            } else if (event.type <= WsEvent::Type::binary) {
                ++stats.messages_in;
                if (!close_sent)
                    handler.on_message(event.payload, at);
            } else {
                goes_on = control(handler, event, at);
            }
        }
        handler.on_read_done(at);
    }
    flush();
    return goes_on && !over;
}

bool WsConnection::Impl::control(WsHandler& handler, const WsEvent& event, Moment at) {
    switch (event.type) {
    case WsEvent::Type::ping:
        if (!muted && !close_sent && queued() < max_queued_pongs) {
            send(WsEvent::Type::pong, event.payload);
            handler.on_ping_answered(at);
        }
        return true;
    case WsEvent::Type::pong:
        handler.on_pong(event.payload, at);
        return true;
    default: // close
        close_received = true;
        end.code = event.close_code;
        end.reason = event.payload;
        send_close(event.close_code, {}); // the answer, unless we asked first
        return false;
    }
}

asio::awaitable<error_code> WsConnection::Impl::read_loop(WsHandler& handler) {
    while (!early.empty()) {
        const auto room = decoder.prepare();
        const std::size_t n = std::min(room.size(), early.size());
        std::memcpy(room.data(), early.data(), n);
        decoder.commit(n);
        early.erase(0, n);
        stats.bytes_in += n;
        if (!dispatch(handler, now()))
            co_return error_code();
    }
    while (!over) {
        if (paused) {
            co_await wake.async_wait(use_result);
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                co_return asio::error::operation_aborted;
            continue;
        }
        const auto n = co_await stream->read_some(decoder.prepare());
        if (!n)
            co_return n.error();
        const Moment at = now();
        decoder.commit(*n);
        ++stats.reads;
        stats.bytes_in += *n;
        stats.last_received = at.mono;
        if (!dispatch(handler, at))
            break;
        if (handler.wants_pause()) [[unlikely]]
            co_await breathe(handler);
    }
    co_return error_code();
}

// Bounded: what the consumer cannot take in this time it must deal with otherwise.
asio::awaitable<void> WsConnection::Impl::breathe(WsHandler& handler) {
    constexpr auto step = std::chrono::microseconds(200);
    for (int steps = 25; steps > 0 && !over && handler.wants_pause(); --steps) {
        breath.expires_after(step);
        co_await breath.async_wait(use_result);
    }
}

// Sends what is queued (an answer to a close, a last word), closes, and waits for the writer.
asio::awaitable<void> WsConnection::Impl::finish(bool drain) {
    if (!over && close_sent) {
        arm_close(close_limit);
        while (!over && write_active)
            co_await wake.async_wait(use_result);
        if (!over && drain && !close_received)
            co_await discard_rest();
    }
    over = true;
    silence_timer.cancel();
    close_timer.cancel();
    ping_timer.cancel();
    stream->close();
    while (write_active)
        co_await wake.async_wait(use_result);
}

// After an error of the peer: closing with unread bytes would reset the connection and take our close frame along.
asio::awaitable<void> WsConnection::Impl::discard_rest() {
    arm_close(drain_limit);
    stream->shutdown_write();
    while (!over) {
        const auto n = co_await stream->read_some(decoder_scratch());
        if (!n)
            break;
    }
}

std::span<char> WsConnection::Impl::decoder_scratch() {
    scratch.resize(4096);
    return {scratch.data(), scratch.size()};
}

void WsConnection::Impl::conclude(const error_code& ec) {
    if (close_received || end.error) {
        if (end.by_us || close_by_us)
            end.by_us = true;
        return;
    }
    end.by_us = stopped || close_by_us || silent;
    if (stopped)
        end.error = errc::stopped;
    else if (silent)
        end.error = errc::silent;
    else if (close_by_us && (ec == asio::error::eof || ec == asio::error::connection_reset))
        end.error.clear(); // we wanted it closed, and it is
    else if (close_by_us && close_expired)
        end.error = errc::timed_out;
    else if (write_error)
        end.error = write_error;
    else
        end.error = ec == asio::error::operation_aborted ? make_error_code(errc::stopped) : ec;
}

WsConnection::WsConnection(
    std::unique_ptr<ByteStream> stream, WsRole role, std::size_t max_message, std::string already_read)
    : impl_(std::make_shared<Impl>(std::move(stream), role, max_message, std::move(already_read))) {}

WsConnection::~WsConnection() {
    impl_->shut();
    impl_->silence_timer.cancel();
    impl_->close_timer.cancel();
}

asio::awaitable<WsEnd> WsConnection::run(WsHandler& handler, std::chrono::milliseconds silence_limit) {
    const auto self = impl_;
    struct Shut { // also when a handler throws
        explicit Shut(Impl& i) : impl(i) {}
        ~Shut() {
            impl.shut();
            impl.silence_timer.cancel();
            impl.close_timer.cancel();
        }
        Impl& impl;
    };
    const Shut guard(*self);
    self->stats.last_received = mono_now();
    if (silence_limit.count() > 0)
        self->arm_silence(silence_limit);
    if (self->ping_interval.count() > 0)
        self->arm_ping();
    const error_code ec = co_await self->read_loop(handler);
    // The caller may be cancelled already; what remains is short and must not throw.
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await self->finish(self->end.error.failed());
    co_await asio::this_coro::throw_if_cancelled(throws);
    self->conclude(ec);
    co_return self->end;
}

void WsConnection::send_text(std::string_view text) { impl_->send(WsEvent::Type::text, text); }
void WsConnection::send_ping(std::string_view payload) { impl_->send(WsEvent::Type::ping, payload); }

void WsConnection::send_raw(std::string_view bytes) {
    if (impl_->over || impl_->close_sent || impl_->write_error)
        return;
    impl_->pending.append(bytes);
    impl_->flush();
}

void WsConnection::close(std::uint16_t code, std::string_view reason) {
    if (impl_->over || impl_->close_sent)
        return;
    impl_->close_by_us = true;
    impl_->send_close(code, reason);
    impl_->arm_close(close_limit);
}

void WsConnection::stop() {
    impl_->stopped = impl_->stopped || !impl_->over;
    impl_->shut();
}

void WsConnection::abort() {
    impl_->stopped = impl_->stopped || !impl_->over;
    impl_->stream->abort();
    impl_->shut();
}

void WsConnection::ping_every(std::chrono::milliseconds interval) { impl_->ping_interval = interval; }

std::size_t WsConnection::queued() const noexcept { return impl_->queued(); }
const WsStats& WsConnection::stats() const noexcept { return impl_->stats; }
std::string WsConnection::peer() const { return impl_->stream->peer(); }

void WsConnection::pause_reading(bool paused) {
    impl_->paused = paused;
    impl_->wake.cancel();
}

void WsConnection::mute(bool on) { impl_->muted = on; }

} // namespace tickgate::net
