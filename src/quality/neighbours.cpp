#include "quality/neighbours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tickgate::quality {

namespace {

constexpr double split_rounding = 0.03;
constexpr double big_step = 60; // times the usual move

// The usual sizes of splits; 0: none of them. Of a reverse split below 1.
double split_factor(double ratio) noexcept {
    const double up = ratio >= 1 ? ratio : 1 / ratio;
    for (const double n : {2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0})
        if (std::fabs(up / n - 1) <= split_rounding)
            return ratio >= 1 ? n : 1 / n;
    return 0;
}

} // namespace

Neighbours::Neighbours(const Subject& subject) noexcept
    : asset_class_(subject.instrument.asset_class),
      adjusted_(subject.variant.adjusted),
      far_(far_moves(subject.instrument.asset_class)) {}

void Neighbours::add(const Bar& bar, Sink& sink) {
    const bool spike = before_ && last_ && judge_spike(bar, sink);
    if (!spike)
        judge_step(sink);
    spike_before_ = spike;
    if (last_) {
        const double base = std::fabs(approximate(last_->close));
        if (base > 0)
            scale_.add(approximate(bar.close) / base - 1);
    }
    before_ = last_;
    last_ = bar;
}

void Neighbours::finish(Sink& sink) { judge_step(sink); }

bool Neighbours::judge_spike(const Bar& next, Sink& sink) {
    const double top = std::max(approximate(before_->high), approximate(next.high));
    const double bottom = std::min(approximate(before_->low), approximate(next.low));
    const double high = approximate(last_->high), low = approximate(last_->low);
    const double base = std::fabs(approximate(before_->close));
    if (base <= 0)
        return false;
    const double off = std::max(high - top, bottom - low) / base;
    const bool absurd = bottom > 0 && (high > top * far_.absurd || low < bottom / far_.absurd);
    const bool far = scale_.is_known() && off > far_.least && off > far_factor * scale_.value();
    if (!absurd && !far)
        return false;
    sink.add(finding(Check::outlier, absurd ? Severity::error : Severity::warning, *last_), [&] {
        return fmt::format("low {}, high {} at {} lie {:.1f} % outside the bars before and after; a usual move is "
                           "{:.3f} %",
            last_->low.to_string(), last_->high.to_string(), time_text(last_->open_time), off * 100,
            scale_.value() * 100);
    });
    return true;
}

// From the last close to the next open.
void Neighbours::judge_step(Sink& sink) {
    if (!before_ || !last_ || spike_before_)
        return;
    const double from = approximate(before_->close), to = approximate(last_->open);
    if (from <= 0 || to <= 0)
        return;
    const double ratio = to / from, step = std::fabs(ratio - 1);
    if (asset_class_ == AssetClass::equity && is_split(ratio, sink))
        return;
    const bool absurd = ratio > far_.absurd || ratio < 1 / far_.absurd;
    const bool big = scale_.is_known() && before_->close_time == last_->open_time && step > 2 * far_.least &&
                     step > big_step * scale_.value();
    if (!absurd && !big)
        return;
    sink.add(finding(Check::outlier, Severity::note, *last_), [&] {
        return fmt::format("a step of {:.1f} % from {} to {} at {}", (ratio - 1) * 100, before_->close.to_string(),
            last_->open.to_string(), time_text(last_->open_time));
    });
}

bool Neighbours::is_split(double ratio, Sink& sink) {
    const double factor = split_factor(ratio);
    if (factor <= 0)
        return false;
    const bool back = seen_split_ > 0 && std::fabs(seen_split_ * factor - 1) < split_rounding;
    seen_split_ = factor;
    const auto severity = back ? Severity::error : adjusted_ ? Severity::warning : Severity::note;
    sink.add(finding(Check::mixed_variant, severity, *last_), [&] {
        return fmt::format("a step of a split's size from {} to {} at {}{}", before_->close.to_string(),
            last_->open.to_string(), time_text(last_->open_time),
            back        ? ", and one back before: adjusted and unadjusted bars are mixed"
            : adjusted_ ? " in a series adjusted for splits"
                        : "; the series is not adjusted for splits");
    });
    return true;
}

} // namespace tickgate::quality
