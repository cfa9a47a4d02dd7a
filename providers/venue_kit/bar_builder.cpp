#include "venue_kit/bar_builder.hpp"

namespace tickgate::venue_kit {

using namespace std::chrono_literals;

BarBuilder::BarBuilder(Tape& tape, Timeframe tf, UnixNanos open) : tape_(&tape), tf_(tf) { start(open); }

void BarBuilder::start(UnixNanos open) {
    open_ = open;
    end_ = bar_end(open, tf_);
    next_minute_ = open;
    any_ = false;
}

void BarBuilder::next() { start(end_); }

TapeBar BarBuilder::at(UnixNanos now) {
    if (tf_ == Timeframe::s1)
        return tape_->second(open_);
    while (next_minute_ + 1min <= now && next_minute_ < end_) {
        const auto minute = tape_->minute(next_minute_);
        if (any_)
            ended_.append(minute);
        else
            ended_ = minute;
        any_ = true;
        next_minute_ += 1min;
    }
    if (next_minute_ >= end_ || (any_ && next_minute_ > now))
        return ended_;
    auto bar = tape_->minute(next_minute_);
    if (!any_)
        return bar;
    auto whole = ended_;
    whole.append(bar);
    return whole;
}

} // namespace tickgate::venue_kit
