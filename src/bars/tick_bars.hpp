// Bars from ticks, for feeds that stream none: mid quotes or trades of one instrument and timeframe.
#pragma once

#include "bars/wide_sum.hpp"

#include <tickgate/market_data.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tickgate::bars {

// Pure: fed with ticks and the time; takes no memory after construction. A bar is closed by time, not by the next tick,
// a grace after its end so that ticks on their way are still in; a span without a tick makes no bar. A tick is placed
// by its event time, without one by its receive time.
//
// A tick that comes later makes the next message of its bar, final again, while the bar is remembered (twice its
// length, at least 5 s, at most 10 min); after that it is counted. Quotes flagged `snapshot` and whatever is flagged
// `backfill` are no ticks.
class TickBars {
public:
    enum class Input : std::uint8_t {
        mid,    // quotes; price_type mid; volume is the number of ticks
        trades, // price_type trade; volume is the sum of sizes, with vwap and the number of trades
        last,   // quotes of an index, which have only `last`; price_type trade; volume is the number of ticks
    };
    struct Options {
        std::chrono::milliseconds grace{500}; // after the end of a bar, for ticks on their way
        std::chrono::milliseconds pace{1000}; // least time between two messages of a forming or a revised bar
        // On which clock bars longer than 1h begin; that of the provider's history (calendar::usual_alignment()), so
        // that they can stand beside it. Up to 1h all are the same, and called utc.
        Alignment align = Alignment::utc;
    };
    enum class Added : std::uint8_t {
        taken,
        ignored, // makes no price: a side is missing, a cancel, a snapshot
        late,    // its bar is no longer remembered
        full,    // too many bars wait for due(): ask it and give the tick again
    };

    TickBars(InstrumentId instrument, Timeframe timeframe, Input input) noexcept
        : TickBars(instrument, timeframe, input, Options()) {}
    TickBars(InstrumentId instrument, Timeframe timeframe, Input input, Options options) noexcept;

    Added add(const Quote& quote) noexcept; // for mid and last
    Added add(const Trade& trade) noexcept; // for trades

    // The next message to publish, older bars first; empty: none for now. `now` is the wall clock; the receive time of
    // a message is the moment of this call. To be asked every 100 ms, until empty.
    std::optional<Bar> due(UnixNanos now) noexcept;

    // The ticks come from another source from now on: the bar of this moment is `mixed`, and so is every earlier one
    // that still changes. What has ended is due without a grace.
    void switched(UnixNanos now) noexcept;

    Timeframe timeframe() const noexcept { return timeframe_; }
    Input input() const noexcept { return input_; }
    std::uint64_t late() const noexcept { return late_; }

private:
    struct Slot {
        UnixNanos open_time{}, close_time{};
        Decimal open, high, low, close;
        WideSum volume, eligible_volume, notional;
        std::int64_t ticks = 0;
        UnixNanos open_tick = UnixNanos::max(), close_tick = UnixNanos::min(); // times of the first and last price
        std::optional<UnixNanos> event_time;                                   // latest
        Flags flags;
        bool priced = false;  // has an open
        bool changed = false; // since the last message
        bool final = false;
        bool ended = false; // no grace any more
        UnixNanos told{};   // time of the last message, if final
    };
    struct Tick { // what the two kinds of input have in common
        std::optional<UnixNanos> event_time;
        UnixNanos received{};
        Flags flags;
    };

    Slot* slot_for(const Tick& tick, UnixNanos at, Added& why_not) noexcept;
    Slot* insert(UnixNanos open_time, UnixNanos close_time, Added& why_not) noexcept;
    UnixNanos place(const Tick& tick) noexcept;
    void price(Slot& slot, const Decimal& price, UnixNanos at) noexcept;
    void finish(Slot& slot, const Tick& tick) noexcept;
    Added add_price(const Tick& tick, const Decimal& price) noexcept;
    Bar bar_of(const Slot& slot, UnixNanos now) const noexcept;

    InstrumentId instrument_;
    Timeframe timeframe_;
    Input input_;
    Options options_;
    std::chrono::nanoseconds length_, remember_;
    std::array<Slot, 6> slots_; // the first `count_`, by time
    std::size_t count_ = 0;
    std::chrono::nanoseconds lag_{0}; // of a delayed feed: its clock is so far behind ours
    UnixNanos mixed_through_ = UnixNanos::min();
    UnixNanos told_ = UnixNanos::min(); // last message of a forming bar
    std::uint64_t late_ = 0;
};

} // namespace tickgate::bars
