#include "venue_kit/hosted_client.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "venue_kit/hash.hpp"

#include <algorithm>

namespace tickgate::venue_kit {

namespace {
constexpr std::size_t kept_text = 16'384;
constexpr std::chrono::seconds drop_limit{2};
} // namespace

HostedClient::HostedClient(HostState& host, std::uint64_t id, std::unique_ptr<net::WsConnection> ws)
    : host_(host), id_(id), ws_(std::move(ws)), peer_(ws_->peer()), opened_(now()) {
    last_flush_ = opened_.mono;
    next_ping_ = opened_.mono + host_.options.ping_interval;
    ++host_.counters.opened;
}

HostedClient::HostedClient(HostState& host, std::uint64_t id, std::unique_ptr<net::HttpStreamResponse> stream)
    : host_(host), id_(id), stream_(std::move(stream)), peer_(stream_->peer()), opened_(now()) {
    last_flush_ = opened_.mono;
    ++host_.counters.opened;
}

HostedClient::~HostedClient() { ++host_.counters.ended; }

asio::awaitable<void> HostedClient::run() {
    if (stream_) {
        co_await stream_->run();
        log::debug("venue", "client_gone", {{"client", id_}});
        co_return;
    }
    const auto end = co_await ws_->run(*this, std::chrono::milliseconds(0));
    log::debug(
        "venue", "client_gone", {{"client", id_}, {"code", end.code}, {"reason", end.reason}, {"error", end.error}});
}

std::size_t HostedClient::queued() const noexcept { return ws_ ? ws_->queued() : stream_->queued(); }

void HostedClient::tick(Moment now) {
    const auto* half_open = host_.faults.find(FaultKind::half_open);
    const bool on = half_open != nullptr && opened_.mono <= half_open->begin;
    if (on != frozen_)
        freeze(on);
    finish_drop();
    if (silent())
        return;
    if (!held_.empty() && !host_.faults.has(FaultKind::reorder))
        flush_held();
    const auto& options = host_.options;
    if (options.life.count() > 0 && now.mono - opened_.mono >= options.life)
        expire(now);
    if (ws_ && options.ping_interval.count() > 0 && !silent())
        check_pings(now);
    if (!silent())
        brain_->tick(now);
}

void HostedClient::check_pings(Moment now) {
    const auto& options = host_.options;
    if (options.pong_timeout.count() > 0 && !pings_.empty() &&
        now.mono - pings_.front().second >= options.pong_timeout) {
        ++host_.counters.unanswered;
        return drop(false);
    }
    if (now.mono < next_ping_)
        return;
    next_ping_ = std::max(next_ping_ + options.ping_interval, now.mono);
    auto payload = std::to_string(to_micros(now.wall) / 1000);
    ping(payload);
    pings_.emplace_back(std::move(payload), now.mono);
}

void HostedClient::expire(Moment now) {
    if (silent() || std::exchange(expired_, true))
        return;
    if (!brain_->expire(now))
        close(1001, {});
}

void HostedClient::flush(Moment now) {
    const auto elapsed = now.mono - last_flush_;
    last_flush_ = now.mono;
    if (out_.empty() || silent())
        return;
    if (owed() > host_.options.max_queue && !cut_off_) {
        cut_off_ = true;
        ++host_.counters.slow_clients;
        return drop(true);
    }
    std::size_t length = out_.size();
    if (const auto* slow = host_.faults.find(FaultKind::slow)) {
        const auto rate = static_cast<double>(slow->fault.value);
        allowance_ = std::min(allowance_ + rate * std::chrono::duration<double>(elapsed).count(), std::max(rate, 1.0));
        length = std::min(length, static_cast<std::size_t>(allowance_));
        allowance_ -= static_cast<double>(length);
    }
    if (const auto* split = host_.faults.find(FaultKind::split)) {
        if (queued() > 0)
            return;
        const auto most =
            split->fault.value > 0 ? static_cast<std::uint64_t>(split->fault.value) : 1 + mix(++pieces_) % 64;
        length = std::min(length, static_cast<std::size_t>(most));
    }
    if (length == 0)
        return;
    const auto piece = std::string_view(out_).substr(0, length);
    if (ws_)
        ws_->send_raw(piece);
    else
        stream_->send_raw(piece);
    out_.erase(0, length);
    // An answer to a ping must not land in the middle of a frame.
    if (ws_)
        ws_->mute(frozen_ || !out_.empty());
}

void HostedClient::encode(std::string& out, std::string_view text) const {
    if (ws_)
        net::ws_encode(out, net::WsEvent::Type::text, text, net::WsRole::server, 0);
    else if (!text.empty())
        out += net::http_chunk(text);
}

bool HostedClient::admits_data() {
    if (end_ != End::none)
        return false;
    if (frozen_ || host_.faults.has(FaultKind::stall)) {
        ++host_.counters.discarded;
        return false;
    }
    return true;
}

void HostedClient::put_data(std::string_view bytes) {
    const auto& faults = host_.faults;
    if (faults.has(FaultKind::reorder) && held_.empty()) {
        held_ = bytes;
        return;
    }
    out_.append(bytes);
    ++host_.counters.frames;
    if (faults.has(FaultKind::duplicate)) {
        out_.append(bytes);
        ++host_.counters.frames;
    }
    flush_held();
}

void HostedClient::flush_held() {
    if (held_.empty())
        return;
    out_.append(held_);
    held_.clear();
    ++host_.counters.frames;
}

void HostedClient::send_data(std::string_view text) {
    if (!admits_data())
        return;
    if (!host_.faults.any() && held_.empty()) {
        ++host_.counters.frames;
        return encode(out_, text);
    }
    scratch_.clear();
    encode(scratch_, text);
    put_data(scratch_);
}

void HostedClient::send_frame(std::string_view frame, std::string_view text) {
    if (stream_)
        return send_data(text);
    if (admits_data())
        put_data(frame);
}

void HostedClient::send_answer(std::string_view text) {
    if (!host_.faults.has(FaultKind::no_ack))
        send_control(text);
}

void HostedClient::send_heartbeat(std::string_view text) {
    const auto* stall = host_.faults.find(FaultKind::stall);
    if (!host_.faults.has(FaultKind::no_heartbeat) && (stall == nullptr || stall->fault.value == 0))
        send_control(text);
}

void HostedClient::send_control(std::string_view text) {
    if (!silent())
        encode(out_, text);
}

void HostedClient::ping(std::string_view payload) {
    if (ws_ && !silent())
        net::ws_encode(out_, net::WsEvent::Type::ping, payload, net::WsRole::server, 0);
}

void HostedClient::spoil(std::string_view kind, const std::string& text) {
    if (silent())
        return;
    if (kind == "opcode") {
        out_.append(ws_ ? std::string_view("\x83\x02{}", 4) : std::string_view("no size\r\n")); // 3 is reserved
    } else if (kind == "binary") {
        std::string bytes;
        for (int i = 0; i < 64; ++i)
            bytes.push_back(static_cast<char>(i * 37 + 128));
        if (ws_)
            net::ws_encode(out_, net::WsEvent::Type::binary, bytes, net::WsRole::server, 0);
        else
            encode(out_, bytes);
    } else {
        encode(out_, text);
    }
}

void HostedClient::close(std::uint16_t code, std::string_view reason) {
    if (end_ != End::none)
        return;
    if (!frozen_)
        flush_held();
    end_ = End::close;
    close_code_ = code;
    close_reason_ = reason;
    carry_out_end();
}

void HostedClient::drop(bool reset) {
    if (end_ == End::drop || end_ == End::reset)
        return;
    end_ = reset ? End::reset : End::drop;
    ended_ = mono_now();
    carry_out_end();
}

void HostedClient::sever(bool reset) {
    if (frozen_)
        return;
    out_.clear();
    end_ = reset ? End::reset : End::drop;
    carry_out_end();
    if (ws_ && !reset)
        ws_->stop();
    else if (!reset)
        stream_->stop();
}

// While half open the end waits: the peer is not there to bring it about.
void HostedClient::carry_out_end() {
    if (frozen_)
        return;
    if (end_ == End::reset) {
        ws_ ? ws_->abort() : stream_->abort();
    } else if (ws_) {
        ws_->send_raw(out_);
        if (end_ == End::close)
            ws_->close(close_code_, close_reason_);
        else
            finish_drop();
    } else {
        stream_->send_raw(out_);
        if (end_ == End::close)
            stream_->finish();
        else
            stream_->close();
    }
    out_.clear();
    held_.clear();
}

// What was sent before still goes out.
void HostedClient::finish_drop() {
    if (end_ == End::drop && !frozen_ && ws_ && (ws_->queued() == 0 || mono_now() - ended_ > drop_limit))
        ws_->stop();
}

void HostedClient::freeze(bool on) {
    frozen_ = on;
    if (on) {
        out_.clear();
        held_.clear();
    }
    if (ws_) {
        ws_->mute(on);
        ws_->pause_reading(on);
    } else {
        stream_->pause_writing(on);
    }
    if (!on && end_ != End::none)
        carry_out_end();
}

void HostedClient::on_message(std::string_view payload, Moment at) {
    ++host_.counters.texts;
    host_.texts.push_back({id_, at, std::string(payload.substr(0, kept_text))});
    if (host_.texts.size() > HostState::kept)
        host_.texts.pop_front();
    if (!silent())
        brain_->on_text(payload, at);
}

void HostedClient::on_ping_answered(Moment at) {
    if (!silent())
        brain_->on_ping(at);
}

void HostedClient::on_pong(std::string_view payload, Moment at) {
    if (silent())
        return;
    // An answer to a later ping answers the earlier ones.
    const auto it = std::find_if(pings_.begin(), pings_.end(), [&](const auto& ping) { return ping.first == payload; });
    if (it != pings_.end())
        pings_.erase(pings_.begin(), it + 1);
    brain_->on_pong(payload, at);
}

void HostedClient::on_read_done(Moment at) { flush(at); }

} // namespace tickgate::venue_kit
