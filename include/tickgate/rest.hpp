// REST as a provider sees it: one request, already paced by the request budget, bounded by a deadline, and redacted.
#pragma once

#include <tickgate/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate {

namespace asio = boost::asio;

struct RestRequest {
    std::string method = "GET"; // or POST, DELETE
    std::string body;           // of a POST, application/x-www-form-urlencoded; may be empty
    std::string base;           // endpoint: scheme, host, port and an optional path kept in front
    std::string target;         // `/api/v3/klines?symbol=BTCUSDT`
    std::vector<std::pair<std::string, std::string>> headers;
    int weight = 1;         // against the budget
    std::size_t budget = 0; // which of Capabilities::budgets
    std::chrono::milliseconds deadline{15000};
    std::size_t max_body = 8u << 20; // a longer body is message_too_large (not applied to streamed bodies)
    std::int64_t expected_bytes = 0; // of the answer, if known: must fit into what is left of a volume quota
};

struct RestResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
    std::string body;                                         // decompressed; empty when streamed

    std::string_view header(std::string_view lower_name) const noexcept {
        for (const auto& [name, value] : headers)
            if (name == lower_name)
                return value;
        return {};
    }
};

// Takes a piece of the body, decompressed, in order; an error stops the transfer and becomes its result.
using BodySink = std::function<error_code(std::string_view piece)>;

// What a provider learns from an answer about its budget.
struct BudgetReading {
    std::optional<std::int64_t> limit;              // the venue's limit of the window
    std::optional<std::int64_t> used_weight;        // of the running window, as the venue counts
    std::optional<std::chrono::milliseconds> pause; // Retry-After: send nothing before
    bool banned = false;
    std::optional<std::int64_t> spent_bytes; // volume this answer took from a quota of bytes
};

class Rest {
public:
    virtual ~Rest() = default;

    // Waits for budget, sends, answers any status; only transport faults are errors.
    // Errors: timed_out, tls_failed, unavailable (connect, DNS), rate_limited or banned (the budget does not let it go
    // before its deadline: told at once, see retry_after()), message_too_large, protocol_error, overflow (too many
    // wait), cancelled, stopped.
    virtual asio::awaitable<result<RestResponse>> send(RestRequest request) = 0;

    // The same, but a 2xx body goes to `sink` piece by piece and is never held whole.
    virtual asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) = 0;

    // What a body told about a budget (headers are read by DataProvider::read_budget).
    virtual void learn(std::size_t budget, const BudgetReading& reading) = 0;

    // After rate_limited or banned: how long from that answer on the same request would have waited.
    virtual std::optional<std::chrono::milliseconds> retry_after() const { return std::nullopt; }
};

} // namespace tickgate
