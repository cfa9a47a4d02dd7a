// One Tradier stream connection: sends the whole list of symbols, turns events into market data.
#pragma once

#include "tradier/config.hpp"
#include "tradier/event_parser.hpp"
#include "tradier/subscription_list.hpp"

#include <tickgate/feed_session.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::tradier {

struct SessionOptions {
    std::string base; // wss://host:port, or https://host:port of the HTTP stream
    bool http = false;
    std::string session_id; // of the REST call; secret enough not to be logged
    MonoTime created{};     // when it was answered
    TradeEvents trades = TradeEvents::timesale;
    std::int64_t lot_size = 100;
    bool delayed = false;
    bool turned_away = false; // instead of an id the REST call told of too many sessions: born ended
    // How often in a row the venue had too many sessions; outlives the session, as the pause grows with it.
    std::shared_ptr<std::atomic<int>> crowded = std::make_shared<std::atomic<int>>(0);
};

struct NativeHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept;
};

// The venue confirms nothing: a subscription counts as acknowledged when its list was sent and either two seconds
// passed without a refusal or an event about its symbol came.
class TradierSession final : public FeedSession {
public:
    explicit TradierSession(SessionOptions options);

    const ConnectionPlan& plan() const noexcept override { return plan_; }
    void opened(Moment now, Outbox& out) override;
    void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) override;
    void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) override;
    void tick(Moment now, Outbox& out, EventSink& sink) override;
    const std::optional<SessionEnd>& ended() const noexcept override { return ended_; }
    bool wants_renewal() const noexcept override { return wants_renewal_; }
    void renewed(result<std::string> token, Moment now, Outbox& out, EventSink& sink) override;
    SessionEnd closed(std::uint16_t code, std::string_view reason) override;

private:
    enum class WishState : std::uint8_t { none, queued, asked, live };
    struct Wish {
        InstrumentId instrument{};
        WishState state = WishState::none;
    };
    struct Instrument {
        std::array<Wish, 2> wishes; // quote, trade
        bool option = false;
        bool index = false;  // told by its quotes: prices without sizes and exchanges
        bool listed = false; // in the list that was sent
        bool heard = false;  // an event came since it was asked
        // The last quote and trade, to know their repeats.
        OptionalDecimal bid, bid_size, ask, ask_size, last;
        std::optional<UnixNanos> quote_time, trade_time;
        Decimal price, size;
        std::optional<std::uint64_t> seq;
        std::int64_t seq_day = 0;
        std::optional<std::uint64_t> revoked; // seq of the last cancel or correction

        Wish& wish(Kind k) noexcept { return wishes[k == Kind::quote ? 0 : 1]; }
        bool wanted() const noexcept {
            return wishes[0].state != WishState::none || wishes[1].state != WishState::none;
        }
    };
    using Instruments = boost::unordered_flat_map<std::string, Instrument, NativeHash, std::equal_to<>>;

    void add(const Wanted& wanted, EventSink& sink);
    void remove(const Subscription& gone, EventSink& sink);
    SubscriptionList whole_list() const;
    void plan_form();
    void send_due(Moment now, Outbox& out);
    void mark_sent(Moment now);
    void confirm_all(EventSink& sink);

    std::size_t consume(std::string_view text, Moment at, EventSink& sink);
    void consume_chunk(std::string_view bytes, Moment at, EventSink& sink);
    void deliver(const Event& event, Moment at, EventSink& sink);
    void deliver_quote(Instrument& instrument, const Event& event, Moment at, EventSink& sink);
    void deliver_trade(Instrument& instrument, const Event& event, Moment at, EventSink& sink);
    void deliver_index_value(Instrument& instrument, const Event& event, Moment at, EventSink& sink);
    void learn_index(Instrument& instrument, const Event& event);
    bool is_repeat(Instrument& instrument, const Event& event) const noexcept;
    void first_event(Instrument& instrument, EventSink& sink);
    void refused(std::string_view text, EventSink& sink);
    std::chrono::milliseconds crowded_pause() noexcept;

    ConnectionPlan plan_;
    SessionOptions options_;
    Decimal lot_;
    EventParser parser_;
    Instruments instruments_;
    std::vector<char> carry_; // HTTP: the begin of an object whose end has not come
    std::size_t carried_ = 0;
    bool skip_line_ = false; // the rest of an object that was too long
    bool open_ = false;
    bool planned_ = false;                // HTTP: the list of this stream is fixed,
    std::array<bool, 2> planned_kinds_{}; // and its filter: quote, trade
    bool dirty_ = false;                  // the list that was sent is not the one wanted
    bool index_seen_ = false;
    bool counted_ = false; // data came: the session was let in
    MonoTime next_send_{};
    std::optional<MonoTime> confirm_at_;
    std::deque<std::pair<std::string, MonoTime>> unheard_; // asked, and when to say that nothing came
    std::optional<UnixNanos> renew_at_;                    // the whole connection, once a day
    bool wants_renewal_ = false;
    MonoTime next_renewal_{};
    std::chrono::seconds renewal_wait_{10};
    std::optional<SessionEnd> ended_;
};

} // namespace tickgate::tradier
