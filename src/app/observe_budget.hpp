// What the gateway tells of its request budgets.
#pragma once

#include "app/families.hpp"
#include "budget/gate.hpp"

#include <vector>

namespace tickgate::app {

inline void put_budget_windows(Families& f, const std::vector<budget::BudgetView>& budgets) {
    auto& limit = f.gauge("tickgate_budget_limit", "What the venue allows in the window (weight or bytes)");
    auto& used = f.gauge("tickgate_budget_used", "What is used of it");
    auto& remaining = f.gauge("tickgate_budget_remaining", "What may still go");
    auto& reset = f.gauge("tickgate_budget_reset_seconds", "Until nothing is used, if nothing more goes");
    for (const auto& b : budgets)
        for (const auto& w : b.windows) {
            const Labels labels{{"provider", b.provider}, {"budget", b.budget}, {"window", w.window}};
            put(limit, labels, w.spec.limit);
            put(used, labels, w.used);
            put(remaining, labels, w.remaining);
            put(reset, labels, static_cast<double>(w.reset_in.count()) * 1e-3);
        }
}

inline void put_budgets(Families& f, const std::vector<budget::BudgetView>& budgets) {
    put_budget_windows(f, budgets);
    const auto each = [&](api::Family& family, auto&& value) {
        for (const auto& b : budgets)
            put(family, {{"provider", b.provider}, {"budget", b.budget}}, value(b));
    };
    auto& waiting = f.gauge("tickgate_budget_waiting", "Requests that wait for the budget");
    for (const auto& b : budgets)
        for (std::size_t p = 0; p < budget::priorities; ++p)
            put(waiting,
                {{"provider", b.provider}, {"budget", b.budget},
                    {"priority", std::string(to_string(static_cast<budget::Priority>(p)))}},
                b.waiting[p]);
    each(f.gauge("tickgate_budget_in_flight", "Requests sent and not answered"), [](auto& b) { return b.in_flight; });
    each(f.counter("tickgate_budget_passed_total", "Requests let through"), [](auto& b) { return b.passed; });
    each(f.counter("tickgate_budget_waits_total", "Requests that could not go at once"),
        [](auto& b) { return b.waits; });
    each(f.counter("tickgate_budget_refused_total", "Requests that could not go before their deadline"),
        [](auto& b) { return b.refused; });
    each(f.counter("tickgate_budget_pauses_total", "Pauses the venue asked for"), [](auto& b) { return b.pauses; });
    each(f.gauge("tickgate_budget_paused_seconds", "Pause the venue asked for, what is left of it"),
        [](auto& b) { return static_cast<double>(b.paused_for.count()) * 1e-3; });
    each(f.gauge("tickgate_budget_banned", "1 while the venue has banned this address"),
        [](auto& b) { return b.banned ? 1 : 0; });
    each(f.gauge("tickgate_budget_shared", "1 while the budget is drawn together with others through Redis"),
        [](auto& b) { return b.shared ? 1 : 0; });
    each(f.counter("tickgate_budget_shared_failures_total", "Requests sent by our own account, as Redis was away"),
        [](auto& b) { return b.shared_failures; });
    each(f.counter("tickgate_budget_busy_seconds_total", "Time with a request in flight"),
        [](auto& b) { return b.busy_seconds; });
    each(f.counter("tickgate_budget_closed_seconds_total", "Time with a request waiting for the budget, or in a pause"),
        [](auto& b) { return b.closed_seconds; });
    each(f.counter("tickgate_budget_busy_or_closed_seconds_total", "Time with either"),
        [](auto& b) { return b.busy_or_closed_seconds; });
}

} // namespace tickgate::app
