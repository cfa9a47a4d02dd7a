// Captured frames, played to whoever has their streams.
#pragma once

#include "binance/venue/hub.hpp"

#include "venue_kit/replay_player.hpp"
#include "venue_kit/symbols.hpp"

#include <unordered_map>

namespace tickgate::binance_venue {

// Begins when enough streams are subscribed. Time stands still while the fault stall is in force: nothing of a capture
// is lost by it. Frames leave byte for byte as captured; raw connections get the value of "data".
class ReplayPlayer {
public:
    ReplayPlayer(kit::Replay replay, const VenueOptions& options);

    // Whether the capture is of USD-M (its bookTicker has an event type, its depth a `pu`).
    Kind kind() const noexcept { return kind_; }
    // The symbols of the capture, their decimals taken from its numbers.
    std::vector<kit::SyntheticSymbol> symbols() const;

    struct Audience {
        StreamHub& hub;
        std::vector<VenueSession*> everyone; // with option replay_all
        std::size_t subscribed = 0;          // streams, all sessions
        const kit::FaultBoard& faults;
    };
    // Plays what is due; flat out, up to `limit` frames. Returns how many were played.
    std::size_t advance(MonoTime now, Audience audience, std::size_t limit);
    bool flat_out() const noexcept { return player_.flat_out(); }
    bool done() const noexcept { return player_.done(); }
    bool begun() const noexcept { return player_.begun(); }
    std::size_t position() const noexcept { return player_.position(); }
    std::uint64_t played() const noexcept { return player_.played(); }
    MonoTime next_due() const noexcept { return player_.next_due(); }

    // The newest frame of a stream played so far; before its first one, that one. Null if the capture has none.
    const kit::ReplayFrame* latest(const std::string& stream) const;
    // All frames of a stream played so far.
    std::vector<const kit::ReplayFrame*> played_of(const std::string& stream) const;

private:
    struct Encoded {
        std::string combined, raw; // whole WebSocket frames
    };
    void play(std::size_t index, const Audience& audience);

    kit::ReplayPlayer player_;
    const VenueOptions& options_;
    const std::vector<kit::ReplayFrame>& frames_;
    std::vector<Encoded> encoded_;
    std::unordered_map<std::string, std::vector<std::size_t>> streams_;
    Kind kind_ = Kind::spot;
};

} // namespace tickgate::binance_venue
