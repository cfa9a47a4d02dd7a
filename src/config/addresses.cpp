// The settings that name a place on the network: endpoints, Redis, the store, the address to listen on.
#include "config/suggest.hpp"
#include "config/types.hpp"
#include "config/url.hpp"

#include <algorithm>
#include <charconv>

namespace tickgate::config {

namespace {

template <class Number>
std::optional<Number> number_from(std::string_view text, Number most) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < Number{} || value > most)
        return {};
    return value;
}

constexpr int most_databases = 65535;

std::optional<Redis> unix_socket(const UrlParts& url, std::string& why) {
    Redis redis;
    redis.transport = Redis::Transport::unix_socket;
    redis.host.clear();
    redis.path = url.path;
    if (!url.host.empty() || url.path.size() < 2) {
        why = "a Unix socket is written unix:///path/to/socket";
        return {};
    }
    if (!url.query.empty()) {
        const auto database =
            url.query.starts_with("db=") ? number_from(url.query.substr(3), most_databases) : std::nullopt;
        if (!database) {
            why = "after the path of a Unix socket only ?db=NUMBER may stand";
            return {};
        }
        redis.database = *database;
    }
    return redis;
}

std::optional<Redis> server(const UrlParts& url, std::string& why) {
    Redis redis;
    redis.transport = url.scheme == "rediss" ? Redis::Transport::tls : Redis::Transport::tcp;
    redis.host = url.host;
    redis.port = url.port.value_or(redis.port);
    if (url.host.empty()) {
        why = "the URL names no host";
        return {};
    }
    if (!url.query.empty()) {
        why = "a query (`?…`) has no meaning here";
        return {};
    }
    if (url.path.size() > 1) {
        const auto database = number_from(url.path.substr(1), most_databases);
        if (!database) {
            why = "after the host only /DATABASE may stand, a number";
            return {};
        }
        redis.database = *database;
    }
    return redis;
}

} // namespace

Type<std::string> endpoint(std::vector<std::string> schemes) {
    std::string expected = "a URL " + joined(schemes, ":// or ") + "://host[:port][/path]";
    Shape shape{"URL", joined(schemes, ":// or ") + "://", {},
        R"("type":"string","pattern":"^()" + joined(schemes, "|") + R"()://[^@?#]+$")"};
    return {std::move(expected), {},
        [schemes = std::move(schemes)](std::string_view text, std::string& why) -> std::optional<std::string> {
            auto url = split_url(text);
            if (!url || url->host.empty() || std::ranges::find(schemes, url->scheme) == schemes.end())
                return {};
            if (url->has_user_info)
                why = "credentials do not belong into an endpoint";
            else if (!url->query.empty() || url->has_fragment)
                why = "an endpoint is scheme, host and port, and maybe a path";
            if (!why.empty())
                return {};
            while (url->path.ends_with('/'))
                url->path.pop_back();
            return url->to_string();
        },
        std::move(shape), [](const std::string& value) { return value; }};
}

Type<Http> listen_address() {
    return {"an address as 127.0.0.1:8787, [::1]:8787 or localhost:8787", {},
        [](std::string_view text, std::string&) -> std::optional<Http> {
            const std::size_t colon = text.rfind(':');
            if (colon == std::string_view::npos)
                return {};
            const auto port = number_from<int>(text.substr(colon + 1), 65535);
            std::string_view host = text.substr(0, colon);
            const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
            if (brackets)
                host = host.substr(1, host.size() - 2);
            const bool colons = host.find(':') != std::string_view::npos; // IPv6: in brackets, and only that
            if (!port || brackets != colons || !(host.empty() || is_ip_literal(host) || is_loopback(host)))
                return {};
            Http http;
            http.listen = text;
            http.host = host.empty() ? "0.0.0.0" : std::string(host);
            http.port = static_cast<std::uint16_t>(*port);
            http.loopback = is_loopback(http.host);
            return http;
        },
        {"address:port", {}, {}, R"("type":"string","pattern":"^.*:[0-9]{1,5}$")"},
        [](const Http& value) { return value.listen; }};
}

Type<Redis> redis_url() {
    return {"a URL redis://host:port/database, rediss://… (TLS) or unix:///path", {},
        [](std::string_view text, std::string& why) -> std::optional<Redis> {
            auto url = split_url(text);
            if (!url || url->has_fragment)
                return {};
            const bool is_unix = url->scheme == "unix";
            if (!is_unix && url->scheme != "redis" && url->scheme != "rediss")
                return {};
            auto redis = is_unix ? unix_socket(*url, why) : server(*url, why);
            if (!redis)
                return {};
            redis->username = url->user;
            redis->password = Secret(url->password);
            redis->url = url->to_string();
            return redis;
        },
        {"URL", "redis://, rediss:// or unix://", {}, R"("type":"string","pattern":"^(rediss?|unix)://.+$")"},
        [](const Redis& value) { return value.url; }};
}

Type<Store> store_url() {
    return {"a URL sqlite:///absolute/path or postgresql://host/database", {},
        [](std::string_view text, std::string& why) -> std::optional<Store> {
            auto url = split_url(text);
            if (!url)
                return {};
            Store store;
            if (url->scheme == "sqlite") {
                if (!url->host.empty() || url->path.size() < 2 || !url->query.empty() || url->has_fragment)
                    return {};
                store.url = url->to_string();
                return store;
            }
            if (url->scheme != "postgresql" && url->scheme != "postgres")
                return {};
            // libpq knows a password in the query, too; there it would be shown with the URL.
            if (url->query.find("password") != std::string::npos) {
                why = "the password belongs into store.password or store.password_file";
                return {};
            }
            store.password = Secret(url->password);
            const std::string host = url->to_string().substr(url->scheme.size() + 3);
            const std::size_t user_end = text.find_first_of(":@", text.find("://") + 3);
            const std::string_view user = text.substr(text.find("://") + 3, user_end - text.find("://") - 3);
            store.url = "postgresql://" + (url->has_user_info ? std::string(user) + "@" : "") + host;
            return store;
        },
        {"URL", "sqlite:/// or postgresql://", {}, R"("type":"string","pattern":"^(sqlite:///|postgres(ql)?://).+$")"},
        [](const Store& value) { return value.url; }};
}

bool is_plaintext_abroad(std::string_view text) {
    const auto url = split_url(text);
    return url && (url->scheme == "ws" || url->scheme == "http" || url->scheme == "redis") && !url->loopback();
}

} // namespace tickgate::config
