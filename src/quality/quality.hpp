// What is wrong with a series of bars, if anything.
#pragma once

#include "calendar/market_hours.hpp"

#include <tickgate/instrument.hpp>
#include <tickgate/market_data.hpp>
#include <tickgate/provider.hpp>
#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::quality {

enum class Check : std::uint8_t {
    ohlc,          // high below low, open or close outside them
    not_positive,  // a price of 0 or below, where the class forbids it (futures, indices and CFDs may be negative)
    gap,           // bars are missing while the market was open and the provider should have them
    outlier,       // far from its neighbours by a robust measure of the series
    duplicate,     // an open time twice
    disorder,      // an open time before the one before
    misaligned,    // a span where no bar of this timeframe lies
    stale_repeat,  // the same prices again and again although volume says trades
    volume,        // negative, or trades without volume, or volume without trades
    vwap,          // outside low and high
    mixed_variant, // adjusted beside unadjusted, mid beside trade: said by the bar, or a step of a split's size
    crossed,       // quotes: bid above ask
    locked,        // quotes: bid equals ask
};
inline constexpr int check_count = 13;
std::string_view to_string(Check c) noexcept;

// note: worth knowing, no fault of the series. warning: look before relying on it. error: cannot be true.
enum class Severity : std::uint8_t { note, warning, error };
std::string_view to_string(Severity s) noexcept;

struct Issue {
    Check check = Check::ohlc;
    Severity severity = Severity::warning;
    UnixNanos from{}, to{};  // where; the first of them if there are more
    std::uint64_t count = 1; // bars; of a gap those that are missing
    std::string text;        // a sentence for people, with figures
};

enum class Grade : std::uint8_t { excellent, good, fair, poor };
std::string_view to_string(Grade g) noexcept;

// The grade: `poor` if more than 1 % of the bars have an error or more than 10 % of the expected bars are missing
// (all, if there is none); `fair` if any has an error, more than 1 % have a warning or more than 1 % are missing;
// `good` if there is a warning; else `excellent`. Notes do not count.
struct Report {
    Grade grade = Grade::excellent;
    std::uint64_t checked = 0;  // bars
    std::uint64_t expected = 0; // `checked`, and what is missing by the calendar and the provider's ways
    std::array<std::uint64_t, check_count> counts{}; // by Check: sums of Issue::count, also of issues left out
    std::vector<Issue> issues;                       // at most 100: the first of each check first, worst first
};

// Whether a bar can be stored and told at all: what fails here is `rejected` in coverage. Empty: yes. Looks at prices
// (ohlc, not_positive), negative volume or trades, and a span that is empty.
std::optional<Issue> refuse(const Bar& bar, AssetClass asset_class);

// Both sides of a quote: crossed is a warning, locked a note (venues of one market do lock each other). Empty: neither,
// or a side is missing.
std::optional<Issue> check_quote(const Quote& quote);

struct Subject {
    InstrumentName instrument;
    Timeframe timeframe = Timeframe::m1;
    BarVariant variant;
    bool continuous = false; // BarHistory::continuous
    // What was asked for: gaps before the first and after the last bar count. Empty: they do not. Only bars that end by
    // `to` are missed.
    UnixNanos from{}, to{};
};

// One pass over bars in the order given, memory independent of their number (not of the number of spans explained).
// Pure; `hours` must outlive it. In a series that is not `continuous` a missing bar may just have had no trades: there
// a gap is a whole session (24 h where there are none) without a bar, or a missing bar of a day or more.
class Checker {
public:
    Checker(Subject subject, const calendar::MarketHours& hours);
    ~Checker();
    Checker(Checker&&) noexcept;

    void add(const Bar& bar);
    // Tells known absences (coverage says why): what lies in them is no gap. Before the bars that follow them.
    void explained(UnixNanos from, UnixNanos to);
    Report finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// For live data: the same checks one by one, with a memory of the last bars of the series. Takes forming bars too; each
// check speaks once a bar. A bar like the last one is its next message, and an older one that is final or flagged
// `backfill` a late revision: neither is a fault.
class LiveChecker {
public:
    explicit LiveChecker(Subject subject);
    ~LiveChecker();
    LiveChecker(LiveChecker&&) noexcept;
    // Issues of this bar alone (outlier, ohlc, volume, vwap, stale repeat, disorder); usually none.
    std::vector<Issue> add(const Bar& bar);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::quality
