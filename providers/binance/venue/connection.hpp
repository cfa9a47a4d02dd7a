// One client connection: a session's port on a real socket.
#pragma once

#include "binance/venue/engine.hpp"

#include "net/ws_connection.hpp"

#include <memory>
#include <string>

namespace tickgate::binance_venue {

// Collects what a session sends and hands it over in whole batches, or in the pieces that faults ask for. While pieces
// wait, pings of the client are not answered.
class ClientConnection final : public ClientPort, public net::WsHandler {
public:
    ClientConnection(VenueEngine& engine, std::unique_ptr<net::WsConnection> ws, ConnectRequest request);
    ~ClientConnection() override;

    net::WsConnection& ws() noexcept { return *ws_; }
    void flush(Moment now);
    // Bytes the client has not taken yet.
    std::size_t owed() const noexcept { return out_.size() + ws_->queued(); }
    bool throttled() const noexcept { return !out_.empty(); }

private:
    void send_text(std::string_view text) override;
    void send_frame(std::string_view frame, std::string_view text) override;
    void send_ping(std::string_view payload) override;
    void send_bytes(std::string_view bytes) override;
    void close(std::uint16_t code, std::string_view reason) override;
    void drop(bool reset) override;
    void freeze(bool on) override;

    void on_message(std::string_view payload, Moment at) override;
    void on_ping_answered(Moment at) override;
    void on_pong(std::string_view payload, Moment at) override;
    void on_read_done(Moment at) override;

    VenueEngine& engine_;
    std::unique_ptr<net::WsConnection> ws_;
    std::string out_;
    MonoTime last_flush_{};
    double allowance_ = 0; // bytes, by fault slow
    std::uint64_t pieces_ = 0;
    bool frozen_ = false;
    bool cut_off_ = false;
    VenueSession* session_;
};

} // namespace tickgate::binance_venue
