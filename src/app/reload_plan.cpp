// Decisions of a reload that need no gateway.
#include "app/reload.hpp"

#include "core/secret.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <pthread.h>
#include <sys/signalfd.h>
#include <utility>

namespace tickgate::app {

using namespace std::chrono_literals;

namespace {

constexpr std::array<std::pair<std::string_view, log::Level>, 6> levels{
    {{"trace", log::Level::trace}, {"debug", log::Level::debug}, {"info", log::Level::info}, {"warn", log::Level::warn},
        {"error", log::Level::error}, {"off", log::Level::off}}};

// Keys below `providers.<name>`. In this order, the first that fits.
struct Rule {
    std::string_view key; // ends with a dot: everything below it
    std::optional<feed::Renewal> renewal;
};
constexpr std::array<Rule, 11> rules{{
    {"enabled", std::nullopt},
    {"allow_plaintext", std::nullopt},
    {"s3.", feed::Renewal::later},
    {"limits.", feed::Renewal::later},
    {"endpoints.s3", feed::Renewal::later},
    {"endpoints.trades_rest", feed::Renewal::later},
    {"candle_price", feed::Renewal::later},
    {"adjusted", feed::Renewal::later},
    {"tls.ca_file", feed::Renewal::overlap},
    {"token", feed::Renewal::overlap},
    {"api_key", feed::Renewal::overlap},
}};

std::optional<feed::Renewal> renewal_of_key(std::string_view key) {
    for (const auto& rule : rules)
        if (key == rule.key || (rule.key.ends_with('.') && key.starts_with(rule.key)))
            return rule.renewal;
    return feed::Renewal::reconnect;
}

sigset_t hang_up() noexcept {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    return set;
}

} // namespace

std::optional<feed::Renewal> renewal_of(const std::vector<config::Change>& changes, std::string_view provider) {
    const auto prefix = "providers." + std::string(provider) + ".";
    std::optional<feed::Renewal> most;
    for (const auto& change : changes)
        if (std::string_view(change.key).starts_with(prefix))
            if (const auto needed = renewal_of_key(std::string_view(change.key).substr(prefix.size()));
                needed && (!most || *most < *needed))
                most = needed;
    return most;
}

HotSettings hot_settings(const config::Config& config) {
    HotSettings s;
    s.stale = config.stale;
    s.metrics = config.metrics;
    s.rules.jump_guard = config.routes.jump_guard;
    s.rules.warm = config.routes.standby == config::Standby::warm;
    const auto settle = std::chrono::duration_cast<std::chrono::seconds>(config.history.settle);
    s.repairs.limit = settle; // asked, compared and published within that time
    s.repairs.settle = std::clamp<std::chrono::seconds>(settle / 10, 1s, 30s);
    s.repairs.period = std::clamp<std::chrono::seconds>(settle * 3 / 10, 2s, 90s);
    s.repairs.reconcile = config.history.reconcile;
    s.publisher.streams = config.publish.streams;
    s.publisher.stream_maxlen = static_cast<std::size_t>(config.publish.stream_maxlen);
    s.publisher.last_value_interval = config.publish.last_value_interval;
    s.publisher.config_digest = config.digest;
    s.sources = config.publish.sources;
    return s;
}

std::string summary_of(const ops::ReloadReport& report) {
    const auto text = "digest " + report.digest;
    if (report.applied)
        return text + ", changed " + std::to_string(report.changed.size()) + ", waiting for a restart " +
               std::to_string(report.restart.size());
    const auto problems = text + ", problems " + std::to_string(report.problems.size());
    if (report.problems.empty())
        return problems;
    const auto& first = report.problems.front();
    return problems + ": " + redact(first.key + ": " + first.text);
}

std::string_view to_string(log::Level level) noexcept { return levels[static_cast<std::size_t>(level)].first; }

std::optional<log::Level> log_level_from(std::string_view name) noexcept {
    for (const auto& [text, level] : levels)
        if (text == name)
            return level;
    return std::nullopt;
}

void hold_hang_ups() noexcept {
    const auto set = hang_up();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int hang_up_descriptor() noexcept {
    const auto set = hang_up();
    return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

} // namespace tickgate::app
