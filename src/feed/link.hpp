// One connection of a feed: a session's brain joined to a WebSocket.
#pragma once

#include "net/ws_connection.hpp"

#include <tickgate/feed_session.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

namespace tickgate::feed {

namespace asio = boost::asio;

struct LinkEnd {
    error_code reason;
    std::string detail; // redacted
};

// Lives on the hot loop, owned by its shard, for one connection. run() must have returned before destruction.
class Link final : private net::WsHandler, private Outbox {
public:
    struct Hooks {
        std::function<void(const std::string& peer)> up;
        std::function<void()> replace;     // the session asked for a replacement first
        std::function<void(Moment)> flush; // the messages of one read are done
        std::function<bool()> behind;      // reading may wait a moment
    };
    Link(std::unique_ptr<FeedSession> session, EventSink& sink, Hooks hooks);

    // Connects, hands the session what is wanted, and reads until the end. Cancellable while it connects.
    asio::awaitable<LinkEnd> run(net::ConnectOptions connect, SubscriptionDelta wanted);

    void want(const SubscriptionDelta& delta, Moment now); // also while it connects
    void tick(Moment now);
    void close(std::uint16_t code, std::string_view why); // in order; run() then tells `stopped`, however it went
    void fail(error_code reason, std::string detail);     // ends with this reason

    const ConnectionPlan& plan() const noexcept { return session_->plan(); }
    net::WsStats stats() const noexcept;

private:
    void on_message(std::string_view payload, Moment at) override;
    void on_ping_answered(Moment now) override;
    void on_read_done(Moment now) override;
    bool wants_pause() override;
    void send(std::string_view text) override;
    void check_end();

    std::unique_ptr<FeedSession> session_;
    EventSink& sink_;
    Hooks hooks_;
    std::unique_ptr<net::WsConnection> connection_;
    std::optional<LinkEnd> wanted_end_;
    bool replacement_asked_ = false, closing_ = false;
};

} // namespace tickgate::feed
