#include "feed/route_fsm.hpp"

#include <array>

namespace tickgate::feed {

namespace {

bool within(const Decimal& a, const Decimal& b, const Decimal& percent) noexcept {
    if (b.is_zero())
        return true;
    const auto part = Decimal::divide(percent, Decimal::from_integer(100));
    const auto ratio = Decimal::divide(a, b);
    if (!part || !ratio)
        return false;
    const auto above = Decimal::add(Decimal::from_integer(1), *part);
    const auto below = Decimal::add(Decimal::from_integer(1), Decimal::from_parts(-part->mantissa(), part->exponent()));
    return above && below && *ratio <= *above && *ratio >= *below;
}

} // namespace

RouteFsm::RouteFsm(Rules rules, std::size_t sources, Moment now) : rules_(rules), sources_(sources) {
    for (auto& s : sources_) {
        s.since = s.needed = now.mono;
        s.wanted = rules_.warm;
    }
    sources_.front().wanted = true;
}

void RouteFsm::adopt(std::size_t source, const RouteFsm& other, std::size_t theirs) {
    sources_[source] = other.sources_[theirs];
}

void RouteFsm::set_state(std::size_t source, InstrumentState state, Moment now) noexcept {
    auto& s = sources_[source];
    settled_ = false;
    if (s.state == state)
        return;
    s.state = state;
    s.since = now.mono;
    s.failed = s.failed || (state != InstrumentState::pending && fails(s, now.mono));
}

// Not live and not about to be.
bool RouteFsm::fails(const Source& s, MonoTime now) const noexcept {
    switch (s.state) {
    case InstrumentState::live:
    case InstrumentState::closed:
        return false;
    case InstrumentState::pending:
        return now - s.since >= rules_.patience;
    case InstrumentState::stale:
    case InstrumentState::down:
    case InstrumentState::refused:
    case InstrumentState::unknown_symbol:
        break;
    }
    return true;
}

bool RouteFsm::jumps(std::span<const Price> prices, std::size_t from, std::size_t to, UnixNanos now) const noexcept {
    if (rules_.jump_guard.is_zero() || from >= prices.size() || to >= prices.size())
        return false;
    const auto& before = prices[from];
    const auto& after = prices[to];
    if (!before.value || !after.value || now - before.at > rules_.recent || now - after.at > rules_.recent)
        return false;
    return !within(*after.value, *before.value, rules_.jump_guard);
}

RouteFsm::Decision RouteFsm::decide(Moment now, std::span<const Price> prices) noexcept {
    Decision d{Decision::What::stay, active_, active_, {}};
    const bool leave = fails(sources_[active_], now.mono);
    const std::size_t end = leave ? sources_.size() : active_;
    bool refused = false;
    for (std::size_t i = 0; i < end; ++i) {
        const auto& s = sources_[i];
        if (i == active_ || s.state != InstrumentState::live)
            continue;
        if (!leave && s.failed && now.mono - s.since < rules_.return_after)
            continue;
        if (jumps(prices, active_, i, now.wall)) {
            if (!refused)
                d.to = i;
            refused = true;
            continue;
        }
        d.what = Decision::What::switched;
        d.cause = leave      ? to_string(sources_[active_].state)
                  : s.failed ? std::string_view("return")
                             : std::string_view("preferred");
        d.to = active_ = i;
        sources_[d.from].needed = now.mono;
        refused = false;
        break;
    }
    if (refused && !guarded_) {
        d.what = Decision::What::guarded;
        d.cause = "jump_guard";
    }
    guarded_ = refused;
    plan_standbys(now.mono);
    settled_ = active_ == 0 && sources_[0].state == InstrumentState::live && !guarded_;
    for (std::size_t i = 1; settled_ && !rules_.warm && i < sources_.size(); ++i)
        settled_ = !sources_[i].wanted; // it is to be released in a while
    return d;
}

void RouteFsm::plan_standbys(MonoTime now) noexcept {
    bool all_before_fail = true;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        auto& s = sources_[i];
        const bool needed = rules_.warm || i <= active_ || all_before_fail;
        if (needed)
            s.needed = now;
        const bool was = s.wanted;
        s.wanted = needed || (was && now - s.needed < rules_.return_after);
        if (s.wanted != was) {
            s.state = InstrumentState::pending; // nobody subscribes it so far, or any longer
            s.since = now;
        }
        all_before_fail = all_before_fail && fails(s, now);
    }
}

InstrumentState RouteFsm::overall() const noexcept {
    using enum InstrumentState;
    const auto own = sources_[active_].state;
    if (guarded_ && own != live)
        return stale;
    if (own == live || own == closed)
        return own;
    constexpr std::array order{stale, closed, pending, down, refused};
    for (const auto state : order)
        for (const auto& s : sources_)
            if (s.wanted && s.state == state)
                return state;
    return unknown_symbol;
}

} // namespace tickgate::feed
