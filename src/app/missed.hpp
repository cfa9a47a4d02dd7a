// Whether a feed is missed: what decides over /readyz (contract.md §7). Pure.
#pragma once

#include "feed/feed_stats.hpp"

#include <chrono>

namespace tickgate::app {

// A feed that begins is given this long to connect before its markets are looked at.
inline constexpr std::chrono::seconds time_to_connect{30};

// Not while it is live, or while all its markets are closed. Refused credentials always are: only a person mends them.
inline bool is_missed(const feed::FeedStats& stats, UnixNanos now) noexcept {
    const auto& status = stats.status;
    if (status.state == FeedState::live || status.state == FeedState::closed)
        return false;
    const bool away = status.state == FeedState::down ||
                      (status.state == FeedState::connecting && now - status.since >= time_to_connect);
    return !away || stats.open_instruments > 0;
}

} // namespace tickgate::app
