#include "binance/venue/replay_player.hpp"

#include "net/ws_codec.hpp"
#include "venue_kit/text.hpp"

#include <algorithm>
#include <map>

namespace tickgate::binance_venue {

namespace {

std::string encoded(std::string_view text) {
    std::string out;
    net::ws_encode(out, net::WsEvent::Type::text, text, net::WsRole::server, 0);
    return out;
}

// Fraction digits that matter: `0.35210000` has 4.
int decimals_of(std::string_view number) noexcept {
    const auto point = number.find('.');
    if (point == std::string_view::npos)
        return 0;
    const auto last = number.find_last_not_of('0');
    return static_cast<int>(last == std::string_view::npos || last < point ? 0 : last - point);
}

std::int64_t in_ticks(std::string_view number, int decimals) noexcept {
    std::int64_t value = 0;
    int seen = -1; // fraction digits taken
    for (const char c : number) {
        if (c == '.') {
            seen = 0;
            continue;
        }
        if (seen >= decimals)
            break;
        value = value * 10 + (c - '0');
        if (seen >= 0)
            ++seen;
    }
    for (seen = std::max(seen, 0); seen < decimals; ++seen)
        value *= 10;
    return value;
}

} // namespace

ReplayPlayer::ReplayPlayer(kit::Replay replay, const VenueOptions& options)
    : player_(std::move(replay), {options.replay_speed, options.replay_loop, options.replay_hold}),
      options_(options),
      frames_(player_.frames()) {
    encoded_.reserve(frames_.size());
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        const auto& frame = frames_[i];
        encoded_.push_back({encoded(frame.text), encoded(frame.data)});
        streams_[std::string(frame.stream)].push_back(i);
        if (frame.data.starts_with(R"({"e":"bookTicker")") || frame.data.find(R"("pu":)") != std::string_view::npos)
            kind_ = Kind::usdm;
    }
    if (options.spot != options.usdm)
        kind_ = options.usdm ? Kind::usdm : Kind::spot;
}

std::vector<kit::SyntheticSymbol> ReplayPlayer::symbols() const {
    std::map<std::string, kit::SyntheticSymbol> found;
    std::map<std::string, std::string_view> prices;
    for (const auto& frame : frames_) {
        const auto name = std::string(kit::json_field(frame.data, "s"));
        if (name.empty())
            continue;
        auto& symbol = found[name];
        if (symbol.base.empty()) {
            symbol = kit::crypto_symbol(name);
            symbol.price_decimals = symbol.size_decimals = 0;
        }
        const bool book = frame.stream.ends_with("@bookTicker");
        for (const auto key : book ? std::array{"b", "a"} : std::array{"p", "c"}) {
            const auto value = kit::json_field(frame.data, key);
            if (value.empty() || value.front() == '[')
                continue;
            symbol.price_decimals = std::max(symbol.price_decimals, decimals_of(value));
            prices[name] = value;
        }
        for (const auto key : book ? std::array{"B", "A"} : std::array{"q", "v"}) {
            // A turnover (`q` of a kline) has more digits than a size.
            const auto value = kit::json_field(frame.data, key);
            if (!value.empty() && frame.stream.find("@kline") == std::string_view::npos)
                symbol.size_decimals = std::max(symbol.size_decimals, decimals_of(value));
        }
    }
    std::vector<kit::SyntheticSymbol> out;
    for (auto& [name, symbol] : found) {
        symbol.base_price = std::max<std::int64_t>(in_ticks(prices[name], symbol.price_decimals), 1);
        symbol.typical_lots = 100;
        out.push_back(std::move(symbol));
    }
    return out;
}

std::size_t ReplayPlayer::advance(MonoTime now, Audience audience, std::size_t limit) {
    return player_.advance(now, audience.subscribed, audience.faults.has(kit::FaultKind::stall), limit,
        [&](const kit::ReplayFrame&, std::size_t index) { play(index, audience); });
}

void ReplayPlayer::play(std::size_t index, const Audience& audience) {
    const auto& frame = frames_[index];
    const auto& bytes = encoded_[index];
    const auto deliver = [&](VenueSession& session) {
        if (session.combined())
            session.deliver(
                bytes.combined, std::string_view(bytes.combined).substr(bytes.combined.size() - frame.text.size()));
        else
            session.deliver(bytes.raw, std::string_view(bytes.raw).substr(bytes.raw.size() - frame.data.size()));
    };
    if (options_.replay_all) {
        for (auto* session : audience.everyone)
            deliver(*session);
        return;
    }
    auto* slot = audience.hub.find(frame.stream);
    if (slot == nullptr || StreamHub::skips(*slot, audience.faults))
        return;
    for (auto* session : slot->sessions)
        deliver(*session);
}

const kit::ReplayFrame* ReplayPlayer::latest(const std::string& stream) const {
    const auto it = streams_.find(stream);
    if (it == streams_.end())
        return nullptr;
    const auto next = std::lower_bound(it->second.begin(), it->second.end(), position());
    return &frames_[next == it->second.begin() ? *next : *std::prev(next)];
}

std::vector<const kit::ReplayFrame*> ReplayPlayer::played_of(const std::string& stream) const {
    std::vector<const kit::ReplayFrame*> out;
    if (const auto it = streams_.find(stream); it != streams_.end())
        for (const auto index : it->second)
            if (index < position())
                out.push_back(&frames_[index]);
    return out;
}

} // namespace tickgate::binance_venue
