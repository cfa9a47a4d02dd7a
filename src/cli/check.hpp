// `tickgate check`: a plugin for Nagios, Icinga and their likes.
#pragma once

#include "cli/list_command.hpp"

#include <tickgate/time.hpp>

#include <chrono>
#include <limits>
#include <optional>

namespace tickgate::cli {

// The values are the exit codes of plugins.
enum class Health : std::uint8_t { ok = 0, warning = 1, critical = 2, unknown = 3 };

// A range in the plugins' notation: `10` (alert outside 0 to 10), `5:`, `~:10`, `10:20`, `@10:20` (alert inside).
struct AlertRange {
    double from = 0, to = std::numeric_limits<double>::infinity();
    bool inside = false;
    std::string text; // as it was written

    bool alerts(double value) const noexcept { return inside == (value >= from && value <= to); }
    static std::optional<AlertRange> parse(std::string_view text);
};

struct Thresholds {
    std::optional<AlertRange> warning, critical;
    Health judge(double value) const noexcept;
};

// One check's result: a sentence, and `label=value;warning;critical` each.
struct Verdict {
    Health health = Health::ok;
    std::string text;
    std::vector<std::string> performance;
};

struct CheckArguments {
    std::string what = "all";          // feed, quota, gaps, all
    std::string feed;                  // only this feed or provider
    std::string warning, critical;     // ranges; empty: the check's own
    std::chrono::seconds window{3600}; // gaps: how far to look back
    std::chrono::seconds deadline{10}; // for all answers
};

// Feeds that are down or refused are critical, connecting ones and symbols that are not served a warning; a closed
// market is well. The thresholds are seconds since a live feed's last message; without them its state alone counts.
Verdict check_feeds(const Json& gateway, const std::vector<Json>& feeds, const std::vector<Json>& subscriptions,
    const Thresholds& thresholds, UnixNanos now);
// How much of each limit is used, in percent; default 80 and 95.
Verdict check_quotas(const std::vector<Json>& limits, Thresholds thresholds);
// Messages that are lost for good by the events since `from`; default 0 and 1000.
Verdict check_gaps(const std::vector<Json>& events, Thresholds thresholds, UnixNanos from);

// The worst of all, with what each says.
Verdict joined(const std::vector<std::pair<std::string, Verdict>>& verdicts);
// `WARNING - text | label=value;;`
std::string plugin_line(const Verdict& verdict);

// Answers the plugin's code.
asio::awaitable<int> run_check(DaemonClient& client, CheckArguments arguments, std::ostream& out);

} // namespace tickgate::cli
