// Session ids and who may stream: one user, so many streams at once.
#pragma once

#include "tradier/venue/options.hpp"

#include <tickgate/time.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace tickgate::tradier_venue {

class Desk {
public:
    Desk(const TradierOptions& options, std::uint64_t seed) : options_(options), seed_(seed) {}

    std::string make_id(MonoTime now); // `c8638963-a6d4-4fe9-9bc6-e25fbd8c60c3`

    enum class Verdict : std::uint8_t { fine, unknown, too_old };
    // Every list must come with an id younger than five minutes.
    Verdict check(std::string_view id, MonoTime now) const;

    // One more stream; false: too many. `open`: streams that are open and alive.
    bool admit(std::size_t open, MonoTime now);
    void left(MonoTime now); // a stream ended that the venue did not end itself: it lingers

    std::uint64_t made() const noexcept { return made_; }

private:
    struct Id {
        std::string text;
        MonoTime created{};
    };
    const TradierOptions& options_;
    std::uint64_t seed_;
    std::uint64_t made_ = 0;
    std::deque<Id> ids_;             // the newest 1,000
    std::deque<MonoTime> lingering_; // until when
};

} // namespace tickgate::tradier_venue
