// Metrics of providers' REST, history and repair.
#include "metrics/table.hpp"

namespace tickgate::metrics {

namespace {

using enum Type;
using enum Unit;

constexpr Row budget_rows[] = {
    {"tickgate_rest_requests_total", counter, none, "provider", "REST requests sent", "REST requests sent"},
    {"tickgate_rest_failures_total", counter, none, "provider", "REST requests without an answer",
        "… without an answer: network, DNS, TLS, deadline"},
    {"tickgate_rest_answers_total", counter, none, "provider, status", "REST answers by status",
        "answers by status; 401 and 403: credentials or plan, 429 and 418: somebody else uses the budget"},
    {"tickgate_budget_limit", gauge, none, "provider, budget, window",
        "What the venue allows in the window (weight or bytes)",
        "what the venue allows in the window: weight, or bytes of a volume quota"},
    {"tickgate_budget_used", gauge, none, "provider, budget, window", "What is used of it",
        "what is used of it; at the limit requests wait"},
    {"tickgate_budget_remaining", gauge, none, "provider, budget, window", "What may still go",
        "what may still go; a tenth of short windows is kept free"},
    {"tickgate_budget_reset_seconds", gauge, seconds, "provider, budget, window",
        "Until nothing is used, if nothing more goes", "until nothing is used, if nothing more goes"},
    {"tickgate_budget_waiting", gauge, none, "provider, budget, priority (repair, user, bulk)",
        "Requests that wait for the budget", "requests that wait for the budget"},
    {"tickgate_budget_in_flight", gauge, none, "provider, budget", "Requests sent and not answered",
        "requests sent and not answered"},
    {"tickgate_budget_passed_total", counter, none, "provider, budget", "Requests let through", "requests let through"},
    {"tickgate_budget_waits_total", counter, none, "provider, budget", "Requests that could not go at once",
        "… that could not go at once"},
    {"tickgate_budget_refused_total", counter, none, "provider, budget",
        "Requests that could not go before their deadline",
        "requests that could not go before their deadline; their callers were told when"},
    {"tickgate_budget_pauses_total", counter, none, "provider, budget", "Pauses the venue asked for",
        "pauses the venue asked for; more than a few: somebody else uses the same key or address"},
    {"tickgate_budget_paused_seconds", gauge, seconds, "provider, budget",
        "Pause the venue asked for, what is left of it", "what is left of such a pause"},
    {"tickgate_budget_banned", gauge, none, "provider, budget", "1 while the venue has banned this address",
        "1 while the venue has banned this address"},
    {"tickgate_budget_shared", gauge, none, "provider, budget",
        "1 while the budget is drawn together with others through Redis",
        "1 while the budget is drawn together with others through Redis"},
    {"tickgate_budget_shared_failures_total", counter, none, "provider, budget",
        "Requests sent by our own account, as Redis was away", "requests sent by our own account, as Redis was away"},
    {"tickgate_budget_busy_seconds_total", counter, seconds, "provider, budget", "Time with a request in flight",
        "time with a request in flight"},
    {"tickgate_budget_closed_seconds_total", counter, seconds, "provider, budget",
        "Time with a request waiting for the budget, or in a pause",
        "time with a request waiting for the budget, or in a pause"},
    {"tickgate_budget_busy_or_closed_seconds_total", counter, seconds, "provider, budget", "Time with either",
        "time with either: during a backfill nearly all of it, else the gateway is the limit"},
};

constexpr Row history_rows[] = {
    {"tickgate_store_open", gauge, none, "backend (sqlite, postgresql)", "1 while the store of history can be used",
        "1 while the store can be used; 0: history is not answered, the log says why"},
    {"tickgate_store_calls_total", counter, none, "kind (read, write)", "Calls of the store, by kind",
        "calls of the store"},
    {"tickgate_store_failures_total", counter, none, "", "Calls of the store that failed",
        "… that failed: disk, damage, the database is away"},
    {"tickgate_store_bars_written_total", counter, none, "", "Bars handed to the store", "bars handed to the store"},
    {"tickgate_store_bars_changed_total", counter, none, "", "Stored bars that changed",
        "stored bars whose values changed: providers corrected them"},
    {"tickgate_store_bars_read_total", counter, none, "", "Bars read from the store", "bars read from the store"},
    {"tickgate_store_reopened_total", counter, none, "", "Connections to the store opened again",
        "connections opened again after a failure"},
    {"tickgate_store_size_bytes", gauge, bytes, "", "Size of the store's files",
        "size of the database and its log; SQLite only"},
    {"tickgate_store_free_bytes", gauge, bytes, "", "Free space where the store is",
        "what is free on its disk; at 0 nothing is stored, live data go on. SQLite only"},
    {"tickgate_store_waiting_calls", gauge, none, "", "Calls that wait for a thread of the store",
        "calls that wait for a thread of the store; stays above 0: the disk or the database is too slow"},
    {"tickgate_store_busy_seconds_total", counter, seconds, "", "Time the store's threads worked",
        "time the store's threads worked"},
    {"tickgate_history_requests_total", counter, none, "answer (cached, fetched, failed)",
        "Requests for bars, by how they were answered", "requests for bars"},
    {"tickgate_history_merged_total", counter, none, "", "Pages that another request was fetching already",
        "pages that another request was fetching already"},
    {"tickgate_history_pages_total", counter, none, "", "Pages of bars asked of providers", "pages asked of providers"},
    {"tickgate_history_files_total", counter, none, "", "Flat files read", "flat files read"},
    {"tickgate_history_bars_total", counter, none, "what (fetched, derived, rejected)", "Bars by what became of them",
        "bars by what became of them; rejected: the checks refused them, coverage says where"},
    {"tickgate_history_pages_in_flight", gauge, none, "", "Pages being fetched", "pages being fetched"},
    {"tickgate_backfill_jobs", gauge, none, "state (waiting, running, done, partial, failed, cancelled)",
        "Backfill jobs that are remembered, by state", "jobs that are remembered"},
    {"tickgate_collectors_running", gauge, none, "", "Collectors that run", "collectors that run"},
    {"tickgate_collector_bars_total", counter, none, "collector", "Bars collected on schedule, by collector",
        "bars collected"},
    {"tickgate_collector_failures_total", counter, none, "collector", "Collections that failed, by collector",
        "collections that failed"},
    {"tickgate_collector_late_seconds", gauge, seconds, "collector", "How long the next collection has been due",
        "how long a collection has been due; 0 while on time. Grows: the budget or the provider is too slow for what "
        "is collected"},
    {"tickgate_collector_failing_series", gauge, none, "collector", "Series whose last collection failed",
        "series whose last collection failed; `GET /api/v1/collectors/status` has the errors"},
    {"tickgate_quality_checked_total", counter, none, "", "Final bars checked as they were published",
        "final bars checked as they were published"},
    {"tickgate_quality_issues_total", counter, none, "check, severity (note, warning, error)",
        "What the checks found in published bars", "what the checks found in them ([quality](quality.md))"},
    {"tickgate_quality_quotes_total", counter, none, "provider, check (crossed, locked)",
        "Published quotes whose bid is above the ask or equals it, by provider",
        "published quotes whose bid is above the ask (`crossed`) or equals it (`locked`), by who served them: those "
        "with the flag of that name. A rate far above its usual one: a side of the book is not updated any more"},
};

constexpr Row repair_rows[] = {
    {"tickgate_repair_gaps_total", counter, none, "end (repaired, gave_up, dropped, unrepairable)",
        "Holes handed to repair, by how they ended", "holes handed to repair, by how they ended"},
    {"tickgate_repair_messages_total", counter, none, "kind (trade, bar)",
        "Messages fetched later and published, by kind", "messages fetched later and published with flag `backfill`"},
    {"tickgate_repair_repeats_total", counter, none, "", "Fetched messages that had been published before",
        "fetched messages that had been published before"},
    {"tickgate_repair_pending", gauge, none, "", "Questions to providers in progress",
        "questions to providers in progress"},
    {"tickgate_repair_gaps_open", gauge, none, "", "Holes announced and not closed", "holes announced and not closed"},
    {"tickgate_reconcile_orders_total", counter, none, "", "Questions for bars that were published",
        "questions for bars that were published"},
    {"tickgate_reconcile_skipped_total", counter, none, "", "Such questions left out, as too many waited",
        "… those left out because too many waited"},
    {"tickgate_reconcile_bars_total", counter, none, "verdict (equal, revised, ours_missing, provider_missing)",
        "Published bars against the provider's, by verdict",
        "published bars against the provider's; many revised: ticks are lost on the way"},
    {"tickgate_recorded_bars_total", counter, none, "", "Bars of ours stored because no provider tells them",
        "bars of ours stored because no provider tells them"},
};

} // namespace

const Section budget_section{"Requests to providers", {}, budget_rows};
const Section history_section{"History", {}, history_rows};
const Section repair_section{"Repair", {}, repair_rows};

} // namespace tickgate::metrics
