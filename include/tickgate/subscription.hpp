// What is asked of a provider: one instrument, one kind of data.
#pragma once

#include <tickgate/market_data.hpp>

#include <compare>
#include <functional>
#include <string>
#include <vector>

namespace tickgate {

struct Subscription {
    InstrumentId instrument{};
    Kind kind = Kind::quote;
    Timeframe timeframe = Timeframe::m1; // bars only

    friend constexpr bool operator==(const Subscription& a, const Subscription& b) noexcept {
        return a.instrument == b.instrument && a.kind == b.kind && (a.kind != Kind::bar || a.timeframe == b.timeframe);
    }
    friend constexpr bool operator<(const Subscription& a, const Subscription& b) noexcept { return a.key() < b.key(); }
    // A dense-enough integer key, equal for equal subscriptions.
    constexpr std::uint64_t key() const noexcept {
        return (static_cast<std::uint64_t>(instrument) << 16) | (static_cast<std::uint64_t>(kind) << 8) |
               (kind == Kind::bar ? static_cast<std::uint64_t>(timeframe) : 0u);
    }
};

// A subscription with the provider's own name of the instrument.
struct Wanted {
    Subscription what;
    std::string native;
};

// A change of what is wanted. Nothing is in both lists.
struct SubscriptionDelta {
    std::vector<Wanted> add;
    std::vector<Subscription> remove;
    bool empty() const noexcept { return add.empty() && remove.empty(); }
};

} // namespace tickgate

template <>
struct std::hash<tickgate::Subscription> {
    std::size_t operator()(const tickgate::Subscription& s) const noexcept {
        return static_cast<std::size_t>(s.key() * 0x9E3779B97F4A7C15ull);
    }
};
