// Bars of a timeframe built from those of a finer one.
#pragma once

#include "bars/wide_sum.hpp"

#include <tickgate/market_data.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace tickgate::bars {

// The coarsest of `have` that `timeframe` can be built from on this clock; empty: none. `have` is what there is on that
// clock (up to 1h every clock is the same). Up to 1d it is one of at most 1h that fits a whole number of times (1h from
// 15m, 3m from 1m, 1d from 1h: days and bars of some hours begin at whole hours on every clock); above, it is 1d or
// what 1d can be built from. Never 1M from 1w, nor 1w from 3d.
std::optional<Timeframe> base_of(Timeframe timeframe, Alignment align, const std::vector<Timeframe>& have);

// Pure, of fixed size. Takes finer bars in order of time, one variant, gives the bars they make: source derived, flag
// derived. A bar is placed by its open time.
//
// Volume is the exact sum (null if one is null or it needs more than 18 digits), vwap the volume-weighted mean rounded
// half to even at 18 digits (null if one with volume has none or the volume is 0), trades the sum (null if one is).
// Flags of the parts are kept; the bar is final if all parts are. A part that says it had no trades (a venue's own
// empty bar) brings no price unless there is nothing else, as in the venue's own longer bar.
class Deriver {
public:
    Deriver(Timeframe target, Alignment align) noexcept : target_(target), align_(align) {}

    // A finished bar, if this one begins the next. A bar not later than the one before is ignored (answers nothing).
    std::optional<Bar> add(const Bar& finer);
    // The bar of what was added since; empty: nothing was. Whether more would have come is the caller's to know.
    std::optional<Bar> finish();

private:
    void begin(const Bar& first);
    void join(const Bar& part);
    Bar result() const;

    Timeframe target_;
    Alignment align_;
    std::optional<UnixNanos> last_; // open time of the last part
    bool forming_ = false;
    bool traded_ = false; // a part with trades is in it
    Bar bar_;
    WideSum volume_, notional_;
    bool volume_known_ = true, vwap_known_ = true;
    std::optional<std::int64_t> trades_;
};

} // namespace tickgate::bars
