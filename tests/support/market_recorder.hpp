// What a subscriber of the feed would see, kept for assertions.
#pragma once

#include "feed/market_sink.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::test {

class MarketRecorder final : public feed::MarketSink {
public:
    struct Message {
        std::uint64_t id = 0;      // src_seq; of a bar its event time
        std::string first, second; // bid and ask, price and size, open and close
        std::string last, trade_id;
        Flags flags;
        UnixNanos received_time{};
        bool snapshot = false, final = false;
        std::optional<UnixNanos> event_time;
    };
    struct Line { // one channel
        Subscription what;
        std::string native;
        bool open = true;
        std::vector<Message> messages;
    };
    struct SeenEvent {
        std::string event, feed, cause, text;
        std::optional<InstrumentId> instrument;
        std::optional<Kind> kind;
        std::optional<UnixNanos> from, to;
        std::optional<std::uint64_t> lost, filled;
        std::size_t after = 0; // messages of its channel before it
    };
    struct SeenState {
        InstrumentId instrument{};
        InstrumentState state{};
        std::string reason;
    };

    feed::Channel open_channel(Subscription what, std::string_view provider, std::string_view native) override;
    void close_channel(feed::Channel channel) override;
    void publish(feed::Channel channel, const Quote& quote) override;
    void publish(feed::Channel channel, const Trade& trade) override;
    void publish(feed::Channel channel, const Bar& bar) override;
    void flush(Moment) override { ++flushes; }
    void state(InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view) override;
    void feed_status(std::string_view feed, const FeedStatus& status) override;
    void event(const Event& event) override;

    // The newest channel of this subscription; an empty one if it was never opened.
    const Line& line(const Subscription& what) const;
    const std::vector<Message>& messages(const Subscription& what) const { return line(what).messages; }
    std::size_t count(std::string_view event) const;
    std::vector<SeenEvent> events_of(std::string_view event, std::optional<Subscription> what = std::nullopt) const;
    std::optional<InstrumentState> state_of(InstrumentId instrument) const;
    // What gap_closed told of this channel; null when one of them did not know.
    std::optional<std::uint64_t> lost(const Subscription& what) const;

    std::vector<Line> lines; // by channel
    std::vector<SeenEvent> events;
    std::vector<SeenState> states;
    std::vector<FeedState> feed_states; // changes only
    FeedStatus status;
    std::size_t flushes = 0;

private:
    Line& at(feed::Channel channel);
};

} // namespace tickgate::test
