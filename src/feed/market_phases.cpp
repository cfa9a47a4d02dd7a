#include "feed/market_phases.hpp"

namespace tickgate::feed {

using namespace std::chrono_literals;

MarketPhases::MarketPhases(const calendar::MarketHours* hours, std::chrono::milliseconds delay) noexcept
    : hours_(hours), delay_(delay) {
    phases_.fill(calendar::Phase::open);
}

void MarketPhases::refresh(UnixNanos now) {
    if (hours_ == nullptr)
        return;
    const UnixNanos t = now - delay_;
    const bool all = read_ == UnixNanos::min() || now < read_ || now - read_ >= 1min;
    if (all)
        read_ = now;
    for (std::size_t i = 0; i < phases_.size(); ++i) {
        if (all || t < sessions_[i].since || t >= sessions_[i].until)
            sessions_[i] = hours_->at(static_cast<calendar::Market>(i), t);
        phases_[i] = sessions_[i].phase;
    }
}

} // namespace tickgate::feed
