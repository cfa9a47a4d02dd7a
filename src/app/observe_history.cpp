#include "app/observe_history.hpp"

#include <algorithm>
#include <array>

namespace tickgate::app {

namespace {

void put_store(Families& f, const store::AsyncStats& s) {
    put(f.gauge("tickgate_store_open", "1 while the store of history can be used"), {{"backend", s.backend}},
        s.open ? 1 : 0);
    auto& calls = f.counter("tickgate_store_calls_total", "Calls of the store, by kind");
    put(calls, {{"kind", "read"}}, s.reads);
    put(calls, {{"kind", "write"}}, s.writes);
    put(f.counter("tickgate_store_failures_total", "Calls of the store that failed"), {}, s.failures);
    put(f.counter("tickgate_store_bars_written_total", "Bars handed to the store"), {}, s.bars_written);
    put(f.counter("tickgate_store_bars_changed_total", "Stored bars that changed"), {}, s.bars_changed);
    put(f.counter("tickgate_store_bars_read_total", "Bars read from the store"), {}, s.bars_read);
    put(f.counter("tickgate_store_reopened_total", "Connections to the store opened again"), {}, s.reopened);
    put(f.gauge("tickgate_store_waiting_calls", "Calls that wait for a thread of the store"), {}, s.waiting);
    put(f.counter("tickgate_store_busy_seconds_total", "Time the store's threads worked"), {}, s.busy_seconds);
}

void put_backfill(Families& f, const backfill::HistoryStats& s) {
    auto& requests = f.counter("tickgate_history_requests_total", "Requests for bars, by how they were answered");
    put(requests, {{"answer", "cached"}}, s.cached);
    put(requests, {{"answer", "failed"}}, s.failed);
    put(requests, {{"answer", "fetched"}}, s.requests - std::min(s.requests, s.cached + s.failed));
    put(f.counter("tickgate_history_merged_total", "Pages that another request was fetching already"), {}, s.merged);
    put(f.counter("tickgate_history_pages_total", "Pages of bars asked of providers"), {}, s.pages);
    put(f.counter("tickgate_history_files_total", "Flat files read"), {}, s.files);
    auto& bars = f.counter("tickgate_history_bars_total", "Bars by what became of them");
    put(bars, {{"what", "derived"}}, s.bars_derived);
    put(bars, {{"what", "fetched"}}, s.bars_fetched);
    put(bars, {{"what", "rejected"}}, s.bars_rejected);
    put(f.gauge("tickgate_history_pages_in_flight", "Pages being fetched"), {}, s.in_flight);
}

void put_jobs(Families& f, const std::vector<backfill::JobView>& jobs) {
    using backfill::JobState;
    constexpr std::array states{
        JobState::waiting, JobState::running, JobState::done, JobState::partial, JobState::failed, JobState::cancelled};
    auto& family = f.gauge("tickgate_backfill_jobs", "Backfill jobs that are remembered, by state");
    for (const auto state : states) {
        std::size_t count = 0;
        for (const auto& job : jobs)
            count += job.state == state;
        put(family, {{"state", std::string(to_string(state))}}, count);
    }
}

void put_collectors(Families& f, const std::vector<backfill::CollectorStatus>& collectors) {
    std::size_t running = 0;
    auto& bars = f.counter("tickgate_collector_bars_total", "Bars collected on schedule, by collector");
    auto& failures = f.counter("tickgate_collector_failures_total", "Collections that failed, by collector");
    for (const auto& c : collectors) {
        running += c.running;
        std::uint64_t taken = 0, failed = 0;
        for (const auto& s : c.series) {
            taken += s.bars;
            failed += s.failures;
        }
        put(bars, {{"collector", c.spec.name}}, taken);
        put(failures, {{"collector", c.spec.name}}, failed);
    }
    put(f.gauge("tickgate_collectors_running", "Collectors that run"), {}, running);
}

} // namespace

void put_history(Families& families, HistoryStack& stack) {
    put_store(families, stack.store().usage());
    put_backfill(families, stack.history().stats());
    put_jobs(families, stack.jobs().all());
    put_collectors(families, stack.collectors().status());
}

void put_repairs(Families& f, const feed::RepairStats& s) {
    auto& gaps = f.counter("tickgate_repair_gaps_total", "Holes handed to repair, by how they ended");
    put(gaps, {{"end", "dropped"}}, s.dropped);
    put(gaps, {{"end", "gave_up"}}, s.gave_up);
    put(gaps, {{"end", "repaired"}}, s.repaired);
    put(gaps, {{"end", "unrepairable"}}, s.unrepairable);
    auto& filled = f.counter("tickgate_repair_messages_total", "Messages fetched later and published, by kind");
    put(filled, {{"kind", "bar"}}, s.bars_filled);
    put(filled, {{"kind", "trade"}}, s.trades_filled);
    put(f.counter("tickgate_repair_repeats_total", "Fetched messages that had been published before"), {}, s.repeats);
    put(f.gauge("tickgate_repair_pending", "Questions to providers in progress"), {}, s.pending);
    put(f.gauge("tickgate_repair_gaps_open", "Holes announced and not closed"), {}, s.gaps_open);
    put(f.counter("tickgate_reconcile_orders_total", "Questions for bars that were published"), {}, s.reconciliations);
    put(f.counter("tickgate_reconcile_skipped_total", "Such questions left out, as too many waited"), {}, s.skipped);
    auto& verdicts = f.counter("tickgate_reconcile_bars_total", "Published bars against the provider's, by verdict");
    put(verdicts, {{"verdict", "equal"}}, s.equal);
    put(verdicts, {{"verdict", "ours_missing"}}, s.ours_missing);
    put(verdicts, {{"verdict", "provider_missing"}}, s.provider_missing);
    put(verdicts, {{"verdict", "revised"}}, s.revised);
    put(f.counter("tickgate_recorded_bars_total", "Bars of ours stored because no provider tells them"), {},
        s.recorded);
}

void put_quality(Families& f, const LiveQualityStats& s) {
    put(f.counter("tickgate_quality_checked_total", "Final bars checked as they were published"), {}, s.checked);
    auto& issues = f.counter("tickgate_quality_issues_total", "What the checks found in published bars");
    for (std::size_t check = 0; check < s.issues.size(); ++check)
        for (std::size_t severity = 0; severity < s.issues[check].size(); ++severity)
            put(issues,
                {{"check", std::string(to_string(static_cast<quality::Check>(check)))},
                    {"severity", std::string(to_string(static_cast<quality::Severity>(severity)))}},
                s.issues[check][severity]);
}

} // namespace tickgate::app
