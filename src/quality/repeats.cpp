#include "quality/repeats.hpp"

#include <fmt/format.h>

namespace tickgate::quality {

namespace {

constexpr std::uint64_t many_copies = 3;     // a bar with a range, its volume too: the fourth of its kind
constexpr std::uint64_t many_flat = 60;      // a standing price with the very same volume
constexpr std::uint64_t long_standing = 600; // equal prices whatever the volume

bool same_prices(const Bar& a, const Bar& b) noexcept {
    return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close;
}

} // namespace

void Repeats::add(const Bar& bar, Sink& sink) {
    const bool traded = bar.volume ? !bar.volume->is_zero() : bar.trades.value_or(0) > 0;
    const bool same = last_ && traded && same_prices(*last_, bar);
    const bool copy = same && last_->volume == bar.volume && last_->trades == bar.trades;
    same_ = same ? same_ + 1 : 0;
    copies_ = copy ? copies_ + 1 : 0;
    last_ = bar;
    const bool ranged = bar.low < bar.high;
    // The small counts of a thin market repeat by chance.
    const bool suspicious =
        bar.volume_unit != VolumeUnit::ticks || (bar.volume && *bar.volume > Decimal::from_integer(9));
    const bool stale = suspicious && copies_ >= (ranged ? many_copies : many_flat);
    if (!stale && same_ != long_standing)
        return;
    sink.add(finding(Check::stale_repeat, stale ? Severity::warning : Severity::note, bar), [&] {
        return fmt::format("close {} at {}: the {} bars before have the same prices{}", bar.close.to_string(),
            time_text(bar.open_time), stale ? copies_ : same_, stale ? " and volume" : " although there were trades");
    });
}

} // namespace tickgate::quality
