// Files of an S3 server (path style), read in pieces that a broken connection does not lose.
#pragma once

#include "massive/s3_answers.hpp"
#include "massive/sigv4.hpp"

#include <functional>

namespace tickgate::massive {

struct S3Options {
    std::string endpoint = "https://files.massive.com"; // an optional path is kept in front
    std::string bucket = "flatfiles";
    SigningKey key;
    std::uint64_t monthly_bytes = 0; // downloaded in a month (UTC) at most; 0: no limit
    std::size_t budget = 1;          // index of Capabilities::budgets
    std::uint64_t slice = 32u << 20; // bytes of one request
    std::chrono::milliseconds slice_deadline{120000};
    std::chrono::milliseconds retry_pause{1000}; // doubled with each failure in a row
    int attempts = 5;                            // in a row without a byte
    std::function<UnixNanos()> clock;            // empty: the machine's
};

// One loop. The bytes of the month are counted while the object lives.
class S3 {
public:
    explicit S3(S3Options options);

    // All objects whose keys begin so, in the server's order.
    // Errors: as error_of_s3 and Rest, malformed_payload.
    asio::awaitable<result<std::vector<S3Object>>> list(std::string prefix, Rest& rest);

    // The whole object to `sink`, piece by piece, in order. A broken download goes on at the byte where it broke, as
    // long as the object is the same (its ETag); at the end size and, where the ETag is one, MD5 are compared.
    // Errors: as list; rate_limited (the volume of the month is used up), unknown_symbol (no such file), venue_error
    // (it was replaced meanwhile), malformed_payload (sizes or sums differ), what `sink` returned.
    asio::awaitable<error_code> read(std::string key, BodySink sink, Rest& rest);

    std::uint64_t bytes_this_month() const;

private:
    using Query = std::vector<std::pair<std::string, std::string>>;
    struct Download;

    RestRequest request(std::string method, const std::string& path, const Query& query) const;
    std::string path_of(std::string_view key) const;
    UnixNanos now() const;
    void count(std::uint64_t bytes);
    asio::awaitable<void> pause(int failures, std::optional<std::chrono::milliseconds> asked) const;
    // Asks until the answer is 2xx or nothing helps; `range` is that header, or empty.
    asio::awaitable<result<RestResponse>> ask(
        std::string method, std::string path, Query query, std::string range, Rest& rest);
    asio::awaitable<result<S3Object>> stat(std::string key, Rest& rest);
    asio::awaitable<error_code> fetch_slice(Download& d, Rest& rest);
    error_code check_quota(const S3Object& object) const;
    void log_quota(const S3Object& object) const;

    S3Options options_;
    std::int64_t month_ = 0; // months since 1970
    std::uint64_t bytes_ = 0;
};

} // namespace tickgate::massive
