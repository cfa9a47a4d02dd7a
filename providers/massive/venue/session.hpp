// One client connection of the simulated venue: its protocol brain, without I/O.
#pragma once

#include "massive/venue/cluster_market.hpp"
#include "venue_kit/client.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace tickgate::massive_venue {

class MassiveSession;

// What a session needs of the venue.
class SessionHost {
public:
    virtual ~SessionHost() = default;
    virtual const MassiveOptions& options() const noexcept = 0;
    virtual const kit::FaultBoard& faults() const noexcept = 0;
    virtual Hub& hub(Cluster cluster) noexcept = 0;
    virtual bool accepts(std::string_view key) const noexcept = 0;
    virtual void authorised(MassiveSession& session, Moment now) = 0; // may evict others
    virtual void gone(MassiveSession& session) noexcept = 0;
};

class MassiveSession final : public kit::VenueClient {
public:
    MassiveSession(SessionHost& host, Door door, kit::ClientPort& port, Moment now);
    ~MassiveSession() override;
    MassiveSession(const MassiveSession&) = delete;
    MassiveSession& operator=(const MassiveSession&) = delete;

    void on_text(std::string_view text, Moment now) override;
    void tick(Moment now) override;

    void event(std::string_view object); // one event, for the next frame
    void flush(MonoTime now);            // frames of what has come; acknowledgements wait a little for data
    MonoTime flush_due() const noexcept; // max() if nothing waits
    // Says it at once, and ends the connection as the venue does: `closing` with a close frame 1008, else without one.
    enum class End { stay, closing, dropping };
    void say(std::string_view status, std::string_view message, End end);

    void end(); // without a close frame, after what was sent

    Door door() const noexcept { return door_; }
    bool authorised() const noexcept { return authorised_; }
    Moment opened() const noexcept { return port_.opened(); }
    bool ended() const noexcept { return port_.closing(); }
    bool has_all(Channel channel) const noexcept { return all_[static_cast<std::size_t>(channel)]; }
    std::size_t pairs() const noexcept { return pairs_.size(); }

private:
    struct Pair {
        Channel channel;
        std::string text; // as sent: `C.EUR-USD`
        std::string name; // normalised; `*`
    };

    void authorise(std::string_view key, Moment now);
    void subscribe(std::string_view params, Moment now);
    void unsubscribe(std::string_view params, Moment now);
    std::vector<Pair> pairs_of(std::string_view params, bool& refused) const;
    bool entitled(Channel channel, std::string_view name) const noexcept;
    void answer(std::string_view status, std::string_view message, Moment now);
    void hold(const Pair& pair);
    void release(const Pair& pair) noexcept;

    SessionHost& host_;
    Door door_;
    kit::ClientPort& port_;
    bool authorised_ = false;
    std::map<std::string, Pair, std::less<>> pairs_;              // by text
    std::map<std::pair<Channel, std::string>, std::size_t> held_; // spellings of each
    std::array<bool, channel_count> all_{};
    std::string answers_, events_; // objects with commas
    MonoTime answers_since_{};
};

} // namespace tickgate::massive_venue
