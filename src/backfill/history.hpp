// History on demand: what the store does not have is fetched, checked, stored; every absent bar has a cause.
#pragma once

#include "budget/wait_queue.hpp"
#include "calendar/market_hours.hpp"
#include "quality/quality.hpp"
#include "store/async_store.hpp"

#include <tickgate/provider.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::backfill {

namespace asio = boost::asio;

using budget::Priority; // who goes first when the budget is short

enum class Method : std::uint8_t { automatic, rest, flat_files };

struct BarsRequest {
    InstrumentName instrument;
    Timeframe timeframe = Timeframe::m1;
    store::Span span;                  // by open time
    std::optional<BarVariant> variant; // empty: the provider's usual one
    std::string provider;              // empty: the route, in its order
    bool use_cache = true;             // false: ask the provider for everything
    std::optional<UnixNanos> since;    // without cache: but not for what was asked since then
    Method method = Method::automatic; // flat files for more than 5 symbols or 7 days, where there are any
    std::size_t symbols = 1;           // how many instruments were asked for together
    Priority priority = Priority::user;
    std::string client; // who asks; may be empty
    // The instruments asked for together, of one class and with this one or without: a file that is read for this one
    // is read for them too, so that the next requests find it in the store.
    std::shared_ptr<const std::vector<InstrumentName>> alongside;
};

// How far a request got; given now and then while it works, on the loop of the caller.
struct Progress {
    std::chrono::nanoseconds done{}, total{}; // of the span that has to be fetched; the total is refined on the way
    std::uint64_t bars = 0, requests = 0;     // fetched so far
    std::chrono::milliseconds waiting{0};     // what is left of a pause the provider asked for
};
using OnProgress = std::function<void(const Progress&)>;

// A part of the answer: one series, whose bars are in the store now.
struct Part {
    store::SeriesKey series;
    store::Span span;
    bool continuous = false;
};

struct Ensured {
    std::vector<Part> parts; // in order of time, without overlap; several if a provider could not
    // Of the span as far as bars are final, each piece with its cause; `none`: bars are there. Past 50,000 pieces the
    // time without bars that is nobody's fault (no_trades, session_closed) is told as part of the `none` around it.
    std::vector<store::CoverageSpan> coverage;
    bool cached = false;       // nothing had to be fetched
    std::uint64_t fetched = 0; // bars
    // Why there is not more: the first fault, and what may be told about it (a provider's words are redacted). Empty
    // error: everything that exists is here.
    error_code error;
    std::string detail;
    std::optional<std::chrono::milliseconds> retry_after;
};

// A provider as history needs it.
struct Source {
    std::string name;
    DataProvider* provider = nullptr;
    bool on_route = true; // false: asked only when a request names it
    // REST of this provider for a caller: lives as long as the answer is held.
    std::function<std::unique_ptr<Rest>(Priority, const std::string& client)> rest;
};

struct HistoryOptions {
    std::size_t max_parallel = 4;           // requests in flight a provider and priority
    std::size_t max_bars_in_flight = 60000; // a provider and priority, so that memory stays bounded
    std::chrono::seconds settle{300};       // younger bars are asked again
    std::chrono::seconds longest{std::chrono::hours(24) * 366 * 30}; // a longer span is refused
    std::function<UnixNanos()> clock;                                // empty: the machine's
    std::chrono::milliseconds back_off{500};                         // before the first of three retries, then doubled
    std::chrono::milliseconds patience{30000};                       // a longer pause of a provider is not waited for
};

// Plain counters, on the loop.
struct HistoryStats {
    std::uint64_t requests = 0, cached = 0, merged = 0, failed = 0;
    std::uint64_t pages = 0, bars_fetched = 0, bars_rejected = 0, bars_derived = 0, files = 0;
    std::uint64_t retries = 0, fallbacks = 0, bulk_failures = 0; // fallbacks: another provider was asked
    // What providers told that was not asked for, twice, or out of order; and pages that led nowhere.
    std::uint64_t strays = 0, duplicates = 0, disorder = 0, stalled = 0;
    std::size_t in_flight = 0; // pages
};

// One loop (control), one owner. The store and the sources must outlive it; stop() must have returned before
// destruction, unless the loop runs no more.
//
// ensure() splits what coverage says is missing by the provider's rules, fetches the pages in parallel within the
// budget, checks each bar, and writes bars and coverage of a page in one step; so whatever interrupts it, the rest can
// be asked again. A page that somebody else is fetching is waited for, not fetched twice. The running bar is neither
// stored nor covered. Cancellation ends it after the pages in flight; what came is kept.
class History {
public:
    History(asio::any_io_executor control, store::AsyncStore& store, const calendar::MarketHours& hours,
        std::function<std::vector<Source>(const InstrumentName&)> route, HistoryOptions options);
    ~History();

    // Makes the store tell all there is of the request. Errors are in the answer: bad_request (reversed or too long a
    // span, all of it in the future), not_supported (no provider has such bars), unknown_symbol, not_entitled,
    // rate_limited (with retry_after), unavailable, timed_out, store_*, cancelled, stopped.
    asio::awaitable<Ensured> ensure(BarsRequest request, OnProgress progress = {});

    // Reads the parts in order; bars of `span` only. `take` returns false to end it.
    asio::awaitable<error_code> read(
        std::vector<Part> parts, std::function<bool(const Part&, const store::StoredBar&)> take);

    // What is known without asking anybody: for each series of the instrument (of one timeframe, if given).
    struct Known {
        store::SeriesKey series;
        std::uint64_t bars = 0;
        std::vector<store::CoverageSpan> spans; // within what was asked, not_fetched included
    };
    asio::awaitable<result<std::vector<Known>>> coverage(
        InstrumentName instrument, std::optional<Timeframe> timeframe, store::Span span);

    // Trades from the providers of the route, oldest first, straight to `take` (they are not stored). Errors: as
    // ensure(); `provider` names who told them.
    struct TradesRequest {
        InstrumentName instrument;
        store::Span span;
        std::optional<std::uint64_t> first_id, last_id;
        std::string provider;
        Priority priority = Priority::user;
        std::string client;
        std::size_t limit = 0; // 0: all
    };
    struct TradesDone {
        std::string provider;
        std::uint64_t trades = 0;
        bool complete = false; // false: the limit was reached, or an error
        error_code error;
        std::string detail;
    };
    using TakeTrade = std::function<bool(const std::string& provider, const Trade&)>;
    asio::awaitable<TradesDone> trades(TradesRequest request, TakeTrade take);

    // Requests that wait end with `stopped`, those in flight after their page; returns when none is left.
    asio::awaitable<void> stop();

    // HistoryOptions::max_parallel and ::settle, for what begins from now on.
    void set_limits(std::size_t max_parallel, std::chrono::seconds settle);

    UnixNanos now() const;
    const HistoryStats& stats() const noexcept;
    const calendar::MarketHours& hours() const noexcept;
    store::AsyncStore& store() noexcept;

    struct Impl; // of the files of this folder

private:
    std::shared_ptr<Impl> impl_;
};

} // namespace tickgate::backfill
