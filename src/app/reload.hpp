// What a reload of the configuration needs to know and remembers, and which part of the configuration goes where.
#pragma once

#include "app/provider_set.hpp"
#include "config/config.hpp"
#include "config/diff.hpp"
#include "core/log.hpp"
#include "feed/router.hpp"
#include "feed/upstream.hpp"
#include "ops/reload.hpp"
#include "redis/publisher.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::app {

// Where the configuration came from.
struct ConfigSource {
    std::string file;                    // empty: nothing can be read again
    std::optional<log::Level> log_level; // of the command line: goes before the file
};

// From then on SIGHUP ends nothing: it waits until it is read from a descriptor of hang_up_descriptor(). To be called
// before any thread is made, first of all.
void hold_hang_ups() noexcept;
int hang_up_descriptor() noexcept; // a signalfd; -1: the system has none to give

// On `control`.
struct ReloadState {
    explicit ReloadState(asio::io_context& control) : turn(control, MonoTime::max()) {}

    bool running = false;
    asio::steady_timer turn;                  // cancelled when one has ended
    std::vector<std::string> restart_pending; // keys whose new value waits for a restart
    std::uint64_t applied = 0, refused = 0;
    bool last_applied = true;                           // the start counts
    UnixNanos last{};                                   // when the configuration in force was read
    std::vector<std::weak_ptr<ProviderEntry>> replaced; // that somebody may still use
};

// A provider that begins, ends, or takes another's place.
struct ReloadStep {
    ProviderPtr before, now;
    feed::Renewal renewal = feed::Renewal::later;
};

// What the hot loop reads of the configuration: its own copy.
struct HotSettings {
    config::Stale stale;
    config::Metrics metrics;
    feed::RouteFsm::Rules rules;
    feed::RepairOptions repairs;
    redis::Publisher::Tuning publisher;
    bool sources = false; // each provider's own messages too
};
HotSettings hot_settings(const config::Config& config);

// What becomes of the connections of a provider whose settings changed. Empty: no connection and no request is made
// otherwise than before. Credentials are rotated; what only requests or later connections use changes nothing now;
// another address, account or plan is another place.
std::optional<feed::Renewal> renewal_of(const std::vector<config::Change>& changes, std::string_view provider);

// `digest …, changed 3, waiting for a restart 1`, or how many problems and the first of them, if one was told.
std::string summary_of(const ops::ReloadReport& report);

std::string_view to_string(log::Level level) noexcept;
std::optional<log::Level> log_level_from(std::string_view name) noexcept;

} // namespace tickgate::app
