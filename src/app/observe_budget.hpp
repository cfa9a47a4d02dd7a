// What the gateway tells of its request budgets.
#pragma once

#include "app/families.hpp"
#include "budget/gate.hpp"

#include <vector>

namespace tickgate::app {

inline void put_budget_windows(Families& f, const std::vector<budget::BudgetView>& budgets) {
    auto& limit = f["tickgate_budget_limit"];
    auto& used = f["tickgate_budget_used"];
    auto& remaining = f["tickgate_budget_remaining"];
    auto& reset = f["tickgate_budget_reset_seconds"];
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
    auto& waiting = f["tickgate_budget_waiting"];
    for (const auto& b : budgets)
        for (std::size_t p = 0; p < budget::priorities; ++p)
            put(waiting,
                {{"provider", b.provider}, {"budget", b.budget},
                    {"priority", std::string(to_string(static_cast<budget::Priority>(p)))}},
                b.waiting[p]);
    each(f["tickgate_budget_in_flight"], [](auto& b) { return b.in_flight; });
    each(f["tickgate_budget_passed_total"], [](auto& b) { return b.passed; });
    each(f["tickgate_budget_waits_total"], [](auto& b) { return b.waits; });
    each(f["tickgate_budget_refused_total"], [](auto& b) { return b.refused; });
    each(f["tickgate_budget_pauses_total"], [](auto& b) { return b.pauses; });
    each(f["tickgate_budget_paused_seconds"], [](auto& b) { return static_cast<double>(b.paused_for.count()) * 1e-3; });
    each(f["tickgate_budget_banned"], [](auto& b) { return b.banned ? 1 : 0; });
    each(f["tickgate_budget_shared"], [](auto& b) { return b.shared ? 1 : 0; });
    each(f["tickgate_budget_shared_failures_total"], [](auto& b) { return b.shared_failures; });
    each(f["tickgate_budget_busy_seconds_total"], [](auto& b) { return b.busy_seconds; });
    each(f["tickgate_budget_closed_seconds_total"], [](auto& b) { return b.closed_seconds; });
    each(f["tickgate_budget_busy_or_closed_seconds_total"], [](auto& b) { return b.busy_or_closed_seconds; });
}

} // namespace tickgate::app
