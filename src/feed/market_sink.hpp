// Where market data goes after the feed: declared here, implemented by whoever publishes.
#pragma once

#include "core/status.hpp"

#include <tickgate/market_data.hpp>
#include <tickgate/subscription.hpp>

#include <cstdint>
#include <string_view>

namespace tickgate::feed {

// A publishing channel as the sink numbers it.
enum class Channel : std::uint32_t {};
inline constexpr Channel no_channel = static_cast<Channel>(0xffffffffu);

// Of gaps between two places: the ids on either side have nothing to do with each other.
inline constexpr std::string_view configuration_cause = "configuration";

// All calls come from the hot loop.
class MarketSink {
public:
    virtual ~MarketSink() = default;
    virtual Channel open_channel(Subscription what, std::string_view provider, std::string_view native) = 0;
    // A channel of one provider's own messages (`md:src`), beside the route's. no_channel: not offered.
    virtual Channel open_source_channel(
        Subscription /*what*/, std::string_view /*provider*/, std::string_view /*native*/) {
        return no_channel;
    }
    virtual void close_channel(Channel channel) = 0;
    virtual void publish(Channel channel, const Quote& quote) = 0;
    virtual void publish(Channel channel, const Trade& trade) = 0;
    virtual void publish(Channel channel, const Bar& bar) = 0;
    // A quote that is no market (FeedSession's on_source_quote): never on a route.
    virtual void publish_source(
        Subscription /*what*/, std::string_view /*provider*/, std::string_view /*native*/, const Quote&) {}
    // The messages of one read are done.
    virtual void flush(Moment now) = 0;
    // The consumer is behind: reading may wait a moment (bounded by the transport).
    virtual bool behind() const { return false; }
    virtual void state(
        InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view provider) = 0;
    virtual void feed_status(std::string_view feed, const FeedStatus& status) = 0;
    virtual void event(const Event& event) = 0;
};

} // namespace tickgate::feed
