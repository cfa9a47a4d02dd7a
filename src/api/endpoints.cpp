#include "api/endpoints.hpp"

#include <array>
#include <charconv>

namespace tickgate::api {

namespace {

using enum Shape;

constexpr Endpoint get(std::string_view route, std::string_view path, std::string_view op, Shape shape = list) {
    return {.route = route, .path = path, .method = "GET", .op = op, .shape = shape};
}
constexpr Endpoint get_cached(std::string_view route, std::string_view path, std::string_view op, Shape shape = list) {
    auto e = get(route, path, op, shape);
    e.etag = true;
    return e;
}
constexpr Endpoint get_one(
    std::string_view route, std::string_view path, std::string_view op, std::string_view path_field) {
    auto e = get(route, path, op, object);
    e.path_field = path_field;
    return e;
}
constexpr Endpoint ask(std::string_view route, std::string_view path, std::string_view op, Shape shape = list) {
    return {.route = route, .path = path, .method = "POST", .op = op, .shape = shape};
}
constexpr Endpoint change(std::string_view route, std::string_view path, std::string_view method, std::string_view op,
    std::string_view path_field = {}, int status = 200) {
    return {.route = route,
        .path = path,
        .method = method,
        .op = op,
        .shape = object,
        .path_field = path_field,
        .status = status,
        .scope = Scope::admin};
}
constexpr Endpoint release(std::string_view route, std::string_view path, std::string_view op) {
    return {.route = route, .path = path, .method = "DELETE", .op = op, .shape = object};
}

constexpr std::array table{
    get("status", "/status", "status"),
    get("providers", "/providers", "providers"),
    get("feeds", "/feeds", "feeds"),
    get("subscriptions", "/subscriptions", "subscriptions"),
    ask("subscriptions", "/subscriptions", "subscribe"),
    release("subscriptions", "/subscriptions", "unsubscribe"),
    get("routes", "/routes", "routes"),
    get("events", "/events", "events"),
    get_cached("config", "/config", "config", object),
    change("reload", "/reload", "POST", "reload"),
    get("log_level", "/log-level", "log_level", object),
    change("log_level", "/log-level", "PUT", "log_level_set"),
    get("quotes", "/quotes", "quote"),
    get_one("latest", "/latest/*", "latest", "symbol"),
    get_cached("bars", "/bars", "bars", bars),
    ask("bars", "/bars", "bars", bars),
    get("trades", "/trades", "trades"),
    get("validate", "/validate", "validate"),
    ask("validate", "/validate", "validate"),
    get("search", "/search", "search"),
    get_cached("symbols", "/symbols", "symbols"),
    get("coverage", "/coverage", "coverage"),
    get("rate_limit", "/rate-limit", "rate_limit"),
    get("cache_stats", "/cache/stats", "cache_stats", object),
    change("cache", "/cache", "DELETE", "cache_clear"),
    get("backfill", "/backfill", "jobs"),
    change("backfill", "/backfill", "POST", "backfill", {}, 202),
    get_one("backfill", "/backfill/*", "jobs", "id"),
    change("backfill", "/backfill/*", "DELETE", "job_cancel", "id"),
    change("collectors", "/collectors", "POST", "collector_start", {}, 201),
    get("collectors", "/collectors/status", "collectors"),
    change("collectors", "/collectors/*", "DELETE", "collector_end", "name"),
};

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

std::string_view to_string(Scope scope) noexcept { return scope == Scope::admin ? "admin" : "read"; }

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
