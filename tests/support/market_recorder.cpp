#include "support/market_recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::test {

namespace {
std::string text(const OptionalDecimal& d) { return d ? d->to_string() : std::string(); }
} // namespace

MarketRecorder::Line& MarketRecorder::at(feed::Channel channel) {
    auto& line = lines.at(static_cast<std::size_t>(channel));
    EXPECT_TRUE(line.open) << "published on a closed channel";
    return line;
}

feed::Channel MarketRecorder::open_channel(Subscription what, std::string_view, std::string_view native) {
    Line line;
    line.what = what;
    line.native = native;
    lines.push_back(std::move(line));
    return static_cast<feed::Channel>(lines.size() - 1);
}

void MarketRecorder::close_channel(feed::Channel channel) { at(channel).open = false; }

void MarketRecorder::publish(feed::Channel channel, const Quote& quote) {
    Message m;
    m.id = quote.src_seq.value_or(0);
    m.first = text(quote.bid);
    m.second = text(quote.ask);
    m.snapshot = quote.flags.has(Flag::snapshot);
    m.last = text(quote.last);
    m.flags = quote.flags;
    m.received_time = quote.received_time;
    m.event_time = quote.event_time;
    at(channel).messages.push_back(std::move(m));
}

void MarketRecorder::publish(feed::Channel channel, const Trade& trade) {
    Message m;
    m.id = trade.src_seq.value_or(0);
    m.trade_id = trade.trade_id;
    m.first = trade.price.to_string();
    m.second = trade.size.to_string();
    m.flags = trade.flags;
    m.received_time = trade.received_time;
    m.event_time = trade.event_time;
    at(channel).messages.push_back(std::move(m));
}

void MarketRecorder::publish(feed::Channel channel, const Bar& bar) {
    Message m;
    m.id = bar.event_time ? static_cast<std::uint64_t>(to_micros(*bar.event_time)) : 0;
    m.first = bar.open.to_string();
    m.second = bar.close.to_string();
    m.flags = bar.flags;
    m.received_time = bar.received_time;
    m.final = bar.final;
    m.event_time = bar.event_time;
    at(channel).messages.push_back(std::move(m));
}

void MarketRecorder::state(InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view) {
    states.push_back({instrument, state, std::string(reason)});
}

void MarketRecorder::feed_status(std::string_view, const FeedStatus& next) {
    status = next;
    if (feed_states.empty() || feed_states.back() != next.state)
        feed_states.push_back(next.state);
}

void MarketRecorder::event(const Event& e) {
    SeenEvent seen;
    seen.event = e.event;
    seen.feed = e.feed;
    seen.cause = e.cause;
    seen.text = e.text;
    seen.instrument = e.instrument;
    seen.kind = e.kind;
    seen.from = e.from;
    seen.to = e.to;
    seen.lost = e.lost;
    seen.filled = e.filled;
    if (e.instrument && e.kind) {
        Subscription what;
        what.instrument = *e.instrument;
        what.kind = *e.kind;
        if (e.timeframe)
            what.timeframe = *e.timeframe;
        seen.after = messages(what).size();
    }
    events.push_back(std::move(seen));
}

const MarketRecorder::Line& MarketRecorder::line(const Subscription& what) const {
    static const Line none;
    for (auto it = lines.rbegin(); it != lines.rend(); ++it)
        if (it->what == what)
            return *it;
    return none;
}

std::size_t MarketRecorder::count(std::string_view event) const { return events_of(event).size(); }

std::vector<MarketRecorder::SeenEvent> MarketRecorder::events_of(
    std::string_view event, std::optional<Subscription> what) const {
    std::vector<SeenEvent> found;
    for (const auto& e : events)
        if (e.event == event && (!what || (e.instrument == what->instrument && e.kind == what->kind)))
            found.push_back(e);
    return found;
}

std::optional<InstrumentState> MarketRecorder::state_of(InstrumentId instrument) const {
    for (auto it = states.rbegin(); it != states.rend(); ++it)
        if (it->instrument == instrument)
            return it->state;
    return std::nullopt;
}

std::optional<std::uint64_t> MarketRecorder::lost(const Subscription& what) const {
    std::uint64_t sum = 0;
    for (const auto& e : events_of("gap_closed", what)) {
        if (!e.lost)
            return std::nullopt;
        sum += *e.lost;
    }
    return sum;
}

} // namespace tickgate::test
