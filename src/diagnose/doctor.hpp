// Is this machine fit to run the gateway: files, Redis, store, clock, limits, port.
#pragma once

#include "config/config.hpp"
#include "diagnose/finding.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace tickgate::diagnose {

namespace asio = boost::asio;

// An address that a client on this machine reaches the daemon of this configuration at.
std::string local_url(const config::Http& http);

struct DoctorOptions {
    std::string config = "/etc/tickgate/tickgate.yaml";
    std::chrono::seconds store_limit{20}; // the check of the store ends then, finished or not
};

// Everything in turn. Without a valid configuration only what does not need one.
asio::awaitable<void> examine(DoctorOptions options, Tell tell);

// The parts, each a subject of its own. Blocking ones take milliseconds, but for the store's integrity.
void examine_file(const std::string& path, const config::Loaded& loaded, Reporter report);
void examine_store(const config::Store& store, std::chrono::seconds limit, Reporter report);
void examine_machine(Reporter report);                                  // clock, limits, time zones
asio::awaitable<void> examine_door(config::Http http, Reporter report); // port, certificate

} // namespace tickgate::diagnose
