#include "venue_kit/replay_player.hpp"

namespace tickgate::venue_kit {

using namespace std::chrono_literals;

MonoTime ReplayPlayer::due(std::size_t index) const noexcept {
    if (flat_out())
        return start_;
    const auto scaled = static_cast<double>(frames()[index].at.count()) / options_.speed;
    return start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(scaled));
}

MonoTime ReplayPlayer::next_due() const noexcept {
    if (!begun_ || done())
        return MonoTime::max();
    return due(position_ == frames().size() ? 0 : position_);
}

std::size_t ReplayPlayer::advance(
    MonoTime now, std::size_t subscribed, bool stalled, std::size_t limit, const Deliver& deliver) {
    if (!begun_) {
        if (subscribed < options_.hold)
            return 0;
        begun_ = true;
        start_ = now;
    } else if (stalled) {
        start_ += now - last_;
    }
    last_ = now;
    if (stalled)
        return 0;

    std::size_t count = 0;
    while (count < limit) {
        if (position_ == frames().size()) {
            if (!options_.loop)
                break;
            start_ = flat_out() ? now : due(frames().size() - 1) + 1ms;
            position_ = 0;
        }
        if (due(position_) > now)
            break;
        const auto index = position_++;
        deliver(frames()[index], index);
        ++played_;
        ++count;
    }
    return count;
}

} // namespace tickgate::venue_kit
