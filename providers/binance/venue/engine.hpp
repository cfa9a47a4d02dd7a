// The whole simulated venue without I/O: markets, sessions, faults. Driven by advance(now).
#pragma once

#include "binance/venue/market_side.hpp"
#include "binance/venue/replay_player.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

namespace tickgate::binance_venue {

// What a client sent, for tests.
struct ClientMessage {
    std::uint64_t session = 0;
    Moment at{};
    std::string text;
};

struct VenueCounters {
    std::uint64_t opened = 0, ended = 0;
    std::uint64_t refused = 0;  // by the limit of connection attempts
    std::uint64_t rejected = 0; // upgrades answered with another status
    std::uint64_t messages = 0; // text messages of clients
    std::uint64_t too_many_requests = 0;
    std::uint64_t rest_requests = 0;
    std::uint64_t slow_clients = 0;
    std::uint64_t frames = 0;    // data frames given to sessions that have ended
    std::uint64_t discarded = 0; // by stall and half_open, of ended sessions
};

// One loop. The ports must outlive their sessions.
class VenueEngine final : public SessionHost {
public:
    VenueEngine(VenueOptions options, std::optional<kit::Replay> replay, Moment start);
    ~VenueEngine() override;

    // Status of an upgrade: 101 with `request` set, or what to answer; `retry_after_s` is 0 for no such header.
    struct Admission {
        int status = 101;
        std::int64_t retry_after_s = 0;
        ConnectRequest request;
    };
    Admission admit(std::string_view path, std::string_view query, const std::string& address, Moment now);
    VenueSession& open(ConnectRequest request, std::string peer, ClientPort& port, Moment now);
    void ended(VenueSession& session); // destroys it

    void advance(Moment now);
    // Flat out: makes up to `count` further frames or events. False if there is nothing to make or nobody to get it.
    bool burst(std::size_t count, Moment now);
    bool flat_out() const noexcept;
    // When advance() is needed next; at most 20 ms away.
    MonoTime next_due(Moment now) const noexcept;

    void fault(kit::Fault fault, Moment now);
    void clear_faults(std::optional<kit::FaultKind> kind);
    std::string state_json(Moment now) const;
    // Garbage of this kind, as bytes to send.
    static std::string garbage(std::string_view kind);

    const VenueOptions& options() const noexcept override { return options_; }
    const kit::FaultBoard& faults() const noexcept override { return faults_; }
    kit::FaultBoard& faults() noexcept { return faults_; }
    MarketSide* side(Kind kind) noexcept { return kind == Kind::spot ? spot_.get() : usdm_.get(); }
    ReplayPlayer* replay() noexcept { return replay_.get(); }
    // The player if it fills this kind's streams.
    ReplayPlayer* replay_of(Kind kind) noexcept { return replay_ && replay_->kind() == kind ? replay_.get() : nullptr; }
    VenueCounters& counters() noexcept { return counters_; }
    std::size_t sessions() const noexcept { return sessions_.size(); }
    std::size_t subscribed_streams() const noexcept { return subscribed_; }
    const std::deque<ClientMessage>& messages() const noexcept { return messages_; } // the newest 10,000

private:
    void subscribed(VenueSession& session, const std::string& name) override;
    void unsubscribed(VenueSession& session, const std::string& name) override;
    void received(VenueSession& session, std::string_view text, Moment now) override;
    void carry_out(const kit::Fault& fault, Moment now);
    ReplayPlayer::Audience audience();
    StreamHub& hub_of(const VenueSession& session) noexcept;

    VenueOptions options_;
    kit::FaultBoard faults_;
    std::unique_ptr<ReplayPlayer> replay_;
    std::unique_ptr<MarketSide> spot_, usdm_;
    struct Entry {
        std::unique_ptr<VenueSession> session;
        ClientPort* port;
    };
    std::vector<Entry> sessions_;
    std::unordered_map<std::string, RollingWindow> attempts_;
    std::deque<ClientMessage> messages_;
    VenueCounters counters_;
    std::uint64_t next_id_ = 1;
    std::size_t subscribed_ = 0;
    MonoTime next_tick_{};
};

} // namespace tickgate::binance_venue
