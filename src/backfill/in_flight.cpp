#include "backfill/in_flight.hpp"

#include <utility>

namespace tickgate::backfill {

InFlight::Held::Held(Held&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)),
      series_(std::move(other.series_)),
      claim_(std::move(other.claim_)) {}

InFlight::Held& InFlight::Held::operator=(Held&& other) noexcept {
    if (this != &other) {
        give_back({});
        owner_ = std::exchange(other.owner_, nullptr);
        series_ = std::move(other.series_);
        claim_ = std::move(other.claim_);
    }
    return *this;
}

void InFlight::Held::give_back(const error_code& fault) {
    auto* owner = std::exchange(owner_, nullptr);
    if (!owner)
        return;
    claim_->open = false;
    claim_->fault = fault;
    if (const auto it = owner->claims_.find(series_); it != owner->claims_.end()) {
        it->second.remove(claim_);
        if (it->second.empty())
            owner->claims_.erase(it);
    }
    claim_->ended.wake();
}

std::shared_ptr<InFlight::Claim> InFlight::find(const store::SeriesKey& series, const store::Span& span) const {
    const auto it = claims_.find(series);
    if (it == claims_.end())
        return nullptr;
    for (const auto& claim : it->second)
        if (claim->span.from < span.to && span.from < claim->span.to)
            return claim;
    return nullptr;
}

InFlight::Held InFlight::claim(const store::SeriesKey& series, const store::Span& span, UnixNanos now) {
    auto claim = std::make_shared<Claim>(loop_);
    claim->span = span;
    claim->since = now;
    claims_[series].push_back(claim);
    return {*this, series, std::move(claim)};
}

} // namespace tickgate::backfill
