// Whatever the order of requests and however long they travel: a venue that counts strictly is never overrun.
#include "budget/wait_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

namespace tickgate::budget {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Kind = LimitSpec::Kind;

LimitSpec limit(Kind kind, std::int64_t n, std::chrono::milliseconds window, std::int64_t burst = 0) {
    LimitSpec l;
    l.kind = kind;
    l.limit = n;
    l.window = window;
    l.burst = burst;
    return l;
}

// Requests of three priorities and some clients, sent as the queue allows, each with its own travel times.
class World {
public:
    World(const RequestBudgetSpec& spec, unsigned seed) : budget(spec), queue(budget), random(seed) {}

    Moment at() const { return {MonoTime{} + 1000h + time, from_millis(1767225600000) + time}; }
    nanoseconds up_to(nanoseconds most) {
        return nanoseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(random));
    }
    void later(nanoseconds in, std::function<void()> what) { events.emplace(time + in, std::move(what)); }

    void ask() {
        Ask a;
        a.cost.weight = random() % 8 == 0 ? 4 : 1 + static_cast<std::int64_t>(random() % 2);
        a.priority = static_cast<Priority>(random() % priorities);
        a.client = std::string(1, static_cast<char>('a' + random() % 4));
        a.go_by = at().mono + 1s + up_to(20s);
        const auto entered = queue.enter(std::move(a), at());
        if (entered.id != 0 && random() % 10 == 0)
            later(up_to(2s), [this, id = entered.id] { queue.leave(id); });
        pump();
    }
    void pump() {
        (void)queue.hopeless(at());
        while (auto pass = queue.next(at())) {
            EXPECT_GE(pass->ask.go_by, at().mono);
            ++sent;
            later(up_to(travel), [this, p = *pass] { arrive(p); });
        }
        if (const auto wake = queue.wake_at(at()))
            later(std::max<nanoseconds>(*wake - at().mono, 1us), [this, mine = ++last_wake] {
                if (mine == last_wake) // a timer that was not set anew meanwhile
                    pump();
            });
    }
    void arrive(const WaitQueue::Pass& pass) {
        arrivals.emplace_back(time, pass.ask.cost.weight);
        const auto status = venue ? venue(pass) : 200;
        later(up_to(travel), [this, pass, status] {
            BudgetReading reading;
            if (status == 429)
                reading.pause = retry_after;
            budget.learn(reading, status == 429 ? Told::refused : Told::well, at());
            budget.settle(pass.taken, at());
            pump();
        });
    }
    void run(nanoseconds length) {
        for (const auto end = time + length; !events.empty() && events.begin()->first <= end;) {
            auto node = events.extract(events.begin());
            time = node.key();
            node.mapped()();
        }
    }

    RequestBudget budget;
    WaitQueue queue;
    std::mt19937 random;
    nanoseconds time{0}, travel{300ms};
    std::chrono::milliseconds retry_after{2000};
    std::multimap<nanoseconds, std::function<void()>> events;
    std::vector<std::pair<nanoseconds, std::int64_t>> arrivals;
    std::function<int(const WaitQueue::Pass&)> venue; // status
    std::size_t sent = 0, last_wake = 0;
};

// The greatest sum in any window.
std::int64_t greatest(const std::vector<std::pair<nanoseconds, std::int64_t>>& arrivals, nanoseconds window) {
    std::int64_t sum = 0, most = 0;
    for (std::size_t first = 0, i = 0; i < arrivals.size(); ++i) {
        sum += arrivals[i].second;
        for (; arrivals[first].first + window <= arrivals[i].first; ++first)
            sum -= arrivals[first].second;
        most = std::max(most, sum);
    }
    return most;
}

TEST(VenueProperty, NoWindowIsEverExceeded) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        RequestBudgetSpec spec;
        spec.weight_limit = 4 + seed % 9;
        spec.window = 1s;
        spec.more = {limit(Kind::rolling, 60, 10s), limit(Kind::bucket, 9, 1s, 6)};
        World world(spec, seed);
        world.travel = std::chrono::milliseconds(1 + 50 * (seed % 20));
        for (int i = 0; i < 2000; ++i)
            world.later(world.up_to(100s), [&world] { world.ask(); });
        world.run(200s);
        ASSERT_GT(world.sent, 80u);
        ASSERT_EQ(world.arrivals.size(), world.sent);
        const auto usable = world.budget.usable();
        EXPECT_LE(greatest(world.arrivals, 1s), std::max<std::int64_t>(usable[0].limit, 4));
        EXPECT_LE(greatest(world.arrivals, 10s), usable[1].limit);
        double level = 0;
        nanoseconds last{0};
        for (const auto& [time, weight] : world.arrivals) {
            const auto passed = std::chrono::duration<double>(time - last).count();
            level = std::max(0.0, level - passed * static_cast<double>(usable[2].limit)) + static_cast<double>(weight);
            last = time;
            ASSERT_LE(level, static_cast<double>(usable[2].burst) + 1e-6);
        }
        EXPECT_EQ(world.queue.waiting(), 0u);
    }
}

TEST(VenueProperty, TheBudgetIsUsedAndNotOnlyKept) {
    RequestBudgetSpec spec;
    spec.weight_limit = 9; // none kept free
    spec.window = 1s;
    World world(spec, 7);
    world.travel = 10ms;
    std::function<void()> more = [&] {
        Ask a;
        a.client = std::to_string(world.queue.waiting() % 3);
        (void)world.queue.enter(std::move(a), world.at());
        world.pump();
        if (world.queue.waiting() < 5)
            more();
    };
    for (int i = 0; i < 20000; ++i)
        world.later(i * 5ms, [&] {
            if (world.queue.waiting() < 5)
                more();
        });
    world.run(100s);
    EXPECT_GE(world.sent, 870u) << "900 would be without any travel";
    EXPECT_LE(greatest(world.arrivals, 1s), 9);
}

// Others use most of what the venue documents: it answers 429, and bans whoever goes on.
TEST(VenueProperty, NothingIsSentFromA429ToTheEndOfItsPause) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        RequestBudgetSpec spec;
        spec.weight_limit = 40;
        spec.window = 1s;
        World world(spec, seed);
        nanoseconds closed_until{0};
        int in_closed = 0, refusals = 0;
        world.venue = [&](const WaitQueue::Pass&) {
            const bool closed = world.time < closed_until;
            in_closed = closed ? in_closed + 1 : 0;
            // What was under way when the first 429 was answered arrives within two travels.
            const auto arrived_late = closed && world.time > closed_until - world.retry_after + 2 * world.travel;
            EXPECT_FALSE(arrived_late) << "a ban";
            std::erase_if(world.arrivals, [&](const auto& a) { return a.first + 1s <= world.time; });
            if (!closed && greatest(world.arrivals, 1s) > 12) {
                world.arrivals.clear();
                closed_until = world.time + world.retry_after;
            }
            refusals += world.time < closed_until ? 1 : 0;
            return world.time < closed_until ? 429 : 200;
        };
        for (int i = 0; i < 3000; ++i)
            world.later(world.up_to(100s), [&world] { world.ask(); });
        world.run(300s);
        EXPECT_GT(refusals, 5);
        EXPECT_GT(world.sent, 100u);
        EXPECT_EQ(world.queue.waiting(), 0u);
    }
}

} // namespace
} // namespace tickgate::budget
