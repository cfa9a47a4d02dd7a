#include "config/url.hpp"

#include "core/url_authority.hpp"

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>

namespace tickgate::config {

namespace urls = boost::urls;

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(
        out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

// Host, port and path anew, where Boost got them wrong.
bool mend_host(std::string_view text, UrlParts& parts) {
    const auto cut = cut_authority(text);
    if (!cut)
        return false;
    if (!cut->port.empty()) {
        std::uint16_t port = 0;
        const auto* end = cut->port.data() + cut->port.size();
        const auto [stop, error] = std::from_chars(cut->port.data(), end, port);
        if (error != std::errc{} || stop != end || port == 0)
            return false;
        parts.port = port;
    }
    parts.host = cut->host;
    parts.path = cut->path;
    return true;
}

template <class Text>
std::string plain(const Text& text) {
    return {text.data(), text.size()};
}

} // namespace

std::string UrlParts::to_string() const {
    std::string out = scheme + "://" + (ipv6 ? "[" + host + "]" : host);
    if (port)
        out += ":" + std::to_string(*port);
    out += path;
    if (!query.empty())
        out += "?" + query;
    return out;
}

bool UrlParts::loopback() const { return is_loopback(host); }

std::optional<UrlParts> split_url(std::string_view text) {
    const auto parsed = urls::parse_uri(boost::core::string_view(text.data(), text.size()));
    if (!parsed || !parsed->has_authority())
        return {};
    const urls::url_view& url = *parsed;
    UrlParts parts;
    parts.scheme = lower(plain(url.scheme()));
    parts.has_user_info = url.has_userinfo();
    parts.user = url.user();
    parts.password = url.password();
    parts.ipv6 = url.host_type() == urls::host_type::ipv6;
    parts.host = url.host_address();
    if (url.has_port() && !url.port().empty()) {
        if (url.port_number() == 0)
            return {};
        parts.port = url.port_number();
    }
    parts.path = plain(url.encoded_path());
    if (!parts.path.empty() && parts.path.front() != '/' && !mend_host(text, parts))
        return {};
    parts.query = plain(url.encoded_query());
    parts.has_fragment = url.has_fragment();
    return parts;
}

bool is_loopback(std::string_view host) {
    const boost::core::string_view text(host.data(), host.size());
    if (const auto v4 = urls::parse_ipv4_address(text))
        return v4->to_bytes()[0] == 127;
    if (const auto v6 = urls::parse_ipv6_address(text))
        return v6->is_loopback();
    return lower(host) == "localhost";
}

bool is_ip_literal(std::string_view host) {
    const boost::core::string_view text(host.data(), host.size());
    return urls::parse_ipv4_address(text).has_value() || urls::parse_ipv6_address(text).has_value();
}

} // namespace tickgate::config
