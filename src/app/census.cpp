#include "app/census.hpp"

namespace tickgate::app {

void Census::begin(UnixNanos now) {
    phases_.refresh(now);
    for (auto i = static_cast<std::uint32_t>(known_.size()); i < instruments_.size(); ++i) {
        const auto& name = instruments_.name_of(InstrumentId{i});
        known_.push_back({name.asset_class, calendar::market_of(name)});
    }
    for (auto& [asset_class, count] : counts_)
        count = ClassCount();
}

void Census::add(InstrumentCount& out, InstrumentId id, InstrumentState state, std::size_t limit) {
    const auto& known = known_[index_of(id)];
    auto& count = counts_[known.asset_class];
    const bool open = phases_.phases()[static_cast<std::size_t>(known.market)] != calendar::Phase::closed;
    ++count.by_state[static_cast<std::size_t>(state)];
    count.open += open;
    count.by_state_open[static_cast<std::size_t>(state)] += open;
    if (out.first.size() < limit)
        out.first.emplace_back(id, state);
    else
        ++out.beyond;
}

} // namespace tickgate::app
