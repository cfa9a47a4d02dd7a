#include "tradier/venue/desk.hpp"

#include "venue_kit/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::tradier_venue {

std::string Desk::make_id(MonoTime now) {
    const auto a = kit::mix(seed_ ^ 0x7472616465u, ++made_), b = kit::mix(a, made_);
    Id id{fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xffff, b >> 48,
              b & 0xffffffffffff),
        now};
    ids_.push_back(id);
    if (ids_.size() > 1000)
        ids_.pop_front();
    return id.text;
}

Desk::Verdict Desk::check(std::string_view id, MonoTime now) const {
    const auto it = std::find_if(ids_.begin(), ids_.end(), [&](const Id& i) { return i.text == id; });
    if (it == ids_.end())
        return Verdict::unknown;
    return now - it->created > options_.id_life ? Verdict::too_old : Verdict::fine;
}

bool Desk::admit(std::size_t open, MonoTime now) {
    std::erase_if(lingering_, [&](MonoTime until) { return until <= now; });
    return options_.sessions == 0 || open + lingering_.size() < options_.sessions;
}

void Desk::left(MonoTime now) {
    if (options_.linger.count() > 0)
        lingering_.push_back(now + options_.linger);
}

} // namespace tickgate::tradier_venue
