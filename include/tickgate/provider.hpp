// A market-data provider behind one interface. A provider is a folder under providers/; the gateway knows it by this.
#pragma once

#include <tickgate/feed_session.hpp>
#include <tickgate/rest.hpp>
#include <tickgate/subscription.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate {

// One named stream of a provider: `{provider}.{part}` on Redis.
struct FeedSpec {
    std::string part;                             // `spot`, `usdm`
    std::vector<AssetClass> classes;              // which instruments it serves
    std::vector<Kind> kinds;                      // what it streams
    std::vector<Timeframe> timeframes;            // of the bars it streams; others are built from ticks
    std::size_t streams_per_connection = 0;       // 0: no limit
    std::size_t max_connections = 0;              // 0: no limit
    std::chrono::milliseconds connect_spacing{0}; // least time between two connection attempts of this feed
    // Subscriptions of one instrument may need different connections (venues that split paths): number of groups.
    int groups = 1;
    // The plan delivers so late (Massive's delayed host): messages carry flag `delayed`, ages are measured from it.
    std::chrono::milliseconds delay{0};
    // Event times of an instrument never step back, so that they can stand for numbers the venue does not give when one
    // connection takes over from another.
    bool time_ordered = false;
    // Both connections are kept so long at a planned rotation before the old one is closed.
    std::chrono::milliseconds overlap{5000};
};

// Requests the venue counts together.
struct RequestBudgetSpec {
    std::string name;                        // a metric label: `spot`
    std::int64_t weight_limit = 0;           // per window; 0: no limit
    std::chrono::milliseconds window{60000}; // true rolling window
};

struct Capabilities {
    std::vector<FeedSpec> feeds;
    std::vector<Timeframe> timeframes;      // of its bars by REST
    std::vector<RequestBudgetSpec> budgets; // documented limits; answers refine them
    std::size_t bars_per_page = 0;
    bool trades_history = false;
};

// What discovery tells of one instrument.
struct InstrumentInfo {
    InstrumentName name;
    std::string native;      // as the stream writes it
    std::string feed;        // part
    std::string description; // for people; may be empty
    OptionalDecimal price_step, size_step;
    std::string status;     // the venue's word
    bool tradeable = false; // the venue produces data for it now
};

struct BarRequest {
    InstrumentName instrument;
    Timeframe timeframe = Timeframe::m1;
    UnixNanos from{}, to{}; // [from, to), by open time
    std::size_t limit = 0;  // 0: the page limit of the provider
};
struct BarPage {
    std::vector<Bar> bars;         // oldest first; the running bar has final == false
    std::optional<UnixNanos> next; // ask again from here; empty: complete
};

struct QuoteRequest {
    std::vector<InstrumentName> instruments;
};
// Quotes in no particular order, flag `snapshot`. Text views in them are empty.
using Quotes = std::vector<std::pair<InstrumentName, Quote>>;

// One date of a market that differs from its usual week, as a provider tells it.
struct MarketDay {
    AssetClass asset_class = AssetClass::equity;
    std::chrono::year_month_day date;     // of the exchange
    bool closed = false;                  // the whole day
    std::optional<UnixNanos> open, close; // regular session, where the day is not closed and the provider tells
    std::string name;                     // `Thanksgiving`; may be empty
};

// Runs on `control`, never called from the hot loop. Sessions it makes move to the hot loop.
class DataProvider {
public:
    virtual ~DataProvider() = default;

    virtual std::string_view name() const noexcept = 0; // `binance`
    virtual const Capabilities& capabilities() const noexcept = 0;

    // Looks these instruments up; those the venue does not have are left out of the answer.
    // Errors: rate_limited, banned, restricted, unauthorized, malformed_payload, venue_error, timed_out.
    virtual asio::awaitable<result<std::vector<InstrumentInfo>>> find_instruments(
        std::vector<InstrumentName> names, Rest& rest) = 0;

    // All instruments of the provider, one call of `sink` each; never held whole.
    virtual asio::awaitable<error_code> list_instruments(
        std::function<void(const InstrumentInfo&)> sink, Rest& rest) = 0;

    // Instruments whose name or description holds `text`, best first, at most `limit`.
    // Errors: not_supported; as find_instruments.
    virtual asio::awaitable<result<std::vector<InstrumentInfo>>> search_instruments(
        std::string /*text*/, std::size_t /*limit*/, Rest& /*rest*/) {
        co_return errc::not_supported;
    }

    // Holidays, early closes and special sessions of the weeks to come. Errors: not_supported; as find_instruments.
    virtual asio::awaitable<result<std::vector<MarketDay>>> get_market_days(Rest& /*rest*/) {
        co_return errc::not_supported;
    }

    // How many of FeedSpec::streams_per_connection this subscription takes.
    virtual int weight_of(std::string_view /*feed_part*/, const Subscription& /*s*/) const noexcept { return 1; }

    // Which connection group of its feed carries this subscription.
    virtual int group_of(std::string_view feed_part, const Subscription& s) const noexcept = 0;

    // What one upstream connection needs; may ask REST first. `seed` feeds the session's random choices.
    // Errors: unauthorized, rate_limited, timed_out, malformed_payload.
    virtual asio::awaitable<result<std::unique_ptr<FeedSession>>> open_session(
        std::string feed_part, int group, std::uint64_t seed, Rest& rest) = 0;

    // What a session that wants_renewal() needs; the text goes to FeedSession::renewed().
    // Errors: not_supported; as open_session.
    virtual asio::awaitable<result<std::string>> renew(std::string /*feed_part*/, Rest& /*rest*/) {
        co_return errc::not_supported;
    }

    // Best bid and offer now. Errors: as find_instruments; unknown_symbol names no instrument, it is left out.
    virtual asio::awaitable<result<Quotes>> get_quotes(QuoteRequest request, Rest& rest) = 0;

    // One page of bars in [from, to), oldest first.
    // Errors: not_supported (timeframe), unknown_symbol, rate_limited, banned, malformed_payload, timed_out.
    virtual asio::awaitable<result<BarPage>> get_bars(BarRequest request, Rest& rest) = 0;

    // Reads what an answer says about the budget (status and headers).
    virtual BudgetReading read_budget(const RestResponse& answer) const = 0;
};

// A setting of `providers.<name>` as text; nested keys are joined by dots (`endpoints.ws`).
using ProviderSettings = std::map<std::string, std::string, std::less<>>;

struct ProviderFactory {
    std::string_view name;
    // Fails with `configuration` and a sentence in `problem`.
    std::unique_ptr<DataProvider> (*make)(const ProviderSettings& settings, std::string& problem);
};

class ProviderRegistry {
public:
    void add(ProviderFactory factory) { factories_.push_back(factory); }
    const ProviderFactory* find(std::string_view name) const noexcept {
        for (const auto& f : factories_)
            if (f.name == name)
                return &f;
        return nullptr;
    }
    std::span<const ProviderFactory> all() const noexcept { return factories_; }

private:
    std::vector<ProviderFactory> factories_;
};

} // namespace tickgate
