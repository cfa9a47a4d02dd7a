// What the hot loop asks of whoever can fetch what was missed; declared here, implemented above.
#pragma once

#include <tickgate/error.hpp>
#include <tickgate/market_data.hpp>
#include <tickgate/provider.hpp>
#include <tickgate/subscription.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::feed {

// A span of one published channel to be fetched.
struct RepairOrder {
    enum class Why : std::uint8_t {
        gap,       // was missed
        reconcile, // was published; the provider's word counts more
    };
    std::uint64_t number = 0; // names the order; never used twice
    Why why = Why::gap;
    Subscription what;                  // trades or bars
    std::vector<std::string> providers; // whom to ask, in this order
    UnixNanos from{}, to{};             // [from, to), the venue's time; bars by open time
    // Trades whose ids have no holes: these are missing, both included. Without `last_id`: up to `to`.
    std::optional<std::uint64_t> first_id, last_id;
    std::optional<BarVariant> variant; // of bars: the kind that was published; empty: none was so far
};

// How an order ended.
struct RepairResult {
    std::string provider;  // who answered last; may be empty
    bool complete = false; // everything there is was brought
    error_code error;      // why not; never `stopped` as an answer to cancel()
    std::string detail;    // for people, redacted
};

// Called on the hot loop, answers come there: Router::repaired() any number of times, then Router::repair_done() once.
class RepairSink {
public:
    virtual ~RepairSink() = default;
    // False: too many wait; it is not taken.
    virtual bool order(RepairOrder order) = 0;
    // Nobody waits for it any more; no repair_done() is needed.
    virtual void cancel(std::uint64_t number) = 0;
    // Whether the provider's REST tells trades of the instrument at all.
    virtual bool tells_trades(std::string_view provider, InstrumentId instrument) = 0;
    // Whether it tells bars of this kind (empty: the usual one). Asked when the first bar is published, and when the
    // provider changes.
    virtual bool tells_bars(std::string_view provider, InstrumentId instrument, Timeframe timeframe,
        const std::optional<BarVariant>& variant) = 0;
    // A final bar from our ticks of a series that the provider's REST does not tell: nobody else will ever know it.
    virtual void record(std::string_view /*provider*/, std::string_view /*native*/, const Bar&) {}
    // No ticks came in this span for such a series.
    virtual void record_outage(std::string_view /*provider*/, Subscription, UnixNanos /*from*/, UnixNanos /*to*/) {}
    // The series is not made any more.
    virtual void record_end(std::string_view /*provider*/, Subscription) {}
};

// What the session before published last of a channel.
struct PreviousMark {
    std::string provider;
    UnixNanos at{};                  // event time, or received; of a bar: its open time
    UnixNanos until{};               // of a bar: its close time
    std::optional<std::uint64_t> id; // of a trade
    bool final = false;              // of a bar
};

// Plain counters, written on the hot loop and copied there.
struct RepairStats {
    std::uint64_t gaps = 0;                                        // handed over
    std::uint64_t repaired = 0;                                    // completely
    std::uint64_t gave_up = 0;                                     // partly or not at all
    std::uint64_t dropped = 0;                                     // too many waited: closed at once
    std::uint64_t unrepairable = 0;                                // no provider tells what was missed
    std::uint64_t trades_filled = 0, bars_filled = 0, repeats = 0; // repeats: were published before
    std::uint64_t reconciliations = 0, skipped = 0;                // orders; skipped: too many waited
    // Verdicts on bars of ours against the provider's.
    std::uint64_t equal = 0, revised = 0, ours_missing = 0, provider_missing = 0;
    std::uint64_t recorded = 0; // bars that only we know
    std::size_t pending = 0;    // orders in progress
    std::size_t gaps_open = 0;  // announced and not closed
};

} // namespace tickgate::feed
