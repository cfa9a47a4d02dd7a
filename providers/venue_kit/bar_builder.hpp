// One running bar of a tape, cheap to ask again and again.
#pragma once

#include "venue_kit/tape.hpp"

namespace tickgate::venue_kit {

// Keeps what the ended minutes of the bar add up to, so that a question costs the current minute only.
// The tape must outlive it.
class BarBuilder {
public:
    BarBuilder(Tape& tape, Timeframe tf, UnixNanos open);

    // The bar as of `now` (which does not go back). After its end: the whole bar.
    TapeBar at(UnixNanos now);

    UnixNanos open() const noexcept { return open_; }
    UnixNanos end() const noexcept { return end_; }
    // Goes on to the next bar.
    void next();

private:
    void start(UnixNanos open);

    Tape* tape_;
    Timeframe tf_;
    UnixNanos open_{}, end_{};
    TapeBar ended_; // all minutes before next_minute_
    UnixNanos next_minute_{};
    bool any_ = false;
};

} // namespace tickgate::venue_kit
