// One connection of a feed: a session's brain joined to its transport.
#pragma once

#include "core/rolling_window.hpp"
#include "net/byte_stream.hpp"
#include "net/transport.hpp"

#include <tickgate/feed_session.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::feed {

namespace asio = boost::asio;

struct LinkEnd {
    error_code reason;
    std::string detail;                 // redacted
    std::chrono::milliseconds pause{0}; // at least so long before the next attempt
};

// Lives on the hot loop, owned by its shard, for one connection. run() must have returned before destruction.
class Link final : private net::WsHandler, private Outbox {
public:
    struct Hooks {
        std::function<void(const std::string& peer)> up;
        std::function<void(std::chrono::milliseconds pause)> replace; // the session asked for a replacement first
        std::function<void()> renew;                                  // the session wants what only REST can give
        std::function<void(Moment)> flush;                            // the messages of one read are done
        std::function<bool()> behind;                                 // reading may wait a moment
    };
    Link(std::unique_ptr<FeedSession> session, EventSink& sink, Hooks hooks);

    // Hands the session what is wanted, connects as it plans, and reads until the end. Cancellable while it connects.
    asio::awaitable<LinkEnd> run(net::ConnectOptions connect, SubscriptionDelta wanted);

    // Changes that come while it connects are handed to the session once it is open: the plan was made without them.
    void want(const SubscriptionDelta& delta, Moment now);
    void tick(Moment now);
    void renewed(result<std::string> token, Moment now);  // the answer to Hooks::renew
    void close(std::uint16_t code, std::string_view why); // in order; run() then tells `stopped`, however it went
    void fail(error_code reason, std::string detail);     // ends with this reason

    const ConnectionPlan& plan() const noexcept { return session_->plan(); }
    net::WsStats stats() const noexcept;
    // Messages and answers to the venue's pings that went out within the last second: what venues limit.
    std::int64_t sent_lately(MonoTime now) { return sent_.used(now); }

private:
    asio::awaitable<result<std::unique_ptr<net::Transport>>> connect_to(
        net::ConnectOptions connect, int& status, std::string& detail);
    void on_message(std::string_view payload, Moment at) override;
    void on_ping_answered(Moment now) override;
    void on_read_done(Moment now) override;
    bool wants_pause() override;
    void send(std::string_view text) override;
    void check(Moment now); // what the session wants after a call
    void end_with(LinkEnd end, bool in_order);

    std::unique_ptr<FeedSession> session_;
    EventSink& sink_;
    Hooks hooks_;
    std::unique_ptr<net::Transport> connection_;
    std::vector<SubscriptionDelta> early_; // changes while it connects
    std::optional<LinkEnd> wanted_end_;
    RollingWindow sent_{std::chrono::seconds(1)};
    MonoTime next_renewal_{};
    bool replacement_asked_ = false, closing_ = false, renewing_ = false;
};

} // namespace tickgate::feed
