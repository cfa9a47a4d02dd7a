// What an S3 server answers: listings and errors, in its XML.
#pragma once

#include <tickgate/rest.hpp>
#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive {

struct S3Object {
    std::string key;
    std::string etag; // with its quotes; empty: not told
    std::uint64_t size = 0;
};

struct S3Listing {
    std::vector<S3Object> objects; // in the answer's order
    std::string next;              // continuation token; empty: complete
};
// Answer of ListObjectsV2. Errors: malformed_payload.
result<S3Listing> parse_listing(std::string_view body);

struct S3Error {
    error_code code;
    std::string name; // `SlowDown`; empty: the answer names none
    std::string text; // in our words or the server's, redacted, at most 300 characters
    bool retry = false;
    std::optional<std::chrono::milliseconds> pause; // Retry-After
};
// Of an answer that is not 2xx. `now`: our clock, to tell a wrong one.
// unauthorized: key or signature refused. not_entitled: not in the plan. unknown_symbol: no such file.
// configuration: no such bucket, or our clock is off by more than the server takes. rate_limited: too many requests.
// venue_error: another fault, most of which are worth another try.
S3Error error_of_s3(const RestResponse& answer, UnixNanos now);

// `bytes 0-99/1234`
struct ContentRange {
    std::uint64_t first = 0, last = 0, total = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view text) noexcept;

// Of a header `Date`: `Fri, 24 May 2013 00:00:00 GMT`.
std::optional<UnixNanos> parse_http_date(std::string_view text) noexcept;

} // namespace tickgate::massive
