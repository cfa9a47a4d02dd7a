#include "api/endpoints.hpp"

#include <array>
#include <charconv>

namespace tickgate::api {

namespace {

constexpr std::array<Endpoint, 21> table{{
    {"bars", "/bars", "GET", "bars", Shape::bars},
    {"bars", "/bars", "POST", "bars", Shape::bars},
    {"trades", "/trades", "GET", "trades", Shape::list},
    {"latest", "/latest/*", "GET", "latest", Shape::object, "symbol"},
    {"quotes", "/quotes", "GET", "quote", Shape::list},
    {"validate", "/validate", "POST", "validate", Shape::list},
    {"validate", "/validate", "GET", "validate", Shape::list},
    {"search", "/search", "GET", "search", Shape::list},
    {"symbols", "/symbols", "GET", "symbols", Shape::list},
    {"coverage", "/coverage", "GET", "coverage", Shape::list},
    {"rate_limit", "/rate-limit", "GET", "rate_limit", Shape::list},
    {"cache_stats", "/cache/stats", "GET", "cache_stats", Shape::object},
    {"cache", "/cache", "DELETE", "cache_clear", Shape::object},
    {"backfill", "/backfill", "GET", "jobs", Shape::list},
    {"backfill", "/backfill", "POST", "backfill", Shape::object, {}, 202},
    {"backfill", "/backfill/*", "GET", "jobs", Shape::object, "id"},
    {"backfill", "/backfill/*", "DELETE", "job_cancel", Shape::object, "id"},
    {"collectors", "/collectors", "POST", "collector_start", Shape::object, {}, 201},
    {"collectors", "/collectors/status", "GET", "collectors", Shape::list},
    {"collectors", "/collectors/*", "DELETE", "collector_end", Shape::object, "name"},
    {"status", "/status", "GET", "status", Shape::list},
}};

// Whether `path` is the one of `e`; `value` is its last segment if that is a value.
bool fits(const Endpoint& e, std::string_view path, std::string_view& value) noexcept {
    if (!e.path.ends_with('*'))
        return path == e.path;
    const auto front = e.path.substr(0, e.path.size() - 1);
    if (!path.starts_with(front) || path.size() == front.size())
        return false;
    value = path.substr(front.size());
    return value.find('/') == std::string_view::npos;
}

bool exact(std::string_view path) noexcept {
    for (const auto& e : table)
        if (e.path == path)
            return true;
    return false;
}

} // namespace

std::span<const Endpoint> endpoints() noexcept { return table; }

Match match_endpoint(std::string_view path, std::string_view method) {
    Match match;
    const bool named = exact(path); // `/collectors/status` is not the collector `status`
    for (const auto& e : table) {
        std::string_view value;
        if (!fits(e, path, value) || (named && e.path.ends_with('*')))
            continue;
        if (method == e.method || (method == "HEAD" && e.method == "GET")) {
            match.endpoint = &e;
            match.value = percent_decoded(value);
            match.allow.clear();
            return match;
        }
        match.allow.append(match.allow.empty() ? "" : ", ").append(e.method);
        if (e.method == "GET")
            match.allow.append(", HEAD");
    }
    return match;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size()) {
            const auto* begin = text.data() + i + 1;
            const auto [end, ec] = std::from_chars(begin, begin + 2, value, 16);
            if (ec == std::errc() && end == begin + 2) {
                out += static_cast<char>(value);
                i += 2;
                continue;
            }
        }
        out += text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

} // namespace tickgate::api
