#include "binance/venue/engine.hpp"

#include "net/ws_codec.hpp"
#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tickgate::binance_venue {

using namespace std::chrono_literals;
using kit::FaultKind;

namespace {

constexpr auto session_tick = 20ms;
constexpr std::size_t kept_messages = 10'000;

std::vector<kit::SyntheticSymbol> symbols_of(const VenueOptions& options) {
    if (options.symbols.empty())
        return kit::crypto_symbols(options.symbol_count);
    std::vector<kit::SyntheticSymbol> out;
    for (const auto& name : options.symbols)
        out.push_back(kit::crypto_symbol(kit::to_upper(name)));
    return out;
}

} // namespace

VenueEngine::VenueEngine(VenueOptions options, std::optional<kit::Replay> replay, Moment start)
    : options_(std::move(options)) {
    if (replay)
        replay_ = std::make_unique<ReplayPlayer>(std::move(*replay), options_);
    const auto side_for = [&](Kind kind) {
        const bool synthetic = !replay_ || replay_->kind() != kind;
        return std::make_unique<MarketSide>(
            kind, options_, faults_, synthetic ? symbols_of(options_) : replay_->symbols(), synthetic, start);
    };
    // A kind that is off has a market too, of no events: nothing needs to ask whether it is there.
    spot_ = side_for(Kind::spot);
    usdm_ = side_for(Kind::usdm);
    if (options_.spot)
        spot_->prefill();
    if (options_.usdm)
        usdm_->prefill();
    for (const auto& fault : options_.faults)
        faults_.add(fault, start.mono);
}

VenueEngine::~VenueEngine() = default;

StreamHub& VenueEngine::hub_of(const VenueSession& session) noexcept { return side(kind_of(session.route()))->hub(); }

void VenueEngine::subscribed(VenueSession& session, const std::string& name) {
    hub_of(session).add(session, name);
    ++subscribed_;
}

void VenueEngine::unsubscribed(VenueSession& session, const std::string& name) {
    hub_of(session).remove(session, name);
    --subscribed_;
}

void VenueEngine::received(VenueSession& session, std::string_view text, Moment now) {
    ++counters_.messages;
    messages_.push_back({session.id(), now, std::string(text.substr(0, 16384))});
    if (messages_.size() > kept_messages)
        messages_.pop_front();
}

VenueEngine::Admission VenueEngine::admit(
    std::string_view path, std::string_view query, const std::string& address, Moment now) {
    Admission out;
    auto& window = attempts_.try_emplace(address, 5min).first->second;
    const auto allowed = static_cast<std::int64_t>(options_.limits.connections_per_5min);
    if (const auto* hit = faults_.find(FaultKind::http_status, path)) {
        out.status = static_cast<int>(hit->fault.value);
        out.retry_after_s = hit->fault.retry_after_s;
        faults_.use_http_status();
    } else if (window.add(now.mono) > allowed) {
        out.status = 429;
        const auto wait = window.until_below(now.mono, allowed - 1);
        out.retry_after_s = std::chrono::ceil<std::chrono::seconds>(wait).count();
        ++counters_.refused;
    } else if (auto request = parse_connect(options_, path, query, out.status)) {
        out.request = std::move(*request);
    }
    if (out.status != 101)
        ++counters_.rejected;
    return out;
}

VenueSession& VenueEngine::open(ConnectRequest request, std::string peer, ClientPort& port, Moment now) {
    ++counters_.opened;
    auto session = std::make_unique<VenueSession>(next_id_++, std::move(request), std::move(peer), *this, port, now);
    sessions_.push_back({std::move(session), &port});
    return *sessions_.back().session;
}

void VenueEngine::ended(VenueSession& session) {
    const auto it = std::find_if(
        sessions_.begin(), sessions_.end(), [&](const Entry& entry) { return entry.session.get() == &session; });
    assert(it != sessions_.end());
    ++counters_.ended;
    counters_.frames += session.stats().frames;
    counters_.discarded += session.stats().discarded;
    counters_.too_many_requests += session.stats().too_many_requests;
    const auto keep = std::move(it->session); // its destructor still talks to us
    sessions_.erase(it);
}

void VenueEngine::advance(Moment now) {
    const auto once = faults_.advance(now.mono);
    const bool tick = now.mono >= next_tick_;
    // Connections that are half open from now on must not get what follows.
    if (tick || faults_.has(FaultKind::half_open)) {
        next_tick_ = now.mono + session_tick;
        for (auto& entry : sessions_)
            entry.session->tick(now);
    }
    for (const auto& fault : once)
        carry_out(fault, now);
    if (options_.spot)
        spot_->advance(now);
    if (options_.usdm)
        usdm_->advance(now);
    if (replay_ && !replay_->flat_out())
        replay_->advance(now.mono, audience(), SIZE_MAX);
}

ReplayPlayer::Audience VenueEngine::audience() {
    ReplayPlayer::Audience out{side(replay_->kind())->hub(), {}, subscribed_, faults_};
    if (options_.replay_all)
        for (auto& entry : sessions_)
            out.everyone.push_back(entry.session.get());
    return out;
}

bool VenueEngine::flat_out() const noexcept {
    return replay_ ? replay_->flat_out() && !replay_->done() : options_.flat_out;
}

bool VenueEngine::burst(std::size_t count, Moment now) {
    if (sessions_.empty() || subscribed_ == 0)
        return false;
    if (replay_)
        return replay_->flat_out() && replay_->advance(now.mono, audience(), count) > 0;
    if (!options_.flat_out || faults_.has(FaultKind::stall))
        return false;
    const auto listened = [&](Kind kind) {
        return std::any_of(sessions_.begin(), sessions_.end(),
            [&](const Entry& entry) { return kind_of(entry.session->route()) == kind; });
    };
    for (const auto kind : {Kind::spot, Kind::usdm})
        if (listened(kind))
            side(kind)->burst(count, now);
    return true;
}

MonoTime VenueEngine::next_due(Moment now) const noexcept {
    auto next = now.mono + session_tick;
    if (!sessions_.empty()) {
        if (options_.spot)
            next = std::min(next, spot_->next_due(now));
        if (options_.usdm)
            next = std::min(next, usdm_->next_due(now));
        if (replay_ && !replay_->flat_out())
            next = std::min(next, replay_->next_due());
    }
    return next;
}

void VenueEngine::fault(kit::Fault fault, Moment now) {
    faults_.add(std::move(fault), now.mono);
    advance(now);
}

void VenueEngine::clear_faults(std::optional<FaultKind> kind) { faults_.clear(kind); }

void VenueEngine::carry_out(const kit::Fault& fault, Moment now) {
    const auto for_symbol = [&](StreamSlot& slot) {
        if (fault.symbol.empty() || slot.parsed.symbol == fault.symbol)
            slot.gap += fault.value;
    };
    if (fault.kind == FaultKind::hole) {
        std::string problem;
        if (const auto hole = kit::parse_hole(fault.text, problem))
            for (auto* side : {spot_.get(), usdm_.get()})
                side->market().add_hole(*hole);
        return;
    }
    if (fault.kind == FaultKind::gap) {
        spot_->hub().each(for_symbol);
        usdm_->hub().each(for_symbol);
        return;
    }
    const auto bytes = fault.kind == FaultKind::garbage ? garbage(fault.text) : std::string();
    for (auto& entry : sessions_) {
        auto& session = *entry.session;
        if (session.frozen())
            continue;
        switch (fault.kind) {
        case FaultKind::drop:
        case FaultKind::reset:
            session.drop(fault.kind == FaultKind::reset);
            break;
        case FaultKind::garbage:
            entry.port->send_bytes(bytes);
            break;
        case FaultKind::cut_24h:
            session.cut(1001, {});
            break;
        case FaultKind::server_shutdown:
            session.announce_shutdown(now, now.mono + std::chrono::milliseconds(fault.value));
            break;
        default:
            break;
        }
    }
}

std::string VenueEngine::garbage(std::string_view kind) {
    using Type = net::WsEvent::Type;
    std::string out, text;
    if (kind == "binary") {
        for (int i = 0; i < 64; ++i)
            text.push_back(static_cast<char>(i * 37 + 128));
        net::ws_encode(out, Type::binary, text, net::WsRole::server, 0);
    } else if (kind == "huge") {
        text = R"({"stream":"btcusdt@bookTicker","data":{"u":1,"s":")" + std::string(4u << 20, 'X') + R"("}})";
        net::ws_encode(out, Type::text, text, net::WsRole::server, 0);
    } else if (kind == "opcode") {
        out.append("\x83\x02{}", 4); // 3 is a reserved opcode
    } else if (kind == "truncated") {
        text = R"({"stream":"btcusdt@bookTicker","data":{"u":4008,"s":"BTCUSDT","b":"964)";
        net::ws_encode(out, Type::text, text, net::WsRole::server, 0);
    } else if (kind == "types") {
        text =
            R"({"stream":"btcusdt@bookTicker","data":{"u":"not a number","s":17,"b":[],"B":null,"a":{"x":1},"A":true}})";
        net::ws_encode(out, Type::text, text, net::WsRole::server, 0);
    } else {
        text = "{\"stream\":]}\x01 garbage";
        net::ws_encode(out, Type::text, text, net::WsRole::server, 0);
    }
    return out;
}

std::string VenueEngine::state_json(Moment now) const {
    auto frames = counters_.frames, discarded = counters_.discarded;
    for (const auto& entry : sessions_) {
        frames += entry.session->stats().frames;
        discarded += entry.session->stats().discarded;
    }
    return fmt::format(R"({{"faults":{},"connections":{},"streams":{},"opened":{},"ended":{},"refused":{},)"
                       R"("rejected":{},"messages":{},"rest_requests":{},"slow_clients":{},"frames":{},"discarded":{},)"
                       R"("too_many_requests":{},"replay_position":{},"replay_done":{}}})",
        faults_.state_json(now.mono), sessions_.size(), subscribed_, counters_.opened, counters_.ended,
        counters_.refused, counters_.rejected, counters_.messages, counters_.rest_requests, counters_.slow_clients,
        frames, discarded, counters_.too_many_requests, replay_ ? replay_->position() : 0,
        replay_ != nullptr && replay_->done());
}

} // namespace tickgate::binance_venue
