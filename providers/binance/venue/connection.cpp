#include "binance/venue/connection.hpp"

#include "core/clock.hpp"
#include "venue_kit/hash.hpp"

#include <algorithm>

namespace tickgate::binance_venue {

using kit::FaultKind;

ClientConnection::ClientConnection(VenueEngine& engine, std::unique_ptr<net::WsConnection> ws, ConnectRequest request)
    : engine_(engine),
      ws_(std::move(ws)),
      last_flush_(mono_now()),
      session_(&engine_.open(std::move(request), ws_->peer(), *this, now())) {}

ClientConnection::~ClientConnection() { engine_.ended(*session_); }

void ClientConnection::flush(Moment now) {
    const auto elapsed = now.mono - last_flush_;
    last_flush_ = now.mono;
    if (out_.empty() || frozen_)
        return;
    if (owed() > engine_.options().max_queue && !cut_off_) {
        cut_off_ = true;
        ++engine_.counters().slow_clients;
        return session_->drop(true);
    }
    const auto& faults = engine_.faults();
    std::size_t length = out_.size();
    if (const auto* slow = faults.find(FaultKind::slow)) {
        const auto rate = static_cast<double>(slow->fault.value);
        allowance_ = std::min(allowance_ + rate * std::chrono::duration<double>(elapsed).count(), rate);
        length = std::min(length, static_cast<std::size_t>(allowance_));
        allowance_ -= static_cast<double>(length);
    }
    if (const auto* split = faults.find(FaultKind::split)) {
        if (ws_->queued() > 0)
            return;
        const auto most =
            split->fault.value > 0 ? static_cast<std::uint64_t>(split->fault.value) : 1 + kit::mix(++pieces_) % 64;
        length = std::min(length, static_cast<std::size_t>(most));
    }
    if (length == 0)
        return;
    ws_->send_raw(std::string_view(out_).substr(0, length));
    out_.erase(0, length);
    // An answer to a ping must not land in the middle of a frame.
    ws_->mute(frozen_ || !out_.empty());
}

void ClientConnection::send_text(std::string_view text) {
    net::ws_encode(out_, net::WsEvent::Type::text, text, net::WsRole::server, 0);
}

void ClientConnection::send_frame(std::string_view frame, std::string_view) { out_.append(frame); }

void ClientConnection::send_ping(std::string_view payload) {
    net::ws_encode(out_, net::WsEvent::Type::ping, payload, net::WsRole::server, 0);
}

void ClientConnection::send_bytes(std::string_view bytes) { out_.append(bytes); }

void ClientConnection::close(std::uint16_t code, std::string_view reason) {
    ws_->send_raw(out_);
    out_.clear();
    ws_->close(code, reason);
}

void ClientConnection::drop(bool reset) {
    out_.clear();
    if (reset)
        ws_->abort();
    else
        ws_->stop();
}

void ClientConnection::freeze(bool on) {
    frozen_ = on;
    if (on)
        out_.clear();
    ws_->mute(on);
    ws_->pause_reading(on);
}

void ClientConnection::on_message(std::string_view payload, Moment at) { session_->on_text(payload, at); }
void ClientConnection::on_ping_answered(Moment at) { session_->on_ping(at); }
void ClientConnection::on_pong(std::string_view payload, Moment at) { session_->on_pong(payload, at); }
void ClientConnection::on_read_done(Moment at) { flush(at); }

} // namespace tickgate::binance_venue
