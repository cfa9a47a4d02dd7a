// One Massive stream connection: authenticates, subscribes pairs of channel and symbol, turns frames into market data.
#pragma once

#include "massive/config.hpp"
#include "massive/parse.hpp"

#include <tickgate/feed_session.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <deque>
#include <string>
#include <vector>

namespace tickgate::massive {

struct SessionOptions {
    Cluster cluster = Cluster::stocks;
    std::string url; // wss://host:port/cluster
    Secret key;
    bool delayed = false;
    std::string crypto_exchange = "1"; // XQ quotes of other exchanges are passed over
    int lot_size = 1;                  // of quote sizes of stocks
    bool luld = false, fmv = false;    // subscribed along with quotes
};

// Hash of a symbol: eight bytes at a time. Not for hostile keys: names in the table are ours.
struct SymbolHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept;
};

class MassiveSession final : public FeedSession {
public:
    explicit MassiveSession(SessionOptions options);

    const ConnectionPlan& plan() const noexcept override { return plan_; }
    void opened(Moment now, Outbox& out) override;
    void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) override;
    void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) override;
    void tick(Moment now, Outbox& out, EventSink& sink) override;
    const std::optional<SessionEnd>& ended() const noexcept override { return ended_; }
    SessionEnd closed(std::uint16_t code, std::string_view reason) override;

private:
    // queued: to be subscribed; asked: sent; live: confirmed; dropped: to be unsubscribed; leaving: that is sent.
    enum class State : std::uint8_t { idle, queued, asked, live, dropped, leaving };
    struct Pair {
        Subscription what; // of the quote, for those that only go along with it (luld, fmv)
        State state = State::idle;
        State before = State::idle; // of a dropped one: asked or live
        std::uint32_t request = 0;  // that asked last
        bool seen = false;          // a message came
        bool wanted = false;        // also of one that was refused
    };
    struct Symbol {
        std::string native;
        std::array<Pair, channel_count> pairs;
    };
    struct PairName {
        std::uint32_t symbol = 0;
        Channel channel = Channel::quote;
    };
    struct Operation {
        PairName name;
        bool subscribe = true;
    };
    struct Request { // sent; pairs are answered one by one
        std::uint32_t number = 0;
        bool subscribe = true;
        std::vector<PairName> pairs;
        std::size_t open = 0;     // pairs without an answer
        std::size_t refusals = 0; // status objects of a refusal still to come, one a pair
        bool any_acknowledged = false;
        MonoTime deadline{};
    };

    Pair& pair_of(PairName name) { return symbols_[name.symbol].pairs[static_cast<std::size_t>(name.channel)]; }
    static bool goes_along(Channel c) noexcept { return c == Channel::luld || c == Channel::fmv; }
    bool is_limited(Channel c) const noexcept; // counts against the contract limit of options
    void add(PairName name, const Subscription& what, EventSink& sink);
    void remove(PairName name, EventSink& sink);
    void send_due(Moment now, Outbox& out);
    void on_status(const Event& event, Moment now, Outbox& out, EventSink& sink);
    void on_answer(bool subscribed, std::string_view literal, Moment now, EventSink& sink);
    void on_not_authorized(std::string_view text, EventSink& sink);
    void on_limit(std::string_view text, EventSink& sink);
    void confirm(PairName name, Moment now, EventSink& sink);
    void refuse(PairName name, error_code reason, std::string_view text, EventSink& sink);
    void settle(Request& request, EventSink& sink); // its deadline has passed
    void answered(std::uint32_t request, bool acknowledged);
    void forget_refusal(); // when it can be of no request any more
    const std::uint32_t* find(std::string_view native) const;
    void deliver(Event& event, Moment now, EventSink& sink);

    ConnectionPlan plan_;
    SessionOptions options_;
    FrameParser parser_;
    std::optional<Decimal> lot_;
    std::deque<Symbol> symbols_;
    boost::unordered_flat_map<std::string, std::uint32_t, SymbolHash, std::equal_to<>> by_native_;
    boost::unordered_flat_map<std::uint32_t, std::uint32_t> by_instrument_;
    std::deque<Operation> operations_;
    std::deque<Request> requests_;
    std::deque<std::pair<PairName, MonoTime>> unseen_; // confirmed quotes without a message, and when to say so
    std::uint32_t next_request_ = 1;
    bool authenticating_ = false, authenticated_ = false;
    bool any_answer_ = false; // of any request on this connection
    static constexpr std::chrono::seconds auth_patience{10};
    std::optional<MonoTime> auth_deadline_;
    std::string refusal_; // the venue's last words without a name, while requests are open
    std::optional<SessionEnd> ended_;
};

} // namespace tickgate::massive
