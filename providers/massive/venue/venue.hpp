// The whole simulated venue without I/O: the markets of all clusters, sessions, REST.
#pragma once

#include "massive/venue/files.hpp"
#include "massive/venue/rest.hpp"
#include "massive/venue/session.hpp"
#include "venue_kit/replay_player.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive_venue {

// One loop. Clusters without symbols or outside the plan have no market events but answer all the same.
class MassiveVenue final : public kit::VenueBrain, SessionHost {
public:
    // `faults` must outlive it (a VenueHost's).
    MassiveVenue(
        MassiveOptions options, const kit::FaultBoard& faults, std::optional<kit::Replay> replay, Moment start);
    ~MassiveVenue() override;

    kit::Admission request(const net::HttpRequest& request, bool upgrade, Moment now) override;
    std::unique_ptr<kit::VenueClient> open(const net::HttpRequest& request, kit::ClientPort& port, Moment now) override;
    void advance(Moment now) override;
    MonoTime next_due(Moment now) const override;
    bool burst(std::size_t count, Moment now) override;
    bool flat_out() const override;
    void carry_out(const kit::Fault& fault, Moment now) override;
    std::string garbage(std::string_view kind) const override;
    std::string refusal_body(int status) const override;
    std::string state_json(Moment now) const override;

    ClusterMarket& market(Cluster cluster) noexcept { return *markets_[static_cast<std::size_t>(cluster)]; }
    std::size_t sessions() const noexcept { return sessions_.size(); }
    std::size_t pairs() const noexcept; // of all sessions
    std::uint64_t evictions() const noexcept { return evictions_; }

private:
    const MassiveOptions& options() const noexcept override { return options_; }
    const kit::FaultBoard& faults() const noexcept override { return faults_; }
    Hub& hub(Cluster cluster) noexcept override { return market(cluster).hub(); }
    bool accepts(std::string_view key) const noexcept override;
    void authorised(MassiveSession& session, Moment now) override;
    void gone(MassiveSession& session) noexcept override { std::erase(sessions_, &session); }

    UnixNanos market_time(Moment now) const noexcept;
    kit::Admission download(const net::HttpRequest& request, Moment now);
    void play(std::size_t limit, Moment now);
    void play_frame(std::string_view text);
    void play_event(std::string_view object, std::string_view path);
    void flush(MonoTime now);
    void error_text(MassiveSession& session, std::string_view name);

    MassiveOptions options_;
    const kit::FaultBoard& faults_;
    std::vector<std::unique_ptr<ClusterMarket>> markets_;
    std::unique_ptr<kit::ReplayPlayer> replay_;
    std::vector<MassiveSession*> sessions_; // oldest first
    std::optional<MonoTime> shutdown_;      // by fault server_shutdown
    std::uint64_t evictions_ = 0;
    RestDoor rest_;
    FileDoor files_;
    std::string cut_; // what a download brings that is to break
};

} // namespace tickgate::massive_venue
