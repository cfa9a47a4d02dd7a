// What operations need of the application. Implemented where everything comes together.
#pragma once

#include "core/status.hpp"
#include "ops/error.hpp"
#include "ops/reload.hpp"
#include "ops/views.hpp"

#include <tickgate/instrument.hpp>
#include <tickgate/market_data.hpp>
#include <tickgate/time.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::ops {

namespace asio = boost::asio;
class EventLog;

// The newest quote of one instrument: the text of contract.md §3, or why there is none.
struct QuoteAnswer {
    InstrumentName name;
    std::string payload; // one JSON object; empty: see error
    error_code error;
    std::string detail;
};

// One instrument of one provider.
struct SymbolInfo {
    std::optional<InstrumentName> name; // empty: the provider's name does not fit and is not offered, see `unfit`
    std::string provider, feed, native, description, status;
    OptionalDecimal price_step, size_step;
    bool tradeable = false;
    std::string unfit; // why a native name is not offered
};
struct SymbolQuery {
    std::string text; // part of a name or a description, upper and lower case alike; may be empty
    std::optional<AssetClass> asset_class;
    std::string provider; // empty: all
    std::size_t limit = 50;
    bool unfit = false; // only names that are not offered
};

struct SubscribeRequest {
    std::vector<InstrumentName> names;
    std::vector<Kind> kinds;           // empty: those of the configuration
    std::vector<Timeframe> timeframes; // of bars; empty: those of the configuration
    bool usual_bars = false;           // bars of the configured timeframes besides `timeframes`
    std::chrono::milliseconds lease{};
    std::string client;
};
struct SubscribeAnswer {
    InstrumentName name;
    std::vector<std::string> channels; // full names on Redis
    std::vector<std::string> words;    // the same as `quote`, `trade`, `bar:1m`
    InstrumentState state = InstrumentState::pending;
    std::string reason;
    std::optional<UnixNanos> lease_until; // empty: not taken
};
struct UnsubscribeRequest {
    std::vector<InstrumentName> names; // empty: everything of the client
    std::vector<Kind> kinds;           // empty: all
    std::vector<Timeframe> timeframes; // empty: all
    std::string client;
};

struct InstrumentStatus {
    InstrumentName name;
    std::optional<InstrumentState> state; // empty: nobody asked for it
    std::string reason, provider;
    std::optional<UnixNanos> since;
};
struct GatewayStatus {
    std::string instance, version, session, holder; // holder: who publishes, when it is another
    bool ready = false, owner = false;
    std::vector<std::string> reasons; // why not ready
    std::int64_t uptime_s = 0;
    std::uint64_t configured = 0, subscribed = 0, leases = 0, wanted = 0, refused = 0; // channels
    std::vector<std::pair<std::string, FeedStatus>> feeds;
    std::string config_digest;                // of the configuration in force
    std::vector<std::string> restart_pending; // settings of the file that wait for a restart
};

// One limit a provider sets, and how far it is used.
struct LimitView {
    enum class What : std::uint8_t { requests, connections, streams, messages };
    std::string provider, name; // name: of the budget or the feed
    What what = What::requests;
    std::int64_t limit = 0; // 0: none is known
    std::int64_t used = 0;
    std::optional<std::chrono::milliseconds> window;   // empty: no window, so much at a time
    std::optional<std::chrono::milliseconds> reset_in; // until something of it is free again
    std::size_t waiting = 0;                           // calls that wait for it
    bool paused = false;                               // the venue asked for a pause
    std::optional<std::int64_t> remaining;             // what may still go; empty: the limit less what is used
};
std::string_view to_string(LimitView::What w) noexcept;

// The newest of each kind as it stands on Redis; empty: none.
struct LatestAnswer {
    std::string quote, trade, bar;
};

// Called on the control loop, several at once. Every call honours cancellation (it is cancelled when the request's
// deadline has passed). Errors are error_codes of tickgate::errc; not_owner hands a request on to another gateway.
class Services {
public:
    virtual ~Services() = default;

    // One answer for each name, in any order. From the last value if it is fresh, else by REST (flag `snapshot`).
    virtual asio::awaitable<Outcome<std::vector<QuoteAnswer>>> quotes(std::vector<InstrumentName> names) = 0;

    // Over all providers, best first, at most `limit`.
    virtual asio::awaitable<Outcome<std::vector<SymbolInfo>>> search(SymbolQuery query) = 0;

    // Which providers have these instruments, in the order of the route; names nobody has are left out.
    virtual asio::awaitable<Outcome<std::vector<SymbolInfo>>> find(std::vector<InstrumentName> names) = 0;

    // The instruments of all classes with exactly this symbol.
    virtual asio::awaitable<Outcome<std::vector<InstrumentName>>> resolve(std::string symbol) = 0;

    // Takes leases. Errors: not_owner.
    virtual asio::awaitable<Outcome<std::vector<SubscribeAnswer>>> subscribe(SubscribeRequest request) = 0;
    // How many channels' leases were ended. Errors: not_owner.
    virtual asio::awaitable<Outcome<std::size_t>> unsubscribe(UnsubscribeRequest request) = 0;

    virtual asio::awaitable<Outcome<GatewayStatus>> status() = 0;
    // One for each name. What `status` says of instruments.
    virtual asio::awaitable<Outcome<std::vector<InstrumentStatus>>> states(std::vector<InstrumentName> names) = 0;

    // The providers that are asked about an instrument, in the order of the route.
    virtual std::vector<std::string> route(const InstrumentName& /*name*/) const { return {}; }

    // Every limit of every provider.
    virtual asio::awaitable<Outcome<std::vector<LimitView>>> limits() { co_return std::vector<LimitView>(); }

    // The last values of one instrument; bars of this timeframe. What there is none of stays empty.
    virtual asio::awaitable<Outcome<LatestAnswer>> latest(InstrumentName /*name*/, Timeframe /*timeframe*/) {
        co_return Outcome<LatestAnswer>(errc::not_supported, "last values are not at hand");
    }

    // What the gateway tells of itself. Without an implementation there is nothing to tell.
    virtual asio::awaitable<Outcome<std::vector<ProviderView>>> providers() { co_return std::vector<ProviderView>(); }
    virtual asio::awaitable<Outcome<std::vector<FeedView>>> feeds() { co_return std::vector<FeedView>(); }
    virtual asio::awaitable<Outcome<std::vector<SubscriptionView>>> subscriptions(PageQuery /*query*/) {
        co_return std::vector<SubscriptionView>();
    }
    virtual asio::awaitable<Outcome<std::vector<RouteView>>> routes(PageQuery /*query*/) {
        co_return std::vector<RouteView>();
    }
    virtual const EventLog* events() const { return nullptr; } // null: none are kept
    virtual ConfigView config() const { return {}; }

    // Reads the configuration again and applies it, all or nothing. A refused file is a report with problems, no error.
    // Errors: not_supported, busy (one is being applied).
    virtual asio::awaitable<Outcome<ReloadReport>> reload() {
        co_return Outcome<ReloadReport>(errc::not_supported, "the configuration cannot be read again here");
    }

    // The level of log lines: trace, debug, info, warn, error or off. Empty: not told here.
    virtual std::string log_level() const { return {}; }
    // False: not done here. `level` is one of the above.
    virtual bool set_log_level(std::string_view /*level*/) { return false; }
};

} // namespace tickgate::ops
