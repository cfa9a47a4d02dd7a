// The publishing side of Redis: contract.md §2, §3 and §6 in one object on the hot loop.
#pragma once

#include "core/instrument_table.hpp"
#include "core/secret.hpp"
#include "core/status.hpp"
#include "net/tls.hpp"
#include "redis/tap.hpp"

#include <tickgate/market_data.hpp>
#include <tickgate/subscription.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::redis {

namespace asio = boost::asio;

struct PublisherOptions {
    std::string url; // redis://host:port/db, rediss://…, unix:///path?db=n ; without credentials
    std::string username;
    Secret password;
    std::shared_ptr<net::TlsContext> tls;
    std::string prefix = "md";
    std::string instance; // names this process in md:owner and md:info, unique per process
    std::string version, config_digest;
    bool streams = false; // also XADD … MAXLEN ~
    std::size_t stream_maxlen = 10000;
    std::chrono::milliseconds last_value_interval{50};
    std::size_t queue_limit = 32u << 20;            // bytes kept for Redis while it is away or slow
    std::size_t behind_above = 256u << 10;          // unsent bytes from which on behind() asks feeds to wait a moment
    std::size_t conflate_above = 1u << 20;          // unsent bytes from which on quotes conflate
    std::chrono::milliseconds reply_deadline{2000}; // oldest unanswered command; then the connection is replaced
    std::chrono::milliseconds back_off_cap{250};
    std::chrono::milliseconds drain{2000}; // for what is queued when stop() is called
};

// One publishing channel, of a route or of one provider. Small, copyable; valid while the Publisher is.
enum class ChannelId : std::uint32_t {};

using tickgate::Event;
using tickgate::FeedState;
using tickgate::FeedStatus;
using tickgate::InstrumentState;

struct StateView {
    InstrumentState state{};
    std::string reason, provider;
    UnixNanos since{};
};

// Plain counters, written on the hot loop only; copied there for the metrics.
struct PublisherStats {
    std::uint64_t published[3] = {}; // by Kind
    std::uint64_t commands_sent = 0, commands_acked = 0, bytes_sent = 0, flushes = 0;
    std::uint64_t command_errors = 0, reconnects = 0;
    std::uint64_t conflated_quotes = 0, lost_messages = 0, gaps_announced = 0;
    std::uint64_t encode_overflows = 0;
    std::size_t queued_bytes = 0, queued_commands = 0, unanswered = 0;
    std::uint64_t last_value_lag_us = 0; // age of the oldest last value not yet written
    bool connected = false, owner = false, writable = false;
    std::uint64_t epoch = 0;
    std::string holder; // value of md:owner when another instance publishes
    std::string error;  // why not writable, redacted
};

// Latency observer: received → written (bytes handed to the socket) and round trip, in microseconds. May be null.
struct LatencySink {
    virtual ~LatencySink() = default;
    virtual void received_to_written(std::uint64_t us, std::uint64_t messages) = 0;
    virtual void redis_round_trip(std::uint64_t us) = 0;
};

// One loop (hot), one owner; run() must have returned before destruction.
//
// Sequence numbers are given when a message is published, before any queue. While Redis is away or slow quotes conflate
// to the latest per channel and trades and bars are kept up to queue_limit; whatever had to go is announced by
// gap_opened and gap_closed with its span. While another instance owns the prefix nothing is queued and nothing is
// sent; states told before or meanwhile are forgotten, to be told anew.
class Publisher {
public:
    Publisher(asio::any_io_executor executor, PublisherOptions options, const InstrumentTable& instruments,
        LatencySink* latency = nullptr);
    ~Publisher();

    // Connects, keeps the owner key, publishes, reconnects, until stop(). After stop() what is queued is written for at
    // most `drain` (default 2 s), last values included, then md:alive and md:owner are deleted and it returns.
    asio::awaitable<void> run();
    void stop();

    // Makes the channel of a route, or changes its provider and native name: then the numbers and the revisions of its
    // bars go on, and the last value names the new provider from its first message on. The instrument is added to
    // md:symbols:{class}.
    ChannelId open_channel(Subscription what, std::string_view provider, std::string_view native);
    // One provider's own data as `{prefix}:src:{provider}:{kind}:{class}:{symbol}`: its own numbers, no last value, no
    // state, no stream. Its gap events say `src:{provider}:{kind}` for the kind.
    ChannelId open_source_channel(Subscription what, std::string_view provider, std::string_view native);
    // After `linger` the last value goes too; that is the caller's timer: this deletes md:last of the channel now.
    void close_channel(ChannelId id);
    void remove_instrument(InstrumentId id); // md:state, md:symbols member

    // Hot. The caller has filtered repeats; the instrument in the message is not looked at. No allocation after
    // warm-up.
    void publish(ChannelId id, const Quote& quote);
    void publish(ChannelId id, const Trade& trade);
    void publish(ChannelId id, const Bar& bar);
    // Redis takes less than is published: whoever reads a feed may wait a moment, as quotes are about to conflate.
    bool behind() const noexcept;
    // Hands what was published to the socket. Called at the end of each read of a feed.
    void flush(Moment now);

    void set_state(InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view provider);
    void set_feed_status(std::string_view feed, const FeedStatus& status); // also part of the heartbeat
    void remove_feed(std::string_view feed);                               // md:status of a feed that is no more
    void publish_event(const Event& event);
    // Called with every event as it goes to Redis, its number included (with blanks before the last brace). The text is
    // valid during the call. Before run().
    void on_event(std::function<void(std::string_view payload)> callback);

    // What is published from now on goes there too if it is wanted there: messages of routes as soon as they have their
    // number, whether Redis takes them or not; states; events of instruments but for those that tell what Redis missed.
    // Before run(); must live as long as the publisher.
    void attach(Tap& tap);
    // Fills the snapshot in and puts its marker into the tap. Cold.
    void tell(TapSnapshot& snapshot);

    // What may change while it runs. On the publisher's loop.
    struct Tuning {
        bool streams = false;
        std::size_t stream_maxlen = 10000;
        std::chrono::milliseconds last_value_interval{50};
        std::string config_digest; // told in md:info at once
    };
    void tune(Tuning tuning);

    std::uint64_t last_seq(ChannelId id) const noexcept;
    // What was told of the instrument; empty: nothing. Cold.
    std::optional<StateView> state_of(InstrumentId instrument) const;
    std::optional<InstrumentState> state_alone(InstrumentId instrument) const noexcept; // to count them
    // The newest payload of an open channel that is not `backfill`; empty: none. Valid until the next publish().
    std::string_view last_payload(const Subscription& what) const noexcept;
    const std::string& session() const noexcept;
    const PublisherStats& stats() const noexcept;
    // Called on the hot loop whenever connected, owner or writable change.
    void on_change(std::function<void()> callback);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::redis
