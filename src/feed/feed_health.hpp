// Which instruments of a feed have gone quiet beyond what is usual for them.
#pragma once

#include <tickgate/instrument.hpp>
#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tickgate::feed {

// A quiet symbol is not a dead one: the limit is learned from the instrument's own cadence (30 times the usual pause,
// between 30 s and 15 min), or set by configuration. The hot path only counts; once a second scan() looks. Pure.
class FeedHealth {
public:
    static constexpr std::chrono::seconds least{30}, most{900};
    static constexpr int enough_lessons = 8; // fewer say nothing about a cadence

    // Starts (or restarts, after a new connection) watching; `limit` overrides the learned one.
    void watch(InstrumentId id, std::optional<std::chrono::milliseconds> limit, MonoTime now);
    // No connection brings it: nothing is expected, what was learned is kept. watch() goes on.
    void pause(InstrumentId id) noexcept {
        if (index_of(id) < entries_.size())
            entries_[index_of(id)].watched = false;
    }
    void forget(InstrumentId id);
    void touch(InstrumentId id) noexcept {
        if (index_of(id) < entries_.size())
            ++entries_[index_of(id)].count;
    }

    struct Change {
        InstrumentId instrument{};
        bool stale = false;
        std::chrono::milliseconds quiet_for{0};
    };
    void scan(MonoTime now, const std::function<void(const Change&)>& on_change);

    bool is_stale(InstrumentId id) const noexcept {
        return index_of(id) < entries_.size() && entries_[index_of(id)].stale;
    }
    // True if there are instruments whose cadence is known, every one of them is stale, and for `least` nothing came
    // for any instrument (a new connection counts as a sign of life).
    bool all_stale() const noexcept { return learned_ > 0 && silent_ == learned_ && !flowing_; }

private:
    struct Entry {
        std::uint64_t count = 0, seen = 0;
        MonoTime last{};
        std::chrono::milliseconds mean{0}; // usual pause, of the last some activity
        int lessons = 0;                   // pauses it was learned from
        std::optional<std::chrono::milliseconds> limit;
        bool watched = false, stale = false;
    };
    std::vector<Entry> entries_;
    std::size_t learned_ = 0, silent_ = 0; // of the last scan
    bool flowing_ = false;
};

} // namespace tickgate::feed
