// Joins the feeds to the publisher: the feed's channel numbers are the publisher's.
#pragma once

#include "app/live_quality.hpp"
#include "feed/market_sink.hpp"
#include "redis/publisher.hpp"

#include <functional>
#include <map>
#include <string>

namespace tickgate::app {

class PublisherSink final : public feed::MarketSink {
public:
    PublisherSink(redis::Publisher& publisher, const InstrumentTable& instruments)
        : publisher_(publisher), quality_(instruments) {}

    feed::Channel open_channel(Subscription what, std::string_view provider, std::string_view native) override {
        const auto channel = static_cast<feed::Channel>(publisher_.open_channel(what, provider, native));
        quality_.opened(channel, what, provider);
        return channel;
    }
    feed::Channel open_source_channel(Subscription what, std::string_view provider, std::string_view native) override {
        return static_cast<feed::Channel>(publisher_.open_source_channel(what, provider, native));
    }
    void close_channel(feed::Channel channel) override {
        publisher_.close_channel(id(channel));
        quality_.closed(channel);
    }
    void publish(feed::Channel channel, const Quote& quote) override {
        publisher_.publish(id(channel), quote);
        quality_.add(channel, quote);
    }
    void publish(feed::Channel channel, const Trade& trade) override { publisher_.publish(id(channel), trade); }
    void publish(feed::Channel channel, const Bar& bar) override {
        publisher_.publish(id(channel), bar);
        quality_.add(channel, bar);
    }
    void flush(Moment now) override { publisher_.flush(now); }
    bool behind() const override { return publisher_.behind(); }
    void state(
        InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view provider) override {
        publisher_.set_state(instrument, state, reason, provider);
    }
    void feed_status(std::string_view feed, const FeedStatus& status) override {
        publisher_.set_feed_status(feed, status);
        if (on_feed_status)
            on_feed_status();
    }
    void event(const Event& event) override {
        publisher_.publish_event(event);
        if (event.event == "route" && event.instrument && on_route)
            on_route(*event.instrument, event.to_provider);
    }

    const LiveQualityStats& quality() const noexcept { return quality_.stats(); }

    std::function<void()> on_feed_status;
    std::function<void(InstrumentId, const std::string& provider)> on_route;

private:
    static redis::ChannelId id(feed::Channel channel) noexcept { return static_cast<redis::ChannelId>(channel); }
    redis::Publisher& publisher_;
    LiveQuality quality_;
};

} // namespace tickgate::app
