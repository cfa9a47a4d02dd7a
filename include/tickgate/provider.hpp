// A market-data provider behind one interface. A provider is a folder under providers/; the gateway knows it by this.
#pragma once

#include <tickgate/feed_session.hpp>
#include <tickgate/rest.hpp>
#include <tickgate/subscription.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <compare>
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

// One limit the venue keeps.
struct LimitSpec {
    enum class Kind : std::uint8_t {
        rolling, // at most `limit` within any `window`
        bucket,  // `limit` a `window` come back evenly, at most `burst` at once
        day,     // `limit` a UTC day
        month,   // `limit` a UTC calendar month
    };
    enum class Unit : std::uint8_t { weight, bytes }; // bytes are counted after the fact (BudgetReading::spent_bytes)
    Kind kind = Kind::rolling;
    Unit unit = Unit::weight;
    std::int64_t limit = 0;                  // 0: none
    std::chrono::milliseconds window{60000}; // of rolling and bucket
    std::int64_t burst = 0;                  // of bucket; 0: `limit`
};

// Requests the venue counts together.
struct RequestBudgetSpec {
    std::string name;                        // a metric label: `spot`
    std::int64_t weight_limit = 0;           // per window; 0: no limit
    std::chrono::milliseconds window{60000}; // true rolling window
    std::vector<LimitSpec> more;             // further limits: all must allow a request
};

struct Capabilities {
    std::vector<FeedSpec> feeds;
    std::vector<Timeframe> timeframes;      // of its bars by REST
    std::vector<RequestBudgetSpec> budgets; // documented limits; answers refine them
    std::size_t bars_per_page = 0;
    bool trades_history = false; // get_trades() by time
    bool trades_by_id = false;   // and by id: ids are numbers without holes
    bool bulk_files = false;     // bulk_files() and read_bulk_file(), with the credentials at hand
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

// What kind of bars: of which price, on which clock, with or without splits counted in. Different ones never mix.
struct BarVariant {
    PriceType price_type = PriceType::trade;
    Alignment align = Alignment::utc; // up to 1h every clock gives the same bars and utc is the word for them
    bool adjusted = false;
    auto operator<=>(const BarVariant&) const = default;
};

// What a provider's REST can tell of one instrument's bars.
struct BarHistory {
    BarVariant variant;
    // Bars that opened longer ago are not told; empty: no documented limit.
    std::optional<std::chrono::seconds> depth;
    // An open market without trades still makes a bar (flat, volume 0), so that a missing one is a hole of the venue.
    bool continuous = false;
    std::size_t page = 0; // bars of one request at most; 0: Capabilities::bars_per_page
};

struct BarRequest {
    InstrumentName instrument;
    Timeframe timeframe = Timeframe::m1;
    UnixNanos from{}, to{};            // [from, to), by open time
    std::size_t limit = 0;             // 0: the page limit of the provider
    std::optional<BarVariant> variant; // empty: the usual one of DataProvider::bar_history()
};
struct BarPage {
    std::vector<Bar> bars;         // oldest first; the running bar has final == false
    std::optional<UnixNanos> next; // ask again from here; empty: complete
};

struct TradeRequest {
    InstrumentName instrument;
    UnixNanos from{}, to{}; // [from, to), by the venue's time
    // Instead of times, where Capabilities::trades_by_id: ids from `first_id` to `last_id`, both included.
    std::optional<std::uint64_t> first_id, last_id;
    std::string cursor;    // of the page before; empty: the first page
    std::size_t limit = 0; // 0: the page limit of the provider
};
// Oldest first. Views in the trade are valid during the call; its instrument id is not set.
using TradeSink = std::function<void(const Trade&)>;

// A file that holds one day of a whole market, much cheaper than asking for each instrument.
struct BulkFile {
    std::string key;                     // the provider's own name, without secrets
    Kind kind = Kind::bar;               // what it holds
    Timeframe timeframe = Timeframe::m1; // of bars
    AssetClass asset_class = AssetClass::equity;
    UnixNanos from{}, to{}; // it tells everything in between
};
struct BulkRequest {
    AssetClass asset_class = AssetClass::equity;
    Kind kind = Kind::bar;
    Timeframe timeframe = Timeframe::m1; // of bars
    UnixNanos from{}, to{};
};
// Takes rows one by one; views and ids as in TradeSink. An error ends the reading with that error.
class BulkSink {
public:
    virtual ~BulkSink() = default;
    virtual error_code on_bar(const InstrumentName&, const Bar&) { return {}; }
    virtual error_code on_trade(const InstrumentName&, const Trade&) { return {}; }
    virtual error_code on_quote(const InstrumentName&, const Quote&) { return {}; }
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

    // What get_bars() tells of the instrument; `wanted` asks for another variant than the usual one.
    // Errors: not_supported (timeframe, class or variant).
    virtual result<BarHistory> bar_history(const InstrumentName& /*instrument*/, Timeframe timeframe,
        std::optional<BarVariant> wanted = std::nullopt) const {
        for (const auto has : capabilities().timeframes)
            if (has == timeframe && (!wanted || *wanted == BarVariant()))
                return BarHistory();
        return errc::not_supported;
    }

    // One page of trades, oldest first, to `sink`. Answers the cursor of the next page, empty at the end.
    // Errors: not_supported (also times without Capabilities::trades_history, a span longer ago than is told),
    // not_entitled; as get_bars.
    virtual asio::awaitable<result<std::string>> get_trades(TradeRequest /*request*/, TradeSink /*sink*/, Rest&) {
        co_return errc::not_supported;
    }

    // The files that together tell the span, oldest first; days without one are left out.
    // Errors: not_supported, unauthorized, not_entitled, rate_limited (the volume of the month is used up), timed_out.
    virtual asio::awaitable<result<std::vector<BulkFile>>> bulk_files(BulkRequest /*request*/, Rest&) {
        co_return errc::not_supported;
    }
    // Streams a file: never held whole; a broken download goes on where it broke. Only rows of `instruments` reach the
    // sink, in the order of the file. Errors: as bulk_files, malformed_payload, the sink's own.
    virtual asio::awaitable<error_code> read_bulk_file(
        BulkFile /*file*/, std::vector<InstrumentName> /*instruments*/, BulkSink& /*sink*/, Rest&) {
        co_return errc::not_supported;
    }

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
