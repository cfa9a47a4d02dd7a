#include "budget/wait_queue.hpp"

#include <algorithm>

namespace tickgate::budget {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

std::string_view to_string(Priority p) noexcept {
    switch (p) {
    case Priority::repair:
        return "repair";
    case Priority::user:
        return "user";
    case Priority::bulk:
        break;
    }
    return "bulk";
}

template <class Visit>
void WaitQueue::in_order(Visit visit) const {
    for (const auto& level : levels_)
        for (std::size_t round = 0, left = level.size(); left > 0; ++round) {
            left = 0;
            for (const auto& client : level) {
                if (round >= client.entries.size())
                    continue;
                ++left;
                if (!visit(client.entries[round]))
                    return;
            }
        }
}

// Weight that goes before a newcomer: all of higher priorities, and of its own so many rounds as it has to wait itself.
std::int64_t WaitQueue::ahead_of(const Ask& ask) const {
    std::int64_t weight = 0;
    const auto own = static_cast<std::size_t>(ask.priority);
    for (std::size_t p = 0; p < own; ++p)
        for (const auto& client : levels_[p])
            weight += client.weight;
    const auto& level = levels_[own];
    const auto me = std::find_if(level.begin(), level.end(), [&](const Client& c) { return c.name == ask.client; });
    const auto rounds = me == level.end() ? 0 : me->entries.size();
    for (auto c = level.begin(); c != level.end(); ++c) {
        // Whoever comes after this client in the circle has its turn of the same round later.
        const auto n = c < me ? rounds + 1 : rounds;
        if (n >= c->entries.size()) {
            weight += c->weight;
            continue;
        }
        for (std::size_t i = 0; i < n; ++i)
            weight += c->entries[i].ask.cost.weight;
    }
    return weight;
}

nanoseconds WaitQueue::wait_of(const Ask& ask, std::int64_t ahead, Moment now) {
    return std::max<nanoseconds>(budget_.wait(ask.cost, ahead, now), held_until_ - now.mono);
}

WaitQueue::Refusal WaitQueue::refuse(Id id, nanoseconds wait, Moment now) {
    ++refused_;
    Refusal r;
    r.id = id;
    r.error = budget_.banned(now) ? errc::banned : errc::rate_limited;
    r.retry_after = std::max(std::chrono::ceil<milliseconds>(wait), 1ms);
    return r;
}

WaitQueue::Entered WaitQueue::enter(Ask ask, Moment now) {
    Entered out;
    ask.cost.weight = std::max<std::int64_t>(ask.cost.weight, 0);
    if (waiting() >= most) {
        ++refused_;
        out.refusal.error = errc::overflow;
        return out;
    }
    const auto wait = wait_of(ask, ahead_of(ask), now);
    if (wait > 0ns && wait > ask.go_by - now.mono) {
        out.refusal = refuse(0, wait, now);
        return out;
    }
    if (wait > 0ns)
        ++waits_;
    out.id = ++last_id_;
    auto& level = levels_[static_cast<std::size_t>(ask.priority)];
    auto at = std::find_if(level.begin(), level.end(), [&](const Client& c) { return c.name == ask.client; });
    if (at == level.end()) {
        level.emplace_back();
        level.back().name = ask.client;
        at = level.end() - 1;
    }
    at->weight += ask.cost.weight;
    at->entries.push_back({out.id, std::move(ask)});
    return out;
}

void WaitQueue::leave(Id id) {
    for (auto& level : levels_)
        for (auto c = level.begin(); c != level.end(); ++c) {
            const auto e =
                std::find_if(c->entries.begin(), c->entries.end(), [id](const Entry& x) { return x.id == id; });
            if (e == c->entries.end())
                continue;
            c->weight -= e->ask.cost.weight;
            c->entries.erase(e);
            if (c->entries.empty())
                level.erase(c);
            return;
        }
}

WaitQueue::Level* WaitQueue::first_level() noexcept {
    for (auto& level : levels_)
        if (!level.empty())
            return &level;
    return nullptr;
}

std::optional<WaitQueue::Pass> WaitQueue::next(Moment now) {
    auto* level = first_level();
    if (level == nullptr || now.mono < held_until_)
        return std::nullopt;
    auto& client = level->front();
    Pass pass;
    if (!budget_.take(client.entries.front().ask.cost, now, pass.taken))
        return std::nullopt;
    pass.id = client.entries.front().id;
    pass.ask = std::move(client.entries.front().ask);
    client.entries.pop_front();
    client.weight -= pass.ask.cost.weight;
    auto served = std::move(client);
    level->pop_front();
    if (!served.entries.empty())
        level->push_back(std::move(served)); // its next turn comes after everybody else's
    return pass;
}

void WaitQueue::put_back(Pass pass, MonoTime at, Moment now) {
    budget_.undo(pass.taken, now);
    held_until_ = std::max(held_until_, at);
    auto& level = levels_[static_cast<std::size_t>(pass.ask.priority)];
    const auto mine =
        std::find_if(level.begin(), level.end(), [&](const Client& c) { return c.name == pass.ask.client; });
    Client client;
    client.name = pass.ask.client;
    if (mine != level.end()) {
        client = std::move(*mine);
        level.erase(mine);
    }
    client.weight += pass.ask.cost.weight;
    client.entries.push_front({pass.id, std::move(pass.ask)});
    level.push_front(std::move(client));
}

std::vector<WaitQueue::Refusal> WaitQueue::hopeless(Moment now) {
    std::vector<Refusal> out;
    std::int64_t ahead = 0;
    in_order([&](const Entry& e) {
        const auto wait = wait_of(e.ask, ahead, now);
        if (now.mono >= e.ask.go_by || (wait > 0ns && wait > e.ask.go_by - now.mono))
            out.push_back(refuse(e.id, wait, now));
        else
            ahead += e.ask.cost.weight;
        return true;
    });
    for (const auto& r : out)
        leave(r.id);
    return out;
}

std::optional<MonoTime> WaitQueue::wake_at(Moment now) {
    const auto* level = first_level();
    if (level == nullptr)
        return std::nullopt;
    auto at = MonoTime::max();
    in_order([&](const Entry& e) {
        at = std::min(at, e.ask.go_by);
        return true;
    });
    const auto wait = wait_of(level->front().entries.front().ask, 0, now);
    if (wait > 0ns || !budget_.probing())
        at = std::min(at, now.mono + std::max<nanoseconds>(wait, 0ns));
    if (at == MonoTime::max())
        return std::nullopt;
    return at;
}

std::size_t WaitQueue::waiting() const noexcept {
    std::size_t n = 0;
    for (const auto count : waiting_by_priority())
        n += count;
    return n;
}

std::array<std::size_t, priorities> WaitQueue::waiting_by_priority() const noexcept {
    std::array<std::size_t, priorities> counts{};
    for (std::size_t p = 0; p < priorities; ++p)
        for (const auto& client : levels_[p])
            counts[p] += client.entries.size();
    return counts;
}

} // namespace tickgate::budget
