// A bar against the one before and the one after.
#pragma once

#include "quality/findings.hpp"
#include "quality/price_scale.hpp"

namespace tickgate::quality {

// Bars in order of time. A bar is judged when the next one is known: what leaves the range of both neighbours and comes
// back is no move of the market.
class Neighbours {
public:
    explicit Neighbours(const Subject& subject) noexcept;
    void add(const Bar& bar, Sink& sink);
    void finish(Sink& sink); // of the last bar

private:
    bool judge_spike(const Bar& next, Sink& sink); // true: the last bar is one
    void judge_step(Sink& sink);                   // to the last bar from the one before
    bool is_split(double ratio, Sink& sink);

    AssetClass asset_class_;
    bool adjusted_;
    FarMoves far_;
    PriceScale scale_;
    std::optional<Bar> before_, last_;
    bool spike_before_ = false; // before_ was one: the way back is no step
    double seen_split_ = 0;     // the factor of the last step that looked like one; 0: none
};

} // namespace tickgate::quality
