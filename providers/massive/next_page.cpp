#include "massive/next_page.hpp"

#include <algorithm>
#include <optional>

namespace tickgate::massive {

namespace {

struct Url {
    std::string origin; // scheme://host:port, lower case, the port always there
    std::string_view rest;
};

std::optional<Url> split(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos)
        return std::nullopt;
    const auto start = scheme + 3;
    const auto stop = std::min(url.find_first_of("/?#", start), url.size());
    Url out;
    out.origin = url.substr(0, stop);
    out.rest = url.substr(stop);
    std::transform(out.origin.begin(), out.origin.end(), out.origin.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto host = std::string_view(out.origin).substr(start);
    if (host.empty() || host.find_first_of("@\\") != std::string_view::npos)
        return std::nullopt;
    const auto bracket = host.rfind(']');
    if (host.find(':', bracket == std::string_view::npos ? 0 : bracket) == std::string_view::npos)
        out.origin += out.origin.starts_with("https") ? ":443" : ":80";
    return out;
}

bool is_vendor(std::string_view origin) noexcept {
    return origin == "https://api.massive.com:443" || origin == "https://api.polygon.io:443";
}

} // namespace

result<std::string> Pages::follow(std::string_view next_url) {
    const bool plain = std::all_of(next_url.begin(), next_url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    const auto base = split(base_), next = split(next_url);
    if (!plain || !base || !next || !next->rest.starts_with('/'))
        return errc::malformed_payload;
    if (next->origin != base->origin && !(is_vendor(next->origin) && is_vendor(base->origin)))
        return errc::malformed_payload;
    auto target = next->rest;
    if (!base->rest.empty() && base->rest != "/") { // the path in front is put there again
        if (!target.starts_with(base->rest) || target.size() == base->rest.size())
            return errc::malformed_payload;
        target.remove_prefix(base->rest.size());
        if (!target.starts_with('/'))
            return errc::malformed_payload;
    }
    if (seen_.size() >= most_ || !seen_.emplace(target).second)
        return errc::malformed_payload;
    return std::string(target);
}

} // namespace tickgate::massive
