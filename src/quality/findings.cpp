#include "quality/findings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::quality {

using namespace std::chrono;

namespace {

constexpr std::size_t most_issues = 100;

// A grade looks at shares of the bars expected; what is missing has its own share.
Grade grade_of(std::uint64_t checked, std::uint64_t missing, std::uint64_t errors, std::uint64_t warnings) noexcept {
    const auto expected = checked + missing;
    if (errors * 100 > checked || missing * 10 > expected)
        return Grade::poor;
    if (errors > 0 || warnings * 100 > checked || missing * 100 > expected)
        return Grade::fair;
    return warnings > 0 || missing > 0 ? Grade::good : Grade::excellent;
}

bool is_worse(const Issue& a, const Issue& b) noexcept {
    if (a.severity != b.severity)
        return a.severity > b.severity;
    return a.from != b.from ? a.from < b.from : a.check < b.check;
}

} // namespace

std::string_view to_string(Check c) noexcept {
    static constexpr std::array<std::string_view, check_count> names{"ohlc", "not_positive", "gap", "outlier",
        "duplicate", "disorder", "misaligned", "stale_repeat", "volume", "vwap", "mixed_variant", "crossed", "locked"};
    return names[static_cast<std::size_t>(c)];
}

std::string_view to_string(Severity s) noexcept {
    static constexpr std::array<std::string_view, 3> names{"note", "warning", "error"};
    return names[static_cast<std::size_t>(s)];
}

std::string_view to_string(Grade g) noexcept {
    static constexpr std::array<std::string_view, 4> names{"excellent", "good", "fair", "poor"};
    return names[static_cast<std::size_t>(g)];
}

std::string time_text(UnixNanos t) {
    const auto day = floor<days>(t);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<seconds>(t - day)};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
        clock.minutes().count(), clock.seconds().count());
}

bool Findings::count(const Finding& found) {
    counts_[static_cast<std::size_t>(found.check)] += found.count;
    if (found.check != Check::gap)
        bars_[static_cast<std::size_t>(found.severity)] += found.count;
    auto& issues = kept(found);
    // The same again in the next bar makes the issue longer.
    if (found.check != Check::gap && !issues.empty() && issues.back().to == found.from) {
        issues.back().to = found.to;
        issues.back().count += found.count;
        return false;
    }
    return issues.size() < most;
}

void Findings::keep(const Finding& found, std::string text) {
    kept(found).push_back({found.check, found.severity, found.from, found.to, found.count, std::move(text)});
}

Report Findings::report(std::uint64_t checked, std::uint64_t missing) const {
    Report report;
    report.checked = checked;
    report.expected = checked + missing;
    report.counts = counts_;
    report.grade = grade_of(checked, missing, bars_[static_cast<std::size_t>(Severity::error)],
        bars_[static_cast<std::size_t>(Severity::warning)]);
    std::vector<Issue> rest;
    for (const auto& by_severity : issues_) {
        bool first = true;
        for (auto severity = by_severity.rbegin(); severity != by_severity.rend(); ++severity)
            for (const auto& issue : *severity)
                (std::exchange(first, false) ? report.issues : rest).push_back(issue);
    }
    std::sort(report.issues.begin(), report.issues.end(), is_worse);
    std::sort(rest.begin(), rest.end(), is_worse);
    rest.resize(std::min(rest.size(), most_issues - report.issues.size()));
    report.issues.insert(
        report.issues.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
    return report;
}

} // namespace tickgate::quality
