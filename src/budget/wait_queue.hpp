// Requests that wait for a budget: who goes next, and who need not wait any longer.
#pragma once

#include "budget/request_budget.hpp"

#include <tickgate/error.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::budget {

// Who goes first: what live data needs, what somebody waits for, what nobody waits for.
enum class Priority : std::uint8_t { repair, user, bulk };
inline constexpr std::size_t priorities = 3;
std::string_view to_string(Priority p) noexcept;

struct Ask {
    Cost cost;
    Priority priority = Priority::user;
    std::string client;               // who asks; may be empty
    MonoTime go_by = MonoTime::max(); // later it is of no use
};

// The budget and its queue. No I/O, no clock of its own; one loop.
//
// A lower priority goes only when nobody of a higher one waits; within a priority clients take turns, each first come
// first served. Whoever is next is waited for, however much it needs: nobody behind it overtakes.
class WaitQueue {
public:
    using Id = std::uint64_t; // from 1
    static constexpr std::size_t most = 10000;

    explicit WaitQueue(RequestBudget& budget) : budget_(budget) {}

    struct Refusal {
        Id id = 0;
        error_code error;                         // rate_limited, banned, overflow
        std::chrono::milliseconds retry_after{0}; // 0 with overflow
    };
    // A place in the queue, or why it is of no use to wait: it could not go in time.
    struct Entered {
        Id id = 0; // 0: refused
        Refusal refusal;
    };
    Entered enter(Ask ask, Moment now);
    void leave(Id id); // no longer wants; unknown ids are ignored

    // The next one that may go now, with its cost taken. Until it is settled it counts as in flight.
    struct Pass {
        Id id = 0;
        Ask ask;
        Taken taken;
    };
    std::optional<Pass> next(Moment now);
    // Somebody else who draws from the budget says: not before `at`. Its cost is given back, and it is next again.
    void put_back(Pass pass, MonoTime at, Moment now);

    // Those that cannot go in time any more; they have left.
    std::vector<Refusal> hopeless(Moment now);
    // When to look again if nothing happens before; empty: nobody waits for time alone.
    std::optional<MonoTime> wake_at(Moment now);

    std::size_t waiting() const noexcept;
    std::array<std::size_t, priorities> waiting_by_priority() const noexcept;
    std::uint64_t waits() const noexcept { return waits_; } // that could not go at once
    std::uint64_t refused() const noexcept { return refused_; }

private:
    struct Entry {
        Id id = 0;
        Ask ask;
    };
    struct Client {
        std::string name;
        std::deque<Entry> entries; // never empty
        std::int64_t weight = 0;   // of them all
    };
    using Level = std::deque<Client>; // whose turn it is first

    // In the order in which they would go; `visit` returns false to end it.
    template <class Visit>
    void in_order(Visit visit) const;
    std::int64_t ahead_of(const Ask& ask) const;
    std::chrono::nanoseconds wait_of(const Ask& ask, std::int64_t ahead, Moment now);
    Refusal refuse(Id id, std::chrono::nanoseconds wait, Moment now);
    Level* first_level() noexcept;
    const Level* first_level() const noexcept { return const_cast<WaitQueue*>(this)->first_level(); }

    RequestBudget& budget_;
    std::array<Level, priorities> levels_;
    Id last_id_ = 0;
    MonoTime held_until_{}; // by put_back()
    std::uint64_t waits_ = 0, refused_ = 0;
};

} // namespace tickgate::budget
