// How the instruments stand, counted for the metrics.
#pragma once

#include "calendar/market_hours.hpp"
#include "core/instrument_table.hpp"
#include "core/status.hpp"
#include "feed/market_phases.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tickgate::app {

inline constexpr std::array all_instrument_states{InstrumentState::live, InstrumentState::stale,
    InstrumentState::closed, InstrumentState::down, InstrumentState::pending, InstrumentState::refused,
    InstrumentState::unknown_symbol};

struct ClassCount {
    std::array<std::uint64_t, all_instrument_states.size()> by_state{};      // as subscribers are told
    std::array<std::uint64_t, all_instrument_states.size()> by_state_open{}; // of those whose market is open
    std::uint64_t open = 0; // whose market is open, before and after the regular session too
};

struct InstrumentCount {
    std::map<AssetClass, ClassCount> classes;                    // that were ever counted
    std::vector<std::pair<InstrumentId, InstrumentState>> first; // the first that were wanted, up to the limit
    std::uint64_t beyond = 0;                                    // instruments that are not among them
};

// One loop; remembers the classes it has seen and, of each instrument, the market.
class Census {
public:
    Census(const InstrumentTable& instruments, const calendar::MarketHours& hours)
        : instruments_(instruments), phases_(&hours) {}

    // `state_of(id)`: empty for what nobody wants. `limit`: of `first`.
    template <class StateOf>
    InstrumentCount count(UnixNanos now, std::size_t limit, StateOf&& state_of) {
        begin(now);
        InstrumentCount out;
        for (std::uint32_t i = 0; i < known_.size(); ++i)
            if (const std::optional<InstrumentState> state = state_of(InstrumentId{i}))
                add(out, InstrumentId{i}, *state, limit);
        out.classes = counts_;
        return out;
    }

private:
    struct Known {
        AssetClass asset_class{};
        calendar::Market market{};
    };
    void begin(UnixNanos now);
    void add(InstrumentCount& out, InstrumentId id, InstrumentState state, std::size_t limit);

    const InstrumentTable& instruments_;
    feed::MarketPhases phases_;
    std::vector<Known> known_; // by instrument
    std::map<AssetClass, ClassCount> counts_;
};

} // namespace tickgate::app
