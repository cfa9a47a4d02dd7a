// One Binance stream connection: subscribes in paced batches, turns frames into market data.
#pragma once

#include "binance/config.hpp"
#include "binance/parse.hpp"

#include "core/rolling_window.hpp"

#include <tickgate/feed_session.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <deque>
#include <string>
#include <vector>

namespace tickgate::binance {

struct SessionOptions {
    Market market = Market::spot;
    std::string path; // USD-M: `/public` or `/market`; spot: empty
    std::string base; // wss://host:port
    bool aggregate_trades = false;
    int messages_per_second = 5;
};

// Hash of a stream name: eight bytes at a time. Not for hostile keys: names in the table are ours.
struct StreamHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept;
};

class BinanceSession final : public FeedSession {
public:
    explicit BinanceSession(SessionOptions options);

    const ConnectionPlan& plan() const noexcept override { return plan_; }
    void opened(Moment now, Outbox& out) override;
    void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) override;
    void ponged(Moment now) override;
    void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) override;
    void tick(Moment now, Outbox& out, EventSink& sink) override;
    const std::optional<SessionEnd>& ended() const noexcept override { return ended_; }
    SessionEnd closed(std::uint16_t code, std::string_view reason) override;

private:
    enum class StreamState : std::uint8_t { queued, asked, live, leaving };
    struct Stream {
        Subscription what;
        std::string native;
        StreamState state = StreamState::queued;
        bool seen = false; // a frame came
        bool any_id = false;
        std::uint64_t last_id = 0; // u, t or a
    };
    struct Operation { // one name to subscribe or unsubscribe
        bool subscribe = true;
        std::uint32_t batch = 0; // halves of a refused batch are not joined with others
        std::string name;
    };
    struct Request { // sent, not answered
        std::int64_t id = 0;
        bool subscribe = true;
        std::vector<std::string> names;
        MonoTime deadline{};
    };

    bool drop_operation(std::string_view name); // one that was not sent; false: there is none
    bool keep(const std::string& name, Stream& stream, Moment now);
    void send_due(Moment now, Outbox& out);
    void on_answer(const Frame& frame, Moment now, EventSink& sink);
    bool drop_unasked(const std::string& name, const Stream& stream, EventSink& sink);
    void refuse(Request& request, const Frame& frame, EventSink& sink);
    void deliver(Frame& frame, EventSink& sink);
    bool advance_id(Stream& stream, std::uint64_t id, bool contiguous, EventSink& sink);

    ConnectionPlan plan_;
    SessionOptions options_;
    FrameParser parser_;
    boost::unordered_flat_map<std::string, Stream, StreamHash, std::equal_to<>> streams_;
    std::deque<Operation> operations_;
    std::deque<Request> requests_;
    std::vector<std::pair<std::string, MonoTime>> unseen_; // acknowledged, no frame so far, and when to say so
    RollingWindow control_window_;
    MonoTime next_control_{};
    std::int64_t next_id_ = 1;
    std::uint32_t next_batch_ = 1;
    bool open_ = false;
    std::optional<SessionEnd> ended_;
};

} // namespace tickgate::binance
