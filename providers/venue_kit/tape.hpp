// What was traded in one synthetic symbol: recent trades, bars, and a made-up past of any length.
#pragma once

#include "venue_kit/holes.hpp"
#include "venue_kit/path.hpp"
#include "venue_kit/symbols.hpp"

#include <tickgate/time.hpp>
#include <tickgate/timeframe.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

namespace tickgate::venue_kit {

struct Fill {
    std::int64_t id = 0;        // grows by 1
    std::int64_t aggregate = 0; // fills of one taker order at one price share it; grows by 1
    std::int64_t price = 0;     // ticks
    std::int64_t lots = 0;
    UnixNanos time{};
    bool buyer_is_maker = false;
};

// Prices in ticks, volumes in lots, turnovers in ticks * lots.
struct TapeBar {
    UnixNanos open_time{};
    std::int64_t open = 0, high = 0, low = 0, close = 0;
    std::int64_t volume = 0, turnover = 0, taker_volume = 0, taker_turnover = 0; // taker: bought by the aggressor
    std::int64_t count = 0;
    std::int64_t first_id = -1, last_id = -1; // -1: no trade

    static TapeBar flat(UnixNanos open_time, std::int64_t price) noexcept;
    void add(const Fill& fill) noexcept;
    // `later` follows this bar in time; this bar's open time stays.
    void append(const TapeBar& later) noexcept;
};

struct TapeLimits {
    std::size_t trades = 10000; // newest kept; those of one taker order go together
    std::size_t minutes = 1500; // newest kept
};

// Before `live_from` (the minute in which the market began) every minute is a function of the price path; from there on
// minutes are made of the trades added. Minutes that fell out of the limits are made up again. One-second bars exist as
// long as their trades are kept.
class Tape {
public:
    // The symbol must outlive the tape.
    Tape(std::uint64_t seed, const SyntheticSymbol& symbol, UnixNanos start, TapeLimits limits);

    // Times must not go back.
    void add(const Fill& fill);

    // When the made-up past has prices; always if it is never told.
    void keep_hours(std::function<bool(UnixNanos minute)> open) { open_at_ = std::move(open); }
    // What lies in them is not told by bar(), minute() and bars(). They must outlive the tape.
    void leave_out(const Holes& holes) noexcept { holes_ = &holes; }

    const std::deque<Fill>& trades() const noexcept { return trades_; }
    UnixNanos live_from() const noexcept { return live_from_; }
    PricePath& path() noexcept { return path_; }
    const SyntheticSymbol& symbol() const noexcept { return symbol_; }
    // The middle of the market at that time, in ticks: the path at this venue's offset.
    std::int64_t price(UnixNanos t) noexcept;

    // The bar that opens at `open` as far as it is known at `now`; `now` lies after `open`.
    TapeBar bar(Timeframe tf, UnixNanos open, UnixNanos now);
    // All minutes (or, if it is shorter than one, seconds) of [open, end) as far as they are known at `now`.
    TapeBar span(UnixNanos open, UnixNanos end, UnixNanos now);
    // One minute or one second.
    TapeBar minute(UnixNanos open);
    TapeBar second(UnixNanos open);

    // No bars exist before 2020 UTC.
    static constexpr UnixNanos history_begin{std::chrono::seconds(1577836800)};
    // Bars with an open time in [from, to], at most `limit`; the newest of them if `newest`, else the oldest.
    // Ascending, ending with the running bar. Bars within a hole are not there.
    std::vector<TapeBar> bars(
        Timeframe tf, UnixNanos from, UnixNanos to, std::size_t limit, bool newest, UnixNanos now);

private:
    TapeBar synthetic(UnixNanos open, std::chrono::nanoseconds length);
    TapeBar whole_hour(UnixNanos open); // of the made-up past
    bool is_hole(UnixNanos t) const noexcept { return holes_ != nullptr && holes_->contains(t); }
    std::int64_t price_before(UnixNanos t);

    const SyntheticSymbol& symbol_;
    PricePath path_;
    UnixNanos live_from_;
    TapeLimits limits_;
    std::deque<Fill> trades_;
    std::deque<TapeBar> minutes_; // one after the other
    bool forgotten_ = false;      // trades that were added are gone
    std::function<bool(UnixNanos)> open_at_;
    const Holes* holes_ = nullptr;
    std::unordered_map<std::int64_t, TapeBar> hours_; // of the made-up past, asked before
};

} // namespace tickgate::venue_kit
