// Who may do what: tokens with scopes, pages of other sites, too many requests.
#pragma once

#include "api/access_options.hpp"
#include "api/rate_limiter.hpp"
#include "core/log.hpp"
#include "net/http_server.hpp"

#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::api {

struct Family;

// Decides on every request before its body is read. One loop.
//
// Health and readiness are for everyone. /metrics needs a token from other machines only, /api/v1 and /ws always if
// there are tokens. A request that is let in without one must call this machine by a local name (a page elsewhere could
// have its own name point here), and must not come from a page of another site.
class Access {
public:
    enum class Reason : std::uint8_t { unauthorized, forbidden, origin, host, rate };
    static constexpr std::array<std::string_view, 5> reason_names{
        "unauthorized", "forbidden", "origin", "host", "rate"};

    explicit Access(AccessOptions options);

    // `id` goes into the answer's body and the log. Headers of the answer that have nothing to do with access are the
    // caller's.
    net::Admission admit(const net::HttpRequest& request, MonoTime now, std::string_view id);

    // In force for requests to come. What clients have used of their rate stays used.
    void replace(AccessOptions options);
    // Whether the holder of a token of this name (empty: nobody known) may go on after replace() as before it.
    bool keeps(std::string_view client) const noexcept;

    std::vector<Family> families() const;

private:
    using Digest = std::array<unsigned char, 32>;
    struct Known {
        std::string name;
        Scope scope;
        Digest digest;
    };
    struct Refusal;
    enum class Need : std::uint8_t {
        nothing, // health: never held up
        open,    // pages, and what is not there: for everyone
        metrics,
        read,
        admin,
    };

    static Need need_of(const net::HttpRequest& request);
    static std::vector<Known> digests_of(const std::vector<AccessToken>& tokens);
    const Known* caller_of(const net::HttpRequest& request) const;
    bool page_allowed(const net::HttpRequest& request, bool with_token) const;
    bool host_allowed(const net::HttpRequest& request) const;
    bool preflight(const net::HttpRequest& request, net::Admission& admission) const;
    void add_cors(const net::HttpRequest& request, net::Admission& admission) const;
    std::optional<Refusal> refusal_of(const net::HttpRequest& request, Need need, const Known* caller) const;
    void refuse(const net::HttpRequest& request, const Refusal& refusal, net::Admission& admission, MonoTime now,
        std::string_view id);

    AccessOptions options_; // without tokens
    std::vector<Known> tokens_, before_;
    RateLimiter limiter_;
    std::array<std::uint64_t, reason_names.size()> refused_{};
    log::Throttle refusals_;
};

// The token that a request brings: `Authorization: Bearer …`, or, for a browser's WebSocket that can set no header,
// `Sec-WebSocket-Protocol: bearer, …`. Empty: none.
std::string_view token_of(const net::HttpRequest& request) noexcept;

// True for 127.0.0.0/8, ::1 and IPv4 loopback mapped into IPv6: an address, or `address:port` with IPv6 in brackets.
bool is_loopback_peer(std::string_view peer) noexcept;

// As above for the host of a listening address: a literal without brackets, or `localhost`.
bool is_loopback_host(std::string_view host) noexcept;

} // namespace tickgate::api
