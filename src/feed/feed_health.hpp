// Which instruments of a feed have gone quiet beyond what is usual for them.
#pragma once

#include "calendar/market_hours.hpp"

#include <tickgate/instrument.hpp>
#include <tickgate/time.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tickgate::feed {

// A quiet symbol is not a dead one: the limit is learned from the instrument's own cadence (30 times the usual pause,
// between 30 s and 15 min), or set by configuration. Nor is a closed market: while the calendar says closed, nothing is
// expected, unless data flows all the same. Before and after the regular session the limit is ten times as long, and
// nothing is learned. The hot path only counts; once a second scan() looks. Pure.
class FeedHealth {
public:
    using Phases = std::array<calendar::Phase, calendar::market_count>; // by calendar::Market

    static constexpr std::chrono::seconds least{30}, most{900};
    static constexpr int enough_lessons = 8; // fewer say nothing about a cadence
    static constexpr int quiet_phase_factor = 10;
    // So many seconds with data while the calendar says closed show that it is wrong, until a minute without.
    static constexpr int enough_evidence = 3;
    static constexpr std::chrono::seconds evidence_lasts{60};

    // Starts (or restarts, after a new connection) watching; `limit` overrides the learned one.
    void watch(InstrumentId id, std::optional<std::chrono::milliseconds> limit, MonoTime now,
        calendar::Market market = calendar::Market::always);
    // What each market is in, to be told before a scan and before the first watch().
    void set_phases(const Phases& phases) noexcept { phases_ = phases; }
    // No connection brings it: nothing is expected, what was learned is kept. watch() goes on.
    void pause(InstrumentId id) noexcept {
        if (index_of(id) < entries_.size())
            entries_[index_of(id)].watched = false;
    }
    void forget(InstrumentId id);
    // Overrides the learned limit from now on; an instrument that is not known is passed over.
    void set_limit(InstrumentId id, std::optional<std::chrono::milliseconds> limit) noexcept {
        if (index_of(id) < entries_.size())
            entries_[index_of(id)].limit = limit;
    }
    void touch(InstrumentId id) noexcept {
        if (index_of(id) < entries_.size())
            ++entries_[index_of(id)].count;
    }

    struct Change {
        enum class What : std::uint8_t { stale, fresh, closed, opened };
        InstrumentId instrument{};
        What what = What::stale;
        std::chrono::milliseconds quiet_for{0};
        bool by_data = false; // opened: data flows although the calendar says closed
    };
    void scan(MonoTime now, const std::function<void(const Change&)>& on_change);

    bool is_stale(InstrumentId id) const noexcept {
        return index_of(id) < entries_.size() && entries_[index_of(id)].stale;
    }
    // Its market is closed and nothing shows otherwise.
    bool is_closed(InstrumentId id) const noexcept {
        return index_of(id) < entries_.size() && entries_[index_of(id)].closed;
    }
    // When data came last, to a second; empty: none so far.
    std::optional<MonoTime> last_data(InstrumentId id) const noexcept {
        if (index_of(id) >= entries_.size() || entries_[index_of(id)].last_data == MonoTime{})
            return std::nullopt;
        return entries_[index_of(id)].last_data;
    }
    // How one instrument stands: whether its cadence is known (only then can it be stale), and whether something came
    // within `least` (a new connection counts as a sign of life). An instrument that is not watched has all false.
    struct Standing {
        bool known = false, stale = false, flowing = false;
    };
    Standing standing(InstrumentId id, MonoTime now) const noexcept {
        Standing s;
        if (index_of(id) >= entries_.size() || !entries_[index_of(id)].watched)
            return s;
        const auto& e = entries_[index_of(id)];
        s.known = !e.closed && (e.limit || e.lessons >= enough_lessons);
        s.stale = e.stale;
        s.flowing = now - e.last < least;
        return s;
    }

private:
    static constexpr Phases all_open() noexcept {
        Phases p{};
        p.fill(calendar::Phase::open);
        return p;
    }
    struct Entry {
        std::uint64_t count = 0, seen = 0;
        MonoTime last{}, last_data{};      // last: a new connection counts too
        std::chrono::milliseconds mean{0}; // usual pause, of the last some activity
        int lessons = 0;                   // pauses it was learned from
        std::optional<std::chrono::milliseconds> limit;
        bool watched = false, stale = false, closed = false;
        calendar::Market market = calendar::Market::always;
        int evidence = 0; // scans with data while the calendar says closed
    };
    using OnChange = std::function<void(const Change&)>;
    calendar::Phase phase_of(const Entry& e) const noexcept { return phases_[static_cast<std::size_t>(e.market)]; }
    bool scan_closed(Entry& e, InstrumentId id, MonoTime now, const OnChange& on_change);
    void scan_open(Entry& e, InstrumentId id, MonoTime now, const OnChange& on_change);

    std::vector<Entry> entries_;
    Phases phases_ = all_open();
};

} // namespace tickgate::feed
