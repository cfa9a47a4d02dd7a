#include "api/access.hpp"

#include "api/api.hpp"
#include "api/exposition.hpp"
#include "api/problem.hpp"
#include "core/text.hpp"
#include "net/http_parser.hpp"
#include "net/http_request.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tickgate::api {

namespace {

constexpr std::string_view api_folder = "/api/v1";

bool is_below(std::string_view path, std::string_view folder) noexcept {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_websocket(const net::HttpRequest& request) noexcept {
    return equals_ignoring_case(trimmed(request.header("upgrade"), http_blanks), "websocket");
}

bool changes_something(const net::HttpRequest& request) noexcept {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

// `host:port` without the port that the scheme implies.
std::string_view without_default_port(std::string_view authority, bool secure) noexcept {
    const std::string_view port = secure ? ":443" : ":80";
    return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size()) : authority;
}

// Whether the page that asks came from this very address.
bool same_site(std::string_view origin, std::string_view host) noexcept {
    const bool secure = origin.starts_with("https://");
    if (!secure && !origin.starts_with("http://"))
        return false;
    const auto authority = without_default_port(origin.substr(origin.find("//") + 2), secure);
    return !host.empty() && equals_ignoring_case(authority, without_default_port(host, secure));
}

std::string_view name_of(std::string_view authority) noexcept {
    if (authority.starts_with('['))
        return authority.substr(1, std::min(authority.find(']'), authority.size()) - 1);
    return authority.substr(0, authority.find(':'));
}

bool lists(const std::vector<std::string>& origins, std::string_view origin) noexcept {
    return std::any_of(origins.begin(), origins.end(), [&](const auto& o) { return equals_ignoring_case(o, origin); });
}

template <class Digest>
Digest digest_of(std::string_view text) {
    Digest out{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) != 1 || size != out.size())
        throw std::runtime_error("no SHA-256 from OpenSSL");
    return out;
}

} // namespace

struct Access::Refusal {
    Reason reason;
    int status;
    std::string_view code, detail;
    std::chrono::nanoseconds wait{};
};

Access::Need Access::need_of(const net::HttpRequest& request) {
    const std::string_view path = request.path;
    if (path == "/healthz" || path == "/readyz")
        return Need::nothing;
    if (path == "/metrics")
        return Need::metrics;
    if (is_below(path, "/ws"))
        return Need::read;
    if (!is_below(path, api_folder))
        return Need::open;
    const auto match = match_endpoint(path.substr(api_folder.size()), request.method);
    return match.endpoint != nullptr && match.endpoint->scope == Scope::admin ? Need::admin : Need::read;
}

Access::Access(AccessOptions options)
    : options_(std::move(options)), tokens_(digests_of(options_.tokens)), limiter_(options_.rate, options_.burst) {
    options_.tokens.clear();
}

std::vector<Access::Known> Access::digests_of(const std::vector<AccessToken>& tokens) {
    std::vector<Known> known;
    for (const auto& token : tokens)
        known.push_back({token.name, token.scope, digest_of<Digest>(token.secret.reveal())});
    return known;
}

void Access::replace(AccessOptions options) {
    before_ = std::exchange(tokens_, digests_of(options.tokens));
    options.tokens.clear();
    options_ = std::move(options);
    limiter_.set_limits(options_.rate, options_.burst);
}

bool Access::keeps(std::string_view client) const noexcept {
    if (client.empty())
        return before_.empty() == tokens_.empty();
    const auto find = [&](const auto& in) {
        return std::find_if(in.begin(), in.end(), [&](const auto& t) { return t.name == client; });
    };
    const auto old = find(before_), now = find(tokens_);
    return old != before_.end() && now != tokens_.end() && old->digest == now->digest && now->scope >= old->scope;
}

// Every token is compared, whole and by digests of one length: the time tells neither which was nearly right nor how
// long they are.
const Access::Known* Access::caller_of(const net::HttpRequest& request) const {
    const auto given = token_of(request);
    const Digest digest = digest_of<Digest>(given);
    const Known* caller = nullptr;
    for (const auto& token : tokens_) {
        const bool same = CRYPTO_memcmp(digest.data(), token.digest.data(), digest.size()) == 0;
        caller = same ? &token : caller;
    }
    return given.empty() ? nullptr : caller;
}

// Browsers say which page asks. With a token a foreign page may look (it has to know the token, and cannot read the
// answer without CORS), but neither change anything nor open a WebSocket, which browsers allow across sites.
bool Access::page_allowed(const net::HttpRequest& request, bool with_token) const {
    const auto origin = request.header("origin");
    if (with_token && !changes_something(request) && !is_websocket(request))
        return true;
    if (origin.empty())
        return with_token || request.header("sec-fetch-site") != "cross-site";
    return same_site(origin, request.header("host")) || lists(options_.origins, origin) || lists(options_.cors, origin);
}

bool Access::host_allowed(const net::HttpRequest& request) const {
    const auto host = trimmed(request.header("host"), http_blanks);
    if (host.empty()) // HTTP/1.0: no browser
        return true;
    std::string name(name_of(host));
    std::transform(
        name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (name.ends_with('.'))
        name.pop_back();
    if (is_loopback_host(name) || name.ends_with(".localhost"))
        return true;
    return std::any_of(options_.origins.begin(), options_.origins.end(), [&](const std::string& o) {
        return o.find("//") != std::string::npos &&
               equals_ignoring_case(name_of(std::string_view(o).substr(o.find("//") + 2)), name);
    });
}

void Access::add_cors(const net::HttpRequest& request, net::Admission& admission) const {
    const auto origin = request.header("origin");
    if (options_.cors.empty())
        return;
    admission.headers.emplace_back("Vary", "Origin");
    if (origin.empty() || !lists(options_.cors, origin))
        return;
    admission.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
    admission.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Link, Retry-After, X-Request-Id");
}

// What a browser asks before it lets a page of another site send anything but a plain GET.
bool Access::preflight(const net::HttpRequest& request, net::Admission& admission) const {
    const auto origin = request.header("origin");
    if (request.method != "OPTIONS" || request.header("access-control-request-method").empty() ||
        !lists(options_.cors, origin))
        return false;
    auto& answer = admission.refusal.emplace();
    answer.status = 204;
    answer.headers = {{"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE"},
        {"Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-Request-Id"},
        {"Access-Control-Max-Age", "600"}};
    if (request.header("access-control-request-private-network") == "true")
        answer.headers.emplace_back("Access-Control-Allow-Private-Network", "true");
    return true;
}

net::Admission Access::admit(const net::HttpRequest& request, MonoTime now, std::string_view id) {
    net::Admission admission;
    const Need need = need_of(request);
    if (need == Need::nothing)
        return admission;
    add_cors(request, admission);
    const Known* caller = tokens_.empty() ? nullptr : caller_of(request);
    if (caller != nullptr)
        admission.client = caller->name;
    const auto bucket = caller != nullptr ? "token " + caller->name : net::peer_network(request.peer);
    if (const auto wait = limiter_.take(bucket, now); wait.count() > 0) {
        const Refusal refusal{Reason::rate, 429, "too_many_requests", "too many requests: see Retry-After", wait};
        refuse(request, refusal, admission, now, id);
    } else if (!preflight(request, admission)) {
        if (const auto refusal = refusal_of(request, need, caller))
            refuse(request, *refusal, admission, now, id);
        else if (caller != nullptr && is_websocket(request) && request.header("authorization").empty())
            admission.headers.emplace_back("Sec-WebSocket-Protocol", "bearer");
    }
    return admission;
}

std::optional<Access::Refusal> Access::refusal_of(
    const net::HttpRequest& request, Need need, const Known* caller) const {
    if (need == Need::open || (need == Need::metrics && options_.metrics_open))
        return std::nullopt;
    const bool near = need == Need::metrics && is_loopback_peer(request.peer);
    if (!tokens_.empty() && caller == nullptr && !(near && host_allowed(request)))
        return Refusal{Reason::unauthorized, 401, "unauthorized",
            "a bearer token is needed: Authorization: Bearer <token of http.token_file or http.tokens>"};
    if (caller != nullptr && need == Need::admin && caller->scope != Scope::admin)
        return Refusal{
            Reason::forbidden, 403, "forbidden", "this needs a token of scope admin; this one has scope read"};
    if (tokens_.empty() && !host_allowed(request))
        return Refusal{Reason::host, 403, "forbidden_host",
            "without a token only local names are taken in Host: ask localhost, or configure http.token_file"};
    if (!page_allowed(request, caller != nullptr))
        return Refusal{
            Reason::origin, 403, "forbidden_origin", "pages of this site are not allowed here: see http.origins"};
    return std::nullopt;
}

void Access::refuse(const net::HttpRequest& request, const Refusal& refusal, net::Admission& admission, MonoTime now,
    std::string_view id) {
    const Problem problem{refusal.status, refusal.code, refusal.detail};
    auto& answer = admission.refusal.emplace(problem_response(problem, id));
    if (refusal.reason == Reason::unauthorized)
        answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tickgate\"");
    else if (refusal.reason == Reason::forbidden)
        answer.headers.emplace_back(
            "WWW-Authenticate", "Bearer realm=\"tickgate\", error=\"insufficient_scope\", scope=\"admin\"");
    else if (refusal.reason == Reason::rate)
        answer.headers.emplace_back(
            "Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(refusal.wait).count()));
    const auto reason = static_cast<std::size_t>(refusal.reason);
    ++refused_[reason];
    std::uint64_t suppressed = 0;
    if (refusals_.allow(now, suppressed))
        log::warn("api", "access_refused",
            {{"reason", reason_names[reason]}, {"status", refusal.status}, {"method", request.method.substr(0, 20)},
                {"path", request.path.substr(0, 200)}, {"peer", request.peer}, {"client", admission.client},
                {"request_id", id}, {"suppressed", suppressed}});
}

std::vector<Family> Access::families() const {
    std::vector<Family> out{family_of("tickgate_http_refused_total")};
    auto& f = out.front();
    for (std::size_t i = 0; i < reason_names.size(); ++i) {
        auto& sample = f.samples.emplace_back();
        sample.labels.emplace_back("reason", reason_names[i]);
        sample.value = static_cast<double>(refused_[i]);
    }
    return out;
}

std::string_view token_of(const net::HttpRequest& request) noexcept {
    constexpr std::string_view scheme = "bearer ";
    const auto authorization = request.header("authorization");
    if (authorization.size() > scheme.size() && equals_ignoring_case(authorization.substr(0, scheme.size()), scheme))
        return trimmed(authorization.substr(scheme.size()), http_blanks);
    if (!authorization.empty() || !is_websocket(request))
        return {};
    const auto protocols = request.header("sec-websocket-protocol");
    const auto comma = protocols.find(',');
    if (comma == std::string_view::npos ||
        !equals_ignoring_case(trimmed(protocols.substr(0, comma), http_blanks), "bearer"))
        return {};
    const auto rest = protocols.substr(comma + 1);
    return trimmed(rest.substr(0, rest.find(',')), http_blanks);
}

bool is_loopback_host(std::string_view host) noexcept {
    if (host == "localhost")
        return true;
    if (host.size() > 64)
        return false;
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    if (ec)
        return false;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_loopback();
    return address.is_loopback();
}

bool is_loopback_peer(std::string_view peer) noexcept {
    if (peer.starts_with('[')) {
        const auto end = peer.find(']');
        return end != std::string_view::npos && is_loopback_host(peer.substr(1, end - 1));
    }
    if (peer.find(':') == peer.rfind(':'))
        peer = peer.substr(0, peer.find(':'));
    return peer != "localhost" && is_loopback_host(peer);
}

} // namespace tickgate::api
