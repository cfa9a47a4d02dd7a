// Captured frames, played to whoever has their streams.
#pragma once

#include "binance/venue/hub.hpp"

#include "venue_kit/replay.hpp"
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
    bool flat_out() const noexcept { return options_.replay_speed <= 0; }
    bool done() const noexcept { return position_ == frames_.size() && !options_.replay_loop; }
    bool begun() const noexcept { return begun_; }
    std::size_t position() const noexcept { return position_; }
    std::uint64_t played() const noexcept { return played_; }
    MonoTime next_due() const noexcept;

    // The newest frame of a stream played so far; before its first one, that one. Null if the capture has none.
    const kit::ReplayFrame* latest(const std::string& stream) const;
    // All frames of a stream played so far.
    std::vector<const kit::ReplayFrame*> played_of(const std::string& stream) const;

private:
    struct Encoded {
        std::string combined, raw; // whole WebSocket frames
    };
    void play(std::size_t index, const Audience& audience);
    MonoTime due(std::size_t index) const noexcept;

    kit::Replay replay_;
    const VenueOptions& options_;
    const std::vector<kit::ReplayFrame>& frames_;
    std::vector<Encoded> encoded_;
    std::unordered_map<std::string, std::vector<std::size_t>> streams_;
    Kind kind_ = Kind::spot;
    bool begun_ = false;
    MonoTime start_{}, last_{};
    std::size_t position_ = 0;
    std::uint64_t played_ = 0;
};

} // namespace tickgate::binance_venue
