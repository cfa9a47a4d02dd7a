// Inside of WsConnection.
#pragma once

#include "core/clock.hpp"
#include "net/deadline.hpp"
#include "net/ws_codec.hpp"
#include "net/ws_connection.hpp"
#include "net/ws_mask.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tickgate::net {

// Timers and the writer hold it too, so that none of them outlives what it works on.
struct WsConnection::Impl : std::enable_shared_from_this<WsConnection::Impl> {
    Impl(std::unique_ptr<ByteStream> s, WsRole r, std::size_t max_message, std::string already_read);

    void send(WsEvent::Type type, std::string_view payload);
    void send_close(std::uint16_t code, std::string_view reason);
    void flush();
    static asio::awaitable<void> write_loop(std::shared_ptr<Impl> self);
    void write_failed(const error_code& ec);
    void arm_silence(std::chrono::milliseconds limit);
    void arm_close(std::chrono::milliseconds limit);
    void arm_ping();
    void shut();
    bool dispatch(WsHandler& handler, Moment at);
    bool control(WsHandler& handler, const WsEvent& event, Moment at);
    asio::awaitable<error_code> read_loop(WsHandler& handler);
    asio::awaitable<void> finish(bool drain);
    asio::awaitable<void> discard_rest();
    std::span<char> decoder_scratch();
    void conclude(const error_code& ec);
    std::size_t queued() const noexcept { return pending.size() + writing.size() - written; }

    std::unique_ptr<ByteStream> stream;
    WsRole role;
    asio::any_io_executor executor;
    WsDecoder decoder;
    std::string early; // bytes read together with the upgrade
    asio::steady_timer silence_timer;
    asio::steady_timer close_timer;
    asio::steady_timer ping_timer;
    std::chrono::milliseconds ping_interval{0};
    asio::awaitable<void> breathe(WsHandler& handler);
    asio::steady_timer wake;   // never expires: cancelled when the writer ends, reading resumes, or all is over
    asio::steady_timer breath; // a short pause between reads
    MaskSource masks;

    std::string pending; // not yet given to a write
    std::string writing; // under way, from `written` on
    std::size_t written = 0;
    bool write_active = false;
    bool corked = false; // within a read's messages: one write at their end
    error_code write_error;
    std::vector<char> scratch;

    bool over = false; // nothing is sent or read any more
    bool stopped = false;
    bool silent = false;
    bool paused = false;
    bool muted = false;
    bool close_sent = false;
    bool close_received = false;
    bool close_by_us = false;
    bool close_expired = false;
    WsEnd end;
    WsStats stats;
};

} // namespace tickgate::net
