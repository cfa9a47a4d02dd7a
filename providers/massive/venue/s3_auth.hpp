// Whether a request to the flat files is signed as it must be. Written apart from the adapter, so that the one can
// check the other.
#pragma once

#include "massive/venue/options.hpp"
#include "net/http_server.hpp"

#include <tickgate/time.hpp>

#include <string>

namespace tickgate::massive_venue {

// S3's code of what is wrong (`SignatureDoesNotMatch`, `RequestTimeTooSkewed`, …); empty: nothing.
std::string s3_refusal(const net::HttpRequest& request, const MassiveOptions& options, UnixNanos clock);

} // namespace tickgate::massive_venue
