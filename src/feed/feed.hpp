// A supervised feed: everything of one `{provider}.{part}`, over as many connections as its limits ask for.
#pragma once

#include "core/instrument_table.hpp"
#include "feed/feed_health.hpp"
#include "feed/feed_stats.hpp"
#include "feed/market_phases.hpp"
#include "feed/market_sink.hpp"
#include "feed/shard.hpp"
#include "feed/upstream.hpp"

#include <tickgate/provider.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tickgate::feed {

struct FeedOptions {
    std::string provider; // `binance`
    FeedSpec spec;
    std::shared_ptr<net::TlsContext> tls;
    std::uint64_t seed = 0;
    ShardFsm::Timings timings; // an overlap left at its default is the spec's
    // When markets trade: an instrument whose market is closed is `closed`, never stale. May be null: always open.
    // Outlives the feed.
    const calendar::MarketHours* hours = nullptr;
    // Set: how long an instrument may be quiet before it is stale; empty: learned.
    std::function<std::optional<std::chrono::milliseconds>(InstrumentId)> stale_limit;
};

// One loop (hot), one owner; run() must have returned before destruction. `control` runs what asks REST.
class Feed {
public:
    Feed(asio::any_io_executor hot, asio::any_io_executor control, DataProvider& provider, Rest& rest,
        const InstrumentTable& instruments, MarketSink& sink, FeedOptions options);
    ~Feed();

    const std::string& name() const noexcept { return name_; } // `binance.spot`

    asio::awaitable<void> run(); // until stop(); returns after every connection has ended
    void stop();

    // Change what is wanted, at any time.
    void subscribe(const std::vector<Wanted>& wanted);
    void unsubscribe(const std::vector<Subscription>& gone);

    // Other settings of the same provider, at any time. A feed whose credentials were refused tries again.
    void use(Upstream upstream, Renewal how);
    // How long an instrument may be quiet was changed: what FeedOptions::stale_limit says now.
    void refresh_limits();

    // What the venue says of the instrument by REST: it trades, or it does not (HALT, BREAK).
    void set_trading(InstrumentId id, bool trading, std::string_view status);

    FeedStats stats() const;
    std::optional<InstrumentStats> stats_of(InstrumentId id) const; // empty: nothing of it is subscribed
    FeedState state() const noexcept { return status_.state; }      // as told last

private:
    friend class Shard;
    // One publishing channel: a subscription with its progress.
    struct ChannelState {
        Wanted wanted;
        Channel channel = no_channel;
        int shard = 0;
        std::size_t weight = 0; // as the shard counts it
        bool acked = false, in_use = false, gap_open = false, any_id = false, announced_silent = false, seeded = false;
        bool unseen = false; // with `told`: a first id that does not follow it is a loss
        bool moved = false;  // with `gap_open`: because another place is connected to
        std::uint64_t last_id = 0;
        std::uint64_t told = 0; // after a handover: ids up to here were told, published or lost; 0: let all pass
        std::uint64_t messages = 0, messages_before_link = 0;
        error_code rejected; // the venue will not serve it; unset, by a new connection too: it did not say so
    };
    // How a connection ended, for those who listen.
    enum class Fate : std::uint8_t {
        closed,             // by us: replaced, or all is over
        replacement_failed, // another one serves meanwhile
        connect_failed,     // nobody serves, as before
        taken_over,         // its replacement serves on
        lost,
    };
    struct EndedLink {
        Fate fate = Fate::closed;
        LinkEnd end;
        UnixNanos last_heard{}; // the last byte
        std::optional<std::chrono::milliseconds> retry_in;
    };
    struct Seed { // a quote to ask REST for
        Subscription what;
        std::uint64_t messages = 0; // of its channel until then
    };
    struct InstrumentSlots {
        std::uint32_t quote = no_slot, trade = no_slot;
        std::vector<std::pair<Timeframe, std::uint32_t>> bars;
        OptionalDecimal last; // latest trade of this connection
        InstrumentState state = InstrumentState::pending;
        calendar::Market market = calendar::Market::always;
        bool known = false;
        // Why nothing is traded now, by the stream's and by REST's word; empty: not said. The stream's ends with its
        // connection.
        std::string notice, listing;
        bool halted() const noexcept { return !notice.empty() || !listing.empty(); }
        const std::string& why_halted() const noexcept { return notice.empty() ? listing : notice; }
    };
    static constexpr std::uint32_t no_slot = 0xffffffffu;
    static constexpr std::string_view market_closed = "the market is closed";

    // What a shard tells.
    void on_quote(Shard& shard, int place, const Quote& quote);
    void on_trade(Shard& shard, int place, const Trade& trade);
    void on_bar(Shard& shard, int place, const Bar& bar);
    void on_source_quote(const Quote& quote);
    void on_notice(const MarketNotice& notice);
    void take_notice(const MarketNotice& notice, bool listed);
    void on_acknowledged(Shard& shard, std::span<const Subscription> done);
    void on_rejected(Subscription what, error_code reason, std::string_view venue_text);
    void tell_rejected(const Subscription& what, const error_code& reason, std::string_view venue_text);
    void on_no_first_frame(Subscription what);
    void on_gap(Subscription what, std::optional<std::uint64_t> lost, std::string_view cause);
    void on_skipped(Skip why, std::string_view what);
    void on_link_up(Shard& shard, const std::string& peer);
    void forget_ids(const Shard& shard);
    void on_link_ready(Shard& shard);
    void on_link_ended(Shard& shard, const EndedLink& ended);
    void on_rotated(Shard& shard);
    void on_gave_up(Shard& shard, const LinkEnd& end);
    MonoTime reserve_connect(MonoTime now); // spacing between attempts

    ChannelState* find(const Subscription& what);
    bool admit(Shard& shard, int place, ChannelState& channel, std::uint64_t id, bool contiguous);
    bool after_break(ChannelState& channel, std::uint64_t id, bool contiguous);
    bool is_market_open(InstrumentId id) const noexcept;
    void count_instruments(FeedStats& stats) const;
    void take_up(ChannelState& channel, const Handover::Standing& standing, std::string_view cause);
    void open_gap(ChannelState& channel, UnixNanos from, bool moved);
    void lose(ChannelState& channel, std::string_view reason);
    void watch(InstrumentId id);
    void set_state(InstrumentId id, InstrumentState state, std::string_view reason);
    void settle_state(InstrumentId id);
    void update_status(std::string_view reason);
    void measure_latency(const std::optional<UnixNanos>& event_time, UnixNanos received) noexcept;
    std::size_t weight_of(const Subscription& what) const noexcept;
    Shard* shard_for(const Subscription& what, std::size_t weight);
    std::uint64_t id_of(
        const std::optional<std::uint64_t>& src_seq, const std::optional<UnixNanos>& event_time) const noexcept;
    void scan(Moment now);
    void on_health(const FeedHealth::Change& change);
    void revive(Moment now);
    void seed_quiet(const Shard& shard);
    asio::awaitable<void> seed_quotes(std::vector<Seed> seeds);
    void start_child(asio::awaitable<void> child);

    asio::any_io_executor hot_, control_;
    std::shared_ptr<const Upstream> upstream_;
    std::uint64_t replace_below_ = 0, ids_since_ = 0; // numbers of upstreams
    const InstrumentTable& instruments_;
    MarketSink& sink_;
    FeedOptions options_;
    std::string name_;
    std::vector<ChannelState> channels_;
    std::vector<std::uint32_t> free_channels_;
    std::vector<InstrumentSlots> by_instrument_;
    std::vector<std::unique_ptr<Shard>> shards_;
    FeedHealth health_;
    MarketPhases phases_;
    FeedStats stats_;
    FeedStatus status_;
    std::string last_reason_;
    asio::steady_timer pulse_;
    MonoTime next_connect_{}, next_scan_{};
    std::map<std::string, MonoTime, std::less<>> last_skip_log_;
    std::size_t children_ = 0;
    bool running_ = false, stopping_ = false;
    bool idle_ = true;          // nothing is wanted
    bool served_ = false;       // it had all its connections since something is wanted
    bool status_dirty_ = false; // told with the next pulse
};

} // namespace tickgate::feed
