// One client of a simulated venue on a real socket.
#pragma once

#include "net/http_stream_response.hpp"
#include "venue_kit/host.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tickgate::venue_kit {

// What the clients of a host share.
struct HostState {
    HostOptions options;
    FaultBoard faults;
    HostCounters counters;
    std::deque<ReceivedText> texts;
    std::deque<ReceivedRequest> requests;
    static constexpr std::size_t kept = 10'000;
};

// Collects what the venue sends and hands it over in whole batches, or in the pieces that faults ask for. While pieces
// wait, pings of the client are not answered.
class HostedClient final : public ClientPort, public net::WsHandler {
public:
    HostedClient(HostState& host, std::uint64_t id, std::unique_ptr<net::WsConnection> ws);
    HostedClient(HostState& host, std::uint64_t id, std::unique_ptr<net::HttpStreamResponse> stream);
    ~HostedClient() override;

    void attach(std::unique_ptr<VenueClient> brain) { brain_ = std::move(brain); }
    asio::awaitable<void> run(); // to the end of the connection

    void tick(Moment now); // half open or not, life, pings, what reorder held back
    void flush(Moment now);
    void expire(Moment now);
    void spoil(std::string_view kind, const std::string& text); // fault garbage
    void sever(bool reset);                                     // faults drop and reset: at once
    bool frozen() const noexcept { return frozen_; }
    // Bytes the client has not taken yet.
    std::size_t owed() const noexcept { return out_.size() + queued(); }
    bool throttled() const noexcept { return !out_.empty(); }

    void send_data(std::string_view text) override;
    void send_answer(std::string_view text) override;
    void send_heartbeat(std::string_view text) override;
    void send_control(std::string_view text) override;
    void send_frame(std::string_view frame, std::string_view text) override;
    void ping(std::string_view payload) override;
    void close(std::uint16_t code, std::string_view reason) override;
    void drop(bool reset) override;
    const std::string& peer() const noexcept override { return peer_; }
    std::uint64_t id() const noexcept override { return id_; }
    Moment opened() const noexcept override { return opened_; }
    bool closing() const noexcept override { return end_ != End::none; }

private:
    enum class End : std::uint8_t { none, close, drop, reset };

    void on_message(std::string_view payload, Moment at) override;
    void on_ping_answered(Moment at) override;
    void on_pong(std::string_view payload, Moment at) override;
    void on_read_done(Moment at) override;

    std::size_t queued() const noexcept;
    bool silent() const noexcept { return frozen_ || end_ != End::none; }
    void freeze(bool on);
    void encode(std::string& out, std::string_view text) const;
    bool admits_data(); // counts and leaves out, by stall and half_open
    void put_data(std::string_view bytes);
    void flush_held();
    void carry_out_end();
    void finish_drop();
    void check_pings(Moment now);

    HostState& host_;
    std::uint64_t id_;
    std::unique_ptr<net::WsConnection> ws_; // one of the two
    std::unique_ptr<net::HttpStreamResponse> stream_;
    std::string peer_;
    Moment opened_;
    std::string out_, scratch_, held_; // held: by fault reorder
    MonoTime last_flush_{}, next_ping_{}, ended_{};
    std::vector<std::pair<std::string, MonoTime>> pings_; // unanswered
    double allowance_ = 0;                                // bytes, by fault slow
    std::uint64_t pieces_ = 0;
    bool frozen_ = false;
    bool cut_off_ = false;
    bool expired_ = false;
    End end_ = End::none;
    std::uint16_t close_code_ = 0;
    std::string close_reason_;
    std::unique_ptr<VenueClient> brain_; // last: it talks to this port until it is gone
};

} // namespace tickgate::venue_kit
