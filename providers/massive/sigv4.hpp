// Signatures of requests to S3 and its likes: AWS Signature Version 4, in headers.
#pragma once

#include "core/secret.hpp"

#include <tickgate/time.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::massive {

struct SigningKey {
    std::string id; // goes over the wire
    Secret secret;  // never does
    std::string region = "us-east-1";
    std::string service = "s3";
};

// A request without a body, as it will be sent.
struct SignedRequest {
    std::string method = "GET";
    std::string path = "/"; // encoded (uri_encode), with the path in front that the endpoint has
    std::vector<std::pair<std::string, std::string>> query; // not encoded; the order does not matter
    // Signed with it, names in lower case: `host` as the Host header says it, and all that begin with `x-amz-`.
    std::vector<std::pair<std::string, std::string>> headers;
};

// RFC 3986: all but letters, digits and `-_.~` becomes %XX. In a path `/` stays.
std::string uri_encode(std::string_view text, bool keep_slash);

// `a=1&b=%2F`: sorted and encoded, as it is signed; sent in the same form.
std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& query);

// What is signed first: method, path, query, headers, their names, hash of the body, each on a line.
std::string canonical_request(const SignedRequest& request, std::string_view payload_hash);

std::string amz_date(UnixNanos t); // `20240131T235959Z`

// Hash of an empty body, in hexadecimal.
std::string_view empty_payload_hash() noexcept;

// The value of `Authorization`; the request carries the header x-amz-date of `at`. Empty if the crypto library fails.
std::string authorization(
    const SignedRequest& request, std::string_view payload_hash, const SigningKey& key, UnixNanos at);

} // namespace tickgate::massive
