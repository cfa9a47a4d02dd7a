#include "app/observe_history.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sys/statvfs.h>

namespace tickgate::app {

namespace {

// Of the file and its write-ahead log, and what is left on its disk. Nothing where there is no file.
void put_store_file(Families& f, const std::string& file) {
    auto& size = f["tickgate_store_size_bytes"];
    auto& free = f["tickgate_store_free_bytes"];
    if (file.empty())
        return;
    std::uint64_t bytes = 0;
    for (const auto* part : {"", "-wal", "-shm"}) {
        std::error_code none;
        const auto n = std::filesystem::file_size(file + part, none);
        bytes += none ? 0 : n;
    }
    put(size, {}, bytes);
    struct statvfs disk {};
    if (::statvfs(std::filesystem::path(file).parent_path().c_str(), &disk) == 0)
        put(free, {}, static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize));
}

void put_store(Families& f, const store::AsyncStats& s) {
    put(f["tickgate_store_open"], {{"backend", s.backend}}, s.open ? 1 : 0);
    auto& calls = f["tickgate_store_calls_total"];
    put(calls, {{"kind", "read"}}, s.reads);
    put(calls, {{"kind", "write"}}, s.writes);
    put(f["tickgate_store_failures_total"], {}, s.failures);
    put(f["tickgate_store_bars_written_total"], {}, s.bars_written);
    put(f["tickgate_store_bars_changed_total"], {}, s.bars_changed);
    put(f["tickgate_store_bars_read_total"], {}, s.bars_read);
    put(f["tickgate_store_reopened_total"], {}, s.reopened);
    put(f["tickgate_store_waiting_calls"], {}, s.waiting);
    put(f["tickgate_store_busy_seconds_total"], {}, s.busy_seconds);
}

void put_backfill(Families& f, const backfill::HistoryStats& s) {
    auto& requests = f["tickgate_history_requests_total"];
    put(requests, {{"answer", "cached"}}, s.cached);
    put(requests, {{"answer", "failed"}}, s.failed);
    put(requests, {{"answer", "fetched"}}, s.requests - std::min(s.requests, s.cached + s.failed));
    put(f["tickgate_history_merged_total"], {}, s.merged);
    put(f["tickgate_history_pages_total"], {}, s.pages);
    put(f["tickgate_history_files_total"], {}, s.files);
    auto& bars = f["tickgate_history_bars_total"];
    put(bars, {{"what", "derived"}}, s.bars_derived);
    put(bars, {{"what", "fetched"}}, s.bars_fetched);
    put(bars, {{"what", "rejected"}}, s.bars_rejected);
    put(f["tickgate_history_pages_in_flight"], {}, s.in_flight);
}

void put_jobs(Families& f, const std::vector<backfill::JobView>& jobs) {
    using backfill::JobState;
    constexpr std::array states{
        JobState::waiting, JobState::running, JobState::done, JobState::partial, JobState::failed, JobState::cancelled};
    auto& family = f["tickgate_backfill_jobs"];
    for (const auto state : states) {
        std::size_t count = 0;
        for (const auto& job : jobs)
            count += job.state == state;
        put(family, {{"state", std::string(to_string(state))}}, count);
    }
}

void put_collectors(Families& f, const std::vector<backfill::CollectorStatus>& collectors) {
    std::size_t running = 0;
    auto& bars = f["tickgate_collector_bars_total"];
    auto& failures = f["tickgate_collector_failures_total"];
    auto& failing = f["tickgate_collector_failing_series"];
    auto& late = f["tickgate_collector_late_seconds"];
    const UnixNanos now = wall_now();
    for (const auto& c : collectors) {
        running += c.running;
        std::uint64_t taken = 0, failed = 0, fail_now = 0;
        for (const auto& s : c.series) {
            taken += s.bars;
            failed += s.failures;
            fail_now += !s.error.empty();
        }
        const auto behind = c.next && *c.next < now ? now - *c.next : std::chrono::nanoseconds(0);
        put(late, {{"collector", c.spec.name}}, std::chrono::duration<double>(behind).count());
        put(failing, {{"collector", c.spec.name}}, fail_now);
        put(bars, {{"collector", c.spec.name}}, taken);
        put(failures, {{"collector", c.spec.name}}, failed);
    }
    put(f["tickgate_collectors_running"], {}, running);
}

} // namespace

void put_history(Families& families, HistoryStack& stack) {
    put_store(families, stack.store().usage());
    put_store_file(families, stack.store_file());
    put_backfill(families, stack.history().stats());
    put_jobs(families, stack.jobs().all());
    put_collectors(families, stack.collectors().status());
}

void put_repairs(Families& f, const feed::RepairStats& s) {
    auto& gaps = f["tickgate_repair_gaps_total"];
    put(gaps, {{"end", "dropped"}}, s.dropped);
    put(gaps, {{"end", "gave_up"}}, s.gave_up);
    put(gaps, {{"end", "repaired"}}, s.repaired);
    put(gaps, {{"end", "unrepairable"}}, s.unrepairable);
    auto& filled = f["tickgate_repair_messages_total"];
    put(filled, {{"kind", "bar"}}, s.bars_filled);
    put(filled, {{"kind", "trade"}}, s.trades_filled);
    put(f["tickgate_repair_repeats_total"], {}, s.repeats);
    put(f["tickgate_repair_pending"], {}, s.pending);
    put(f["tickgate_repair_gaps_open"], {}, s.gaps_open);
    put(f["tickgate_reconcile_orders_total"], {}, s.reconciliations);
    put(f["tickgate_reconcile_skipped_total"], {}, s.skipped);
    auto& verdicts = f["tickgate_reconcile_bars_total"];
    put(verdicts, {{"verdict", "equal"}}, s.equal);
    put(verdicts, {{"verdict", "ours_missing"}}, s.ours_missing);
    put(verdicts, {{"verdict", "provider_missing"}}, s.provider_missing);
    put(verdicts, {{"verdict", "revised"}}, s.revised);
    put(f["tickgate_recorded_bars_total"], {}, s.recorded);
}

void put_quality(Families& f, const LiveQualityStats& s) {
    put(f["tickgate_quality_checked_total"], {}, s.checked);
    auto& issues = f["tickgate_quality_issues_total"];
    for (std::size_t check = 0; check < s.issues.size(); ++check)
        for (std::size_t severity = 0; severity < s.issues[check].size(); ++severity)
            put(issues,
                {{"check", std::string(to_string(static_cast<quality::Check>(check)))},
                    {"severity", std::string(to_string(static_cast<quality::Severity>(severity)))}},
                s.issues[check][severity]);
    auto& quotes = f["tickgate_quality_quotes_total"];
    for (const auto& q : s.quotes) {
        put(quotes, {{"provider", q.provider}, {"check", "crossed"}}, q.crossed);
        put(quotes, {{"provider", q.provider}, {"check", "locked"}}, q.locked);
    }
}

} // namespace tickgate::app
