#include "oanda/venue/limits.hpp"

namespace tickgate::oanda_venue {

bool RateLimit::admit(std::string_view address, MonoTime now) {
    if (limit_ == 0)
        return true;
    auto& events = events_[std::string(address)];
    while (!events.empty() && events.front() + window_ <= now)
        events.pop_front();
    if (events.size() >= limit_)
        return false;
    events.push_back(now);
    return true;
}

} // namespace tickgate::oanda_venue
