// One client connection of the simulated venue: its protocol brain, without I/O.
#pragma once

#include "binance/venue/limits.hpp"
#include "binance/venue/streams.hpp"

#include <tickgate/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::binance_venue {

// Where a session's output goes. Calls never end the session at once: its owner is told later.
class ClientPort {
public:
    virtual ~ClientPort() = default;
    virtual void send_text(std::string_view text) = 0; // not yet framed
    // A whole WebSocket frame (server side, unmasked); `text` is the payload within it.
    virtual void send_frame(std::string_view frame, std::string_view text) = 0;
    virtual void send_ping(std::string_view payload) = 0;
    virtual void close(std::uint16_t code, std::string_view reason) = 0; // after what was sent before
    virtual void drop(bool reset) = 0;                                   // without a close frame, by FIN or RST
    virtual void freeze(bool on) = 0;                                    // half open: neither reads nor answers
    virtual void send_bytes(std::string_view bytes) = 0;                 // unframed, for garbage
};

class VenueSession;

// What a session needs of the venue.
class SessionHost {
public:
    virtual ~SessionHost() = default;
    virtual const VenueOptions& options() const noexcept = 0;
    virtual const kit::FaultBoard& faults() const noexcept = 0;
    virtual void subscribed(VenueSession& session, const std::string& name) = 0;
    virtual void unsubscribed(VenueSession& session, const std::string& name) = 0;
    virtual void received(VenueSession& session, std::string_view text, Moment now) = 0;
};

struct SessionStats {
    std::uint64_t frames = 0, discarded = 0, messages = 0, pings = 0, too_many_requests = 0;
};

// Lives from the upgrade to the end of the connection. Needs tick() a few times a second.
class VenueSession {
public:
    VenueSession(
        std::uint64_t id, ConnectRequest request, std::string peer, SessionHost& host, ClientPort& port, Moment now);
    ~VenueSession();
    VenueSession(const VenueSession&) = delete;
    VenueSession& operator=(const VenueSession&) = delete;

    void on_text(std::string_view text, Moment now);
    void on_ping(Moment now); // the pong is the connection's business
    void on_pong(std::string_view payload, Moment now);
    void tick(Moment now);

    // A data frame of a stream this session has. Subject to the faults in force.
    void deliver(std::string_view frame, std::string_view text);
    // serverShutdown, then close at `until`.
    void announce_shutdown(Moment now, MonoTime until);
    void cut(std::uint16_t code, std::string_view reason);
    void drop(bool reset);

    std::uint64_t id() const noexcept { return id_; }
    Route route() const noexcept { return request_.route; }
    bool combined() const noexcept { return request_.combined; }
    bool micros() const noexcept { return request_.micros; }
    const std::string& peer() const noexcept { return peer_; }
    Moment opened() const noexcept { return opened_; }
    bool closing() const noexcept { return closing_; }
    bool frozen() const noexcept { return frozen_; }
    const std::vector<std::string>& streams() const noexcept { return request_.streams; }
    const SessionStats& stats() const noexcept { return stats_; }

private:
    bool count_message(Moment now);
    void answer(std::string_view text);
    void answer_error(int code, std::string_view message, std::string_view id_json);
    void subscribe(std::vector<std::string> names, std::string_view id_json);
    void unsubscribe(const std::vector<std::string>& names);
    void send(std::string_view frame, std::string_view text);
    void flush_held();

    std::uint64_t id_;
    ConnectRequest request_;
    std::string peer_;
    SessionHost& host_;
    ClientPort& port_;
    Moment opened_;
    RollingWindow incoming_{std::chrono::seconds(1)};
    std::vector<std::pair<std::string, MonoTime>> pings_; // unanswered
    MonoTime next_ping_;
    MonoTime close_at_ = MonoTime::max(); // after serverShutdown
    std::string held_;                    // by fault reorder
    std::size_t held_text_at_ = 0;
    bool mute_ = false; // after a frame that was too long
    bool closing_ = false;
    bool frozen_ = false;
    SessionStats stats_;
};

} // namespace tickgate::binance_venue
