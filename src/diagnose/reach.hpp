// Lookup, connection and TLS of one address, each a finding.
#pragma once

#include "diagnose/finding.hpp"
#include "net/inspection.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace tickgate::diagnose {

namespace asio = boost::asio;

struct ReachOptions {
    std::shared_ptr<net::TlsContext> tls; // needed for secure addresses
    std::string address_setting;          // where the address can be changed: `redis.url`
    std::string ca_setting;               // and its authority
    std::string what;                     // put in front of the checks: `stream `
    std::chrono::milliseconds deadline{10000};
};
// False: it cannot be reached, which was told.
asio::awaitable<bool> reach(net::Url url, ReachOptions options, Reporter report);

// `CN=… from …, 80 days left`; a warning within `soon`, a failure after the end.
void tell_certificate(const net::Certificate& certificate, const std::string& check, const std::string& fix,
    UnixNanos now, const Reporter& report);

} // namespace tickgate::diagnose
